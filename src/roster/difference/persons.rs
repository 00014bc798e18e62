//! Who is wanted where, and what that changes for each student.

use std::collections::{BTreeMap, BTreeSet};

use super::{Changes, Facts, Move, Node, Person};
use crate::roster::{
    Doubles, Moves, Removals, UnknownKeys,
    finding::{FindingKind, Findings},
    matching::Mode,
};

/// Who is wanted where.
#[derive(Debug)]
pub(super) struct Wishes {
    /// The teams of the roster that each student is wanted in, with lines, by team.
    wanted: Vec<Vec<(usize, Vec<u64>)>>,
    /// Who is to leave which team.
    unwanted: BTreeMap<(usize, usize), Vec<u64>>,
    /// Who is to be in no team.
    nowhere: BTreeMap<usize, Vec<u64>>,
    /// Students about whom the roster contradicts itself.
    unclear: BTreeSet<usize>,
    /// Teams of the roster that lose nobody, because somebody in it is not known.
    pub(super) holds: Vec<bool>,
}

impl Facts<'_> {
    pub(super) fn wishes(&self, findings: &mut Findings) -> Wishes {
        let mut wishes = Wishes {
            wanted: vec![Vec::new(); self.people.len()],
            unwanted: BTreeMap::new(),
            nowhere: BTreeMap::new(),
            unclear: BTreeSet::new(),
            holds: vec![false; self.targets.teams.len()],
        };
        for (index, team) in self.targets.teams.iter().enumerate() {
            for member in &team.members {
                match self.people.find(member, self.policy, findings) {
                    Some(student) => {
                        wishes.wanted[student].push((index, member.lines.clone()));
                    }
                    None => wishes.holds[index] = true,
                }
            }
            for member in &team.without {
                if let Some(student) = self.people.find(member, self.policy, findings) {
                    let lines = wishes.unwanted.entry((student, index)).or_default();
                    lines.extend(&member.lines);
                }
            }
            if wishes.holds[index] && team.mode == Mode::Exactly {
                let name = self.called(self.nodes[index]);
                let text = format!(
                    "{name} loses nobody, because somebody on its list is not known and may be in \
                     it under another key"
                );
                findings.note(FindingKind::KeptForSkipped, &[], text);
            }
        }
        for member in self
            .targets
            .unclear
            .iter()
            .flat_map(|team| team.members.named())
        {
            self.people.find(member, self.policy, findings);
        }
        if self.policy.unknown_keys == UnknownKeys::Skip && wishes.holds.contains(&true) {
            let text = "rows were skipped, and whoever they are may be in another team under \
                        another key and lose it: look at who is removed";
            findings.warn(FindingKind::SkippedMayLose, &[], text);
        }
        self.find_nowhere(&mut wishes, findings);
        self.check_wishes(&mut wishes, findings);
        wishes
    }

    fn check_wishes(&self, wishes: &mut Wishes, findings: &mut Findings) {
        let in_two = |who: &str, places: &str, lines: &[u64], findings: &mut Findings| {
            let text = format!("{who} is wanted {places}: leave out what is wrong");
            findings.error(FindingKind::PersonInTwo, lines, text);
        };
        for student in 0..wishes.wanted.len() {
            let wanted = std::mem::take(&mut wishes.wanted[student]);
            let mut by_team: BTreeMap<usize, (usize, Vec<u64>)> = BTreeMap::new();
            for (team, lines) in wanted {
                let entry = by_team.entry(team).or_default();
                entry.0 += 1;
                entry.1.extend(lines);
            }
            for (team, (times, lines)) in &by_team {
                if *times > 1 {
                    let name = self.called(self.nodes[*team]);
                    let who = self.who(student);
                    let text = format!("{who} is named {times} times for {name}");
                    findings.note(FindingKind::PersonTwice, lines, text);
                }
                if let Some(out) = wishes.unwanted.get(&(student, *team)) {
                    let places = format!("both in and out of {}", self.called(self.nodes[*team]));
                    let lines = [&lines[..], out].concat();
                    in_two(&self.who(student), &places, &lines, findings);
                    wishes.unclear.insert(student);
                }
            }
            if let Some(out) = wishes.nowhere.get(&student)
                && let Some((team, (_, lines))) = by_team.first_key_value()
            {
                let name = self.called(self.nodes[*team]);
                let places = format!("both in {name} and in no team");
                let lines = [&lines[..], out].concat();
                in_two(&self.who(student), &places, &lines, findings);
                wishes.unclear.insert(student);
            }
            if by_team.len() > 1 && !self.snapshot.is_tags {
                let names = by_team.keys().map(|team| self.called(self.nodes[*team]));
                let places = format!("in {}", names.collect::<Vec<_>>().join(" and in "));
                let lines: Vec<_> = by_team.values().flat_map(|(_, lines)| lines).collect();
                let lines: Vec<_> = lines.into_iter().copied().collect();
                in_two(&self.who(student), &places, &lines, findings);
                wishes.unclear.insert(student);
            }
            let wanted = by_team.into_iter().map(|(team, (_, mut lines))| {
                lines.sort_unstable();
                lines.dedup();
                (team, lines)
            });
            wishes.wanted[student] = wanted.collect();
        }
    }

    /// Who goes where in a set in which each student is in one team.
    pub(super) fn moves(&self, wishes: &Wishes, findings: &mut Findings) -> Changes {
        let mut changes = Changes::default();
        for student in 0..self.people.len() {
            if wishes.unclear.contains(&student) {
                continue;
            }
            let now = &self.teams_of[student];
            match wishes.wanted[student].first() {
                Some((team, lines)) => {
                    let to = self.nodes[*team];
                    let person = || Person {
                        student,
                        lines: lines.clone(),
                    };
                    if now.contains(&to) {
                        self.tidy(student, to, wishes, &mut changes, findings);
                    } else if now.is_empty() || self.may_move(student, to, lines, findings) {
                        let person = person();
                        changes.moves.push(Move { person, to });
                    }
                }
                None => self.remove(student, wishes, &mut changes, findings),
            }
        }
        changes
    }

    /// Somebody who is where the roster says, and perhaps elsewhere too.
    fn tidy(
        &self,
        student: usize,
        home: Node,
        wishes: &Wishes,
        changes: &mut Changes,
        findings: &mut Findings,
    ) {
        let others = self.teams_of[student].iter().filter(|at| **at != home);
        let mut is_left = false;
        for &at in others {
            let unwanted = self.team_at[at].and_then(|team| wishes.unwanted.get(&(student, team)));
            match (unwanted, self.policy.doubles) {
                (Some(lines), _) => self.take_out(student, at, lines, changes, findings),
                (None, Doubles::Mend) => self.take_out(student, at, &[], changes, findings),
                (None, Doubles::Tell) => is_left = true,
            }
        }
        if is_left {
            self.tell_double(student, findings);
        }
    }

    fn tell_double(&self, student: usize, findings: &mut Findings) {
        let teams = self.teams_of[student].iter().map(|at| self.called(*at));
        let teams = teams.collect::<Vec<_>>().join(" and ");
        let text = format!(
            "{} is in {teams}: left as it is; Policy::doubles(Doubles::Mend) removes whom the \
             roster wants in one of them from the others",
            self.who(student)
        );
        findings.warn(FindingKind::InSeveral, &[], text);
    }

    fn may_move(&self, student: usize, to: Node, lines: &[u64], findings: &mut Findings) -> bool {
        let text = || {
            let now = self.teams_of[student].iter().map(|at| self.called(*at));
            let now = now.collect::<Vec<_>>().join(" and ");
            format!(
                "{} is in {now} and wanted in {}",
                self.who(student),
                self.called(to)
            )
        };
        match self.policy.moves {
            Moves::Do => return true,
            Moves::Refuse => {
                let text = text() + ": Policy::moves(Moves::Do) moves";
                findings.error(FindingKind::NotMoved, lines, text);
            }
            Moves::Leave => findings.warn(FindingKind::NotMoved, lines, text() + ": not moved"),
        }
        false
    }

    /// Somebody whom no team of the roster names.
    fn remove(
        &self,
        student: usize,
        wishes: &Wishes,
        changes: &mut Changes,
        findings: &mut Findings,
    ) {
        let nowhere = wishes.nowhere.get(&student);
        let now = &self.teams_of[student];
        let mut left = 0;
        for &at in now {
            let unwanted = self.team_at[at].and_then(|team| wishes.unwanted.get(&(student, team)));
            match nowhere.or(unwanted) {
                Some(lines) => self.take_out(student, at, lines, changes, findings),
                None if self.sheds(at, &wishes.holds) => {
                    self.take_out(student, at, &[], changes, findings);
                }
                None => left += 1,
            }
        }
        if left > 1 {
            self.tell_double(student, findings);
        }
    }

    fn take_out(
        &self,
        student: usize,
        at: usize,
        lines: &[u64],
        changes: &mut Changes,
        findings: &mut Findings,
    ) {
        let text = || {
            format!(
                "{} is in {} and not wanted there",
                self.who(student),
                self.called(at)
            )
        };
        match self.policy.removals {
            Removals::Do => {
                let lines = lines.to_vec();
                let groups = match self.snapshot.is_tags {
                    true => &mut changes.taken,
                    false => &mut changes.removals,
                };
                let people = groups.entry(at).or_default();
                people.push(Person { student, lines });
            }
            Removals::Refuse => {
                let text = text() + ": Policy::removals(Removals::Do) removes";
                findings.error(FindingKind::NotRemoved, lines, text);
            }
            Removals::Leave => {
                findings.warn(FindingKind::NotRemoved, lines, text() + ": not removed");
            }
        }
    }

    /// Which tags are given and taken: a student may have several.
    pub(super) fn tag_changes(&self, wishes: &Wishes, findings: &mut Findings) -> Changes {
        let mut changes = Changes::default();
        for student in 0..self.people.len() {
            if wishes.unclear.contains(&student) {
                continue;
            }
            let now = &self.teams_of[student];
            for (team, lines) in &wishes.wanted[student] {
                let node = self.nodes[*team];
                if !now.contains(&node) {
                    let lines = lines.clone();
                    let people = changes.given.entry(node).or_default();
                    people.push(Person { student, lines });
                }
            }
            for &at in now {
                let team = self.team_at[at];
                let is_wanted = team.is_some_and(|team| {
                    let mut wanted = wishes.wanted[student].iter();
                    wanted.any(|(wanted, _)| *wanted == team)
                });
                let unwanted = team.and_then(|team| wishes.unwanted.get(&(student, team)));
                let lines = wishes.nowhere.get(&student).or(unwanted);
                if lines.is_some() || (!is_wanted && self.sheds(at, &wishes.holds)) {
                    let lines = lines.map_or(&[][..], Vec::as_slice);
                    self.take_out(student, at, lines, &mut changes, findings);
                }
            }
        }
        changes
    }
}

impl Wishes {
    pub(super) fn leave_nowhere(&mut self, student: usize, lines: &[u64]) {
        self.nowhere.entry(student).or_default().extend(lines);
    }
}
