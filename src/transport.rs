//! How requests reach a server and answers come back. The only part of the crate that knows the
//! HTTP library. [`call`] has the loop that all of it serves.

pub(crate) mod address;
mod answer;
mod attempt;
mod body;
mod call;
mod classify;
mod connection;
mod envelope;
mod http_client;
mod http_date;
mod info;
mod link;
mod network;
mod plain_path;
mod reach;
mod redact;
mod retry;
mod same_list;
mod target;
mod throttle;
mod time_limit;
mod token;
mod upload;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::HeaderMap;
use tokio::{runtime::Handle, time::Instant};
use url::Url;

use crate::{
    credentials::{Authorization, Credentials},
    error::{Error, ErrorKind, Result},
};
use retry::Budget;
use throttle::Gate;

pub(crate) use answer::Answer;
pub(crate) use call::{Call, SpawnedCall};
pub(crate) use http_client::HttpSettings;
pub use info::CallInfo;
pub(crate) use link::Links;
pub use network::Network;
pub(crate) use plain_path::stays_below;
pub(crate) use redact::Secrets;
pub use retry::RetryPolicy;
pub(crate) use same_list::is_same_list;
pub(crate) use target::{
    AS_USER, Target, has_other_separators, names_a_user_to_act_as, users_to_act_as,
};
pub use throttle::Quota;
pub(crate) use token::{TokenCall, TokenClient, TokenError};
pub(crate) use upload::{Reader, StoreAnswer, StoreUpload, Stores};

/// What all clones of a client share.
pub(crate) struct Transport {
    http: reqwest::Client,
    pub(crate) root: Url,
    /// The way to where files are sent.
    stores: Arc<Stores>,
    /// What is sent with every call besides.
    headers: Arc<HeaderMap>,
    /// The secrets among that, and those for the proxy.
    of_network: Secrets,
    pub(crate) credentials: Arc<dyn Credentials>,
    /// Whether the service answers refused credentials with a challenge.
    pub(crate) challenges: bool,
    pub(crate) max_body: usize,
    gate: Gate,
    budget: Budget,
    /// The last secrets that were sent: a server may tell one in an answer to another call.
    sent: Mutex<Secrets>,
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
    /// Whether the server may name stores at private addresses.
    pub(crate) allow_private_stores: bool,
}

impl Transport {
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        Ok(Self {
            http: settings.http.client(&settings.root, usize::MAX)?,
            headers: Arc::new(settings.http.network.headers()?),
            of_network: settings.http.network.secrets(),
            stores: Arc::new(Stores::new(
                settings.http,
                settings.root.clone(),
                settings.allow_private_stores,
            )),
            root: settings.root,
            credentials: settings.credentials,
            challenges: settings.challenges,
            max_body: settings.max_body,
            gate: Gate::new(settings.max_in_flight),
            budget: Budget::full(),
            sent: Mutex::default(),
        })
    }

    /// Notes the secret of a request.
    fn remember(&self, used: &Authorization) {
        const LIMIT: usize = 8;
        let one = Secrets::new(vec![used.secret().clone()]);
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.extend(&one, LIMIT);
    }

    /// What must not be in an error that is handed out.
    pub(crate) fn known_secrets(&self) -> Secrets {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = sent.clone();
        known.extend(&self.of_network, usize::MAX);
        known
    }

    /// A transport to the same server with other credentials, and a quota and a budget of its own.
    pub(crate) fn with_credentials(&self, credentials: Arc<dyn Credentials>) -> Self {
        Self {
            http: self.http.clone(),
            root: self.root.clone(),
            stores: self.stores.clone(),
            headers: self.headers.clone(),
            of_network: self.of_network.clone(),
            credentials,
            challenges: self.challenges,
            max_body: self.max_body,
            gate: self.gate.another(),
            budget: Budget::full(),
            sent: Mutex::default(),
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
    Error::new(
        ErrorKind::Timeout,
        "no credentials within the time limit: raise `attempt_timeout` or `deadline` if they need \
         longer",
    )
}

/// The runtime that a call runs in.
///
/// # Errors
/// [`ErrorKind::Configuration`] outside of one, and in one without timers.
pub(crate) fn runtime() -> Result<Handle> {
    let runtime = Handle::try_current()
        .map_err(|_| Error::configuration("calls need a tokio runtime: await them inside one"))?;
    // There is no other way to ask for a timer than to make one.
    let timer = std::panic::catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO)));
    timer.map_err(|_| lacks_drivers())?;
    Ok(runtime)
}

/// The error of a runtime that cannot wait or cannot reach a network.
fn lacks_drivers() -> Error {
    Error::configuration(
        "calls need a tokio runtime with timers and network: build it with `enable_all`",
    )
}

/// Adds a wait to a moment. Waits are capped at a century, because a sum that overflows would
/// panic.
pub(crate) fn saturating_add(moment: Instant, wait: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    moment + wait.min(CENTURY)
}
