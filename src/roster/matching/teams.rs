//! Which group is meant.

mod distinct;
mod matcher;

use self::matcher::Matcher;
use super::super::{
    Member, Members, NewTeam, Policy, Snapshot, SnapshotGroup, Team,
    finding::{FindingKind, Findings},
    names,
};
use crate::csv::GroupKey;

/// A team of the roster with the group that it stands for.
#[derive(Debug)]
pub(in crate::roster) struct Target<'a> {
    /// The group, as an index; `None` if it is to be made.
    pub(in crate::roster) at: Option<usize>,
    /// The name at the end.
    pub(in crate::roster) name: String,
    /// The SIS id that it gets.
    pub(in crate::roster) sis_id: Option<String>,
    pub(in crate::roster) mode: Mode,
    pub(in crate::roster) members: Vec<&'a Member>,
    pub(in crate::roster) without: Vec<&'a Member>,
    pub(in crate::roster) limit: Option<u64>,
    pub(in crate::roster) leader: Option<&'a Member>,
    pub(in crate::roster) lines: Vec<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::roster) enum Mode {
    Alone,
    Exactly,
    AtLeast,
}

impl Target<'_> {
    /// What a team that is to be made goes by.
    pub(in crate::roster) fn new_team(&self) -> NewTeam {
        match &self.sis_id {
            Some(id) => NewTeam::Sis(id.clone()),
            None => NewTeam::Name(self.name.clone()),
        }
    }
}

/// All teams of a roster that are understood, those that exist first, by id.
#[derive(Debug)]
pub(in crate::roster) struct Targets<'a> {
    pub(in crate::roster) groups: Vec<&'a SnapshotGroup>,
    pub(in crate::roster) teams: Vec<Target<'a>>,
    /// Whether all were understood: if not, an unlisted group may be one that was meant.
    pub(in crate::roster) are_all: bool,
    /// Those that were not understood. Their people are looked up all the same, so that all that is
    /// wrong is told at once.
    pub(in crate::roster) unclear: Vec<&'a Team>,
}

/// A team by its name and id, for findings.
pub(in crate::roster) fn quoted(group: &SnapshotGroup) -> String {
    format!("\"{}\" ({})", group.name, group.id)
}

/// What a team of the roster is called in findings.
fn called(team: &Team) -> String {
    let named = team.keys.iter().find_map(|key| match key {
        GroupKey::Name(name) => Some(name),
        _ => None,
    });
    match (named.or(team.name.as_ref()), team.keys.first()) {
        (Some(name), _) => format!("\"{}\"", name.trim()),
        (None, Some(GroupKey::Sis(id))) => format!("the team with the SIS id {id}"),
        (None, Some(GroupKey::Canvas(id))) => format!("group {id}"),
        _ => "a team without a key".to_owned(),
    }
}

impl<'a> Targets<'a> {
    pub(in crate::roster) fn of(
        teams: &'a [Team],
        snapshot: &'a Snapshot,
        policy: &Policy,
        findings: &mut Findings,
    ) -> Self {
        let mut matcher = Matcher::of(snapshot, policy, findings);
        let found = matcher.all(teams);
        let are_all = matcher.unclear.is_empty();
        let (merged, are_distinct) = matcher.merged(found);
        let are_fit = matcher.check_names(&merged);
        Self {
            groups: matcher.groups,
            teams: merged,
            are_all: are_all && are_distinct && are_fit,
            unclear: matcher.unclear,
        }
    }
}

fn target<'a>(team: &'a Team, at: Option<usize>, name: &str, sis_id: Option<String>) -> Target<'a> {
    let mode = match &team.members {
        Members::LeftAlone => Mode::Alone,
        Members::Exactly(_) => Mode::Exactly,
        Members::AtLeast(_) => Mode::AtLeast,
    };
    Target {
        at,
        name: names::exact(name).into_owned(),
        sis_id,
        mode,
        members: team.members.named().iter().collect(),
        without: team.without.iter().collect(),
        limit: team.limit,
        leader: team.leader.as_ref(),
        lines: team.lines.clone(),
    }
}
