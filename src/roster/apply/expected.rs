//! What the steps of an apply made of a set.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::calls::Work;
use crate::{
    GroupId, UserId,
    roster::{Change, Made, Outcome, TeamAt},
};

/// Somebody who went from groups to another, or to none.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Went {
    pub(super) user: UserId,
    pub(super) from: Vec<GroupId>,
    pub(super) to: Option<GroupId>,
}

/// Somebody who was not in the group that a step was to take them out of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Absent {
    pub(super) user: UserId,
    pub(super) from: GroupId,
    /// The other groups that the plan expects them in.
    pub(super) stays: Vec<GroupId>,
}

/// What the steps made of a set.
#[derive(Debug, Default)]
pub(super) struct Expected {
    /// How many were in each group at first.
    pub(super) counts: HashMap<GroupId, u64>,
    /// Who went where.
    pub(super) went: Vec<Went>,
    /// Who was not found where a step expected them, and may be in a group that nobody looked at.
    pub(super) absent: Vec<Absent>,
    /// What else was done.
    pub(super) changes: Vec<Change>,
    pub(super) made: Made,
}

impl Expected {
    /// How many there should be in the groups that somebody left or joined.
    pub(super) fn counts_then(&self) -> BTreeMap<GroupId, i128> {
        let mut then = BTreeMap::new();
        let mut add = |group: GroupId, by: i128| {
            let now = self.counts.get(&group).copied().unwrap_or(0);
            *then.entry(group).or_insert(i128::from(now)) += by;
        };
        for went in &self.went {
            for group in &went.from {
                add(*group, -1);
            }
            if let Some(group) = went.to {
                add(group, 1);
            }
        }
        then
    }

    /// Notes what a step made of the set.
    pub(super) fn note(&mut self, change: &Change, work: &Work) {
        let left_out: &[_] = match &work.outcome {
            Outcome::Done | Outcome::AlreadySo => &[],
            Outcome::Partly { left_out, .. } => left_out,
            _ => {
                // Whatever became of a ring, a seat that was asked for has to be back.
                if matches!(change, Change::Turn(_)) && !work.writes.is_empty() {
                    self.changes.push(change.clone());
                }
                return;
            }
        };
        let made = &self.made;
        let at = |team: &TeamAt| made.group(team);
        let mut went = Vec::new();
        let mut go = |user, from: &[GroupId], to| {
            went.push(Went {
                user,
                from: from.to_vec(),
                to,
            });
        };
        match change {
            Change::Make(make) => {
                let to = at(&TeamAt::New(make.team()));
                let rest: HashSet<_> = work.rest.iter().map(|before| before.user).collect();
                let people = make.people.iter();
                people
                    .filter(|before| !rest.contains(&before.user))
                    .for_each(|before| go(before.user, &before.teams, to));
            }
            Change::Place(place) => go(place.before.user, &place.before.teams, at(&place.to)),
            Change::Turn(turn) => {
                let moves = turn.moves.iter();
                moves
                    .filter(|place| !left_out.contains(&place.before.user))
                    .for_each(|place| go(place.before.user, &place.before.teams, at(&place.to)));
            }
            Change::Remove(remove) => {
                let people = remove.people.iter();
                let absent = people.clone().filter(|it| work.absent.contains(&it.user));
                self.absent.extend(absent.map(|before| {
                    let stays = before.teams.iter().copied();
                    Absent {
                        user: before.user,
                        from: remove.from,
                        stays: stays.filter(|group| *group != remove.from).collect(),
                    }
                }));
                people
                    .filter(|before| !left_out.contains(&before.user))
                    .for_each(|before| go(before.user, &[remove.from], None));
            }
            Change::Give(give) => {
                let people = give.people.iter();
                people
                    .filter(|user| !left_out.contains(user))
                    .for_each(|user| go(*user, &[], at(&give.tag)));
            }
            Change::Take(take) => {
                let people = take.people.iter();
                people
                    .filter(|user| !left_out.contains(user))
                    .for_each(|user| go(*user, &[take.tag], None));
            }
            Change::MakeSet(_) | Change::Rename(_) | Change::Adopt(_) | Change::Limit(_) => {}
            Change::Lead(_) | Change::Delete(_) | Change::Tags(_) => {}
        }
        self.went.extend(went);
        self.changes.push(change.clone());
    }
}
