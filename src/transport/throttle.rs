//! The throttle gate: lets calls through as fast as the quota of the token allows.

mod given_up;
mod headers;
mod quota;
mod samples;
mod told;

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

use super::saturating_add;
pub(super) use headers::QuotaHeaders;
pub(super) use quota::LONGEST_PAUSE;
use quota::{Quota as OwnQuota, StartedIn, Verdict};
pub use told::Quota;

/// What an attempt taught about the quota.
#[derive(Debug, Clone, Copy)]
pub(super) enum Feedback {
    /// There was an answer; what remains of the quota, if it said so.
    Answered {
        remaining: Option<f64>,
        /// Whether it was a success. Other answers may come from before the application.
        is_success: bool,
    },
    /// The throttle refused the call; what remains, and how long to stay away.
    Refused(Option<f64>, Duration),
    /// The request was sent, but nobody waited for its answer, or none came. The server may still be
    /// at work on it.
    GivenUp,
    /// Nothing: the server never saw the request.
    Nothing,
}

impl Feedback {
    pub(super) fn answered(headers: &QuotaHeaders, is_success: bool) -> Self {
        Self::Answered {
            remaining: headers.remaining,
            is_success,
        }
    }

    fn remaining(&self) -> Option<f64> {
        match self {
            Self::Answered { remaining, .. } | Self::Refused(remaining, _) => *remaining,
            Self::GivenUp | Self::Nothing => None,
        }
    }
}

/// Admits the calls of a client, in the order in which they came.
pub(super) struct Gate {
    start: Instant,
    state: Mutex<State>,
}

struct State {
    quota: OwnQuota,
    /// What an answer last said to remain, and when.
    told: Option<(f64, Duration)>,
    next_ticket: u64,
    /// Who waits, by ticket. The first one is woken when something changes.
    waiting: BTreeMap<u64, Option<Waker>>,
}

impl Gate {
    pub(super) fn new(max_in_flight: usize) -> Self {
        Self {
            start: Instant::now(),
            state: Mutex::new(State {
                quota: OwnQuota::new(max_in_flight),
                told: None,
                next_ticket: 0,
                waiting: BTreeMap::new(),
            }),
        }
    }

    /// A gate of the same width for another login.
    pub(super) fn another(&self) -> Self {
        Self::new(self.state().quota.max_in_flight())
    }

    /// What is known of the quota now.
    pub(super) fn told(&self) -> Quota {
        let (now, state) = (self.now(), self.state());
        let ago = |(_, then)| now.saturating_sub(then);
        Quota {
            remaining: state.told.map(|(remaining, _)| remaining),
            told_ago: state.told.map(ago),
            in_flight: state.quota.in_flight(),
            max_in_flight: state.quota.max_in_flight(),
            waiting: state.waiting.len(),
            paused_for: state.quota.pause_left(now),
        }
    }

    /// A place in the queue, kept for all attempts of a call.
    pub(super) fn ticket(&self) -> QueueTicket<'_> {
        let mut state = self.state();
        let number = state.next_ticket;
        state.next_ticket += 1;
        QueueTicket { gate: self, number }
    }

    /// How often in a row the throttle refused.
    pub(super) fn refusals(&self) -> u32 {
        self.state().quota.refusals()
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wake_first(&mut self) {
        if let Some(waker) = self.waiting.values_mut().next().and_then(Option::take) {
            waker.wake();
        }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Gate")
            .field("quota", &state.quota)
            .field("waiting", &state.waiting.len())
            .finish()
    }
}

/// A call's place in the queue. Later attempts of a call come before calls that came after it.
#[derive(Debug)]
pub(super) struct QueueTicket<'a> {
    gate: &'a Gate,
    number: u64,
}

impl<'a> QueueTicket<'a> {
    /// Waits until an attempt may start. There is no limit to that while others get through; but
    /// if the throttle refuses everyone for as long as `max_pause_wait`, the wait ends.
    pub(super) fn admit(&self, max_pause_wait: Duration) -> Admission<'a> {
        self.gate.state().waiting.insert(self.number, None);
        Admission {
            gate: self.gate,
            number: self.number,
            since: self.gate.now(),
            max_pause_wait,
            timer: None,
            is_waiting: true,
        }
    }
}

/// The gate let nobody through for as long as a call could wait.
#[derive(Debug)]
pub(super) struct Paused;

/// The wait for admission. Dropped, it leaves the queue.
pub(super) struct Admission<'a> {
    gate: &'a Gate,
    number: u64,
    since: Duration,
    max_pause_wait: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    is_waiting: bool,
}

impl<'a> Future for Admission<'a> {
    type Output = Result<Permit<'a>, Paused>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            let now = this.gate.now();
            let mut state = this.gate.state();
            let is_first = state.waiting.keys().next() == Some(&this.number);
            let verdict = match is_first {
                true => {
                    let is_last = state.waiting.len() == 1;
                    state.quota.verdict(now, is_last)
                }
                false => Verdict::Wait(None),
            };
            let until = match verdict {
                Verdict::Admit => {
                    state.waiting.remove(&this.number);
                    this.is_waiting = false;
                    let started_in = state.quota.start(now);
                    state.wake_first();
                    return Poll::Ready(Ok(Permit {
                        gate: this.gate,
                        started_in,
                        feedback: Feedback::Nothing,
                    }));
                }
                Verdict::Wait(until) => until,
            };
            let end = match state.quota.paused_since() {
                Some(since) => {
                    saturating_add(this.gate.start + since.max(this.since), this.max_pause_wait)
                }
                // Only the queue is long. A pause that is still to come cannot end the wait sooner.
                None => saturating_add(
                    Instant::now(),
                    this.max_pause_wait.max(Duration::from_secs(1)),
                ),
            };
            if end <= Instant::now() {
                return Poll::Ready(Err(Paused));
            }
            let waker = context.waker().clone();
            state.waiting.insert(this.number, Some(waker));
            drop(state);
            let until = until.map_or(end, |until| end.min(this.gate.start + until));
            let timer = this
                .timer
                .get_or_insert_with(|| Box::pin(sleep_until(until)));
            if timer.deadline() != until {
                timer.as_mut().reset(until);
            }
            if timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            this.timer = None;
        }
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if self.is_waiting {
            let mut state = self.gate.state();
            state.waiting.remove(&self.number);
            state.wake_first();
        }
    }
}

/// Leave for one attempt to be in flight, given back when dropped.
#[derive(Debug)]
pub(super) struct Permit<'a> {
    gate: &'a Gate,
    started_in: StartedIn,
    feedback: Feedback,
}

impl Permit<'_> {
    /// Notes that the request goes out. A call that is given up before cost the server nothing.
    pub(super) fn sends(&mut self) {
        self.feedback = Feedback::GivenUp;
    }

    /// Ends the attempt with what it taught.
    pub(super) fn leave(mut self, feedback: Feedback) {
        self.feedback = feedback;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let now = self.gate.now();
        let mut state = self.gate.state();
        if let Some(remaining) = self.feedback.remaining() {
            state.told = Some((remaining, now));
        }
        state.quota.end(now, self.started_in, self.feedback);
        state.wake_first();
    }
}

#[cfg(test)]
mod tests;
