//! One attempt, and the loop around it. The only part of the crate that knows the HTTP library.

mod answer;
mod attempt;
mod link;
mod redact;
mod retry;
mod target;
mod throttle;

use std::{fmt, sync::Arc, time::Duration};

use http::Method;
use tokio::time::{Instant, timeout_at};
use tracing::{
    Instrument, Span, debug, debug_span,
    field::{Empty, debug},
};
use url::Url;

use crate::{
    auth::{Authorization, Credentials},
    error::{Error, ErrorKind, Result},
};
use attempt::Failure;
use retry::Budget;
use throttle::{Gate, Lesson, Meter};

pub(crate) use answer::Answer;
pub(crate) use link::Links;
pub use retry::RetryPolicy;
pub(crate) use target::{AS_USER, Target};

/// What all clones of a client share.
pub(crate) struct Transport {
    http: reqwest::Client,
    pub(crate) root: Url,
    pub(crate) credentials: Arc<dyn Credentials>,
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
    pub(crate) connect_timeout: Duration,
    pub(crate) max_body: usize,
    pub(crate) max_in_flight: usize,
}

impl Transport {
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        let builder = reqwest::Client::builder()
            .user_agent(settings.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(settings.connect_timeout)
            // Shorter than the idle time after which load balancers hang up: a request on a
            // connection that the other side is closing may be lost.
            .pool_idle_timeout(Duration::from_secs(30));
        #[cfg(feature = "rustls")]
        let builder = builder.tls_backend_rustls();
        let http = builder.build().map_err(|error| {
            Error::new(ErrorKind::Configuration, "the HTTP client cannot be built")
                .with_source(error)
        })?;
        Ok(Self {
            http,
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
        // Names by OpenTelemetry's conventions for HTTP. The path is the route's, unfilled: the
        // filled one may hold names, and would make a series of its own of each record.
        let span = debug_span!(
            "canvas_groups.call",
            otel.kind = "client",
            otel.name = format_args!("{} {}", target.method, target.route),
            http.request.method = target.method.as_str(),
            url.template = target.route,
            server.address = self.root.host_str(),
            http.response.status_code = Empty,
            error.r#type = Empty,
            attempts = Empty,
        );
        let outcome = self
            .attempts(target, options)
            .instrument(span.clone())
            .await;
        let status = match &outcome {
            Ok(answer) => Some(answer.status),
            Err(error) => {
                span.record("error.type", debug(error.kind()));
                error.status()
            }
        };
        if let Some(status) = status {
            span.record("http.response.status_code", status.as_u16());
        }
        outcome
    }

    async fn attempts(&self, target: &Target, options: &CallOptions) -> Result<Answer> {
        let ticket = self.gate.ticket();
        let mut place = ticket.admit().await;
        let started = Instant::now();
        let deadline = started + options.deadline;
        let (mut count, mut lost, mut renewed) = (0, false, false);
        loop {
            count += 1;
            Span::current().record("attempts", count);
            let attempt = self.attempt(target, options, deadline).await;
            let (status, meter) = match &attempt {
                Ok(answer) => (Some(answer.status), Meter::of(&answer.headers)),
                Err(failure) => (failure.error.status(), failure.meter),
            };
            debug!(
                http.response.status_code = status.map(|status| status.as_u16()),
                attempt = count,
                cost = meter.cost,
                remaining = meter.remaining,
                "attempt ended"
            );
            let Failure { error, used, .. } = match attempt {
                Ok(answer) => {
                    self.budget.earn();
                    place.leave(Lesson::Answered(meter.remaining));
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            let unknown = error.outcome_unknown() || (lost && !is_safe(&target.method));
            let error = error
                .with_request(target.line())
                .with_attempts(count, started.elapsed())
                .with_outcome_unknown(unknown)
                .with_lost_attempt(lost);
            let is_throttled = error.kind() == ErrorKind::Throttled;
            let pause = if is_throttled {
                // Refusals in a row make the pause longer, whichever calls they hit.
                let jitter = 0.5 + fastrand::f64() / 2.0;
                options
                    .retry
                    .pause(self.gate.refusals() + 1, &error, jitter)
            } else {
                options.retry.pause(count, &error, fastrand::f64())
            };
            place.leave(match error.status() {
                Some(_) if is_throttled => Lesson::Refused(meter.remaining, pause),
                Some(_) => Lesson::Answered(meter.remaining),
                None => Lesson::Nothing,
            });
            let renewal = self.renew(&error, used.as_ref(), renewed);
            if timeout_at(deadline, renewal).await.unwrap_or(Ok(false))? {
                renewed = true;
            } else {
                let may_repeat = options.retry.allows(count, &target.method, &error);
                if !may_repeat || Instant::now() + pause >= deadline || !self.budget.spend(&error) {
                    return Err(error);
                }
                lost |= error.may_have_run();
                // The gate makes all calls wait out a pause of the throttle, this one first.
                if !is_throttled {
                    tokio::time::sleep(pause).await;
                }
            }
            place = match timeout_at(deadline, ticket.admit()).await {
                Ok(place) => place,
                Err(_) => return Err(error),
            };
        }
    }

    /// Whether there are new credentials after a refusal that means that the old ones are dead.
    async fn renew(
        &self,
        error: &Error,
        used: Option<&Authorization>,
        renewed: bool,
    ) -> Result<bool> {
        match used {
            Some(used) if !renewed && error.kind() == ErrorKind::Authentication => {
                self.credentials.refused(used).await
            }
            _ => Ok(false),
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
