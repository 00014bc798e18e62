//! How endpoints are declared.

/// Declares a request: its route, what it answers with, and its parameters.
///
/// Path keys and required parameters become arguments of `new`, each optional one a chained
/// setter. `name: T = A` stores a `T` but accepts an `A`; `name as "key"` sends it under another
/// key; a `fixed` parameter is always sent with its value. `, items "key"` names the member of the
/// answer that holds the items of a list, and `endpoint { … }` holds further items of the
/// [`Endpoint`](crate::Endpoint) implementation. What this cannot say is written by hand.
macro_rules! request {
    (
        $(#[$meta:meta])*
        $method:ident $path:literal $(on $service:ident)? => $response:ty $(, items $items:literal)?;
        $vis:vis struct $name:ident {
            $(path { $($(#[$kdoc:meta])* $key:ident: $key_ty:ty),* $(,)? })?
            $(required { $($(#[$rdoc:meta])* $req:ident $(as $req_wire:literal)?: $req_ty:ty $(= $req_arg:ty)?),* $(,)? })?
            $(fixed { $($fixed:ident: $fixed_ty:ty = $value:expr),* $(,)? })?
            $(optional { $($(#[$odoc:meta])* $opt:ident $(as $wire:literal)?: $opt_ty:ty $(= $opt_arg:ty)?),* $(,)? })?
            $(endpoint { $($hook:tt)* })?
        }
    ) => {
        $(#[$meta])*
        #[doc = concat!("\n\n`", stringify!($method), " ", $path, "`")]
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
        #[must_use = "a request does nothing until a client sends it"]
        $vis struct $name {
            $($(#[serde(skip)] $key: $key_ty,)*)?
            $($($(#[serde(rename = $req_wire)])? $req: $req_ty,)*)?
            $($($fixed: $fixed_ty,)*)?
            $($(
                #[serde(skip_serializing_if = "Option::is_none" $(, rename = $wire)?)]
                $opt: Option<$opt_ty>,
            )*)?
        }

        impl $name {
            /// Creates the request with what it requires; the setters add the rest.
            $($(#[doc = concat!("\n* `", stringify!($key), "`: in the path.")] $(#[$kdoc])*)*)?
            $($(#[doc = concat!("\n* `", stringify!($req), "`:")] $(#[$rdoc])*)*)?
            #[allow(clippy::new_without_default)]
            pub fn new(
                $($($key: impl Into<$key_ty>,)*)?
                $($($req: $crate::request::argument!($req_ty $(, $req_arg)?),)*)?
            ) -> Self {
                Self {
                    $($($key: $key.into(),)*)?
                    $($($req: $req.into(),)*)?
                    $($($fixed: $value,)*)?
                    $($($opt: None,)*)?
                }
            }
            $($(
                $(#[$odoc])*
                pub fn $opt(mut self, $opt: $crate::request::argument!($opt_ty $(, $opt_arg)?)) -> Self {
                    self.$opt = Some($opt.into());
                    self
                }
            )*)?
        }

        impl $crate::Endpoint for $name {
            type Service = $crate::request::service!($($service)?);
            type Response = $response;
            const METHOD: http::Method = http::Method::$method;
            const ROUTE: &'static str = $path;
            $(const ITEMS: Option<&'static str> = Some($items);)?
            fn path(&self) -> String {
                format!($path $($(, $key = self.$key.segment())*)?)
            }
            $($($hook)*)?
        }
    };
}

/// The argument type of a parameter.
macro_rules! argument {
    ($stored:ty) => {
        $stored
    };
    ($stored:ty, $accepted:ty) => {
        $accepted
    };
}

/// The service of a request: Canvas unless another is named.
macro_rules! service {
    () => {
        $crate::service::Canvas
    };
    ($service:ident) => {
        $crate::service::$service
    };
}

pub(crate) use {argument, request, service};

use serde::{Serialize, Serializer, ser};

use crate::{UserId, ids::is_blank};

/// A list parameter. Whatever can be iterated turns into one, if its items fit: an array of
/// values, of their texts, a `Vec`, an iterator. A single value of an enumeration needs no brackets.
///
/// ```
/// use canvas_groups::{GroupId, groups::{GetGroup, GroupInclude}};
///
/// let by_value = GetGroup::new(GroupId::new(7)).include(GroupInclude::Tabs);
/// let by_text = GetGroup::new(GroupId::new(7)).include(["tabs"]);
/// assert_eq!(by_value, by_text);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct List<T>(Vec<T>);

impl<T, I> From<I> for List<T>
where
    I: IntoIterator,
    I::Item: Into<T>,
{
    fn from(items: I) -> Self {
        Self(items.into_iter().map(Into::into).collect())
    }
}

impl<T> List<T> {
    pub(crate) fn none() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn one(item: T) -> Self {
        Self(vec![item])
    }

    /// The items.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

/// Users by number, at least one. Made from anything that iterates over their ids.
///
/// A request with an empty list is refused before it is sent: servers take one for user 0, or answer
/// as if something had been done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserIds(List<UserId>);

impl<I> From<I> for UserIds
where
    I: IntoIterator,
    I::Item: Into<UserId>,
{
    fn from(users: I) -> Self {
        Self(users.into())
    }
}

impl UserIds {
    /// The ids.
    pub fn as_slice(&self) -> &[UserId] {
        self.0.as_slice()
    }
}

impl Serialize for UserIds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_slice() {
            [] => Err(ser::Error::custom("the list of users is empty")),
            _ => self.0.serialize(serializer),
        }
    }
}

/// An SIS id that a record gets. Made from any text; sent only if it is not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SisId(String);

impl<T: Into<String>> From<T> for SisId {
    fn from(id: T) -> Self {
        Self(id.into())
    }
}

impl SisId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for SisId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match is_blank(&self.0) {
            true => Err(ser::Error::custom(
                "the SIS id is blank: give it a text, or leave it out",
            )),
            false => self.0.serialize(serializer),
        }
    }
}

/// The refusals that may come after a request with an SIS id has made or changed the record: the
/// server sets the id in a second step, which fails with 401 without the right to manage SIS data
/// and with 422 for an id that is taken.
pub(crate) fn refused_with_sis_id(sis_id: Option<&SisId>) -> &'static [u16] {
    match sis_id {
        Some(_) => &[401, 422],
        None => &[],
    }
}

/// Splits users into lists that each fit into a URL.
pub(crate) fn in_urls(
    users: impl IntoIterator<Item: Into<UserId>>,
) -> impl Iterator<Item = List<UserId>> {
    /// 19 digits and `user_ids%5B%5D=` with its `&` are 35 characters; a URL may have 7,000.
    const BATCH: usize = 180;
    let mut users = users.into_iter().peekable();
    std::iter::from_fn(move || {
        users.peek()?;
        Some(users.by_ref().take(BATCH).into())
    })
}
