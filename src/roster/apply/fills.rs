//! People whom a creation left out, and who are put into the new team one by one.

use std::collections::{HashSet, VecDeque};

use crate::{GroupId, roster::Before};

/// Somebody who is still to be put into a team.
#[derive(Debug)]
pub(super) struct Fill {
    pub(super) step: usize,
    pub(super) before: Before,
    pub(super) to: GroupId,
}

/// Those who wait, and the teams that others come from or go to in this moment.
#[derive(Debug, Default)]
pub(super) struct Fills {
    waiting: VecDeque<Fill>,
    busy: HashSet<GroupId>,
}

impl Fills {
    pub(super) fn add(&mut self, step: usize, to: GroupId, people: Vec<Before>) {
        let people = people.into_iter();
        self.waiting
            .extend(people.map(|before| Fill { step, before, to }));
    }

    /// The next one whose teams nobody else comes from or goes to.
    pub(super) fn next(&mut self) -> Option<Fill> {
        let mut waiting = self.waiting.iter();
        let at = waiting.position(|fill| {
            let mut teams = fill.before.teams.iter().chain([&fill.to]);
            teams.all(|team| !self.busy.contains(team))
        })?;
        let fill = self.waiting.remove(at)?;
        self.busy.extend(&fill.before.teams);
        self.busy.insert(fill.to);
        Some(fill)
    }

    /// Notes that somebody has come from and gone to these.
    pub(super) fn ended<'a>(&mut self, teams: impl Iterator<Item = &'a GroupId>) {
        for team in teams {
            self.busy.remove(team);
        }
    }

    /// All who wait, who are not put anywhere then.
    pub(super) fn take(&mut self) -> VecDeque<Fill> {
        std::mem::take(&mut self.waiting)
    }
}
