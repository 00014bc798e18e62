//! Renewing credentials: one try at a time, for all who wait, and pauses after those that failed.

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
    transport::outside_runtime,
};

/// How close the renewals after refusals may be before they count as one row of failures. More
/// than the longest pause between them.
const SOON: Duration = Duration::from_secs(120);

/// The longest pause between two tries. A server may ask for more, up to [`MAX_ASKED`].
const MAX_PAUSE: Duration = Duration::from_secs(60);
const MAX_ASKED: Duration = Duration::from_secs(600);

/// How long those wait for a renewal who could do without it.
const PATIENCE: Duration = Duration::from_secs(2);

/// What can be renewed.
pub(super) trait Renewable: Send + Sync + Sized + 'static {
    type State: AsMut<Record>;

    fn state(&self) -> MutexGuard<'_, Self::State>;

    /// The work of renewing what `state` has.
    fn renewal(
        self: &Arc<Self>,
        state: &Self::State,
        cause: Cause,
    ) -> BoxFuture<'static, Result<Authorization>>;
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
    /// They were refused, and are too young for that to be cured by others.
    GiveUp,
    Fail(Error),
    /// Wait for the renewal that is under way, but no longer than until then.
    Join(Flight, Option<Instant>),
    /// Renew them.
    Start,
}

/// How a renewal under way tells all who wait for it.
pub(super) type Flight = watch::Receiver<Option<Result<Authorization>>>;

/// Lets `decide` decide, and starts the renewal if that is the decision. It then runs to its end,
/// whoever waits for it.
pub(super) fn step<R: Renewable>(
    this: &Arc<R>,
    cause: Cause,
    decide: impl Fn(&R::State, Instant) -> Step,
) -> Result<Step> {
    let runtime = runtime()?;
    let (renewal, step) = {
        let (mut state, now) = (this.state(), Instant::now());
        let step = decide(&state, now);
        if !matches!(step, Step::Start) {
            return Ok(step);
        }
        let work = this.renewal(&state, cause);
        let (sender, flight) = watch::channel(None);
        state.as_mut().flight = Some((flight, now));
        let landing = Landing {
            of: this.clone(),
            outcome: None,
            sender,
        };
        (landing.after(work), decide(&state, now))
    };
    // Not under the lock: a runtime that is shutting down drops the task, which takes it.
    runtime.spawn(renewal);
    Ok(step)
}

impl Step {
    /// Waits where that is the next step. It still is if there is no patience left.
    pub(super) async fn followed(self) -> Self {
        let Self::Join(mut flight, until) = self else {
            return self;
        };
        let landed = {
            let landing = flight.wait_for(Option::is_some);
            let landed = match until {
                Some(until) => timeout_at(until, landing).await,
                None => Ok(landing.await),
            };
            match landed.as_ref().map(|landed| landed.as_deref()) {
                Ok(Ok(Some(Ok(authorization)))) => Some(Self::Use(authorization.clone())),
                Ok(Ok(Some(Err(error)))) => Some(Self::Fail(error.share())),
                Ok(_) => Some(Self::Fail(cut_off())),
                Err(_) => None,
            }
        };
        landed.unwrap_or(Self::Join(flight, until))
    }
}

/// What became of the renewals so far.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// The one under way, and when it began.
    flight: Option<(Flight, Instant)>,
    failure: Option<Failure>,
    renewed: Option<Instant>,
    /// The last one because of a refusal, and how many of these came soon after the one before.
    after_refusal: Option<Instant>,
    row: u32,
}

/// The last try, which failed.
#[derive(Debug)]
struct Failure {
    error: Error,
    count: u32,
    until: Instant,
}

impl Record {
    /// To wait for the renewal under way, if there is one; not for long, if nothing hangs on it,
    /// and not at all if the one before it failed.
    pub(super) fn joined(&self, is_needed: bool) -> Option<Step> {
        let (flight, began) = self.flight.as_ref()?;
        let patience = match &self.failure {
            Some(_) => Duration::ZERO,
            None => PATIENCE,
        };
        let until = (!is_needed).then(|| *began + patience);
        Some(Step::Join(flight.clone(), until))
    }

    /// Why there is no point in trying now.
    pub(super) fn hindrance(&self, now: Instant) -> Option<Error> {
        let failure = self.failure.as_ref().filter(|it| now < it.until)?;
        Some(failure.told(now))
    }

    /// Whether a refusal was answered with other credentials just now, so that the next one is
    /// not cured by others. The more often that happens, the longer it counts as just now.
    pub(super) fn is_hopeless(&self, now: Instant) -> bool {
        is_within(pause(self.row + 1), self.after_refusal, now)
    }

    pub(super) fn was_renewed_within(&self, time: Duration, now: Instant) -> bool {
        is_within(time, self.renewed, now)
    }

    /// There are new credentials.
    pub(super) fn renewed(&mut self, cause: Cause, now: Instant) {
        self.renewed = Some(now);
        if cause == Cause::Refusal {
            let is_soon = is_within(SOON, self.after_refusal, now);
            self.row = if is_soon { self.row + 1 } else { 0 };
            self.after_refusal = Some(now);
        }
    }

    /// There are others, which nobody has refused so far: what failed is over and done with.
    pub(super) fn replaced(&mut self) {
        *self = Self {
            flight: self.flight.take(),
            ..Self::default()
        };
    }

    /// The renewal under way has ended. Returns what those are told who wait for it.
    pub(super) fn landed(
        &mut self,
        outcome: Result<Authorization>,
        now: Instant,
    ) -> Result<Authorization> {
        self.flight = None;
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
        let failure = Failure {
            error,
            count,
            until,
        };
        Err(self.failure.insert(failure).told(now))
    }
}

impl Failure {
    /// The error, with what is left of the pause; no time makes up for a person who logs in.
    fn told(&self, now: Instant) -> Error {
        let is_transient = self.error.kind() != ErrorKind::LoginRequired;
        let left = is_transient.then(|| self.until - now);
        self.error.share().with_retry_after(left)
    }
}

fn is_within(time: Duration, since: Option<Instant>, now: Instant) -> bool {
    since.is_some_and(|since| now < since + time)
}

/// The pause after this many failures: a second, then twice as much each time.
fn pause(count: u32) -> Duration {
    Duration::from_secs(1_u64 << (count.max(1) - 1).min(20)).min(MAX_PAUSE)
}

/// A renewal under way. However it ends, all who wait for it are told.
struct Landing<R: Renewable> {
    of: Arc<R>,
    outcome: Option<Result<Authorization>>,
    sender: watch::Sender<Option<Result<Authorization>>>,
}

impl<R: Renewable> Landing<R> {
    async fn after(mut self, work: BoxFuture<'static, Result<Authorization>>) {
        self.outcome = Some(work.await);
    }
}

impl<R: Renewable> Drop for Landing<R> {
    fn drop(&mut self) {
        let outcome = self.outcome.take().unwrap_or_else(|| Err(cut_off()));
        let outcome = self.of.state().as_mut().landed(outcome, Instant::now());
        self.sender.send_replace(Some(outcome));
    }
}

/// Does something to its end, also when whoever waits for it is gone.
pub(super) async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let task = runtime()?.spawn(work.in_current_span());
    task.await.unwrap_or_else(|_| Err(cut_off()))
}

pub(super) fn runtime() -> Result<Handle> {
    Handle::try_current().map_err(|_| outside_runtime())
}

pub(super) fn cut_off() -> Error {
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
        let (mut record, mut now) = (Record::default(), Instant::now());
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            let told = record.landed(failing(ErrorKind::Connect), now).unwrap_err();
            for error in [told, record.hindrance(now).unwrap()] {
                assert_eq!(error.retry_after(), Some(seconds * SECOND));
            }
            now += seconds * SECOND;
            assert!(record.hindrance(now).is_none());
        }
        let asked = Error::new(ErrorKind::Throttled, "no").with_retry_after(300 * SECOND);
        record.landed(Err(asked), now).unwrap_err();
        assert!(record.hindrance(now + 299 * SECOND).is_some());
        assert!(record.hindrance(now + 300 * SECOND).is_none());
    }

    #[test]
    fn an_ended_login_asks_nobody_to_come_again_later() {
        let (mut record, now) = (Record::default(), Instant::now());
        let ended = Error::new(ErrorKind::LoginRequired, "gone").with_retry_after(9 * SECOND);
        let told = record.landed(Err(ended), now).unwrap_err();
        for error in [told, record.hindrance(now).unwrap()] {
            assert_eq!(error.retry_after(), None);
        }
    }

    #[test]
    fn who_needs_a_renewal_waits_for_it_and_nobody_else_waits_for_long() {
        let (mut record, now) = (Record::default(), Instant::now());
        assert!(record.joined(true).is_none());
        let take_off = |record: &mut Record| {
            record.flight = Some((watch::channel(None).1, now));
        };
        let until = |record: &Record, is_needed| match record.joined(is_needed) {
            Some(Step::Join(_, until)) => until,
            step => panic!("{step:?}"),
        };
        take_off(&mut record);
        assert_eq!(until(&record, true), None);
        assert_eq!(until(&record, false), Some(now + PATIENCE));
        record.landed(failing(ErrorKind::Timeout), now).unwrap_err();
        assert!(record.joined(false).is_none());
        take_off(&mut record);
        assert_eq!(until(&record, false), Some(now));
    }
}
