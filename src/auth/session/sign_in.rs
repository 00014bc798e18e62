//! Opening a session of Commons through Canvas.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::{self, BoxFuture};
use http::Method;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tracing::{Instrument, debug, debug_span};
use url::Url;

use super::Carrier;
use crate::{
    auth::{
        Authorization, Credentials,
        renewal::{Cause, Held, Renewable, RenewalHistory},
        secret_value::secret_text,
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
    state: Mutex<SessionState>,
}

impl SignIn {
    pub(super) fn new(canvas: &Canvas, commons: ClientBuilder<service::Lor>) -> Result<Self> {
        let commons = commons
            .credentials(NoCredentials)
            .build()?
            .without_retries();
        Ok(Self {
            canvas: canvas.without_retries(),
            tool: format!("{}lti", commons.root()),
            commons,
            state: Mutex::default(),
        })
    }

    /// The same for another tool, with no session yet.
    pub(super) fn with_tool(&self, tool: String) -> Self {
        Self {
            canvas: self.canvas.clone(),
            commons: self.commons.clone(),
            tool,
            state: Mutex::default(),
        }
    }

    /// Refuses to send sessions to another server than the one that opens them.
    pub(super) fn check_root(&self, root: &Url) -> Result<()> {
        let (own, there) = (self.commons.root().origin(), root.origin());
        if own == there {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Configuration,
            format!(
                "these sessions are opened by {}, and the client is of {}: use the same region or \
                 address for both",
                own.ascii_serialization(),
                there.ascii_serialization(),
            ),
        ))
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

    /// Asks Canvas for a token that says who the user is.
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
        as_default_header(opened.session_id)
            .map_err(|_| unusable("the session id that Commons gave cannot be sent"))
    }
}

fn unusable(message: &str) -> Error {
    Error::new(ErrorKind::Decode, message)
}

/// The form in which a session is kept, wherever its id is sent.
pub(super) fn as_default_header(id: SecretString) -> Result<Authorization> {
    Carrier::default().authorization(id)
}

impl Renewable for SignIn {
    type Held = SessionState;

    fn held(&self) -> MutexGuard<'_, SessionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn renewal(
        self: &Arc<Self>,
        _: &SessionState,
        _: Cause,
    ) -> BoxFuture<'static, Result<Authorization>> {
        let this = self.clone();
        let work = async move {
            let session = this.open().await.map_err(Error::not_sent)?;
            this.held().opened(session.clone(), Instant::now());
            Ok(session)
        };
        Box::pin(work.instrument(debug_span!("canvas_groups.open_session")))
    }
}

#[derive(Debug, Default)]
pub(super) struct SessionState {
    session: Option<Authorization>,
    history: RenewalHistory,
}

impl SessionState {
    fn opened(&mut self, session: Authorization, now: Instant) {
        // Commons also answers 401 for a missing permission, so a fresh session that is refused is
        // not replaced.
        self.history.renewed(Cause::Refusal, now);
        self.session = Some(session);
    }
}

impl Held for SessionState {
    fn history(&self) -> &RenewalHistory {
        &self.history
    }

    fn history_mut(&mut self) -> &mut RenewalHistory {
        &mut self.history
    }

    fn current(&self) -> Option<&Authorization> {
        self.session.as_ref()
    }

    fn good(&self, _: Instant) -> Option<Authorization> {
        // The end of a session is not known: it is replaced only once it was refused.
        None
    }

    fn is_enough(&self, _: Instant) -> bool {
        self.session.is_some()
    }
}

/// The credentials of a client that is only used after they were replaced.
#[derive(Debug)]
struct NoCredentials;

impl Credentials for NoCredentials {
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
    #[serde(deserialize_with = "secret_text")]
    jwt_token: SecretString,
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

/// Its body is the launch token alone, which is attached as the credentials of the request.
#[derive(Serialize)]
struct CreateSession {}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Opened {
    #[serde(deserialize_with = "secret_text")]
    session_id: SecretString,
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
