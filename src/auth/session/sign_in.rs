//! Opening a session of Commons through Canvas.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::{self, BoxFuture};
use http::Method;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tracing::{Instrument, debug, debug_span};

use super::Carrier;
use crate::{
    auth::{
        Authorization, Credentials,
        renewal::{Cause, Record, Renewable, Step},
    },
    client::{Canvas, ClientBuilder, Lor},
    endpoint::{Endpoint, service},
    error::{Error, ErrorKind, Result},
};

/// How sessions are opened, and the one that is in use.
#[derive(Debug)]
pub(super) struct SignIn {
    canvas: Canvas,
    commons: Lor,
    tool: String,
    state: Mutex<State>,
}

impl SignIn {
    pub(super) fn new(canvas: &Canvas, commons: ClientBuilder<service::Lor>) -> Result<Self> {
        let commons = commons.credentials(Nobody).build()?.without_retries();
        Ok(Self {
            canvas: canvas.without_retries(),
            tool: format!("{}lti", commons.root()),
            commons,
            state: Mutex::default(),
        })
    }

    /// The same for another tool, without a session so far.
    pub(super) fn with_tool(&self, tool: String) -> Self {
        Self {
            canvas: self.canvas.clone(),
            commons: self.commons.clone(),
            tool,
            state: Mutex::default(),
        }
    }

    async fn open(&self) -> Result<Authorization> {
        let launch = self.launch().await.map_err(|error| {
            error.into_credentials_error("Canvas does not vouch for the user towards Commons")
        })?;
        let session = self.create(launch).await.map_err(|error| {
            error.into_credentials_error(
                "no Commons session: the user must have opened Commons from Canvas once and \
                 accepted its terms",
            )
        })?;
        debug!("a session of Commons is open");
        Ok(session)
    }

    /// Asks Canvas for its word on who the user is.
    async fn launch(&self) -> Result<Authorization> {
        let request = GetLaunchToken {
            tool_launch_url: self.tool.clone(),
        };
        let launch = self.canvas.send_beside("api/lti/", request).await?;
        Authorization::body_member("jwt_token", launch.jwt_token)
            .map_err(|_| unusable("the launch token that Canvas gave cannot be sent"))
    }

    async fn create(&self, launch: Authorization) -> Result<Authorization> {
        let commons = self.commons.with_authorization(launch);
        let opened = commons.send(CreateSession {}).await?;
        canonical(opened.session_id.into())
            .map_err(|_| unusable("the session id that Commons gave cannot be sent"))
    }
}

fn unusable(message: &str) -> Error {
    Error::new(ErrorKind::Decode, message)
}

/// A session as it is kept, whatever place it is sent in.
pub(super) fn canonical(id: SecretString) -> Result<Authorization> {
    Carrier::default().authorization(id)
}

impl Renewable for SignIn {
    type State = State;

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn renewal(self: &Arc<Self>, _: &State, _: Cause) -> BoxFuture<'static, Result<Authorization>> {
        let this = self.clone();
        let work = async move {
            let session = this.open().await.map_err(Error::not_sent)?;
            this.state().opened(session.clone(), Instant::now());
            Ok(session)
        };
        Box::pin(work.instrument(debug_span!("canvas_groups.open_session")))
    }
}

#[derive(Debug, Default)]
pub(super) struct State {
    session: Option<Authorization>,
    record: Record,
}

impl State {
    /// What to do when a request wants a session.
    pub(super) fn to_use(&self, now: Instant) -> Step {
        if let Some(step) = self.record.joined(true) {
            return step;
        }
        match (&self.session, self.record.hindrance(now)) {
            (Some(session), _) => Step::Use(session.clone()),
            (None, Some(error)) => Step::Fail(error),
            (None, None) => Step::Start,
        }
    }

    /// What to do when Commons refused a session: it may have ended, or its user may lack a
    /// permission, which no other session cures.
    pub(super) fn to_replace(&self, used: &Authorization, now: Instant) -> Step {
        if let Some(step) = self.record.joined(true) {
            return step;
        }
        if let Some(session) = self.session.as_ref().filter(|it| !it.is_same(used)) {
            return Step::Use(session.clone());
        }
        match self.record.hindrance(now) {
            _ if self.record.is_hopeless(now) => Step::GiveUp,
            Some(error) => Step::Fail(error),
            None => Step::Start,
        }
    }

    fn opened(&mut self, session: Authorization, now: Instant) {
        // Whatever it was opened for: its refusal may be for want of a permission.
        self.record.renewed(Cause::Refusal, now);
        self.session = Some(session);
    }
}

impl AsMut<Record> for State {
    fn as_mut(&mut self) -> &mut Record {
        &mut self.record
    }
}

/// Credentials of a client that is used only with others in their place.
#[derive(Debug)]
struct Nobody;

impl Credentials for Nobody {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        let none = Error::authentication("a session is opened by a launch token alone");
        Box::pin(future::ready(Err(none)))
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

/// Its body is the launch token alone, which goes out as its credentials do.
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
