//! What the rows of one team come to.

use std::collections::HashMap;

use crate::{
    csv::GroupKey,
    roster::{FindingKind, Member, Members, Team, finding::Findings},
};

/// What the rows of one team say.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) members: Vec<Member>,
    pub(super) without: Vec<Member>,
    pub(super) leaders: Vec<Member>,
    /// Rows that name nobody, and whether something else stands in them.
    pub(super) nobody: Vec<(u64, bool)>,
    pub(super) lines: Vec<u64>,
}

impl Rows {
    /// The team that the rows are about.
    pub(super) fn team(
        self,
        keys: Vec<GroupKey>,
        has_unreadable: bool,
        findings: &mut Findings,
    ) -> Team {
        let mut members = self.members;
        for (line, says_more) in self.nobody {
            // A row among those of members, or with something in it, is one of somebody.
            if !members.is_empty() || says_more {
                let lines = vec![line];
                let keys = Vec::new();
                members.push(Member { keys, lines });
            }
        }
        if members.is_empty() && self.without.is_empty() {
            let mut name = keys.iter().map(|key| match key {
                GroupKey::Name(name) => format!("\"{name}\""),
                GroupKey::Sis(id) => id.clone(),
                GroupKey::Canvas(id) => format!("group {id}"),
            });
            let name = name.next_back().unwrap_or_default();
            let text = format!("{name} has nobody in the file: its members are left alone");
            findings.note(FindingKind::NobodyNamed, &self.lines, text);
        }
        let mut leaders = self.leaders.into_iter();
        let leader = leaders.next();
        for other in leaders {
            if leader
                .as_ref()
                .is_none_or(|leader| leader.keys != other.keys)
            {
                let first = leader.as_ref().map_or(&[][..], |leader| &leader.lines);
                let lines = [first, &other.lines].concat();
                let text = "one team has two leaders: leave one of them out";
                findings.error(FindingKind::RowInvalid, &lines, text);
            }
        }
        Team {
            keys,
            name: None,
            previously: Vec::new(),
            anew_if_gone: false,
            members: match (members.is_empty(), has_unreadable) {
                (true, _) => Members::LeftAlone,
                // Whoever is in a cell that cannot be read must not look removed.
                (false, true) => Members::AtLeast(members),
                (false, false) => Members::Exactly(members),
            },
            without: self.without,
            limit: None,
            leader,
            lines: self.lines,
        }
    }
}

/// One entry for each team: a row that has only some of the keys of another's team is of that team,
/// if it is no other's.
pub(super) fn put_together(mut teams: Vec<(Vec<GroupKey>, Rows)>) -> Vec<(Vec<GroupKey>, Rows)> {
    let mut by_key: HashMap<&GroupKey, Vec<usize>> = HashMap::new();
    for (at, (keys, _)) in teams.iter().enumerate() {
        for key in keys {
            by_key.entry(key).or_default().push(at);
        }
    }
    let is_part = |part: usize, whole: usize| {
        let mut keys = teams[part].0.iter();
        keys.all(|key| teams[whole].0.contains(key))
    };
    let mut homes: Vec<Option<usize>> = Vec::with_capacity(teams.len());
    for (at, (keys, _)) in teams.iter().enumerate() {
        let with_first = keys.first().and_then(|key| by_key.get(key));
        let wholes = with_first.into_iter().flatten().copied();
        let wholes: Vec<_> = wholes
            .filter(|whole| *whole != at && is_part(at, *whole))
            .collect();
        let largest = wholes.iter().copied().max_by_key(|at| teams[*at].0.len());
        let is_only = |whole: &usize| wholes.iter().all(|part| is_part(*part, *whole));
        homes.push(largest.filter(is_only));
    }
    for (at, home) in homes.iter().enumerate() {
        if let Some(home) = home {
            let rows = std::mem::take(&mut teams[at].1);
            let whole = &mut teams[*home].1;
            whole.members.extend(rows.members);
            whole.without.extend(rows.without);
            whole.leaders.extend(rows.leaders);
            whole.nobody.extend(rows.nobody);
            whole.lines.extend(rows.lines);
            whole.lines.sort_unstable();
        }
    }
    let teams = teams.into_iter().zip(homes);
    teams
        .filter(|(_, home)| home.is_none())
        .map(|(team, _)| team)
        .collect()
}
