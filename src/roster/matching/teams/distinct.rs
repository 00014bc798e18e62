//! One target for each group, and one name for each team.

use std::collections::{BTreeMap, HashMap};

use super::{FindingKind, Matcher, Mode, NewTeam, Target, names, quoted};

impl<'a> Matcher<'a, '_> {
    /// One target for each group: rows of a file may speak of one team in several ways.
    pub(super) fn merged(&mut self, found: Vec<Target<'a>>) -> (Vec<Target<'a>>, bool) {
        let mut merged: BTreeMap<(bool, usize, Option<NewTeam>), Target<'a>> = BTreeMap::new();
        let mut are_distinct = true;
        for team in found {
            let new = team.at.is_none().then(|| team.new_team());
            let key = (team.at.is_none(), team.at.unwrap_or(0), new);
            let Some(first) = merged.get_mut(&key) else {
                merged.insert(key, team);
                continue;
            };
            let differ = |first: bool, second: bool, equal: bool| first && second && !equal;
            let (had, has) = (&*first, &team);
            if names::exact(&had.name) != names::exact(&has.name)
                || had.sis_id != has.sis_id
                || differ(
                    had.mode != Mode::Alone,
                    has.mode != Mode::Alone,
                    had.mode == has.mode,
                )
                || differ(
                    had.limit.is_some(),
                    has.limit.is_some(),
                    had.limit == has.limit,
                )
                || differ(
                    had.leader.is_some(),
                    has.leader.is_some(),
                    had.leader.map(|leader| &leader.keys) == has.leader.map(|leader| &leader.keys),
                )
            {
                let lines = [&first.lines[..], &team.lines].concat();
                let text = format!(
                    "\"{}\" is listed twice, with different wishes: list it once",
                    first.name.trim()
                );
                self.findings
                    .error(FindingKind::TeamListedTwice, &lines, text);
                are_distinct = false;
            }
            if first.mode == Mode::Alone {
                first.mode = team.mode;
            }
            first.members.extend(team.members);
            first.without.extend(team.without);
            first.limit = first.limit.or(team.limit);
            first.leader = first.leader.or(team.leader);
            first.lines.extend(team.lines);
        }
        let mut merged: Vec<_> = merged.into_values().collect();
        for team in &mut merged {
            team.lines.sort_unstable();
            team.lines.dedup();
        }
        (merged, are_distinct)
    }

    /// Names as they will be: possible, and of one team each.
    pub(super) fn check_names(&mut self, teams: &[Target<'_>]) -> bool {
        let mut ends: Vec<(String, Option<usize>, Option<&Target<'_>>)> = Vec::new();
        let listed: HashMap<usize, &Target<'_>> = teams
            .iter()
            .filter_map(|team| Some((team.at?, team)))
            .collect();
        for (at, group) in self.groups.iter().enumerate() {
            let team = listed.get(&at).copied();
            let name = team.map_or(&group.name, |team| &team.name);
            let is_renamed =
                team.filter(|team| names::exact(&team.name) != names::exact(&group.name));
            ends.push((names::exact(name).into_owned(), Some(at), is_renamed));
        }
        for team in teams.iter().filter(|team| team.at.is_none()) {
            ends.push((team.name.clone(), None, Some(team)));
        }
        let mut are_fit = true;
        for (name, _, team) in &ends {
            let Some(team) = team else { continue };
            let length = name.chars().count();
            if length == 0 || length > 255 {
                let text = match length {
                    0 => "a team has a blank name: give it one".to_owned(),
                    _ => format!(
                        "the name of a team has {length} characters, and Canvas takes 255: \
                         shorten it"
                    ),
                };
                self.findings
                    .error(FindingKind::NameInvalid, &team.lines, text);
                are_fit = false;
            }
        }
        let mut by_folded: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, (name, ..)) in ends.iter().enumerate() {
            by_folded
                .entry(names::folded(name))
                .or_default()
                .push(index);
        }
        for alike in by_folded.into_values().filter(|alike| alike.len() > 1) {
            for (place, &index) in alike.iter().enumerate() {
                let (name, at, Some(team)) = &ends[index] else {
                    continue;
                };
                let others = alike.iter().enumerate();
                let others = others.filter(|(other, _)| *other != place);
                // Of two new teams, or two renamed ones, the later tells.
                let other = others.map(|(other, index)| (other, &ends[*index])).find(
                    |(other, (other_name, other_at, other_team))| {
                        let tells = other_team.is_none() || *other < place;
                        let is_near = at.is_none() || (other_at.is_none() && other_team.is_some());
                        tells && (other_name == name || is_near)
                    },
                );
                let Some((_, (other_name, other_at, other_team))) = other else {
                    continue;
                };
                let there = match other_at {
                    Some(at) => quoted(self.groups[*at]),
                    None => format!("the new team \"{other_name}\""),
                };
                let lines = other_team.map_or(&[][..], |other| &other.lines);
                let lines = [&team.lines[..], lines].concat();
                let (kind, text) = match other_name == name {
                    true => (
                        FindingKind::NameTaken,
                        format!("\"{name}\" would be the name of two teams: {there} has it"),
                    ),
                    false => (
                        FindingKind::NearMiss,
                        format!(
                            "\"{name}\" is not there, and {there} differs in case or spaces \
                             only: correct the name, or rename the group"
                        ),
                    ),
                };
                self.findings.error(kind, &lines, text);
                are_fit = false;
            }
        }
        are_fit
    }
}
