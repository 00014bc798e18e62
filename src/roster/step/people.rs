//! Steps about who is in which team.

use serde::{Deserialize, Serialize};

use super::{Before, Made, TeamAt};
use crate::{
    GroupId,
    groups::UpdateGroup,
    memberships::{CreateMembership, RemoveUsers},
};

/// Places a student in a team. Canvas ends the former membership in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Place {
    /// The student, and where the student is expected to be now.
    pub before: Before,
    /// The team.
    pub to: TeamAt,
}

impl Place {
    /// The request; `None` as long as the team is not made.
    pub fn request(&self, made: &Made) -> Option<CreateMembership> {
        let group = made.group(&self.to)?;
        Some(CreateMembership::new(group, self.before.user))
    }
}

/// Removes students from a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Remove {
    /// The group.
    pub from: GroupId,
    /// The students, and where they are expected to be now.
    pub people: Vec<Before>,
}

impl Remove {
    /// The requests: as many as the length of a URL makes necessary, mostly one.
    pub fn requests(&self) -> Vec<RemoveUsers> {
        let people = self.people.iter().map(|person| person.user);
        RemoveUsers::in_batches(self.from, people).collect()
    }
}

/// Lets students of full teams change places.
///
/// One unit: the team of the first move gets one seat more, each move takes the seat that the one
/// before it freed, and the seat is taken back at once, also after an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Turn {
    /// The team that has one seat more meanwhile: where the first move goes.
    pub group: GroupId,
    /// The limit before and after.
    pub limit: u64,
    /// The moves, in their order.
    pub moves: Vec<Place>,
}

impl Turn {
    /// Gives one seat more.
    pub fn raise(&self) -> UpdateGroup {
        UpdateGroup::new(self.group).max_membership(self.limit.saturating_add(1))
    }

    /// The moves, in their order. `made` is not asked: all teams of a ring are there.
    pub fn requests(&self) -> Vec<CreateMembership> {
        let nothing = Made::default();
        let moves = self.moves.iter();
        moves.filter_map(|place| place.request(&nothing)).collect()
    }

    /// Takes the seat back.
    pub fn lower(&self) -> UpdateGroup {
        UpdateGroup::new(self.group).max_membership(self.limit)
    }
}
