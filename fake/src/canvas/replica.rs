//! The replica of the database, from which exports are read.

use std::time::Duration;

use tokio::time::Instant;

use super::school::School;
use crate::clock::saturating_add;

/// How long the replica of the database lags: see
/// [`FakeCanvas::hold_replica`](super::FakeCanvas::hold_replica).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hold {
    /// Until [`release_replica`](super::FakeCanvas::release_replica) is called.
    UntilReleased,
    /// Until so many requests have changed something.
    Writes(usize),
    /// For this long.
    For(Duration),
}

/// What the replica shows while it lags.
#[derive(Debug, Default)]
pub(crate) struct Replica(Option<Held>);

#[derive(Debug)]
struct Held {
    school: Box<School>,
    until: Until,
}

#[derive(Debug)]
enum Until {
    Released,
    Writes(usize),
    Moment(Instant),
}

impl Replica {
    pub(crate) fn hold(&mut self, school: School, hold: Hold) {
        let until = match hold {
            Hold::UntilReleased => Until::Released,
            Hold::Writes(0) => return self.release(),
            Hold::Writes(writes) => Until::Writes(writes),
            Hold::For(duration) => Until::Moment(saturating_add(Instant::now(), duration)),
        };
        let school = Box::new(school);
        self.0 = Some(Held { school, until });
    }

    pub(crate) fn release(&mut self) {
        self.0 = None;
    }

    /// What it shows; `None` if that is the same as in the main database.
    pub(crate) fn school(&self) -> Option<&School> {
        self.0.as_ref().map(|held| &*held.school)
    }

    pub(crate) fn count_write(&mut self) {
        if let Some(Held {
            until: Until::Writes(left),
            ..
        }) = &mut self.0
        {
            *left -= 1;
            if *left == 0 {
                self.release();
            }
        }
    }

    pub(crate) fn catch_up_when_due(&mut self) {
        let until = self.0.as_ref().map(|held| &held.until);
        if matches!(until, Some(Until::Moment(moment)) if *moment <= Instant::now()) {
            self.release();
        }
    }
}
