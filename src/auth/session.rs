//! Commons sessions: where their id goes, and how one is got through Canvas.

use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use futures::future::BoxFuture;
use http::{HeaderName, Method};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::{Authorization, Credentials};
use crate::{
    client::{Canvas, ClientBuilder, Lor},
    endpoint::{Endpoint, service},
    error::Result,
};

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
/// needed, and anew when the server no longer takes it. Then one session is opened for all calls
/// that wait for it.
///
/// ```
/// use canvas_groups::{Canvas, Lor, auth::LorSession, lor::Region};
///
/// let canvas = Canvas::new("https://school.instructure.com", "access-token")?;
/// let session = LorSession::from_canvas(&canvas, Lor::builder(Region::Emea))?;
/// let commons = Lor::builder(Region::Emea).credentials(session).build()?;
/// # Ok::<(), canvas_groups::Error>(())
/// ```
#[derive(Debug)]
pub struct LorSession {
    source: Source,
    carrier: Carrier,
}

#[derive(Debug)]
enum Source {
    Id(SecretString),
    Canvas(SignIn),
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

    /// Sessions of the user whose token `canvas` has. Canvas vouches for the user; its token
    /// does not go to Commons.
    ///
    /// `commons` says how to reach the server that opens the sessions, which is the one that they
    /// are for. Credentials in it are replaced. The user must have opened Commons from Canvas
    /// once before and accepted its terms.
    ///
    /// # Errors
    /// As [`ClientBuilder::build`].
    pub fn from_canvas(canvas: &Canvas, commons: ClientBuilder<service::Lor>) -> Result<Self> {
        let launch = Launch(Arc::new(LaunchInner {
            canvas: canvas.clone(),
            tool: StdMutex::new(String::new()),
        }));
        let commons = commons.credentials(launch.clone()).build()?;
        launch.set_tool(format!("{}lti", commons.root()));
        Ok(Self {
            source: Source::Canvas(SignIn {
                launch,
                commons,
                current: Mutex::new(None),
            }),
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
    /// for a session by id.
    pub fn tool_launch_url(self, url: impl Into<String>) -> Self {
        if let Source::Canvas(sign_in) = &self.source {
            sign_in.launch.set_tool(url.into());
        }
        self
    }
}

impl Credentials for LorSession {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        Box::pin(async {
            let id = match &self.source {
                Source::Id(id) => id.clone(),
                Source::Canvas(sign_in) => sign_in.current().await?,
            };
            self.carrier.authorization(id)
        })
    }

    fn refused<'a>(&'a self, used: &'a Authorization) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async {
            match &self.source {
                Source::Id(_) => Ok(false),
                Source::Canvas(sign_in) => sign_in.renew(used.secret()).await.map(|()| true),
            }
        })
    }
}

/// How sessions are opened, and the one that is in use.
#[derive(Debug)]
struct SignIn {
    launch: Launch,
    commons: Lor,
    /// Locked while a session is opened: the others wait and then have it too.
    current: Mutex<Option<SecretString>>,
}

impl SignIn {
    async fn current(&self) -> Result<SecretString> {
        let mut current = self.current.lock().await;
        match &*current {
            Some(id) => Ok(id.clone()),
            None => Ok(current.insert(self.open().await?).clone()),
        }
    }

    /// Opens another session, unless that has been done since `refused` was used.
    async fn renew(&self, refused: &SecretString) -> Result<()> {
        let mut current = self.current.lock().await;
        let is_refused = |id: &SecretString| id.expose_secret() == refused.expose_secret();
        if current.as_ref().is_none_or(is_refused) {
            *current = None;
            *current = Some(self.open().await?);
        }
        Ok(())
    }

    async fn open(&self) -> Result<SecretString> {
        let opened = self.commons.send(CreateSession {}).await;
        let opened = opened.map_err(|error| {
            error.of_credentials(
                "no Commons session: the user must have opened Commons from Canvas once and \
                 accepted its terms",
            )
        })?;
        let id = SecretString::from(opened.session_id);
        Carrier::default().authorization(id.clone())?;
        Ok(id)
    }
}

/// Credentials of the request that opens a session: Canvas' word for who the user is.
#[derive(Debug, Clone)]
struct Launch(Arc<LaunchInner>);

#[derive(Debug)]
struct LaunchInner {
    canvas: Canvas,
    tool: StdMutex<String>,
}

impl Launch {
    fn set_tool(&self, url: String) {
        *self.0.tool.lock().unwrap_or_else(PoisonError::into_inner) = url;
    }

    fn tool(&self) -> String {
        let tool = self.0.tool.lock();
        tool.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Credentials for Launch {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        Box::pin(async {
            let request = GetLaunchToken {
                tool_launch_url: self.tool(),
            };
            let launch = self.0.canvas.send_beside("api/lti/", request).await;
            let launch = launch.map_err(|error| {
                error.of_credentials("Canvas does not vouch for the user towards Commons")
            })?;
            Authorization::body_member("jwt_token", launch.jwt_token)
        })
    }
}

#[derive(Serialize)]
struct GetLaunchToken {
    tool_launch_url: String,
}

#[derive(Deserialize)]
struct LaunchToken {
    jwt_token: String,
}

impl Endpoint for GetLaunchToken {
    type Service = service::Canvas;
    type Response = LaunchToken;
    const METHOD: Method = Method::GET;
    const ROUTE: &'static str = "accounts/self/jwt_token";
    fn path(&self) -> String {
        Self::ROUTE.to_owned()
    }
}

/// Its body is the JWT alone, which the credentials add.
#[derive(Serialize)]
struct CreateSession {}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    session_id: String,
}

impl Endpoint for CreateSession {
    type Service = service::Lor;
    type Response = Opened;
    const METHOD: Method = Method::POST;
    const ROUTE: &'static str = "sessions";
    fn path(&self) -> String {
        Self::ROUTE.to_owned()
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
