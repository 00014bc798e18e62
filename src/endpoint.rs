//! What a request is: its method, its path, its parameters, and what comes back.

pub mod service;

use std::{any::TypeId, fmt};

use bytes::Bytes;
use http::Method;
use secrecy::SecretString;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use url::form_urlencoded;

use crate::{
    credentials::Authorization,
    error::{Error, ErrorKind, Result},
    outgoing::{Outgoing, Route, SUCCESSES},
    transport::Answer,
};

/// One API call as a value.
///
/// All request types of this crate implement it, and so can yours, for routes that the crate
/// lacks: the [guide](crate::guide::endpoints) shows how.
///
/// The serialised fields of the value are the parameters of the call: those of a `GET` or `DELETE`
/// become the query in the form that Rails reads (`include[]=users`, `a[b]=c`), those of a `POST`
/// or `PUT` a JSON object. Leave unset parameters out with `skip_serializing_if`.
///
/// ```
/// use canvas_groups::{Endpoint, FolderId, Outgoing, http::Method, service};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Deserialize)]
/// struct Folder {
///     full_name: String,
/// }
///
/// #[derive(Serialize)]
/// struct GetFolder {
///     #[serde(skip)]
///     folder: FolderId,
///     include: Vec<&'static str>,
/// }
///
/// impl Endpoint for GetFolder {
///     type Service = service::Canvas;
///     type Response = Folder;
///     const METHOD: Method = Method::GET;
///     const ROUTE: &'static str = "folders/{folder}";
///     fn path(&self) -> String {
///         format!("folders/{}", self.folder.segment())
///     }
/// }
///
/// let request = GetFolder { folder: FolderId::new(7), include: vec!["user"] };
/// assert_eq!(Outgoing::of(&request)?.to_string(), "GET folders/7?include%5B%5D=user");
/// # Ok::<(), canvas_groups::Error>(())
/// ```
pub trait Endpoint: Serialize {
    /// The service that has this route. A client of another service does not accept the request.
    type Service: Service;
    /// What a successful call returns: anything that can be deserialised, a
    /// [`Page`](crate::Page) of it, [`Deleted`], [`Done`] where the server sends nothing, or `()`
    /// where the body does not matter.
    type Response: FromResponse;
    /// The HTTP method.
    const METHOD: Method;
    /// The path as a template (`groups/{group}`), for traces.
    const ROUTE: &'static str;
    /// For a list, the member of the answer that holds its items (`items` of `{"items": […]}`);
    /// `None` if the answer is a bare array.
    const ITEMS: Option<&'static str> = <Self::Service as Service>::ITEMS;
    /// Whether the server puts links on every page of this list, also on its only one, as Canvas
    /// does. A full page that comes without them is then an error, since the rest of the list may be
    /// missing. It is full with as many items as its `per_page` says, and at most 100.
    const ALWAYS_LINKED: bool = false;
    /// The statuses with which the server answers a success. Another one below 300, such as 202 or
    /// 206, is an error, unless the answer is `()`.
    const SUCCESSES: &'static [u16] = SUCCESSES;
    /// The path below the service's API root, with every key escaped by its `segment()`.
    fn path(&self) -> String;
    /// The parameters as they are sent. By default these are the serialised fields, as a query or a
    /// JSON body. For a list of Canvas `per_page=100` is added, unless there is a `per_page` among
    /// them.
    ///
    /// # Errors
    /// Those of the serialisation, and those of an implementation that refuses the request before
    /// it is sent.
    fn content(&self) -> Result<Content> {
        Content::parameters(&Self::METHOD, self)
    }
    /// Whether a client may send the request again when the answer was lost. By default it may;
    /// return `false` for a `PUT` or `DELETE` that has a further effect when it runs twice. A
    /// `POST` is never sent again in that case, whatever this returns.
    fn is_repeatable(&self) -> bool {
        true
    }
    /// The statuses of refusals that the server may send after it has carried out a part of the
    /// request; none by default. [`Error::outcome_unknown`] is true for a refusal with one of them.
    fn refused_after_write(&self) -> &'static [u16] {
        &[]
    }
    /// What the caller should check when the server refuses the request without giving a reason, by
    /// the status of the refusal. It becomes a part of the error's text.
    fn advice(&self) -> &'static [(u16, &'static str)] {
        &[]
    }
}

impl<E: Endpoint> Endpoint for &E {
    type Service = E::Service;
    type Response = E::Response;
    const METHOD: Method = E::METHOD;
    const ROUTE: &'static str = E::ROUTE;
    const ITEMS: Option<&'static str> = E::ITEMS;
    const ALWAYS_LINKED: bool = E::ALWAYS_LINKED;
    const SUCCESSES: &'static [u16] = E::SUCCESSES;
    fn path(&self) -> String {
        E::path(self)
    }
    fn content(&self) -> Result<Content> {
        E::content(self)
    }
    fn is_repeatable(&self) -> bool {
        E::is_repeatable(self)
    }
    fn refused_after_write(&self) -> &'static [u16] {
        E::refused_after_write(self)
    }
    fn advice(&self) -> &'static [(u16, &'static str)] {
        E::advice(self)
    }
}

/// A service that requests are sent to: one of the types in [`service`].
pub trait Service: sealed::Service + fmt::Debug + Send + Sync + 'static {
    /// The path of the API below the base URL.
    #[doc(hidden)]
    const API_ROOT: &'static str;
    /// The page size to ask for if a list request names none.
    #[doc(hidden)]
    const PER_PAGE: Option<u32>;
    /// The member that holds the items of a list, if it is the same for all lists of the service.
    #[doc(hidden)]
    const ITEMS: Option<&'static str> = None;
    /// Whether the service answers refused credentials with a challenge. If it does, a 401 without
    /// one is about a permission; otherwise every 401 is about the credentials.
    #[doc(hidden)]
    const CHALLENGES: bool = false;
    /// Whether a deletion without an answer of its own may show the deleted record.
    #[doc(hidden)]
    const SHOWS_DELETED: bool = false;
    /// How the service expects a secret that is given without further details.
    #[doc(hidden)]
    fn authorization(secret: SecretString) -> Result<Authorization> {
        Authorization::bearer(secret)
    }
}

pub(crate) mod sealed {
    pub trait Service {}
    pub trait FromResponse {}
}

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
/// then no longer knows the record, it is deleted as asked, but cannot be shown.
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
            outcome => outcome?.json().map(Self::Record),
        }
    }
}

/// The answer of a route that has nothing to tell: the request is carried out.
///
/// Servers say so with an empty body, Canvas also with `{"ok":true}`, Commons also with the record
/// that is gone. Everything else, such as the page of a portal or a request that was queued, is an
/// error of the kind [`Decode`](ErrorKind::Decode) whose outcome is unknown. A deletion that is
/// repeated because its answer was lost is done too if the server no longer knows the record.
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

/// The parameters of a request in the form in which they are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content(Encoded);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Encoded {
    Query(String),
    Body { content_type: String, bytes: Bytes },
}

const JSON: &str = "application/json";

impl Content {
    /// The fields of a value: a query for `GET` and `DELETE`, a JSON body otherwise.
    ///
    /// # Errors
    /// [`ErrorKind::Request`] when the value does not serialise to an object.
    pub fn parameters<T: Serialize + ?Sized>(method: &Method, fields: &T) -> Result<Self> {
        if *method == Method::GET || *method == Method::DELETE {
            return Self::query(fields);
        }
        match serde_json::to_vec(fields).map_err(encoding)? {
            body if body.starts_with(b"{") => Ok(Self::bytes(JSON, body)),
            // A value without fields.
            body if body == b"null" => Ok(Self::bytes(JSON, "{}")),
            _ => Err(Error::request_invalid(
                "the parameters of a body must be an object",
            )),
        }
    }

    /// A query in the form that Rails reads: `a=1&list[]=x&map[key]=y`, brackets percent-encoded.
    /// `null` and empty lists are left out.
    ///
    /// # Errors
    /// [`ErrorKind::Request`] when the value does not serialise to an object.
    pub fn query<T: Serialize + ?Sized>(fields: &T) -> Result<Self> {
        match serde_json::to_value(fields).map_err(encoding)? {
            fields @ (Value::Object(_) | Value::Null) => {
                Ok(Self(Encoded::Query(rails_query(&fields))))
            }
            _ => Err(Error::request_invalid(
                "the parameters of a query must be an object",
            )),
        }
    }

    /// A JSON body.
    ///
    /// # Errors
    /// [`ErrorKind::Request`] when the value cannot be serialised.
    pub fn json<T: Serialize + ?Sized>(fields: &T) -> Result<Self> {
        let bytes = serde_json::to_vec(fields).map_err(encoding)?;
        Ok(Self::bytes(JSON, bytes))
    }

    /// A body of any content type, sent as it is.
    pub fn bytes(content_type: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self(Encoded::Body {
            content_type: content_type.into(),
            bytes: bytes.into(),
        })
    }
}

impl Outgoing {
    /// Encodes a request.
    ///
    /// # Errors
    /// Those of [`Endpoint::content`], and [`ErrorKind::Request`] for a path with a key that is
    /// blank, `.` or `..`.
    pub fn of<E: Endpoint>(request: &E) -> Result<Self> {
        let (query, body) = match request.content()?.0 {
            Encoded::Query(query) => (query, None),
            Encoded::Body {
                content_type,
                bytes,
            } => (String::new(), Some((content_type, bytes))),
        };
        let path = request.path();
        let is_lost = |key: &str| matches!(key, "" | "." | "..");
        if !path.is_empty() && path.split('/').any(is_lost) {
            return Err(Error::request_invalid(format!(
                "a key in the path `{path}` is blank, `.` or `..`: name a record by it"
            )));
        }
        let mut this = Self {
            method: E::METHOD,
            route: Route {
                template: E::ROUTE,
                items: E::ITEMS,
                is_json: E::Response::is_json(),
                successes: E::Response::is_read().then_some(E::SUCCESSES),
                is_linked: E::ALWAYS_LINKED,
                shows_deleted: E::Service::SHOWS_DELETED,
            },
            path,
            query,
            body,
        };
        if let Some(per_page) = E::Service::PER_PAGE.filter(|_| E::Response::IS_PAGE) {
            this.set_default("per_page", &per_page.to_string());
        }
        Ok(this)
    }
}

/// Writes parameters as Rails reads them.
fn rails_query(fields: &Value) -> String {
    fn put(query: &mut form_urlencoded::Serializer<'_, String>, key: &str, value: &Value) {
        match value {
            Value::Null => {}
            Value::String(text) => {
                query.append_pair(key, text);
            }
            Value::Array(items) => {
                let key = format!("{key}[]");
                items.iter().for_each(|item| put(query, &key, item));
            }
            Value::Object(fields) => fields.iter().for_each(|(name, value)| {
                if key.is_empty() {
                    put(query, name, value);
                } else {
                    put(query, &format!("{key}[{name}]"), value);
                }
            }),
            Value::Bool(_) | Value::Number(_) => {
                query.append_pair(key, &value.to_string());
            }
        }
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    put(&mut query, "", fields);
    query.finish()
}

fn encoding(error: serde_json::Error) -> Error {
    Error::new(
        ErrorKind::Request,
        format!("the request cannot be sent: {error}"),
    )
}
