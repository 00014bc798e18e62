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
//! samples too large; so the smallest of the last two seconds counts.

use std::{collections::VecDeque, time::Duration};

use super::Feedback;

/// What a request reserves while it runs.
const RESERVED: f64 = 50.0;
/// What leaks away in a second.
const LEAK: f64 = 10.0;
/// What stays free where more than one request is in flight: half a reservation, for what requests
/// cost and samples miss.
const MARGIN: f64 = 25.0;
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
/// How long a sample counts against larger ones.
const WINDOW: Duration = Duration::from_secs(2);
/// However long a refusal asks to stay away: a probe is sent after this.
pub(in crate::transport) const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Below this no server's bucket gets: it overflows first. A smaller number is no number of ours.
const LOWEST: f64 = -300.0;

/// Whether a call may start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    Admit,
    /// Not before that time, or, without one, not before a call ends.
    Wait(Option<Duration>),
}

/// A call in flight, as the quota remembers it.
#[derive(Debug, Clone, Copy)]
pub(super) struct StartedIn {
    /// How many pauses there had been when it started.
    pauses: u64,
}

#[derive(Debug)]
pub(super) struct Quota {
    max_in_flight: usize,
    in_flight: usize,
    room: Room,
    pause: Option<Pause>,
    is_probing: bool,
    pauses: u64,
    refusals: u32,
    caution: f64,
    /// Up to when time has taken back some of it; `None` before the first answer.
    eased_at: Option<Duration>,
}

/// After a refusal nothing starts for a while, and then a single probe.
#[derive(Debug)]
struct Pause {
    /// When the first refusal was; probes were refused since.
    since: Duration,
    until: Duration,
}

#[derive(Debug)]
enum Room {
    /// Nothing was answered so far.
    Unknown,
    /// The server keeps no quota, or does not tell.
    Untold,
    Told(Samples),
}

/// The newest sample is last, and no older one is larger: leakage included, those could never
/// again be the smallest.
#[derive(Debug)]
struct Samples {
    recent: VecDeque<(Duration, f64)>,
    /// The largest room that there was: the mark of the bucket, as far as it was seen.
    ceiling: f64,
}

impl Quota {
    pub(super) fn new(max_in_flight: usize) -> Self {
        Self {
            max_in_flight: max_in_flight.max(1),
            in_flight: 0,
            room: Room::Unknown,
            pause: None,
            is_probing: false,
            pauses: 0,
            refusals: 0,
            caution: MOST_CAUTION,
            eased_at: None,
        }
    }

    /// Since when the throttle has let nobody through, if that is so.
    pub(super) fn paused_since(&self) -> Option<Duration> {
        self.pause.as_ref().map(|pause| pause.since)
    }

    pub(super) fn refusals(&self) -> u32 {
        self.refusals
    }

    pub(super) fn verdict(&self, now: Duration) -> Verdict {
        if self.in_flight >= self.max_in_flight || self.is_probing {
            return Verdict::Wait(None);
        }
        if let Some(pause) = &self.pause {
            return match now < pause.until {
                true => Verdict::Wait(Some(pause.until)),
                false => Verdict::Admit,
            };
        }
        match &self.room {
            Room::Unknown if self.in_flight >= BEFORE_THE_FIRST_ANSWER => Verdict::Wait(None),
            Room::Unknown | Room::Untold => Verdict::Admit,
            Room::Told(samples) => samples.verdict(now, self.in_flight, self.caution),
        }
    }

    pub(super) fn start(&mut self) -> StartedIn {
        self.in_flight += 1;
        self.is_probing = self.pause.is_some();
        StartedIn {
            pauses: self.pauses,
        }
    }

    pub(super) fn end(&mut self, now: Duration, started_in: StartedIn, feedback: Feedback) {
        self.in_flight -= 1;
        let is_probe = self.is_probing && started_in.pauses == self.pauses;
        if is_probe {
            self.is_probing = false;
        }
        match feedback {
            Feedback::Nothing => {}
            Feedback::Answered {
                remaining,
                is_success,
            } => {
                self.learn(now, remaining, is_success);
                self.ease(now);
                self.caution = (self.caution - TRUST).max(0.0);
                if is_probe {
                    self.pause = None;
                    self.refusals = 0;
                }
            }
            Feedback::Refused(remaining, pause) => {
                self.learn(now, remaining, false);
                // Calls that were in flight together are refused together: that is one refusal.
                if started_in.pauses == self.pauses {
                    self.pauses += 1;
                    self.refusals += 1;
                    // The time before it is no reason to trust again.
                    self.ease(now);
                    self.caution = (self.caution + CAUTION).min(MOST_CAUTION);
                    self.is_probing = false;
                }
                let until = now + pause.min(LONGEST_PAUSE);
                let since = now;
                let pause = self.pause.get_or_insert(Pause { since, until });
                pause.until = pause.until.max(until);
            }
        }
    }

    /// Takes back of the caution what the time since the last answer or refusal allows.
    fn ease(&mut self, now: Duration) {
        let since = self.eased_at.replace(now).unwrap_or(now);
        let passed = now.saturating_sub(since).as_secs_f64();
        self.caution = (self.caution - TRUST_PER_SECOND * passed).max(0.0);
    }

    /// Takes in what an answer said to remain.
    fn learn(&mut self, now: Duration, remaining: Option<f64>, is_success: bool) {
        let others = RESERVED * self.in_flight as f64;
        match (remaining, &mut self.room) {
            (Some(remaining), Room::Told(samples)) => samples.push(now, remaining + others),
            (Some(remaining), room) => *room = Room::Told(Samples::new(now, remaining + others)),
            (None, Room::Unknown) if is_success => self.room = Room::Untold,
            (None, _) => {}
        }
    }
}

impl Samples {
    fn new(now: Duration, room: f64) -> Self {
        let room = room.max(LOWEST);
        Self {
            recent: VecDeque::from([(now, room)]),
            ceiling: room,
        }
    }

    fn push(&mut self, now: Duration, room: f64) {
        let room = room.max(LOWEST);
        let is_old = |&(at, _): &(Duration, f64)| now.saturating_sub(at) > WINDOW;
        while self.recent.front().is_some_and(is_old) {
            self.recent.pop_front();
        }
        let is_larger = |&(at, old): &(Duration, f64)| old + leaked(at, now) >= room;
        while self.recent.back().is_some_and(is_larger) {
            self.recent.pop_back();
        }
        self.recent.push_back((now, room));
        let smallest = self.recent.front().map_or(room, |(_, room)| *room);
        self.ceiling = self.ceiling.max(smallest);
    }

    /// The room now, if nothing but leaking has happened since the samples.
    fn grown(&self, now: Duration) -> f64 {
        let rooms = self.recent.iter().map(|&(at, room)| room + leaked(at, now));
        rooms.fold(f64::INFINITY, f64::min)
    }

    fn verdict(&self, now: Duration, in_flight: usize, caution: f64) -> Verdict {
        let grown = self.grown(now);
        // A single request needs no margin, and whatever the mark is, it must get through.
        if in_flight == 0 {
            let least = RESERVED + 1.0;
            let needed = (least + caution).min(self.ceiling).max(least);
            return match needed - grown {
                missing if missing <= 0.0 => Verdict::Admit,
                missing => Verdict::Wait(Some(now + leak_time(missing))),
            };
        }
        let needed = RESERVED * (in_flight + 1) as f64 + MARGIN + caution;
        if grown.min(self.ceiling) >= needed {
            Verdict::Admit
        } else if self.ceiling >= needed {
            Verdict::Wait(Some(now + leak_time(needed - grown)))
        } else {
            Verdict::Wait(None)
        }
    }
}

fn leaked(from: Duration, to: Duration) -> f64 {
    LEAK * to.saturating_sub(from).as_secs_f64()
}

/// How long so much takes to leak away; a little more, so that rounding leads to no second wait.
fn leak_time(units: f64) -> Duration {
    Duration::from_secs_f64(units.max(0.0) / LEAK) + Duration::from_millis(1)
}

#[cfg(test)]
#[path = "simulation.rs"]
mod simulation;
