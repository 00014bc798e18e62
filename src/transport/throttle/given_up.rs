//! Calls that were given up, and for how long the server may go on with them.

use std::{collections::VecDeque, time::Duration};

/// Canvas itself ends a request after this.
const LONGEST: Duration = Duration::from_secs(60);
/// For how long it counts at least where no answer has told how long they take.
const UNKNOWN: Duration = Duration::from_secs(1);
/// How long the duration of an answer is remembered.
const MEMORY: Duration = Duration::from_secs(10);

/// A call that nobody waits for any more, while the server may still hold its reservation.
#[derive(Debug, Clone, Copy)]
struct Held {
    since: Duration,
    until: Duration,
}

#[derive(Debug, Default)]
pub(super) struct GivenUp {
    held: Vec<Held>,
    /// When answers came and how long they took: the newest last, and no older one shorter than a
    /// newer one, as those could never again be the longest.
    answers: VecDeque<(Duration, Duration)>,
}

impl GivenUp {
    /// Takes in how long a call took until its answer came.
    pub(super) fn answered(&mut self, now: Duration, started: Duration) {
        let took = now.saturating_sub(started);
        while self.answers.back().is_some_and(|&(_, old)| old <= took) {
            self.answers.pop_back();
        }
        self.answers.push_back((now, took));
    }

    /// Counts a call that was given up.
    pub(super) fn add(&mut self, now: Duration, started: Duration) {
        self.age(now);
        let usual = self.answers.front().map(|&(_, took)| took);
        let until = started + held_for(usual, now.saturating_sub(started));
        if now < until {
            self.held.push(Held { since: now, until });
        }
    }

    /// Forgets what is over.
    pub(super) fn age(&mut self, now: Duration) {
        self.held.retain(|held| now < held.until);
        let is_old = |&(at, _): &(Duration, Duration)| now.saturating_sub(at) > MEMORY;
        while self.answers.front().is_some_and(is_old) {
            self.answers.pop_front();
        }
    }

    /// How many the server may still hold.
    pub(super) fn count(&self) -> usize {
        self.held.len()
    }

    /// How many of them were given up at that time or later.
    pub(super) fn since(&self, at: Duration) -> usize {
        self.held.iter().filter(|held| held.since >= at).count()
    }

    /// When the next one is over.
    pub(super) fn next_release(&self) -> Option<Duration> {
        self.held.iter().map(|held| held.until).min()
    }
}

/// How long after its start a call counts that was given up after `ran`, where answers take up to
/// `usual`. One that has run longer than usual may well run as long again; and where no answer came
/// at all, all of them run for longer than anybody waits.
fn held_for(usual: Option<Duration>, ran: Duration) -> Duration {
    let held = match usual {
        Some(usual) => usual.max(ran).saturating_mul(2),
        None => ran.saturating_mul(4).max(UNKNOWN),
    };
    held.min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn a_call_counts_for_twice_the_usual_or_as_long_again_but_for_a_minute_at_most() {
        for (usual, ran, held) in [
            (100, 0, 200),
            (100, 50, 200),
            (100, 100, 200),
            (100, 2_000, 4_000),
            (3_000, 2_000, 6_000),
            (40_000, 2_000, 60_000),
            (100, 29_000, 58_000),
            (100, 45_000, 60_000),
            (100, 75_000, 60_000),
        ] {
            let usual = Some(ms(usual));
            assert_eq!(held_for(usual, ms(ran)), ms(held), "{usual:?} {ran}");
        }
        for (ran, held) in [(0, 1_000), (200, 1_000), (2_000, 8_000), (30_000, 60_000)] {
            assert_eq!(held_for(None, ms(ran)), ms(held), "{ran}");
        }
        assert_eq!(held_for(Some(Duration::MAX), Duration::MAX), LONGEST);
        assert_eq!(held_for(None, Duration::MAX), LONGEST);
    }

    #[test]
    fn calls_that_were_given_up_are_forgotten_by_time() {
        let mut given_up = GivenUp::default();
        given_up.answered(ms(1_000), ms(900));
        given_up.add(ms(1_050), ms(1_000));
        given_up.add(ms(1_100), ms(1_090));
        assert_eq!((given_up.count(), given_up.since(ms(1_060))), (2, 1));
        assert_eq!(given_up.next_release(), Some(ms(1_200)));
        given_up.age(ms(1_200));
        assert_eq!(given_up.count(), 1);
        given_up.age(ms(1_290));
        assert_eq!((given_up.count(), given_up.next_release()), (0, None));
    }

    #[test]
    fn the_longest_answer_of_the_last_seconds_counts_as_usual() {
        let mut given_up = GivenUp::default();
        let mut release = |now: Duration| {
            given_up.add(now, now);
            let release = given_up.next_release().unwrap() - now;
            given_up.age(now + LONGEST);
            release
        };
        assert_eq!(release(ms(0)), ms(1_000));
        given_up.answered(ms(100_000), ms(97_000));
        given_up.answered(ms(101_000), ms(100_900));
        let mut release = |now: Duration| {
            given_up.held.clear();
            given_up.add(now, now);
            given_up.next_release().unwrap() - now
        };
        assert_eq!(release(ms(101_000)), ms(6_000));
        assert_eq!(release(ms(110_500)), ms(200));
        assert_eq!(release(ms(111_500)), ms(1_000));
    }

    #[test]
    fn a_call_that_ran_for_a_minute_is_over() {
        let mut given_up = GivenUp::default();
        given_up.add(ms(75_000), ms(0));
        assert_eq!(given_up.count(), 0);
    }
}
