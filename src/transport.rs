//! How requests reach a server and answers come back. The only part of the crate that knows the
//! HTTP library. [`call`] has the loop that all of it serves.

pub(crate) mod address;
mod answer;
mod attempt;
mod call;
mod classify;
mod envelope;
mod http_client;
mod info;
mod link;
mod network;
mod redact;
mod retry;
mod target;
mod throttle;
mod token;
mod upload;

use std::{fmt, sync::Arc, time::Duration};

use http::HeaderMap;
use tokio::time::Instant;
use url::Url;

use crate::{
    credentials::Credentials,
    error::{Error, ErrorKind, Result},
};
use retry::Budget;
use throttle::Gate;

pub(crate) use answer::Answer;
pub(crate) use call::SpawnedCall;
pub(crate) use http_client::HttpSettings;
pub use info::CallInfo;
pub(crate) use link::Links;
pub use network::Network;
pub(crate) use redact::Secrets;
pub use retry::RetryPolicy;
pub(crate) use target::{AS_USER, Target};
pub use throttle::Quota;
pub(crate) use token::{TokenCall, TokenClient, TokenError};
pub(crate) use upload::{Reader, StoreAnswer, StoreUpload};

/// What all clones of a client share.
pub(crate) struct Transport {
    http: reqwest::Client,
    pub(crate) root: Url,
    /// Whether files may be sent over a network unencrypted, as the credentials may.
    allow_http: bool,
    /// What is sent with every call besides.
    headers: Arc<HeaderMap>,
    pub(crate) credentials: Arc<dyn Credentials>,
    /// Whether the service answers refused credentials with a challenge.
    pub(crate) challenges: bool,
    pub(crate) max_body: usize,
    gate: Gate,
    budget: Budget,
}

/// What may differ from call to call.
#[derive(Debug, Clone)]
pub(crate) struct CallOptions {
    /// The user to act as, as the value of a parameter.
    pub(crate) as_user: Option<Arc<str>>,
    pub(crate) attempt_timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) retry: RetryPolicy,
}

/// What the transport is built from.
pub(crate) struct Settings {
    pub(crate) http: HttpSettings,
    pub(crate) root: Url,
    pub(crate) credentials: Arc<dyn Credentials>,
    pub(crate) challenges: bool,
    pub(crate) max_body: usize,
    pub(crate) max_in_flight: usize,
}

impl Transport {
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        Ok(Self {
            http: settings.http.client(&settings.root, usize::MAX)?,
            root: settings.root,
            allow_http: settings.http.allow_http,
            headers: Arc::new(settings.http.network.headers()?),
            credentials: settings.credentials,
            challenges: settings.challenges,
            max_body: settings.max_body,
            gate: Gate::new(settings.max_in_flight),
            budget: Budget::full(),
        })
    }

    /// A transport to the same server with other credentials, and a quota and a budget of its own.
    pub(crate) fn with_credentials(&self, credentials: Arc<dyn Credentials>) -> Self {
        Self {
            http: self.http.clone(),
            root: self.root.clone(),
            allow_http: self.allow_http,
            headers: self.headers.clone(),
            credentials,
            challenges: self.challenges,
            max_body: self.max_body,
            gate: self.gate.another(),
            budget: Budget::full(),
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("root", &self.root.as_str())
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

fn no_credentials_in_time() -> Error {
    Error::new(ErrorKind::Timeout, "no credentials within the time limit")
}

pub(crate) fn outside_runtime() -> Error {
    Error::configuration("calls need a tokio runtime: await them inside one")
}

/// Adds a wait to a moment. Waits are capped at a century, because a sum that overflows would
/// panic.
pub(crate) fn saturating_add(moment: Instant, wait: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    moment + wait.min(CENTURY)
}
