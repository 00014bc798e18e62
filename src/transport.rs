//! How requests reach a server and answers come back. The only part of the crate that knows the
//! HTTP library. [`call`] has the loop that all of it serves.

pub(crate) mod address;
mod answer;
mod attempt;
mod call;
mod classify;
mod continuation;
mod link;
mod redact;
mod retry;
mod target;
mod throttle;
mod token;
mod upload;

use std::{fmt, sync::Arc, time::Duration};

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
pub(crate) use link::Links;
pub(crate) use redact::Secrets;
pub use retry::RetryPolicy;
pub(crate) use target::{AS_USER, Target};
pub(crate) use token::{Refusal, TokenCall, TokenClient};
pub(crate) use upload::{Parcel, Reader, Receipt};

/// What all clones of a client share.
pub(crate) struct Transport {
    http: reqwest::Client,
    pub(crate) root: Url,
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
    /// The user to act as, in the form that a parameter has.
    pub(crate) as_user: Option<Arc<str>>,
    pub(crate) attempt_timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) retry: RetryPolicy,
}

/// What the transport is built from.
pub(crate) struct Settings {
    pub(crate) root: Url,
    pub(crate) user_agent: String,
    pub(crate) credentials: Arc<dyn Credentials>,
    pub(crate) challenges: bool,
    pub(crate) connect_timeout: Duration,
    pub(crate) max_body: usize,
    pub(crate) max_in_flight: usize,
}

impl Transport {
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        Ok(Self {
            http: http_client(
                settings.user_agent,
                settings.connect_timeout,
                settings.max_in_flight.max(1),
                &settings.root,
            )?,
            root: settings.root,
            credentials: settings.credentials,
            challenges: settings.challenges,
            max_body: settings.max_body,
            gate: Gate::new(settings.max_in_flight),
            budget: Budget::full(),
        })
    }

    /// The same way to the same server with other credentials, and a quota of its own.
    pub(crate) fn with_credentials(&self, credentials: Arc<dyn Credentials>) -> Self {
        Self {
            http: self.http.clone(),
            root: self.root.clone(),
            credentials,
            challenges: self.challenges,
            max_body: self.max_body,
            gate: Gate::new(1),
            budget: Budget::full(),
        }
    }
}

/// What every request of this crate goes out by.
fn http_client(
    user_agent: String,
    connect_timeout: Duration,
    max_idle: usize,
    server: &Url,
) -> Result<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .user_agent(user_agent)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(connect_timeout)
        // More are made now and then: one is on its way when another becomes free.
        .pool_max_idle_per_host(max_idle)
        // Shorter than the idle time after which load balancers hang up: a request on a
        // connection that the other side is closing may be lost.
        .pool_idle_timeout(Duration::from_secs(30));
    // A proxy has no business between this machine and itself, and plain http would show it all.
    let builder = match address::is_loopback(server) {
        true => builder.no_proxy(),
        false => builder,
    };
    #[cfg(feature = "rustls")]
    let builder = builder.tls_backend_rustls();
    builder.build().map_err(|error| {
        Error::new(ErrorKind::Configuration, "the HTTP client cannot be built").with_source(error)
    })
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
    Error::new(
        ErrorKind::Configuration,
        "calls need a tokio runtime: await them inside of one",
    )
}

/// The moment after a wait, or one that nobody lives to see: a sum of any size would panic.
pub(crate) fn after(moment: Instant, wait: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    moment + wait.min(CENTURY)
}
