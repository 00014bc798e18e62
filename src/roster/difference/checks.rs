//! What a person should know of the changes, and what Canvas would not take.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Changes, Facts, Node, persons::Wishes};
use crate::{
    csv::UserKey,
    roster::{
        Member, Submissions,
        finding::{FindingKind, Findings},
        matching::{Mode, quoted},
    },
};

impl Facts<'_> {
    pub(super) fn find_nowhere(&self, wishes: &mut Wishes, findings: &mut Findings) {
        for member in self.in_no_team {
            // Snapshots name everybody without a team so, and whoever has left is in no team. Rows of
            // a file have lines, and a wrong number in one of them.
            if let [UserKey::Canvas(id)] = member.keys[..]
                && member.lines.is_empty()
                && self.people.index(id).is_none()
            {
                let text = format!(
                    "user {id} is not an active student of the course, so nobody has to leave a team"
                );
                findings.note(FindingKind::PersonSkipped, &member.lines, text);
                continue;
            }
            if let Some(student) = self.people.find(member, self.policy, findings) {
                wishes.leave_nowhere(student, &member.lines);
            }
        }
    }

    /// How many will be in each team that changes.
    pub(in crate::roster) fn counts_then(&self, changes: &Changes) -> HashMap<Node, u64> {
        let mut counts: HashMap<Node, u64> = HashMap::new();
        let mut entry = |node: Node, by: i64| {
            let count = counts.entry(node).or_insert_with(|| self.count_now(node));
            *count = count.saturating_add_signed(by);
        };
        for step in &changes.moves {
            entry(step.to, 1);
            for at in &self.teams_of[step.person.student] {
                entry(*at, -1);
            }
        }
        for (at, people) in &changes.removals {
            entry(*at, -(people.len() as i64));
        }
        counts
    }

    pub(super) fn check_limits(&self, changes: &Changes, findings: &mut Findings) {
        for team in &self.targets.teams {
            if self.snapshot.is_tags && team.limit.is_some() {
                let text = format!(
                    "\"{}\" is a tag, and tags have no limit: leave it out",
                    team.name
                );
                findings.error(FindingKind::NotForTags, &team.lines, text);
            } else if team.limit.is_some_and(|limit| limit < 2) {
                let text = format!(
                    "\"{}\" cannot have a limit below 2: Canvas does not take it",
                    team.name
                );
                findings.error(FindingKind::LimitInvalid, &team.lines, text);
            }
        }
        if self.snapshot.is_tags {
            return;
        }
        let counts = self.counts_then(changes);
        let arrivals: BTreeSet<Node> = changes.moves.iter().map(|step| step.to).collect();
        let wished = self.targets.teams.iter().zip(&self.nodes);
        let wished = wished.filter(|(team, _)| team.limit.is_some());
        let wished = wished.map(|(_, node)| *node);
        for node in arrivals
            .iter()
            .copied()
            .chain(wished)
            .collect::<BTreeSet<_>>()
        {
            let Some(limit) = self.limit_then(node) else {
                continue;
            };
            let count = counts.get(&node).copied();
            let count = count.unwrap_or_else(|| self.count_now(node));
            if count <= limit {
                continue;
            }
            let name = self.called(node);
            let lines = self.team_at[node].map_or(&[][..], |team| &self.targets.teams[team].lines);
            match arrivals.contains(&node) {
                true => {
                    let others = self
                        .targets
                        .groups
                        .get(node)
                        .map_or(0, |group| group.others);
                    let of_them = match others {
                        0 => String::new(),
                        others => format!(", {others} of them no active students"),
                    };
                    let text = format!(
                        "{name} would have {count} members{of_them}, and its limit is {limit}: \
                         give it a higher limit, or place somebody elsewhere"
                    );
                    findings.error(FindingKind::OverLimit, lines, text);
                }
                false => {
                    let text = format!(
                        "{name} has {count} members, more than the limit of {limit} that it gets: \
                         nobody leaves, and nobody can join"
                    );
                    findings.warn(FindingKind::OverLimit, lines, text);
                }
            }
        }
    }

    /// A new team whose people come from one group that the roster does not list is most likely
    /// that group under a new name.
    pub(super) fn check_renamed(&self, changes: &Changes, findings: &mut Findings) {
        let moved = changes.moves.iter().map(|it| (it.to, it.person.student));
        let given = changes.given.iter();
        let given = given.flat_map(|(to, people)| people.iter().map(|it| (*to, it.student)));
        let mut from: BTreeMap<Node, (usize, BTreeMap<usize, usize>)> = BTreeMap::new();
        for (to, student) in moved.chain(given).filter(|(to, _)| self.is_new(*to)) {
            let (people, groups) = from.entry(to).or_default();
            *people += 1;
            for at in &self.teams_of[student] {
                if self.team_at[*at].is_none() {
                    *groups.entry(*at).or_default() += 1;
                }
            }
        }
        for (node, (people, groups)) in from {
            for (at, count) in groups {
                let group = self.targets.groups[at];
                let members = group.members.len();
                // Students keep their other tags, so tags that share people are usual.
                let is_same = match self.snapshot.is_tags {
                    true => count == people && count == members,
                    false => 2 * count > people && 2 * count > members,
                };
                let name = self.called(node);
                let lines = self.team_at[node].map(|team| &self.targets.teams[team].lines);
                let lines = lines.map_or(&[][..], Vec::as_slice);
                if is_same {
                    let share = if count == people { "" } else { "mostly " };
                    let text = format!(
                        "{name} would be made {share}of the people of {}: was it renamed? List the \
                         group by its id or with `previously`; if both should exist, list both",
                        quoted(group)
                    );
                    findings.error(FindingKind::Renamed, lines, text);
                // One who changes teams is no sign of it.
                } else if count > 1 && 2 * count >= people {
                    let text = format!(
                        "{name} would be made with {count} of the people of {}, which is not \
                         listed: look whether it was renamed",
                        quoted(group)
                    );
                    findings.warn(FindingKind::Renamed, lines, text);
                }
            }
        }
    }

    pub(super) fn check_submissions(&self, changes: &Changes, findings: &mut Findings) {
        let mut touched: BTreeMap<usize, u64> = BTreeMap::new();
        let moved = changes.moves.iter();
        for step in moved {
            let from = self.teams_of[step.person.student].iter().copied();
            for at in from.chain([step.to]) {
                *touched.entry(at).or_default() += 1;
            }
        }
        for (at, people) in &changes.removals {
            *touched.entry(*at).or_default() += people.len() as u64;
        }
        for (at, count) in touched {
            let Some(group) = self.targets.groups.get(at) else {
                continue;
            };
            if !group.has_submission {
                continue;
            }
            let text = format!(
                "{} handed something in, and {count} would join or leave: their submissions for \
                 the group's assignments may change",
                quoted(group)
            );
            match self.policy.submissions {
                Submissions::Warn => findings.warn(FindingKind::Submission, &[], text),
                Submissions::Refuse => findings.error(
                    FindingKind::Submission,
                    &[],
                    text + ": Policy::submissions(Submissions::Warn) allows it",
                ),
            }
        }
    }

    pub(super) fn tell_others(&self, findings: &mut Findings) {
        for (team, node) in self.targets.teams.iter().zip(&self.nodes) {
            if team.mode != Mode::Exactly {
                continue;
            }
            let Some(group) = self.targets.groups.get(*node) else {
                continue;
            };
            if group.others > 0 {
                let text = format!(
                    "{} has {} who are not active students: they stay",
                    quoted(group),
                    group.others
                );
                findings.note(FindingKind::Others, &[], text);
            }
        }
    }

    /// The student who should lead a team, if that is to change.
    pub(in crate::roster) fn new_leader(
        &self,
        node: Node,
        wish: &Member,
        ends_in: &dyn Fn(usize, Node) -> bool,
        findings: &mut Findings,
    ) -> Option<usize> {
        let student = self.people.find(wish, self.policy, findings)?;
        if !ends_in(student, node) {
            let text = format!(
                "{} should lead {}, and would not be a member: list the leader as a member",
                self.who(student),
                self.called(node)
            );
            findings.error(FindingKind::LeaderOutside, &wish.lines, text);
            return None;
        }
        Some(student)
    }
}
