//! What an answer is read into.

use std::any::TypeId;

use serde::{Serialize, de::DeserializeOwned};

use super::{content::encoding, sealed};
use crate::{error::Result, transport::Answer};

/// A type that an answer can be read into. Implemented for everything that can be deserialised, for
/// [`Page`](crate::Page), [`Csv`](crate::csv::Csv), for [`Deleted`], [`Done`] and
/// [`AddedMembers`](crate::memberships::AddedMembers); `()` accepts any body.
pub trait FromResponse: sealed::FromResponse + Sized {
    /// Whether this is one page of a list.
    #[doc(hidden)]
    const IS_PAGE: bool = false;
    /// Whether it is read from JSON.
    #[doc(hidden)]
    fn is_json() -> bool {
        true
    }
    /// Whether status and body matter.
    #[doc(hidden)]
    fn is_read() -> bool {
        true
    }
    #[doc(hidden)]
    fn from_outcome(outcome: Result<Answer>) -> Result<Self>;
}

impl<T: DeserializeOwned + 'static> sealed::FromResponse for T {}
impl<T: DeserializeOwned + 'static> FromResponse for T {
    fn is_json() -> bool {
        Self::is_read()
    }
    fn is_read() -> bool {
        // `()` deserialises only from `null`; as an answer it means that the body does not matter.
        TypeId::of::<T>() != TypeId::of::<()>()
    }
    fn from_outcome(outcome: Result<Answer>) -> Result<Self> {
        if !Self::is_json() {
            return match outcome {
                Err(error) if !error.is_gone_after_a_lost_attempt() => Err(error),
                _ => serde_json::from_str("null").map_err(encoding),
            };
        }
        outcome?.whole()
    }
}

/// The answer to a deletion.
///
/// Usually this is the deleted record. A deletion whose answer was lost is repeated; if the server
/// then says in JSON that it does not know the record, it is deleted as asked, but cannot be shown.
///
/// Where the path ends with a number and the record's `id` is a different one, the answer is an
/// error of the kind [`Decode`](crate::ErrorKind::Decode), as it is not the record that was to be
/// deleted. In an endpoint of your own whose path ends with the key of something else, use the
/// record itself as the answer.
///
/// As JSON it is `{"record": {…}}` or `"gone"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Deleted<T> {
    /// The record as it was.
    Record(T),
    /// The record is deleted but not shown: the server sent nothing, or its answer was lost.
    Gone,
}

impl<T> Deleted<T> {
    /// Returns a reference to the deleted record, if the server's answer arrived.
    pub fn record(&self) -> Option<&T> {
        match self {
            Self::Record(record) => Some(record),
            Self::Gone => None,
        }
    }

    /// Returns the deleted record, if the server's answer arrived.
    pub fn into_record(self) -> Option<T> {
        match self {
            Self::Record(record) => Some(record),
            Self::Gone => None,
        }
    }
}

impl<T> sealed::FromResponse for Deleted<T> {}
impl<T: DeserializeOwned> FromResponse for Deleted<T> {
    fn from_outcome(outcome: Result<Answer>) -> Result<Self> {
        match outcome {
            Err(error) if error.is_gone_after_a_lost_attempt() => Ok(Self::Gone),
            Ok(answer) if answer.body.is_empty() => Ok(Self::Gone),
            outcome => outcome?.own_record().map(Self::Record),
        }
    }
}

/// The answer of a route that has nothing to tell: the request is carried out.
///
/// Servers say so with an empty body, Canvas also with `{"ok":true}`, Commons also with the record
/// that is gone. Everything else, such as the page of a portal or a request that was queued, is an
/// error of the kind [`Decode`](crate::ErrorKind::Decode) whose outcome is unknown. A deletion that
/// is repeated because its answer was lost is done too if the server then says in JSON that it does
/// not know the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done;

impl sealed::FromResponse for Done {}
impl FromResponse for Done {
    fn is_json() -> bool {
        false
    }
    fn from_outcome(outcome: Result<Answer>) -> Result<Self> {
        match outcome {
            Err(error) if error.is_gone_after_a_lost_attempt() => Ok(Self),
            outcome => outcome?.is_done().map(|()| Self),
        }
    }
}
