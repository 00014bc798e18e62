//! One attempt, and the loop around it. The only part of the crate that knows the HTTP library.

pub(crate) mod address;
mod answer;
mod attempt;
mod continuation;
mod link;
mod redact;
mod retry;
mod running;
mod target;
mod throttle;
mod token;
mod upload;

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
pub(crate) use redact::Secrets;
pub use retry::RetryPolicy;
pub(crate) use running::Running;
pub(crate) use target::{AS_USER, Route, Target};
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
            http: http_client(settings.user_agent, settings.connect_timeout)?,
            root: settings.root,
            credentials: settings.credentials,
            challenges: settings.challenges,
            max_body: settings.max_body,
            gate: Gate::new(settings.max_in_flight),
            budget: Budget::full(),
        })
    }

    /// Sends a request until it is answered or given up.
    async fn call(&self, target: &Target, options: &CallOptions) -> Result<Answer> {
        // Names by OpenTelemetry's conventions for HTTP. The path is the route's, unfilled: the
        // filled one may hold names, and would make a series of its own of each record.
        let span = debug_span!(
            "canvas_groups.call",
            otel.kind = "client",
            otel.name = format_args!("{} {}", target.method, target.route.template),
            http.request.method = target.method.as_str(),
            url.template = target.route.template,
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
        let deadline = after(started, options.deadline);
        let (mut count, mut lost, mut renewed) = (0, false, false);
        loop {
            count += 1;
            Span::current().record("attempts", count);
            let attempt = self.attempt(target, options, deadline).await;
            let meter = note(count, &attempt);
            let Failure { error, used, .. } = match attempt {
                Ok(mut answer) => {
                    self.budget.earn();
                    place.leave(Lesson::Answered(meter.remaining));
                    (answer.attempts, answer.elapsed) = (count, started.elapsed());
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            let unknown = error.outcome_unknown() || (lost && !is_safe(&target.method));
            // Without credentials there was nothing to send.
            let sent = count - u32::from(used.is_none());
            let of_this_call = |error: Error| {
                error
                    .with_request(target.line())
                    .with_attempts(sent, started.elapsed())
                    .with_outcome_unknown(unknown)
                    .with_lost_attempt(lost && used.is_some(), target.method == Method::DELETE)
            };
            let error = of_this_call(error);
            let pause = self.pause(count, &error, options);
            let is_throttled = error.kind() == ErrorKind::Throttled;
            place.leave(match error.status() {
                Some(_) if is_throttled => Lesson::Refused(meter.remaining, pause),
                Some(_) => Lesson::Answered(meter.remaining),
                None => Lesson::Nothing,
            });
            let renewal = self.renew(&error, used.as_ref(), renewed);
            match timeout_at(deadline, renewal).await {
                Ok(Ok(true)) => renewed = true,
                Ok(Err(failure)) => return Err(of_this_call(failure)),
                Ok(Ok(false)) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    let may_repeat = options.retry.allows(count, &target.method, &error);
                    if !may_repeat || pause >= left || !self.budget.spend(&error) {
                        return Err(error);
                    }
                    lost |= error.may_have_run();
                    // The gate makes all calls wait out a pause of the throttle, this one first.
                    if !is_throttled {
                        tokio::time::sleep(pause).await;
                    }
                }
                Err(_) => return Err(error),
            }
            place = match timeout_at(deadline, ticket.admit()).await {
                Ok(place) => place,
                Err(_) => return Err(error),
            };
        }
    }

    /// How long to wait after a failed attempt, if it is worth another.
    fn pause(&self, count: u32, error: &Error, options: &CallOptions) -> Duration {
        if error.kind() != ErrorKind::Throttled {
            return options.retry.pause(count, error, fastrand::f64());
        }
        // Refusals in a row make the pause longer, whichever calls they hit. Never next to none:
        // the bucket must leak.
        let jitter = 0.5 + fastrand::f64() / 2.0;
        options.retry.pause(self.gate.refusals() + 1, error, jitter)
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
                let renewed = self.credentials.refused(used).await;
                renewed.map_err(Error::not_sent)
            }
            _ => Ok(false),
        }
    }
}

/// Traces an attempt; gives back what its answer told of the quota.
fn note(count: u32, attempt: &Result<Answer, Failure>) -> Meter {
    let (status, meter) = match attempt {
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
    meter
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

/// The moment after a wait, or one that nobody lives to see: a sum of any size would panic.
fn after(moment: Instant, wait: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    moment + wait.min(CENTURY)
}

/// Whether a method changes nothing.
fn is_safe(method: &Method) -> bool {
    *method == Method::GET
}
