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
    auth::Authorization,
    error::{Error, ErrorKind, Result},
    page::Page,
    transport::{Answer, Route},
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
/// use canvas_groups::{CourseId, Endpoint, Outgoing, http::Method, service};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Deserialize)]
/// struct Course {
///     name: String,
/// }
///
/// #[derive(Serialize)]
/// struct GetCourse {
///     #[serde(skip)]
///     course: CourseId,
///     include: Vec<&'static str>,
/// }
///
/// impl Endpoint for GetCourse {
///     type Service = service::Canvas;
///     type Response = Course;
///     const METHOD: Method = Method::GET;
///     const ROUTE: &'static str = "courses/{course}";
///     fn path(&self) -> String {
///         format!("courses/{}", self.course.segment())
///     }
/// }
///
/// let request = GetCourse { course: CourseId::new(7), include: vec!["term"] };
/// assert_eq!(Outgoing::of(&request)?.to_string(), "GET courses/7?include%5B%5D=term");
/// # Ok::<(), canvas_groups::Error>(())
/// ```
pub trait Endpoint: Serialize {
    /// The service that has this route. A client of another service does not take the request.
    type Service: Service;
    /// What a successful call returns: anything that can be deserialised, a
    /// [`Page`](crate::Page) of it, [`Deleted`], or `()` where the body does not matter.
    type Response: FromResponse;
    /// The HTTP method.
    const METHOD: Method;
    /// The path with its keys unfilled (`groups/{group}`), for traces.
    const ROUTE: &'static str;
    /// Of a list, the member of the answer that holds its items (`items` of `{"items": […]}`);
    /// `None` where the answer is the bare array.
    const ITEMS: Option<&'static str> = <Self::Service as Service>::ITEMS;
    /// The path below the service's API root, escaped: every key by its `segment()`.
    fn path(&self) -> String;
    /// The parameters as they go over the wire. By default the serialised fields, as query or
    /// JSON body.
    ///
    /// # Errors
    /// Those of the serialisation, and whatever an implementation refuses before it is sent.
    fn content(&self) -> Result<Content> {
        Content::parameters(&Self::METHOD, self)
    }
    /// Whether a client may send the request again when the answer was lost. By default it may;
    /// say no for a `PUT` or `DELETE` that does more when it runs twice. A `POST` is never sent
    /// again then, whatever this says.
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

/// A service that requests are for: a type of [`service`].
pub trait Service: sealed::Service + fmt::Debug + Send + Sync + 'static {
    /// The path of the API below the base URL.
    #[doc(hidden)]
    const API_ROOT: &'static str;
    /// The page size asked for where a list request names none.
    #[doc(hidden)]
    const PER_PAGE: Option<u32>;
    /// The member that holds the items of a list, where all lists of the service agree on it.
    #[doc(hidden)]
    const ITEMS: Option<&'static str> = None;
    /// Whether refused credentials are answered with a challenge. A 401 without one is then about
    /// a permission; where there are no challenges, every 401 is about the credentials.
    #[doc(hidden)]
    const CHALLENGES: bool = false;
    /// What a secret that is given alone is to the service, and where it goes.
    #[doc(hidden)]
    fn authorization(secret: SecretString) -> Result<Authorization> {
        Authorization::bearer(secret)
    }
}

pub(crate) mod sealed {
    pub trait Service {}
    pub trait FromResponse {}
}

/// What an answer can be read into. Implemented for everything that can be deserialised, for
/// [`Page`](crate::Page), [`Csv`](crate::csv::Csv), for [`Deleted`] and for
/// [`AddedMembers`](crate::memberships::AddedMembers); `()` takes any body.
pub trait FromResponse: sealed::FromResponse + Sized {
    /// Whether this is one page of a list.
    #[doc(hidden)]
    const IS_PAGE: bool = false;
    /// Whether it is read from JSON.
    #[doc(hidden)]
    fn is_json() -> bool {
        true
    }
    #[doc(hidden)]
    fn from_outcome(outcome: Result<Answer>) -> Result<Self>;
}

impl<T: DeserializeOwned + 'static> sealed::FromResponse for T {}
impl<T: DeserializeOwned + 'static> FromResponse for T {
    fn is_json() -> bool {
        // `()` deserialises from `null` alone; where it stands as an answer, no body matters.
        TypeId::of::<T>() != TypeId::of::<()>()
    }
    fn from_outcome(outcome: Result<Answer>) -> Result<Self> {
        if !Self::is_json() {
            return match outcome {
                Err(error) if !error.is_gone_after_a_lost_attempt() => Err(error),
                _ => serde_json::from_str("null").map_err(encoding),
            };
        }
        outcome?.json()
    }
}

/// What a deletion answers with.
///
/// Usually the deleted record. A deletion whose answer was lost on the way is repeated; when the
/// server then no longer knows the record, it is gone as asked, but cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deleted<T> {
    /// The record as it was.
    Record(T),
    /// The record is gone, but not shown: the server sent nothing, or its answer was lost.
    Gone,
}

impl<T> Deleted<T> {
    /// The deleted record, if the server's answer arrived.
    pub fn record(&self) -> Option<&T> {
        match self {
            Self::Record(record) => Some(record),
            Self::Gone => None,
        }
    }

    /// As [`record`](Self::record), out of the answer.
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

impl<T> sealed::FromResponse for Page<T> {}
impl<T: DeserializeOwned> FromResponse for Page<T> {
    const IS_PAGE: bool = true;
    fn from_outcome(outcome: Result<Answer>) -> Result<Self> {
        Self::of(&outcome?, None)
    }
}

/// The parameters of a request in the form in which they are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content(Form);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
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
                Ok(Self(Form::Query(rails_query(&fields))))
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

    /// A ready body of any content type.
    pub fn bytes(content_type: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self(Form::Body {
            content_type: content_type.into(),
            bytes: bytes.into(),
        })
    }
}

/// A request as it goes over the wire, without host, credentials and other headers.
///
/// Its `Display` is the request line, and below it the body where there is one. Good for logs,
/// for queues that look at what they hold, and for tests that need no server.
///
/// ```
/// use canvas_groups::{GroupId, Outgoing, groups::UpdateGroup};
///
/// let rename = UpdateGroup::new(GroupId::new(7)).name("Algebra");
/// assert_eq!(
///     Outgoing::of(&rename)?.to_string(),
///     "PUT groups/7\n\n{\"name\":\"Algebra\"}",
/// );
/// # Ok::<(), canvas_groups::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    pub(crate) method: Method,
    pub(crate) route: Route,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: Option<(String, Bytes)>,
}

impl Outgoing {
    /// Encodes a request.
    ///
    /// # Errors
    /// Those of [`Endpoint::content`], and [`ErrorKind::Request`] for a path with a key that is
    /// blank, `.` or `..`.
    pub fn of<E: Endpoint>(request: &E) -> Result<Self> {
        let (query, body) = match request.content()?.0 {
            Form::Query(query) => (query, None),
            Form::Body {
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

    /// Adds a query parameter unless it is there.
    pub(crate) fn set_default(&mut self, key: &str, value: &str) {
        let is_there = form_urlencoded::parse(self.query.as_bytes()).any(|(name, _)| name == key);
        if !is_there {
            let query = std::mem::take(&mut self.query);
            let mut query = form_urlencoded::Serializer::new(query);
            self.query = query.append_pair(key, value).finish();
        }
    }

    /// The HTTP method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path below the API root, escaped.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query, percent-encoded; empty where there is none.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// The media type of the body, where there is one.
    pub fn content_type(&self) -> Option<&str> {
        self.body.as_ref().map(|(content_type, _)| &**content_type)
    }

    /// The body, where there is one.
    pub fn body(&self) -> Option<&[u8]> {
        self.body.as_ref().map(|(_, bytes)| &**bytes)
    }
}

impl fmt::Display for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        if !self.query.is_empty() {
            write!(f, "?{}", self.query)?;
        }
        match self.body() {
            Some(body) => write!(f, "\n\n{}", String::from_utf8_lossy(body)),
            None => Ok(()),
        }
    }
}

/// Writes parameters the way Rails reads them.
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
