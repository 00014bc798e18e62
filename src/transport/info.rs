//! What is known of an answer besides its value, and of the quota.

use std::time::Duration;

use http::StatusCode;
use serde::{Serialize, Serializer};

use super::{
    Answer, Transport,
    answer::request_id,
    throttle::{Quota, QuotaHeaders},
};
use crate::error::{Error, Result};

/// The circumstances of an answer, for logs and metrics: what
/// [`Client::send_with_info`](crate::Client::send_with_info) returns beside the value.
///
/// As JSON the status is a number and the time is in seconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CallInfo {
    /// The status of the answer.
    #[serde(serialize_with = "number")]
    pub status: StatusCode,
    /// The id under which the server logged the request: quote it to Instructure's support.
    pub request_id: Option<String>,
    /// What remained of the token's quota, if the server said so.
    pub remaining: Option<f64>,
    /// What the request took of the quota, if the server said so.
    pub cost: Option<f64>,
    /// How often the client sent the request.
    pub attempts: u32,
    /// How long the call took, including waits between attempts, but not the wait until it might
    /// start.
    #[serde(serialize_with = "seconds")]
    pub elapsed: Duration,
}

impl CallInfo {
    pub(crate) fn of(outcome: &Result<Answer>) -> Self {
        match outcome {
            Ok(answer) => Self::of_answer(answer),
            Err(error) => Self::of_error(error),
        }
    }

    pub(crate) fn of_answer(answer: &Answer) -> Self {
        let quota = QuotaHeaders::of(&answer.headers);
        Self {
            status: answer.status,
            request_id: request_id(&answer.headers)
                .map(|id| answer.secrets.cleaned(&id).unwrap_or(id)),
            remaining: quota.remaining,
            cost: quota.cost,
            attempts: answer.attempts,
            elapsed: answer.elapsed,
        }
    }

    /// Of an error that counts as a success: that of a deletion which an earlier attempt did.
    fn of_error(error: &Error) -> Self {
        Self {
            status: error.status().unwrap_or(StatusCode::NOT_FOUND),
            request_id: error.request_id().map(str::to_owned),
            remaining: None,
            cost: None,
            attempts: error.attempts(),
            elapsed: error.elapsed(),
        }
    }
}

impl Transport {
    /// What the gate knows now.
    pub(crate) fn quota(&self) -> Quota {
        self.gate.told()
    }
}

fn number<S: Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
