//! One attempt, and the loop around it. The only part of the crate that knows the HTTP library.

pub(crate) mod address;
mod answer;
mod attempt;
mod link;
mod redact;
mod retry;
mod target;
mod throttle;
mod token;

use std::{fmt, sync::Arc, time::Duration};

use http::Method;
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, debug, debug_span};
use url::Url;

use crate::{
    auth::{Authorization, Credentials},
    error::{Error, ErrorKind, Result},
};
use retry::Budget;
use throttle::Gate;

pub(crate) use answer::Answer;
pub(crate) use link::Links;
pub(crate) use redact::Secrets;
pub use retry::RetryPolicy;
pub(crate) use target::Target;
pub(crate) use token::{Refusal, TokenCall, TokenClient};

/// What all clones of a client share.
pub(crate) struct Transport {
    pub(crate) http: reqwest::Client,
    pub(crate) root: Url,
    pub(crate) credentials: Arc<dyn Credentials>,
    pub(crate) max_body: usize,
    pub(crate) gate: Gate,
    pub(crate) budget: Budget,
}

/// What may differ from call to call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallOptions {
    pub(crate) attempt_timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) retry: RetryPolicy,
}

/// What the transport is built from.
pub(crate) struct Settings {
    pub(crate) root: Url,
    pub(crate) user_agent: String,
    pub(crate) credentials: Arc<dyn Credentials>,
    pub(crate) connect_timeout: Duration,
    pub(crate) max_body: usize,
    pub(crate) max_in_flight: usize,
}

impl Transport {
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        Ok(Self {
            http: http_client(settings.user_agent, settings.connect_timeout)?,
            root: settings.root,
            credentials: settings.credentials,
            max_body: settings.max_body,
            gate: Gate::new(settings.max_in_flight),
            budget: Budget::full(),
        })
    }

    /// Sends a request until it is answered or given up.
    pub(crate) async fn call(&self, target: &Target, options: &CallOptions) -> Result<Answer> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(outside_runtime());
        }
        let span = debug_span!(
            "canvas_groups.call",
            otel.kind = "client",
            http.request.method = target.method.as_str(),
            url.template = target.route,
        );
        let _place = self.gate.admit().await;
        self.attempts(target, options).instrument(span).await
    }

    async fn attempts(&self, target: &Target, options: &CallOptions) -> Result<Answer> {
        let started = Instant::now();
        let deadline = started + options.deadline;
        let (mut count, mut lost, mut renewed) = (0, false, false);
        loop {
            count += 1;
            let (error, used) = match self.attempt(target, options, deadline).await {
                Ok(answer) => {
                    self.budget.earn();
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            debug!(attempt = count, kind = ?error.kind(), status = ?error.status(), "attempt failed");
            let unknown = error.outcome_unknown() || (lost && !is_safe(&target.method));
            let error = error
                .with_request(target.line())
                .with_attempts(count, started.elapsed())
                .with_outcome_unknown(unknown)
                .with_lost_attempt(lost);
            if !renewed
                && self
                    .renew(&error, used.as_ref(), deadline)
                    .await
                    .map_err(|failure| {
                        failure
                            .before_the_call()
                            .with_request(target.line())
                            .with_attempts(count, started.elapsed())
                            .with_outcome_unknown(unknown)
                    })?
            {
                renewed = true;
                continue;
            }
            let jitter = fastrand::f64();
            let Some(delay) = options.retry.delay(count, &target.method, &error, jitter) else {
                return Err(error);
            };
            if Instant::now() + delay >= deadline || !self.budget.spend(&error) {
                return Err(error);
            }
            lost |= error.may_have_run();
            tokio::time::sleep(delay).await;
        }
    }

    /// Whether there are new credentials after a refusal that means that the old ones are dead.
    async fn renew(
        &self,
        error: &Error,
        used: Option<&Authorization>,
        deadline: Instant,
    ) -> Result<bool> {
        match used {
            Some(used) if error.kind() == ErrorKind::Authentication => {
                timeout_at(deadline, self.credentials.refused(used))
                    .await
                    .unwrap_or_else(|_| Err(no_credentials_in_time()))
            }
            _ => Ok(false),
        }
    }
}

/// What every request of this crate goes out by.
fn http_client(user_agent: String, connect_timeout: Duration) -> Result<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .user_agent(user_agent)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(connect_timeout)
        // Shorter than the idle time after which load balancers hang up: a request on a
        // connection that the other side is closing may be lost.
        .pool_idle_timeout(Duration::from_secs(30));
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
    Error::authentication("no credentials within the time limit")
}

pub(crate) fn outside_runtime() -> Error {
    Error::new(
        ErrorKind::Configuration,
        "calls need a tokio runtime: await them inside of one",
    )
}

/// Whether a method changes nothing.
fn is_safe(method: &Method) -> bool {
    *method == Method::GET
}
