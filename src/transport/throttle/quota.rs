//! What the gate knows of the quota, and its verdict. Pure: times go in, no clock is read.
//!
//! Canvas keeps a leaky bucket for each token. A request reserves 50 units while it runs and
//! leaves its real cost behind; 10 units leak away each second; a request that would fill the
//! bucket to its mark is refused. Each answer tells what remained below the mark then, with the
//! reservations of the other requests still in flight.
//!
//! The measure here is the *room*: what would remain if none of this client's requests were in
//! flight. An answer that tells of `r` while `n` others are in flight tells of a room of
//! `r + 50 n`. Others who use the token make it smaller, so they are respected without being
//! known. Requests that are on the wire just then are counted on one side only, which makes single
//! samples too large; so the smallest of the last two seconds counts where several are in flight.
//!
//! What was told ages. The room of a moment ago may have been another client's short burst, or a
//! number without meaning, so where nothing new is heard for a while a single request is let
//! through to ask.

use std::time::Duration;

use super::{
    Feedback,
    given_up::GivenUp,
    samples::{LEAK, MARGIN, RESERVED, Samples},
};

/// The mark of a bucket by default.
const USUAL_MARK: f64 = 600.0;
/// What is kept free besides, for requests of others that come in between. It is so much at first,
/// and never more.
const MOST_CAUTION: f64 = 150.0;
/// What a refusal adds to it: room for one more request of others.
const CAUTION: f64 = 50.0;
/// How much of it an answer takes back, and how much a second does. By answers alone, a client that
/// gets few of them would make way for others for ever; by time alone, busy clients would leave the
/// quota unused for minutes.
const TRUST: f64 = 0.3;
const TRUST_PER_SECOND: f64 = 2.0;
/// How many requests are in flight before the server has told anything.
const BEFORE_THE_FIRST_ANSWER: usize = 4;
/// After how long without news a call goes ahead to find out, if it is the only one of this client.
const ASK_ALONE: Duration = Duration::from_millis(1500);
/// The same if others are in flight or wait behind it. Many calls use up what is there, so what was
/// told is more likely to hold, and a refusal stops them all.
const ASK_WITH_OTHERS: Duration = Duration::from_secs(3);
/// After how long without a number a server that answers without one is taken to keep no quota.
const FORGET: Duration = Duration::from_secs(10);
/// However long a refusal asks to stay away: a probe is sent after this.
pub(in crate::transport) const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Whether a call may start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    Admit,
    /// Not before that time, or, without one, not before a call ends. By then it may have to wait
    /// for longer.
    Wait(Option<Duration>),
}

/// A call in flight, as the quota remembers it.
#[derive(Debug, Clone, Copy)]
pub(super) struct StartedIn {
    /// How many pauses there had been when it started.
    pauses: u64,
    at: Duration,
}

#[derive(Debug)]
pub(super) struct Quota {
    max_in_flight: usize,
    in_flight: usize,
    given_up: GivenUp,
    room: Room,
    pause: Option<Pause>,
    pauses: u64,
    refusals: u32,
    caution: f64,
    /// Up to when time has taken back some of it; `None` before the first answer.
    eased_at: Option<Duration>,
    /// When a call last started or ended.
    last_event: Duration,
}

/// After a refusal nothing starts for a while, and then a single probe.
#[derive(Debug)]
struct Pause {
    /// When the first refusal was; probes were refused since.
    since: Duration,
    until: Duration,
    /// When the last probe was sent that is still in flight.
    probing_since: Option<Duration>,
}

#[derive(Debug)]
enum Room {
    /// Nothing was answered so far.
    Unknown,
    /// The server keeps no quota, or does not tell.
    Untold,
    Told(Samples),
}

impl Quota {
    pub(super) fn new(max_in_flight: usize) -> Self {
        Self {
            max_in_flight: max_in_flight.max(1),
            in_flight: 0,
            given_up: GivenUp::default(),
            room: Room::Unknown,
            pause: None,
            pauses: 0,
            refusals: 0,
            caution: MOST_CAUTION,
            eased_at: None,
            last_event: Duration::ZERO,
        }
    }

    /// Since when the throttle has let nobody through, if that is so.
    pub(super) fn paused_since(&self) -> Option<Duration> {
        self.pause.as_ref().map(|pause| pause.since)
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    pub(super) fn max_in_flight(&self) -> usize {
        self.max_in_flight
    }

    /// How long nothing may start.
    pub(super) fn pause_left(&self, now: Duration) -> Option<Duration> {
        self.pause
            .as_ref()
            .map(|pause| pause.until.saturating_sub(now))
    }

    pub(super) fn refusals(&self) -> u32 {
        self.refusals
    }

    /// `is_last` says that no other call of this client waits.
    pub(super) fn verdict(&mut self, now: Duration, is_last: bool) -> Verdict {
        self.age(now);
        if self.in_flight >= self.max_in_flight {
            return Verdict::Wait(None);
        }
        if let Some(pause) = &self.pause {
            return not_before(now, pause.end());
        }
        let times = [self.by_room(now, is_last), self.by_silence(is_last)];
        match times.into_iter().flatten().min() {
            Some(time) => not_before(now, time),
            None => Verdict::Wait(None),
        }
    }

    /// From when on the room may do for another request; `now` if it does.
    fn by_room(&self, now: Duration, is_last: bool) -> Option<Duration> {
        let reserved = RESERVED * (self.in_flight + 1) as f64;
        let admission = match &self.room {
            Room::Untold => Some(now),
            Room::Unknown => {
                let is_early = self.in_flight < BEFORE_THE_FIRST_ANSWER;
                (is_early && self.fits(USUAL_MARK)).then_some(now)
            }
            // A single request needs no margin, and whatever the mark is, it must get through.
            Room::Told(samples) if self.in_flight == 0 => {
                let (room, caution) = match is_last {
                    true => (samples.alone(now, &self.given_up), 0.0),
                    false => (samples.beside_others(now, &self.given_up), self.caution),
                };
                let needed = reserved + 1.0;
                let caution = caution.min((samples.ceiling() - needed).max(0.0));
                Some(now + leak_time(needed + caution - room, caution))
            }
            Room::Told(samples) => {
                let room = samples.beside_others(now, &self.given_up);
                let needed = reserved + MARGIN;
                let leaks = leak_time(needed + self.caution - room, self.caution);
                let above_ceiling = (needed + self.caution - samples.ceiling()).max(0.0);
                let eases = Duration::from_secs_f64(above_ceiling / TRUST_PER_SECOND);
                (above_ceiling <= self.caution).then(|| now + leaks.max(eases))
            }
        };
        if admission == Some(now) {
            return admission;
        }
        let change = match &self.room {
            Room::Told(samples) => samples.next_change(),
            _ => None,
        };
        let changes = [admission, change, self.given_up.next_release()];
        changes.into_iter().flatten().min()
    }

    /// From when on a request may ask for news, as there have been none for a while.
    fn by_silence(&self, is_last: bool) -> Option<Duration> {
        if self.in_flight == 0 {
            let silence = match is_last {
                true => ASK_ALONE,
                false => ASK_WITH_OTHERS,
            };
            return Some(self.last_event + silence);
        }
        // What this client has in flight is known, whatever the server said about the rest.
        let mark = match &self.room {
            Room::Told(samples) => samples.ceiling().max(USUAL_MARK),
            _ => USUAL_MARK,
        };
        self.fits(mark).then(|| self.last_event + ASK_WITH_OTHERS)
    }

    /// Whether a bucket with that mark has room for another request, if nobody else uses it.
    fn fits(&self, mark: f64) -> bool {
        let count = self.in_flight + self.given_up.count() + 1;
        RESERVED * count as f64 + MARGIN <= mark
    }

    pub(super) fn start(&mut self, now: Duration) -> StartedIn {
        self.in_flight += 1;
        self.last_event = now;
        if let Some(pause) = &mut self.pause {
            pause.probing_since = Some(now);
        }
        StartedIn {
            pauses: self.pauses,
            at: now,
        }
    }

    pub(super) fn end(&mut self, now: Duration, call: StartedIn, feedback: Feedback) {
        self.in_flight -= 1;
        self.last_event = now;
        self.age(now);
        let pause = self.pause.as_mut().filter(|_| call.pauses == self.pauses);
        let is_probe = pause.is_some_and(|pause| pause.probing_since.take().is_some());
        match feedback {
            Feedback::Nothing => {}
            Feedback::GivenUp => self.given_up.add(now, call.at),
            Feedback::Answered {
                remaining,
                is_success,
            } => {
                self.given_up.answered(now, call.at);
                self.learn(now, remaining, is_success);
                self.eased_at.get_or_insert(now);
                self.ease(TRUST);
                if is_probe {
                    self.pause = None;
                    self.refusals = 0;
                    // It was let in after all that was told before.
                    if let (Some(_), Room::Told(samples)) = (remaining, &mut self.room) {
                        samples.keep_newest();
                    }
                }
            }
            Feedback::Refused(remaining, pause) => {
                self.learn(now, remaining, false);
                self.eased_at.get_or_insert(now);
                let until = now + pause.min(LONGEST_PAUSE);
                let pause = self.pause.get_or_insert(Pause {
                    since: now,
                    until,
                    probing_since: None,
                });
                pause.until = pause.until.max(until);
                // Calls that were in flight together are refused together: that is one refusal.
                if call.pauses == self.pauses {
                    pause.probing_since = None;
                    self.pauses += 1;
                    self.refusals += 1;
                    self.caution = (self.caution + CAUTION).min(MOST_CAUTION);
                }
            }
        }
    }

    /// Takes back what time takes back.
    fn age(&mut self, now: Duration) {
        self.given_up.age(now);
        if let Room::Told(samples) = &mut self.room {
            samples.age(now);
        }
        // Nothing is eased before the first answer.
        if let Some(eased_at) = &mut self.eased_at {
            let passed = now.saturating_sub(*eased_at).as_secs_f64();
            *eased_at = now;
            self.ease(TRUST_PER_SECOND * passed);
        }
    }

    fn ease(&mut self, trust: f64) {
        self.caution = (self.caution - trust).max(0.0);
    }

    /// Takes in what an answer said to remain.
    fn learn(&mut self, now: Duration, remaining: Option<f64>, is_success: bool) {
        let given_up = self.given_up.count();
        let own = RESERVED * self.in_flight as f64;
        match (remaining, &mut self.room) {
            (Some(remaining), Room::Told(samples)) => samples.push(now, remaining + own, given_up),
            (Some(remaining), room) => {
                *room = Room::Told(Samples::new(now, remaining + own, given_up));
            }
            (None, Room::Unknown) if is_success => self.room = Room::Untold,
            (None, Room::Told(samples)) if is_success && samples.silence(now) > FORGET => {
                self.room = Room::Untold;
            }
            (None, _) => {}
        }
    }
}

impl Pause {
    /// When the next probe may be sent. One that was refused would have been answered at once, so
    /// one that takes long has been let in.
    fn end(&self) -> Duration {
        let probed = self.probing_since.map(|since| since + ASK_WITH_OTHERS);
        probed.map_or(self.until, |probed| probed.max(self.until))
    }
}

fn not_before(now: Duration, time: Duration) -> Verdict {
    match now < time {
        true => Verdict::Wait(Some(time)),
        false => Verdict::Admit,
    }
}

/// How long it takes until as much has leaked away as is missing, where caution is a part of it and
/// is eased meanwhile; a little more, so that rounding leads to no second wait.
fn leak_time(missing: f64, caution: f64) -> Duration {
    if missing <= 0.0 {
        return Duration::ZERO;
    }
    let eased = missing / (LEAK + TRUST_PER_SECOND);
    let seconds = eased.max((missing - caution) / LEAK);
    Duration::from_secs_f64(seconds) + Duration::from_millis(1)
}

#[cfg(test)]
#[path = "lone_calls.rs"]
mod lone_calls;
#[cfg(test)]
#[path = "simulation.rs"]
mod simulation;
#[cfg(test)]
#[path = "throughput.rs"]
mod throughput;
