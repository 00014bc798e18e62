//! Renewing credentials: one attempt at a time for everybody who waits, and pauses after failures.

use std::{
    future::Future,
    sync::{Arc, MutexGuard},
    time::Duration,
};

use futures::future::BoxFuture;
use tokio::{
    runtime::Handle,
    sync::watch,
    time::{Instant, timeout_at},
};
use tracing::Instrument;

use super::Authorization;
use crate::{
    error::{Error, ErrorKind, Result},
    transport,
};

/// How close together renewals after refusals must be to count as one row. Longer than the longest
/// pause between them.
const SOON: Duration = Duration::from_secs(120);

/// The longest pause between two attempts. A server may ask for more, up to [`MAX_ASKED`].
const MAX_PAUSE: Duration = Duration::from_secs(60);
const MAX_ASKED: Duration = Duration::from_secs(600);

/// How long callers wait for a renewal that they do not depend on.
const PATIENCE: Duration = Duration::from_secs(2);

/// Credentials that can be renewed.
pub(super) trait Renewable: Send + Sync + Sized + 'static {
    type Held: Held;

    fn held(&self) -> MutexGuard<'_, Self::Held>;

    /// The work of renewing what `held` has.
    fn renewal(
        self: &Arc<Self>,
        held: &Self::Held,
        cause: Cause,
    ) -> BoxFuture<'static, Result<Authorization>>;
}

/// The credentials in use, and what is known about them.
pub(super) trait Held {
    fn history(&self) -> &RenewalHistory;

    fn history_mut(&mut self) -> &mut RenewalHistory;

    /// The credentials in use, if there are any yet.
    fn current(&self) -> Option<&Authorization>;

    /// The credentials, if a request may be sent with them now, whatever a renewal leads to.
    fn good(&self, now: Instant) -> Option<Authorization>;

    /// Whether the current credentials need no renewal yet, or cannot be renewed at all.
    fn is_enough(&self, now: Instant) -> bool;

    /// Why there is no point in trying now.
    fn cooldown_error(&self, now: Instant) -> Option<Error> {
        self.history().cooldown_error(now)
    }

    /// Whether these credentials were renewed so recently that a refusal cannot be helped by
    /// another renewal.
    fn was_just_renewed(&self, now: Instant) -> bool {
        self.history().was_just_renewed(now)
    }

    /// What to do when a request needs credentials.
    fn to_use(&self, now: Instant) -> Step {
        let good = self.good(now);
        if let Some(step) = self.history().waiting(good.is_none()) {
            return step;
        }
        if let Some(current) = self.current().filter(|_| self.is_enough(now)) {
            return Step::Use(current.clone());
        }
        match (self.cooldown_error(now), good) {
            (Some(_), Some(authorization)) => Step::Use(authorization),
            (Some(error), None) => Step::Fail(error),
            (None, _) => Step::Start,
        }
    }

    /// What to do when the server refused `used`.
    fn to_replace(&self, used: &Authorization, now: Instant) -> Step {
        if let Some(step) = self.history().waiting(true) {
            return step;
        }
        if let Some(current) = self.current().filter(|current| !current.is_same(used)) {
            return Step::Use(current.clone());
        }
        match self.cooldown_error(now) {
            Some(error) => Step::Fail(error),
            None if self.was_just_renewed(now) => Step::GiveUp,
            None => Step::Start,
        }
    }
}

/// Why a renewal is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    Expiry,
    Refusal,
}

/// What to do next.
#[derive(Debug)]
pub(super) enum Step {
    /// The credentials are good, as far as anyone knows.
    Use(Authorization),
    /// They were renewed moments ago and refused again: another renewal will not help.
    GiveUp,
    Fail(Error),
    /// Wait for the renewal under way, but no longer than until then.
    Wait(InFlight, Option<Instant>),
    /// Renew them.
    Start,
}

/// How a renewal under way tells everybody who waits for it.
pub(super) type InFlight = watch::Receiver<Option<Result<Authorization>>>;

/// The credentials to send a request with, renewed if that is due.
pub(super) async fn authorization<R: Renewable>(this: &Arc<R>) -> Result<Authorization> {
    let mut step = begin(this, Cause::Expiry, R::Held::to_use)?;
    loop {
        step = step.followed().await;
        // While the credentials are still valid, ignore how the renewal ended and use them.
        let good = this.held().good(Instant::now());
        step = match (step, good) {
            (Step::Use(authorization), _) => return Ok(authorization),
            (Step::Fail(_) | Step::Wait(..), Some(authorization)) => return Ok(authorization),
            (Step::Fail(error), None) => return Err(error),
            (Step::Wait(in_flight, _), None) => Step::Wait(in_flight, None),
            (Step::GiveUp | Step::Start, _) => return Err(cut_off()),
        };
    }
}

/// Whether there are other credentials now than `used`, which the server refused.
pub(super) async fn refused<R: Renewable>(this: &Arc<R>, used: &Authorization) -> Result<bool> {
    let step = begin(this, Cause::Refusal, |held, now| held.to_replace(used, now))?;
    match step.followed().await {
        Step::Use(authorization) => Ok(!authorization.is_same(used)),
        Step::Fail(error) => Err(error),
        _ => Ok(false),
    }
}

/// Waits for the renewal under way, if there is one.
pub(super) async fn settled<R: Renewable>(this: &R) {
    let under_way = this.held().history().waiting(true);
    if let Some(step) = under_way {
        step.followed().await;
    }
}

/// Makes the decision, and starts the renewal if that is what was decided. Once started, it runs
/// to completion, whether or not anybody still waits for it.
fn begin<R: Renewable>(
    this: &Arc<R>,
    cause: Cause,
    decide: impl Fn(&R::Held, Instant) -> Step,
) -> Result<Step> {
    let runtime = runtime()?;
    let (renewal, step) = {
        let (mut held, now) = (this.held(), Instant::now());
        let step = decide(&held, now);
        if !matches!(step, Step::Start) {
            return Ok(step);
        }
        let work = this.renewal(&held, cause);
        let (sender, in_flight) = watch::channel(None);
        held.history_mut().in_flight = Some((in_flight, now));
        let guard = FinishGuard {
            of: this.clone(),
            outcome: None,
            sender,
        };
        (guard.run(work), decide(&held, now))
    };
    // Not under the lock: a runtime that is shutting down drops the task, which takes the lock.
    runtime.spawn(renewal);
    Ok(step)
}

impl Step {
    /// Waits if that is the next step. It remains the next step when the time to wait is over.
    async fn followed(self) -> Self {
        let Self::Wait(mut in_flight, until) = self else {
            return self;
        };
        let ended = {
            let outcome = in_flight.wait_for(Option::is_some);
            let outcome = match until {
                Some(until) => timeout_at(until, outcome).await,
                None => Ok(outcome.await),
            };
            match outcome.as_ref().map(|outcome| outcome.as_deref()) {
                Ok(Ok(Some(Ok(authorization)))) => Some(Self::Use(authorization.clone())),
                Ok(Ok(Some(Err(error)))) => Some(Self::Fail(error.share())),
                Ok(_) => Some(Self::Fail(cut_off())),
                Err(_) => None,
            }
        };
        ended.unwrap_or(Self::Wait(in_flight, until))
    }
}

/// What became of the renewals so far.
#[derive(Debug, Default)]
pub(super) struct RenewalHistory {
    /// The renewal under way, and when it began.
    in_flight: Option<(InFlight, Instant)>,
    failure: Option<FailedRenewal>,
    renewed: Option<Instant>,
    /// The last renewal after a refusal, and how many of these came soon after the one before.
    after_refusal: Option<Instant>,
    renewals_in_a_row: u32,
}

/// The last attempt, which failed.
#[derive(Debug)]
struct FailedRenewal {
    error: Error,
    count: u32,
    until: Instant,
}

impl RenewalHistory {
    /// The step of waiting for the renewal under way, if there is one: only briefly for those who
    /// do not depend on it, and not at all if the renewal before it failed.
    pub(super) fn waiting(&self, is_needed: bool) -> Option<Step> {
        let (in_flight, began) = self.in_flight.as_ref()?;
        let patience = match &self.failure {
            Some(_) => Duration::ZERO,
            None => PATIENCE,
        };
        let until = (!is_needed).then(|| *began + patience);
        Some(Step::Wait(in_flight.clone(), until))
    }

    /// The error of the last attempt, during the pause after it.
    pub(super) fn cooldown_error(&self, now: Instant) -> Option<Error> {
        let failure = self.failure.as_ref().filter(|it| now < it.until)?;
        Some(failure.with_time_left(now))
    }

    /// Whether a refusal was answered with other credentials just now, so that another renewal
    /// would not help. The more often that happens, the longer it counts as just now.
    pub(super) fn was_just_renewed(&self, now: Instant) -> bool {
        is_within(pause(self.renewals_in_a_row + 1), self.after_refusal, now)
    }

    pub(super) fn was_renewed_within(&self, time: Duration, now: Instant) -> bool {
        is_within(time, self.renewed, now)
    }

    /// There are new credentials.
    pub(super) fn renewed(&mut self, cause: Cause, now: Instant) {
        self.renewed = Some(now);
        if cause == Cause::Refusal {
            let is_soon = is_within(SOON, self.after_refusal, now);
            self.renewals_in_a_row = if is_soon {
                self.renewals_in_a_row + 1
            } else {
                0
            };
            self.after_refusal = Some(now);
        }
    }

    /// There are credentials that nobody has refused so far: earlier failures no longer count.
    pub(super) fn replaced(&mut self) {
        *self = Self {
            in_flight: self.in_flight.take(),
            ..Self::default()
        };
    }

    /// The renewal under way has ended. Returns what those who wait for it are told.
    pub(super) fn finished(
        &mut self,
        outcome: Result<Authorization>,
        now: Instant,
    ) -> Result<Authorization> {
        self.in_flight = None;
        let error = match outcome {
            Ok(authorization) => {
                self.failure = None;
                return Ok(authorization);
            }
            Err(error) => error,
        };
        let count = self.failure.as_ref().map_or(0, |failure| failure.count) + 1;
        let asked = error.retry_after().unwrap_or_default().min(MAX_ASKED);
        let until = now + pause(count).max(asked);
        let failure = FailedRenewal {
            error,
            count,
            until,
        };
        Err(self.failure.insert(failure).with_time_left(now))
    }
}

impl FailedRenewal {
    /// The error, with what is left of the pause. When a person has to log in, waiting is no help.
    fn with_time_left(&self, now: Instant) -> Error {
        let is_over = self.error.kind() == ErrorKind::LoginRequired || self.error.is_lasting();
        let left = (!is_over).then(|| self.until - now);
        self.error.share().with_retry_after(left)
    }
}

fn is_within(time: Duration, since: Option<Instant>, now: Instant) -> bool {
    since.is_some_and(|since| now < since + time)
}

/// The pause after this many failures: one second, doubled each time.
fn pause(count: u32) -> Duration {
    Duration::from_secs(1_u64 << (count.max(1) - 1).min(20)).min(MAX_PAUSE)
}

/// A renewal under way. However it ends, everybody who waits for it is told.
struct FinishGuard<R: Renewable> {
    of: Arc<R>,
    outcome: Option<Result<Authorization>>,
    sender: watch::Sender<Option<Result<Authorization>>>,
}

impl<R: Renewable> FinishGuard<R> {
    async fn run(mut self, work: BoxFuture<'static, Result<Authorization>>) {
        self.outcome = Some(work.await);
    }
}

impl<R: Renewable> Drop for FinishGuard<R> {
    fn drop(&mut self) {
        let outcome = self.outcome.take().unwrap_or_else(|| Err(cut_off()));
        let outcome = self
            .of
            .held()
            .history_mut()
            .finished(outcome, Instant::now());
        self.sender.send_replace(Some(outcome));
    }
}

/// Runs `work` to completion, even if the returned future is dropped.
pub(super) async fn run_detached<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let task = runtime()?.spawn(work.in_current_span());
    task.await.unwrap_or_else(|_| Err(cut_off()))
}

pub(super) fn runtime() -> Result<Handle> {
    transport::runtime()
}

fn cut_off() -> Error {
    Error::authentication(
        "getting credentials was cut off: the runtime ended, or the token store panicked",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn failing(kind: ErrorKind) -> Result<Authorization> {
        Err(Error::new(kind, "no"))
    }

    #[test]
    fn the_pause_doubles_and_the_server_may_ask_for_more() {
        let (mut history, mut now) = (RenewalHistory::default(), Instant::now());
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            let told = history
                .finished(failing(ErrorKind::Connect), now)
                .unwrap_err();
            for error in [told, history.cooldown_error(now).unwrap()] {
                assert_eq!(error.retry_after(), Some(seconds * SECOND));
            }
            now += seconds * SECOND;
            assert!(history.cooldown_error(now).is_none());
        }
        let asked = Error::new(ErrorKind::Throttled, "no").with_retry_after(300 * SECOND);
        history.finished(Err(asked), now).unwrap_err();
        assert!(history.cooldown_error(now + 299 * SECOND).is_some());
        assert!(history.cooldown_error(now + 300 * SECOND).is_none());
    }

    #[test]
    fn an_ended_login_asks_nobody_to_come_again_later() {
        let (mut history, now) = (RenewalHistory::default(), Instant::now());
        let ended = Error::new(ErrorKind::LoginRequired, "gone").with_retry_after(9 * SECOND);
        let told = history.finished(Err(ended), now).unwrap_err();
        for error in [told, history.cooldown_error(now).unwrap()] {
            assert_eq!(error.retry_after(), None);
        }
    }

    #[test]
    fn who_needs_a_renewal_waits_for_it_and_nobody_else_waits_for_long() {
        let (mut history, now) = (RenewalHistory::default(), Instant::now());
        assert!(history.waiting(true).is_none());
        let start = |history: &mut RenewalHistory| {
            history.in_flight = Some((watch::channel(None).1, now));
        };
        let until = |history: &RenewalHistory, is_needed| match history.waiting(is_needed) {
            Some(Step::Wait(_, until)) => until,
            step => panic!("{step:?}"),
        };
        start(&mut history);
        assert_eq!(until(&history, true), None);
        assert_eq!(until(&history, false), Some(now + PATIENCE));
        history
            .finished(failing(ErrorKind::Timeout), now)
            .unwrap_err();
        assert!(history.waiting(false).is_none());
        start(&mut history);
        assert_eq!(until(&history, false), Some(now));
    }
}
