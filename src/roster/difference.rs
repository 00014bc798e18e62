//! What has to change: who goes where, before there is an order.

mod checks;
mod persons;

use std::collections::BTreeMap;

use super::{
    Member, Policy, Snapshot, Unlisted,
    finding::{FindingKind, Findings},
    matching::{Mode, People, Targets, key_text, quoted},
};

/// A team by its place: groups of the snapshot by id, and after them the teams that are to be made.
pub(super) type Node = usize;

/// All that has to change. Students and groups go by their index.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Who goes to which team.
    pub(super) moves: Vec<Move>,
    /// Who leaves which group for no other, by group.
    pub(super) removals: BTreeMap<usize, Vec<Person>>,
    /// Tags that students lose or get, for sets of tags.
    pub(super) taken: BTreeMap<usize, Vec<Person>>,
    pub(super) given: BTreeMap<Node, Vec<Person>>,
    /// Groups that are to be deleted.
    pub(super) deleted: Vec<usize>,
}

#[derive(Debug, Clone)]
pub(super) struct Move {
    pub(super) person: Person,
    pub(super) to: Node,
}

#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) student: usize,
    pub(super) lines: Vec<u64>,
}

/// What the difference is made from.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) policy: &'a Policy,
    pub(super) people: People<'a>,
    pub(super) targets: Targets<'a>,
    /// Who should be in no team.
    pub(super) in_no_team: &'a [Member],
    /// The groups that each student is in, by index.
    pub(super) teams_of: Vec<Vec<usize>>,
    /// The place of each team of the roster.
    pub(super) nodes: Vec<Node>,
    /// The team of the roster at each place.
    pub(super) team_at: Vec<Option<usize>>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(
        snapshot: &'a Snapshot,
        policy: &'a Policy,
        people: People<'a>,
        targets: Targets<'a>,
        in_no_team: &'a [Member],
    ) -> Self {
        let mut teams_of = vec![Vec::new(); people.len()];
        for (at, group) in targets.groups.iter().enumerate() {
            for member in &group.members {
                if let Some(student) = people.index(*member)
                    && teams_of[student].last() != Some(&at)
                {
                    teams_of[student].push(at);
                }
            }
        }
        let mut nodes = Vec::with_capacity(targets.teams.len());
        let mut team_at = vec![None; targets.groups.len()];
        for (index, team) in targets.teams.iter().enumerate() {
            let node = team.at.unwrap_or_else(|| {
                team_at.push(None);
                team_at.len() - 1
            });
            team_at[node] = Some(index);
            nodes.push(node);
        }
        Self {
            snapshot,
            policy,
            people,
            targets,
            in_no_team,
            teams_of,
            nodes,
            team_at,
        }
    }

    pub(super) fn is_new(&self, node: Node) -> bool {
        node >= self.targets.groups.len()
    }

    /// A team by its name, and its id if it has one.
    pub(super) fn called(&self, node: Node) -> String {
        match self.targets.groups.get(node) {
            Some(group) => quoted(group),
            None => self.team_at[node].map_or(String::new(), |team| {
                format!("\"{}\"", self.targets.teams[team].name)
            }),
        }
    }

    /// A student by the key that people know, for findings.
    pub(super) fn who(&self, student: usize) -> String {
        let student = self.people.get(student);
        match student.sis_id.as_ref().or(student.login.as_ref()) {
            Some(key) => key.clone(),
            None => key_text(&student.id.into()),
        }
    }

    /// The limit that holds in a group now.
    pub(super) fn limit_now(&self, at: usize) -> Option<u64> {
        let of_set = || self.snapshot.set.as_ref().and_then(|set| set.group_limit);
        self.targets.groups[at].limit.or_else(of_set)
    }

    /// The limit that will hold in a team.
    pub(super) fn limit_then(&self, node: Node) -> Option<u64> {
        let wish = self.team_at[node].and_then(|team| self.targets.teams[team].limit);
        let of_set = || self.snapshot.set.as_ref().and_then(|set| set.group_limit);
        let now = || match self.is_new(node) {
            true => of_set(),
            false => self.limit_now(node),
        };
        wish.or_else(now)
    }

    /// How many are in a group now, whoever they are.
    pub(super) fn count_now(&self, node: Node) -> u64 {
        self.targets
            .groups
            .get(node)
            .map_or(0, |group| group.seats_taken())
    }

    /// Works out who goes where.
    pub(super) fn changes(&self, findings: &mut Findings) -> Changes {
        let wishes = self.wishes(findings);
        let mut changes = match self.snapshot.is_tags {
            true => self.tag_changes(&wishes, findings),
            false => self.moves(&wishes, findings),
        };
        self.check_limits(&changes, findings);
        self.check_renamed(&changes, findings);
        self.check_submissions(&changes, findings);
        self.tell_others(findings);
        self.delete(&mut changes, findings);
        changes
    }

    /// Whether students who are not wanted in a group are removed from it.
    fn sheds(&self, at: usize, holds: &[bool]) -> bool {
        match self.team_at[at] {
            Some(team) => {
                self.targets.teams[team].mode == Mode::Exactly
                    && self.policy.extras == super::Extras::Remove
                    && !holds[team]
            }
            None => self.policy.unlisted != Unlisted::Keep && self.targets.are_all,
        }
    }

    fn delete(&self, changes: &mut Changes, findings: &mut Findings) {
        if self.policy.unlisted != Unlisted::Delete || !self.targets.are_all {
            return;
        }
        let mut left: Vec<u64> = (0..self.targets.groups.len())
            .map(|at| self.count_now(at))
            .collect();
        let moved = changes.moves.iter().map(|step| step.person.student);
        for at in moved.flat_map(|student| &self.teams_of[student]) {
            left[*at] = left[*at].saturating_sub(1);
        }
        for (at, people) in changes.removals.iter().chain(&changes.taken) {
            left[*at] = left[*at].saturating_sub(people.len() as u64);
        }
        for (at, group) in self.targets.groups.iter().enumerate() {
            if self.team_at[at].is_some() {
                continue;
            }
            let why = match (left[at], group.has_submission) {
                (0, false) => {
                    changes.deleted.push(at);
                    continue;
                }
                (0, true) => "it handed something in".to_owned(),
                (left, _) => format!("{left} would still be in it"),
            };
            let text = format!("{} is not deleted, because {why}", quoted(group));
            findings.warn(FindingKind::NotDeleted, &[], text);
        }
    }
}
