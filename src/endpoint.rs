//! What a request is: its method, its path, its parameters, and what comes back.

mod answer;
mod content;
pub mod service;

use std::fmt;

use http::Method;
use secrecy::SecretString;
use serde::Serialize;

use crate::{
    credentials::Authorization,
    error::{Error, Result},
    outgoing::{Outgoing, Route, SUCCESSES},
};

pub use answer::{Deleted, Done, FromResponse};
pub use content::Content;
use content::Encoded;

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
    /// The list parameter of a `GET` whose values are the keys of the answer, such as `user_ids` of
    /// `user_ids[]=1` where the server answers `{"1": …}`. An answer without a key that was asked for
    /// is then an error, since it does not say that there is nothing for it.
    const KEYED_BY: Option<&'static str> = None;
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
    /// request; none by default. [`Error::outcome_unknown`] is true for a refusal with one of them,
    /// unless it is about the credentials or the quota.
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
    const KEYED_BY: Option<&'static str> = E::KEYED_BY;
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

impl Outgoing {
    /// Encodes a request.
    ///
    /// # Errors
    /// Those of [`Endpoint::content`], and [`ErrorKind::Request`](crate::ErrorKind::Request) for a
    /// path with a key that is blank, `.` or `..`.
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
                keyed_by: E::KEYED_BY,
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
