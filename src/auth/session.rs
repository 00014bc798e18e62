//! Commons sessions: where their id goes, and how one is opened through Canvas.

mod sign_in;

use std::sync::Arc;

use futures::future::BoxFuture;
use http::HeaderName;
use secrecy::SecretString;
use url::Url;

use super::{Authorization, Credentials, renewal};
use crate::{
    client::{Canvas, ClientBuilder},
    endpoint::service,
    error::Result,
};
use sign_in::{SignIn, as_default_header};

/// Where the id of a Commons session goes. The server looks in all five places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Carrier {
    /// The header `x-session-id`. It works with every request, and the id is in no URL and no body.
    #[default]
    Header,
    /// The cookie `session`.
    Cookie,
    /// The query parameter `session-id`. Servers and proxies often log URLs.
    Query,
    /// The query parameter `state`, of which the server reads the first value. Only the id is sent.
    State,
    /// The member `sessionId` of the JSON body. A request without a body is an error and is not sent.
    Body,
}

impl Carrier {
    pub(crate) fn authorization(self, id: SecretString) -> Result<Authorization> {
        match self {
            Self::Header => Authorization::header(HeaderName::from_static("x-session-id"), id),
            Self::Cookie => Authorization::cookie("session", id),
            Self::Query => Authorization::query("session-id", id),
            Self::State => Authorization::query("state", id),
            Self::Body => Authorization::body_member("sessionId", id),
        }
    }
}

/// A session of Commons.
///
/// Either an existing session, given by its id, or one that is opened through Canvas when it is
/// first needed, and again when the server no longer accepts it. Clones share it.
///
/// One session is opened for all calls that wait for it, and opening it runs to completion even if
/// those calls are dropped. After a failure, calls fail with the same error for a while, without
/// another attempt: for one second at first, later for a minute at most, or for as long as the
/// server asks. Commons gives the same answer to an ended session and to a missing permission, so
/// a session that is refused soon after it was opened is not replaced.
///
/// ```
/// use canvas_groups::{Canvas, Lor, auth::LorSession, lor::Region};
///
/// let canvas = Canvas::new("https://school.instructure.com", "access-token")?;
/// let session = LorSession::from_canvas(&canvas, Lor::builder(Region::Emea))?;
/// let commons = Lor::builder(Region::Emea).credentials(session).build()?;
/// # Ok::<(), canvas_groups::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LorSession {
    source: SessionSource,
    carrier: Carrier,
}

#[derive(Debug, Clone)]
enum SessionSource {
    Id(SecretString),
    Canvas(Arc<SignIn>),
}

impl LorSession {
    /// The session with this id. It is not renewed when it ends.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for an id that is empty or
    /// has spaces, line breaks or other control characters in it.
    pub fn new(id: impl Into<SecretString>) -> Result<Self> {
        let id = id.into();
        Carrier::default().authorization(id.clone())?;
        Ok(Self {
            source: SessionSource::Id(id),
            carrier: Carrier::default(),
        })
    }

    /// Sessions of the user whose token `canvas` has, or whom it [acts as](Canvas::as_user). Canvas
    /// vouches for the user; its token is not sent to Commons.
    ///
    /// `commons` says how to reach the server that opens the sessions, which is also the server
    /// that they are valid for. Credentials set in it are replaced, and no step of a sign-in is
    /// repeated. The user must have opened Commons from Canvas once before and accepted its terms.
    ///
    /// # Errors
    /// As [`ClientBuilder::build`].
    pub fn from_canvas(canvas: &Canvas, commons: ClientBuilder<service::Lor>) -> Result<Self> {
        Ok(Self {
            source: SessionSource::Canvas(Arc::new(SignIn::new(canvas, commons)?)),
            carrier: Carrier::default(),
        })
    }

    /// Where the id goes. Default: [`Carrier::Header`].
    pub fn carrier(mut self, carrier: Carrier) -> Self {
        self.carrier = carrier;
        self
    }

    /// The URL at which Commons is launched as a tool, which Canvas vouches for. By default `lti`
    /// below the URL of the API, as documented for the US host. Ignored for a session given by its
    /// id. Existing clones keep their URL and session.
    pub fn tool_launch_url(mut self, url: impl Into<String>) -> Self {
        if let SessionSource::Canvas(sign_in) = &self.source {
            self.source = SessionSource::Canvas(Arc::new(sign_in.with_tool(url.into())));
        }
        self
    }
}

impl Credentials for LorSession {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        Box::pin(async {
            match &self.source {
                SessionSource::Id(id) => self.carrier.authorization(id.clone()),
                SessionSource::Canvas(sign_in) => {
                    let session = renewal::authorization(sign_in).await?;
                    self.carrier.authorization(session.secret().clone())
                }
            }
        })
    }

    fn refused<'a>(&'a self, used: &'a Authorization) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async {
            match &self.source {
                SessionSource::Id(_) => Ok(false),
                SessionSource::Canvas(sign_in) => {
                    let used = as_default_header(used.secret().clone())?;
                    renewal::refused(sign_in, &used).await
                }
            }
        })
    }

    fn check_root(&self, root: &Url) -> Result<()> {
        match &self.source {
            SessionSource::Id(_) => Ok(()),
            SessionSource::Canvas(sign_in) => sign_in.check_root(root),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_18_a_session_does_not_show_its_id() {
        let session = LorSession::new("s3cret").unwrap().carrier(Carrier::Query);
        assert!(!format!("{session:?}").contains("s3cret"));
    }

    #[test]
    fn trap_29_an_id_with_a_line_break_is_refused_when_it_is_given() {
        for id in ["", "a\nb", "a b", "a\r\n"] {
            assert!(LorSession::new(id).is_err(), "{id:?}");
        }
    }
}
