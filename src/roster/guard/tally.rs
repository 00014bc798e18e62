//! What a guard looks at in a plan.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Plan;
use crate::{
    GroupId,
    roster::{Before, Change, Severity, TeamAt},
};

/// What a guard looks at in a plan, counted on its steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tally {
    pub(super) errors: u64,
    pub(super) students: u64,
    pub(super) teams: u64,
    pub(super) removed: u64,
    pub(super) moved: u64,
    pub(super) renamed: u64,
    pub(super) deleted: u64,
    pub(super) losing: Vec<Losing>,
    pub(super) empties_set: bool,
    /// The names of unlisted teams that are to be kept, and would be without students.
    pub(super) emptied: Vec<String>,
}

/// A team from which students are removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Losing {
    pub(super) name: String,
    pub(super) students: u64,
    pub(super) removed: u64,
}

impl Tally {
    pub(super) fn of(plan: &Plan) -> Self {
        let totals = plan.totals();
        let mut removed: HashMap<GroupId, u64> = HashMap::new();
        let mut left: HashMap<GroupId, u64> = HashMap::new();
        let mut joined: HashMap<GroupId, u64> = HashMap::new();
        let mut given = Vec::new();
        let mut arrive = |before: &Before, to: Option<&TeamAt>| {
            for group in &before.teams {
                *left.entry(*group).or_default() += 1;
            }
            if let Some(TeamAt::Group(group)) = to {
                *joined.entry(*group).or_default() += 1;
            }
        };
        for step in &plan.steps {
            match &step.change {
                Change::Make(make) => make.people.iter().for_each(|before| arrive(before, None)),
                Change::Place(place) => arrive(&place.before, Some(&place.to)),
                Change::Turn(turn) => {
                    let moves = turn.moves.iter();
                    moves.for_each(|place| arrive(&place.before, Some(&place.to)));
                }
                Change::Remove(remove) => {
                    *removed.entry(remove.from).or_default() += remove.people.len() as u64;
                }
                Change::Take(take) => {
                    *removed.entry(take.tag).or_default() += take.people.len() as u64;
                }
                Change::Give(give) => {
                    if let TeamAt::Group(tag) = give.tag {
                        given.push(tag);
                    }
                }
                Change::MakeSet(_) | Change::Rename(_) | Change::Adopt(_) | Change::Limit(_) => {}
                Change::Lead(_) | Change::Delete(_) | Change::Tags(_) => {}
            }
        }
        for tag in given {
            *joined.entry(tag).or_default() += 1;
        }
        let of = |counts: &HashMap<GroupId, u64>, group| counts.get(&group).copied().unwrap_or(0);
        let losing = plan.teams.iter().filter_map(|team| {
            let removed = of(&removed, team.group);
            (removed > 0).then(|| Losing {
                name: team.name.clone(),
                students: team.students,
                removed,
            })
        });
        let emptied = plan.teams.iter().filter(|team| {
            let gone = of(&removed, team.group) + of(&left, team.group);
            let is_kept = !team.is_listed && !team.may_be_emptied;
            let is_empty = gone >= team.students && of(&joined, team.group) == 0;
            is_kept && team.students > 0 && is_empty
        });
        let memberships: u64 = plan.teams.iter().map(|team| team.students).sum();
        let errors = plan.findings.iter();
        let errors = errors.filter(|finding| finding.severity == Severity::Error);
        Self {
            errors: errors.map(|finding| finding.count).sum(),
            // Of tags a student may have several, and each may be taken.
            students: match plan.is_tags {
                true => memberships,
                false => plan.students_in_teams,
            },
            teams: plan.teams.len() as u64,
            removed: totals.removed,
            moved: totals.moved,
            renamed: totals.renamed,
            deleted: totals.deleted,
            losing: losing.collect(),
            empties_set: memberships > 0
                && totals.removed >= memberships
                && totals.placed + totals.moved == 0,
            emptied: emptied.map(|team| team.name.clone()).collect(),
        }
    }
}

/// A text that two plans share if their steps are the same. The lines of the input do not count:
/// they may differ where the file was sorted anew.
pub(super) fn fingerprint(plan: &Plan) -> String {
    let mut hash = Sha256::new();
    for step in &plan.steps {
        let said = serde_json::to_vec(&(&step.id, &step.change, &step.needs));
        // A step that could not be written could not be compared, so nothing may equal it.
        hash.update(said.unwrap_or_else(|error| error.to_string().into_bytes()));
        hash.update(b"\n");
    }
    let digest = hash.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
