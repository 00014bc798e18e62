//! One attempt, and the loop around it. The only part of the crate that knows the HTTP library.

pub(crate) mod address;
mod answer;
mod attempt;
mod classify;
mod continuation;
mod course;
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
use course::Course;
use retry::Budget;
use throttle::{Feedback, Gate, QuotaHeaders};

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
        let attempts = self.attempts(target, options, &span);
        let outcome = attempts.instrument(span.clone()).await;
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

    async fn attempts(
        &self,
        target: &Target,
        options: &CallOptions,
        span: &Span,
    ) -> Result<Answer> {
        let ticket = self.gate.ticket();
        let max_pause_wait = options.deadline;
        let mut permit = ticket
            .admit(max_pause_wait)
            .await
            .map_err(|_| paused(target))?;
        let mut course = Course::new(target, options);
        loop {
            course.attempts += 1;
            span.record("attempts", course.attempts);
            let attempt = self.attempt(target, options, course.deadline).await;
            let quota = note(course.attempts, &attempt);
            let failure = match attempt {
                Ok(mut answer) => {
                    self.budget.earn();
                    permit.leave(Feedback::answered(&quota, true));
                    (answer.attempts, answer.elapsed) = (course.sent(), course.started.elapsed());
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            let used = failure.used;
            let mut error = course.fail(failure.error, used.is_some());
            let mut pause = self.pause(&course, &error);
            let feedback = match (error.status(), &used) {
                // Without an answer, or with one to those who keep the credentials.
                (None, Some(_)) if error.may_have_run() => Feedback::GivenUp,
                (None, _) | (_, None) => Feedback::Nothing,
                _ if error.kind() == ErrorKind::Throttled => {
                    Feedback::Refused(quota.remaining, pause)
                }
                _ => Feedback::answered(&quota, false),
            };
            let gate_waits = matches!(feedback, Feedback::Refused(..));
            permit.leave(feedback);
            let renewal = self.renew(&error, used.as_ref(), course.renewed);
            let is_renewed = match timeout_at(course.deadline, renewal).await {
                Ok(Ok(is_renewed)) => is_renewed,
                Ok(Err(failure)) => {
                    // What came of the renewal says nothing of the record.
                    error = course.fail_instead(failure).with_lost_attempt(false, false);
                    pause = self.pause(&course, &error);
                    false
                }
                Err(_) => {
                    let late = no_credentials_in_time().not_sent();
                    let late = error.status().into_iter().fold(late, Error::with_status);
                    return Err(course.describe(late, true));
                }
            };
            if is_renewed {
                course.renewed = true;
            } else if course.allows(&error, pause) && self.budget.spend(&error) {
                course.lost |= error.may_have_run();
                // The gate makes all calls wait out a pause of the throttle, this one first; but
                // not as long as a server can ask of this one.
                if !gate_waits || pause > throttle::LONGEST_PAUSE {
                    tokio::time::sleep(pause).await;
                }
            } else {
                return Err(error);
            }
            permit = match timeout_at(course.deadline, ticket.admit(max_pause_wait)).await {
                Ok(Ok(permit)) => permit,
                _ => return Err(error),
            };
        }
    }

    /// How long to wait after a failed attempt, if it is worth another.
    fn pause(&self, course: &Course<'_>, error: &Error) -> Duration {
        let policy = &course.options.retry;
        if error.kind() != ErrorKind::Throttled {
            return policy.pause(course.failures, error, fastrand::f64());
        }
        // Refusals in a row make the pause longer, whichever calls they hit. Never next to none:
        // the bucket must leak.
        let jitter = 0.5 + fastrand::f64() / 2.0;
        policy.pause(self.gate.refusals() + 1, error, jitter)
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

/// The error of a call that the gate never let start.
fn paused(target: &Target) -> Error {
    Error::new(
        ErrorKind::Throttled,
        "the throttle refuses this client for longer than the deadline of the call, which was not \
         sent",
    )
    .with_request(target.line())
}

/// Traces an attempt; gives back what its answer told of the quota.
fn note(count: u32, attempt: &Result<Answer, Failure>) -> QuotaHeaders {
    let (status, quota) = match attempt {
        Ok(answer) => (Some(answer.status), QuotaHeaders::of(&answer.headers)),
        Err(failure) => (failure.error.status(), failure.quota),
    };
    debug!(
        http.response.status_code = status.map(|status| status.as_u16()),
        attempt = count,
        cost = quota.cost,
        remaining = quota.remaining,
        "attempt ended"
    );
    quota
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

/// Whether a method changes nothing.
fn is_safe(method: &Method) -> bool {
    *method == Method::GET
}
