//! A call: its attempts, what is known of them, and the task that it runs in.

use std::{
    any::Any,
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Method, StatusCode};
use tokio::{
    task::JoinHandle,
    time::{Instant, timeout_at},
};
use tracing::{
    Instrument, Span, debug, debug_span,
    field::{Empty, debug},
};

use super::{
    Answer, CallOptions, Target, Transport,
    attempt::FailedAttempt,
    lacks_drivers, no_credentials_in_time, runtime, saturating_add,
    throttle::{self, Feedback, QuotaHeaders},
    time_limit::TimeLimit,
};
use crate::{
    credentials::Authorization,
    error::{Error, ErrorKind, Result},
};

/// A call that runs in a task of its own until this is dropped.
///
/// A future that is not polled for a while, as in a stream of buffered futures or the other arm of
/// a `select!`, would keep its place at the gate and hold up all calls behind it.
#[derive(Debug)]
pub(crate) struct SpawnedCall {
    task: JoinHandle<Result<Box<Answer>>>,
    method: Method,
    line: String,
}

/// A call that is ready to be started. Boxed, as what it has is large and moved from hand to hand.
pub(crate) struct Call {
    work: Pin<Box<dyn Future<Output = Result<Box<Answer>>> + Send>>,
    method: Method,
    line: String,
}

impl Call {
    pub(crate) fn new(transport: &Arc<Transport>, target: Target, options: CallOptions) -> Self {
        let (method, line) = (target.method.clone(), target.line());
        let transport = transport.clone();
        let work = async move { transport.call(&target, &options).await.map(Box::new) };
        Self {
            work: Box::pin(work),
            method,
            line,
        }
    }

    pub(crate) fn start(self) -> Result<SpawnedCall> {
        Ok(SpawnedCall {
            task: runtime()?.spawn(self.work.in_current_span()),
            method: self.method,
            line: self.line,
        })
    }
}

impl Future for SpawnedCall {
    type Output = Result<Answer>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<Answer>> {
        let this = &mut *self;
        Pin::new(&mut this.task).poll(context).map(|joined| {
            let stopped = match joined {
                Ok(outcome) => return outcome.map(|answer| *answer),
                Err(stopped) => stopped,
            };
            match stopped.try_into_panic() {
                Ok(panic) if is_of_a_driver(&*panic) => {
                    Err(lacks_drivers().of_call(&this.method, &this.line))
                }
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::new(
                    ErrorKind::Interrupted,
                    "the runtime stopped before the answer came",
                )
                .of_call(&this.method, &this.line)
                .with_may_have_run(true)),
            }
        })
    }
}

/// Whether a panic is that of a runtime without network, which cannot be asked for one before.
fn is_of_a_driver(panic: &(dyn Any + Send)) -> bool {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.is_some_and(|text| text.starts_with("A Tokio 1.x context was found, but "))
}

impl Drop for SpawnedCall {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Transport {
    /// Sends a request until it is answered or given up.
    async fn call(&self, target: &Target, options: &CallOptions) -> Result<Answer> {
        // The names follow OpenTelemetry's conventions for HTTP. The path is the template of the
        // route: the path itself may hold names, and would make a separate series of each record.
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
        let attempts = pin!(self.attempts(target, options, &span));
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
        // Others may have been sent before the last ones.
        let known = self.known_secrets();
        match outcome {
            Ok(mut answer) => {
                answer.secrets.extend(&known, usize::MAX);
                Ok(answer)
            }
            Err(error) => Err(known.hidden_in(error)),
        }
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
            .map_err(|_| paused_too_long(target))?;
        let mut state = CallState::new(target, options);
        loop {
            state.attempts += 1;
            span.record("attempts", state.attempts);
            let attempt = self.attempt(target, state.limit(), &mut permit).await;
            let quota = trace_attempt(state.attempts, &attempt);
            let failure = match attempt {
                Ok(mut answer) => {
                    self.budget.earn();
                    permit.leave(Feedback::answered(&quota, true));
                    (answer.attempts, answer.elapsed) = (state.sent(), state.started.elapsed());
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            let used = failure.used;
            // Whether this attempt may be at work, not whether an earlier one was.
            let is_given_up = failure.error.may_have_run();
            let mut error = state.fail(failure.error, used.is_some());
            let mut pause = self.pause(&state, &error);
            let feedback = match (error.status(), &used) {
                // There was no answer, or it was one to a request for credentials.
                (None, Some(_)) if is_given_up => Feedback::GivenUp,
                (None, _) | (_, None) => Feedback::Nothing,
                _ if error.kind() == ErrorKind::Throttled => {
                    Feedback::Refused(quota.remaining, pause)
                }
                _ => Feedback::answered(&quota, false),
            };
            let gate_waits = matches!(feedback, Feedback::Refused(..));
            permit.leave(feedback);
            let renewal = self.renew(&error, used.as_ref(), state.renewed || target.is_open);
            let is_renewed = match timeout_at(state.deadline, renewal).await {
                Ok(Ok(is_renewed)) => is_renewed,
                Ok(Err(failure)) => {
                    error = state.fail_instead(failure);
                    pause = self.pause(&state, &error);
                    false
                }
                Err(_) => {
                    let late = no_credentials_in_time().not_sent();
                    let late = error.status().into_iter().fold(late, Error::with_status);
                    return Err(state.describe(late, true));
                }
            };
            if is_renewed {
                state.renewed = true;
            } else if state.allows(&error, pause) && self.budget.spend(&error) {
                state.lost_an_attempt |= error.may_have_run();
                // The gate makes all calls wait for the end of a throttle pause, this one first. A
                // server may ask this one to wait longer than the gate holds up the others.
                if !gate_waits || pause > throttle::LONGEST_PAUSE {
                    tokio::time::sleep(pause).await;
                }
            } else {
                return Err(error);
            }
            permit = match timeout_at(state.deadline, ticket.admit(max_pause_wait)).await {
                Ok(Ok(permit)) => permit,
                _ => return Err(error),
            };
        }
    }

    /// How long to wait after a failed attempt, if there is to be another.
    fn pause(&self, state: &CallState<'_>, error: &Error) -> Duration {
        let policy = &state.options.retry;
        if error.kind() != ErrorKind::Throttled {
            return policy.pause(state.failures, error, fastrand::f64());
        }
        // Consecutive refusals make the pause longer, whichever calls they hit. It is never close
        // to zero, because the bucket needs time to leak.
        let jitter = 0.5 + fastrand::f64() / 2.0;
        policy.pause(self.gate.refusals() + 1, error, jitter)
    }

    /// Whether there are new credentials, after a refusal that means that the old ones are no
    /// longer valid.
    async fn renew(
        &self,
        error: &Error,
        used: Option<&Authorization>,
        renewed: bool,
    ) -> Result<bool> {
        match used {
            // A token that did not arrive is not cured by another one.
            Some(used)
                if !renewed
                    && error.kind() == ErrorKind::Authentication
                    && !error.is_token_lost() =>
            {
                let renewed = self.credentials.refused(used).await;
                renewed.map_err(Error::not_sent)
            }
            _ => Ok(false),
        }
    }
}

/// What has happened to a call so far.
struct CallState<'a> {
    target: &'a Target,
    options: &'a CallOptions,
    started: Instant,
    deadline: Instant,
    attempts: u32,
    /// How many of them lacked credentials, so that there was nothing to send.
    unsent: u32,
    /// How many of them the throttle refused, and how many failed otherwise.
    refusals: u32,
    failures: u32,
    /// How many of them took longer than they may.
    timeouts: u32,
    /// Whether one may have been carried out without an answer.
    lost_an_attempt: bool,
    renewed: bool,
}

impl<'a> CallState<'a> {
    fn new(target: &'a Target, options: &'a CallOptions) -> Self {
        let started = Instant::now();
        Self {
            target,
            options,
            started,
            deadline: saturating_add(started, options.deadline),
            attempts: 0,
            unsent: 0,
            refusals: 0,
            failures: 0,
            timeouts: 0,
            lost_an_attempt: false,
            renewed: false,
        }
    }

    /// Counts a failed attempt, and returns its error as that of the call.
    fn fail(&mut self, error: Error, was_sent: bool) -> Error {
        match error.kind() {
            ErrorKind::Throttled => self.refusals += 1,
            _ => self.failures += 1,
        }
        self.unsent += u32::from(!was_sent);
        // A 408 is the server's own limit, which more patience does not move.
        let is_own = error.status() != Some(StatusCode::REQUEST_TIMEOUT);
        self.timeouts += u32::from(was_sent && is_own && error.kind() == ErrorKind::Timeout);
        self.describe(error, was_sent)
    }

    /// The same for a failed renewal of the credentials, which replaces the error of the attempt.
    fn fail_instead(&mut self, error: Error) -> Error {
        self.failures = self.failures.saturating_sub(1);
        // It says nothing about the record, so it does not show what became of earlier attempts.
        self.fail(error, true).with_lost_attempt(false)
    }

    /// How long the next attempt may take. A read that took too long is given twice the time, since
    /// the server would do the same work again for nothing.
    fn limit(&self) -> TimeLimit {
        let doublings = match self.target.method {
            Method::GET => self.timeouts.min(16),
            _ => 0,
        };
        let length = self.options.attempt_timeout.saturating_mul(1 << doublings);
        TimeLimit::of_attempt(length, self.deadline, self.options.deadline)
    }

    fn describe(&self, error: Error, was_sent: bool) -> Error {
        error
            .of_call(&self.target.method, self.target.line())
            .with_attempts(self.sent(), self.started.elapsed())
            .with_may_have_run(self.lost_an_attempt)
            .with_lost_attempt(self.lost_an_attempt && was_sent)
    }

    /// How often the client tried to send it.
    fn sent(&self) -> u32 {
        self.attempts - self.unsent
    }

    /// Whether the call may be sent again after a failure and a pause.
    fn allows(&self, error: &Error, pause: Duration) -> bool {
        let count = match error.kind() {
            ErrorKind::Throttled => self.refusals,
            _ => self.failures,
        };
        let left = self.deadline.saturating_duration_since(Instant::now());
        pause < left && self.options.retry.allows(count, &self.target.method, error)
    }
}

/// The error of a call that the gate never let start.
fn paused_too_long(target: &Target) -> Error {
    Error::new(
        ErrorKind::Throttled,
        "the throttle refuses this client for longer than the deadline of the call, which was not \
         sent",
    )
    .with_request(target.line())
}

/// Traces an attempt, and returns what its answer said about the quota.
fn trace_attempt(count: u32, attempt: &Result<Answer, FailedAttempt>) -> QuotaHeaders {
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

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::{groups::ListMyGroups, outgoing::Outgoing, transport::RetryPolicy};

    #[test]
    fn a_renewal_that_fails_counts_in_the_place_of_the_refusal_it_was_to_cure() {
        let root = Url::parse("https://school.example.edu/api/v1/").unwrap();
        let outgoing = Outgoing::of(&ListMyGroups::new()).unwrap();
        let target = Target::new(&root, outgoing).unwrap();
        let options = CallOptions {
            as_user: None,
            attempt_timeout: Duration::ZERO,
            deadline: Duration::MAX,
            retry: RetryPolicy::default(),
        };
        let mut state = CallState::new(&target, &options);
        for (kind, limit) in [(ErrorKind::Throttled, 12), (ErrorKind::Server, 4)] {
            let mut rounds = 0;
            let allows = |state: &mut CallState<'_>| {
                state.attempts += 1;
                drop(state.fail(Error::authentication("dead"), true));
                let error = state.fail_instead(Error::new(kind, "no"));
                state.allows(&error, Duration::ZERO)
            };
            while allows(&mut state) {
                rounds += 1;
                assert!(rounds < limit, "{kind:?} goes on and on");
            }
            assert_eq!(rounds, limit - 1, "{kind:?}");
        }
    }
}
