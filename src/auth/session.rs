//! Commons sessions: where their id goes, and how one is got through Canvas.

mod sign_in;

use std::sync::Arc;

use futures::future::BoxFuture;
use http::HeaderName;
use secrecy::SecretString;

use super::{
    Authorization, Credentials,
    renewal::{self, Cause, Step, cut_off},
};
use crate::{
    client::{Canvas, ClientBuilder},
    endpoint::service,
    error::Result,
};
use sign_in::{SignIn, State, canonical};

/// Where the id of a Commons session goes. The server looks in all five places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Carrier {
    /// The header `x-session-id`: works with every request, and shows in no address and no body.
    #[default]
    Header,
    /// The cookie `session`.
    Cookie,
    /// The query parameter `session-id`. Servers and proxies like to log addresses.
    Query,
    /// The query parameter `state`, whose first value counts; the bare id is sent.
    State,
    /// The member `sessionId` of the JSON body. Requests without a body are refused and not sent.
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
/// Either one that exists, by its id, or one that is opened through Canvas when it is first
/// needed, and anew when the server no longer takes it. Clones share it.
///
/// One session is opened for all calls that wait for it, and to the end also when those are
/// dropped. After a failure, calls fail with the same error for a while, without another try: a
/// second at first, a minute at most, or as long as the server asks for. Commons refuses ended
/// sessions and missing permissions alike, so a session that is refused while it is young is not
/// replaced.
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
    source: Source,
    carrier: Carrier,
}

#[derive(Debug, Clone)]
enum Source {
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
            source: Source::Id(id),
            carrier: Carrier::default(),
        })
    }

    /// Sessions of the user whose token `canvas` has, or whom it [acts as](Canvas::as_user). Canvas
    /// vouches for the user; its token does not go to Commons.
    ///
    /// `commons` says how to reach the server that opens the sessions, which is the one that they
    /// are for. Credentials in it are replaced, and nothing of a sign-in is tried twice.
    /// The user must have opened Commons from Canvas once before and accepted its terms.
    ///
    /// # Errors
    /// As [`ClientBuilder::build`].
    pub fn from_canvas(canvas: &Canvas, commons: ClientBuilder<service::Lor>) -> Result<Self> {
        Ok(Self {
            source: Source::Canvas(Arc::new(SignIn::new(canvas, commons)?)),
            carrier: Carrier::default(),
        })
    }

    /// Where the id goes. Default: [`Carrier::Header`].
    pub fn carrier(mut self, carrier: Carrier) -> Self {
        self.carrier = carrier;
        self
    }

    /// The address at which Commons is launched as a tool, for which Canvas is to vouch. By
    /// default `lti` below the address of the API, as documented for the US host. Of no account
    /// for a session by id; clones made before keep theirs, and their session.
    pub fn tool_launch_url(mut self, url: impl Into<String>) -> Self {
        if let Source::Canvas(sign_in) = &self.source {
            self.source = Source::Canvas(Arc::new(sign_in.with_tool(url.into())));
        }
        self
    }
}

impl Credentials for LorSession {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        Box::pin(async {
            let sign_in = match &self.source {
                Source::Id(id) => return self.carrier.authorization(id.clone()),
                Source::Canvas(sign_in) => sign_in,
            };
            let step = renewal::step(sign_in, Cause::Expiry, State::to_use)?;
            match step.followed().await {
                Step::Use(session) => self.carrier.authorization(session.secret().clone()),
                Step::Fail(error) => Err(error),
                _ => Err(cut_off()),
            }
        })
    }

    fn refused<'a>(&'a self, used: &'a Authorization) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async {
            let Source::Canvas(sign_in) = &self.source else {
                return Ok(false);
            };
            let used = canonical(used.secret().clone())?;
            let decide = |state: &State, now| state.to_replace(&used, now);
            let step = renewal::step(sign_in, Cause::Refusal, decide)?;
            match step.followed().await {
                Step::Use(session) => Ok(!session.is_same(&used)),
                Step::Fail(error) => Err(error),
                _ => Ok(false),
            }
        })
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
