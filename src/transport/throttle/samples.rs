//! What the answers of the last seconds said about the quota.

use std::{collections::VecDeque, time::Duration};

use super::given_up::GivenUp;

/// What a request reserves while it runs.
pub(super) const RESERVED: f64 = 50.0;
/// What leaks away in a second.
pub(super) const LEAK: f64 = 10.0;

/// How long a sample counts against larger ones.
const WINDOW: Duration = Duration::from_secs(2);
/// What stays free where more than one request is in flight: half a reservation, for what requests
/// cost and samples miss.
pub(super) const MARGIN: f64 = 25.0;

/// What an answer told.
#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Duration,
    /// What remained, with the reservations of this client's requests in flight added.
    room: f64,
    /// How many requests that were given up the server may still have held then.
    given_up: usize,
}

/// The newest sample is last, and no older one is larger: leakage included, those could never
/// again be the smallest. There is always one.
#[derive(Debug)]
pub(super) struct Samples {
    recent: VecDeque<Sample>,
    /// The largest room that there was: the mark of the bucket, as far as it was seen.
    ceiling: f64,
}

impl Samples {
    pub(super) fn new(now: Duration, room: f64, given_up: usize) -> Self {
        let at = now;
        Self {
            recent: VecDeque::from([Sample { at, room, given_up }]),
            ceiling: room,
        }
    }

    pub(super) fn push(&mut self, now: Duration, room: f64, given_up: usize) {
        let is_larger = |old: &Sample| old.grown(now) >= room;
        while self.recent.back().is_some_and(is_larger) {
            self.recent.pop_back();
        }
        let at = now;
        self.recent.push_back(Sample { at, room, given_up });
        self.age(now);
    }

    /// Forgets what is older than the window, but for the newest sample.
    pub(super) fn age(&mut self, now: Duration) {
        while self.recent.len() > 1
            && let Some(oldest) = self.recent.front()
            && now.saturating_sub(oldest.at) > WINDOW
        {
            self.recent.pop_front();
        }
        self.note_ceiling();
    }

    /// Forgets all that came before the newest sample.
    pub(super) fn keep_newest(&mut self) {
        while self.recent.len() > 1 {
            self.recent.pop_front();
        }
        self.note_ceiling();
    }

    fn note_ceiling(&mut self) {
        if let Some(smallest) = self.recent.front() {
            self.ceiling = self.ceiling.max(smallest.room);
        }
    }

    /// How old the newest sample is.
    pub(super) fn silence(&self, now: Duration) -> Duration {
        let newest = self.recent.back().map_or(now, |sample| sample.at);
        now.saturating_sub(newest)
    }

    /// When the next sample leaves the window.
    pub(super) fn next_change(&self) -> Option<Duration> {
        let oldest = self.recent.front().filter(|_| self.recent.len() > 1)?;
        Some(oldest.at + WINDOW + Duration::from_millis(1))
    }

    pub(super) fn ceiling(&self) -> f64 {
        self.ceiling
    }

    /// The room now for a request that would be the only one in flight. The newest answer was
    /// alone, or the last to come of several: what it told is all there is to know.
    pub(super) fn alone(&self, now: Duration, given_up: &GivenUp) -> f64 {
        let since = |sample: &Sample| sample.given_up as f64 - given_up.count() as f64;
        let newest = self.recent.back();
        newest.map_or(f64::INFINITY, |sample| {
            sample.grown(now) + RESERVED * since(sample)
        })
    }

    /// The room now, if nothing but leaking has happened since the samples. What was given up
    /// before a sample is in it, as if it were another client's.
    pub(super) fn beside_others(&self, now: Duration, given_up: &GivenUp) -> f64 {
        let room =
            |sample: &Sample| sample.grown(now) - RESERVED * given_up.since(sample.at) as f64;
        // The oldest is the smallest, but for what was given up since.
        let count = match given_up.count() {
            0 => 1,
            _ => self.recent.len(),
        };
        let rooms = self.recent.iter().take(count).map(room);
        rooms.fold(f64::INFINITY, f64::min)
    }
}

impl Sample {
    fn grown(&self, now: Duration) -> f64 {
        self.room + LEAK * now.saturating_sub(self.at).as_secs_f64()
    }
}
