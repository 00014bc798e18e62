//! A request as it is sent.

use std::fmt;

use bytes::Bytes;
use http::Method;
use url::form_urlencoded;

/// A request as it is sent, without host, credentials and other headers.
///
/// Its `Display` is the request line, and below it the body if there is one. Use it in logs, in
/// queues that inspect what they hold, and in tests without a server.
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
    /// Adds a query parameter, unless there is one of that name.
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

    /// The query, percent-encoded; empty if there is none.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// The media type of the body, if there is one.
    pub fn content_type(&self) -> Option<&str> {
        self.body.as_ref().map(|(content_type, _)| &**content_type)
    }

    /// The body, if there is one.
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

/// What all requests of one type have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    /// The path as a template, for traces.
    pub(crate) template: &'static str,
    /// The member of the answer that holds the items of a list; `None` if the list is bare.
    pub(crate) items: Option<&'static str>,
    /// Whether the answer is read as JSON.
    pub(crate) is_json: bool,
    /// The statuses of an answer that is read; `None` where it does not matter.
    pub(crate) successes: Option<&'static [u16]>,
    /// Whether every page of the list says by links where it continues.
    pub(crate) is_linked: bool,
    /// The list parameter whose values are the keys of the answer.
    pub(crate) keyed_by: Option<&'static str>,
    /// Whether a deletion without an answer of its own may show the deleted record. Where it may
    /// not, the server may say `{"ok":true}`.
    pub(crate) shows_deleted: bool,
}

impl Route {
    /// One that answers with a record.
    pub(crate) fn of_record(template: &'static str) -> Self {
        Self {
            template,
            items: None,
            is_json: true,
            successes: Some(SUCCESSES),
            is_linked: false,
            keyed_by: None,
            shows_deleted: false,
        }
    }
}

/// The statuses with which servers answer that something is done.
pub(crate) const SUCCESSES: &[u16] = &[200, 201, 204];
