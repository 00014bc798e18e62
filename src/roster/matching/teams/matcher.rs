//! Which group a team of the roster stands for.

mod absent;

use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet},
};

use super::{Target, called, quoted, target};
use crate::{
    GroupId,
    csv::GroupKey,
    roster::{
        MissingTeams, Policy, SisIds, Snapshot, SnapshotGroup, Team,
        finding::{FindingKind, Findings},
        names,
    },
};

/// Looks teams up among the groups of a snapshot.
pub(super) struct Matcher<'a, 'f> {
    snapshot: &'a Snapshot,
    policy: &'f Policy,
    pub(super) groups: Vec<&'a SnapshotGroup>,
    by_id: HashMap<GroupId, usize>,
    by_sis: HashMap<String, usize>,
    /// SIS ids without what a spreadsheet may have changed.
    by_folded_sis: HashMap<String, String>,
    by_name: HashMap<String, Vec<usize>>,
    /// Groups by what their names have in common with others that are nearly the same.
    folded_names: OnceCell<HashMap<String, Vec<usize>>>,
    claimed: HashSet<usize>,
    pub(super) unclear: Vec<&'a Team>,
    pub(super) findings: &'f mut Findings,
}

/// What is known of a team after its ids were looked up.
enum ById {
    Group { at: usize, adopts: Option<String> },
    ByName { sis_id: Option<String> },
    Unknown,
}

impl<'a, 'f> Matcher<'a, 'f> {
    pub(super) fn of(
        snapshot: &'a Snapshot,
        policy: &'f Policy,
        findings: &'f mut Findings,
    ) -> Self {
        let mut groups: Vec<_> = snapshot.groups.iter().collect();
        groups.sort_by_key(|group| group.id);
        let each = || groups.iter().enumerate();
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, group) in each() {
            let name = names::exact(&group.name).into_owned();
            by_name.entry(name).or_default().push(at);
        }
        let sis_id = |(at, group): (usize, &&SnapshotGroup)| {
            Some((names::exact(group.sis_id.as_deref()?).into_owned(), at))
        };
        Self {
            snapshot,
            policy,
            by_id: each().map(|(at, group)| (group.id, at)).collect(),
            by_sis: each().filter_map(sis_id).collect(),
            by_folded_sis: each()
                .filter_map(sis_id)
                .map(|(id, _)| (names::folded_id(&id), id))
                .collect(),
            by_name,
            folded_names: OnceCell::new(),
            claimed: HashSet::new(),
            unclear: Vec::new(),
            findings,
            groups,
        }
    }

    /// Ids before names before former names, whatever the order of teams.
    pub(super) fn all(&mut self, teams: &'a [Team]) -> Vec<Target<'a>> {
        let teams: Vec<&Team> = teams.iter().filter(|team| !self.is_absent(team)).collect();
        let by_id: Vec<_> = teams.iter().map(|team| self.by_ids(team)).collect();
        let ids = by_id.iter().filter_map(|found| match found {
            ById::Group { at, .. } => Some(*at),
            _ => None,
        });
        self.claimed = ids.collect();
        let mut found = Vec::new();
        let mut later = Vec::new();
        for (team, by_id) in teams.iter().zip(by_id) {
            match by_id {
                ById::Unknown => self.unclear.push(team),
                ById::Group { at, adopts } => {
                    let name = team.name.clone().unwrap_or(self.groups[at].name.clone());
                    found.push(target(team, Some(at), &name, adopts));
                }
                ById::ByName { sis_id } => match self.by_name(team, sis_id.as_deref()) {
                    Ok(Some(named)) => found.push(named),
                    Ok(None) => later.push((team, sis_id)),
                    Err(()) => self.unclear.push(team),
                },
            }
        }
        self.claimed.extend(found.iter().filter_map(|team| team.at));
        for (team, sis_id) in later {
            match self.by_former_name(team, sis_id) {
                Some(target) => found.push(target),
                None => self.unclear.push(team),
            }
        }
        found
    }

    fn by_ids(&mut self, team: &Team) -> ById {
        let rights = &self.snapshot.rights;
        let lines = &team.lines;
        let mut at: Option<usize> = None;
        let mut missing: Option<String> = None;
        // Exports show the SIS ids of some groups where lists show none.
        let mut hidden: Option<&String> = None;
        for key in &team.keys {
            let found = match key {
                GroupKey::Name(_) => continue,
                GroupKey::Canvas(id) => match self.by_id.get(id) {
                    None if team.anew_if_gone => continue,
                    None => {
                        let text = format!(
                            "group {id} is not in the set: correct the id, or leave it out and \
                             name the team"
                        );
                        self.findings.error(FindingKind::TeamUnknown, lines, text);
                        return ById::Unknown;
                    }
                    found => found,
                },
                GroupKey::Sis(id) => match self.by_sis.get(&*names::exact(id)) {
                    None if !rights.group_sis_ids_shown => {
                        hidden = hidden.or(Some(id));
                        continue;
                    }
                    None => {
                        missing.get_or_insert(names::exact(id).into_owned());
                        continue;
                    }
                    found => found,
                },
            };
            if at.is_some() && at != found.copied() {
                return self.disagree(team, "its ids are those of two groups".to_owned());
            }
            at = at.or(found.copied());
        }
        if let (None, Some(id)) = (at, hidden) {
            let text = format!(
                "SIS ids of groups are not shown, so nobody can tell whether {id} is there: use a \
                 token with the right to read SIS data in the root account, or go by Canvas ids or \
                 names"
            );
            self.findings.error(FindingKind::SisIdsHidden, lines, text);
            return ById::Unknown;
        }
        let Some(at) = at else {
            return ById::ByName { sis_id: missing };
        };
        let group = self.groups[at];
        if let (Some(sis_id), Some(other)) = (hidden, &group.sis_id) {
            let text = format!("group {} has the SIS id {other}, not {sis_id}", group.id);
            return self.disagree(team, text);
        }
        if hidden.is_some() {
            let text = "the SIS ids of teams beside their Canvas ids cannot be checked, because they \
                        are not shown: look at the plan, or use a token with the right to read SIS \
                        data in the root account";
            self.findings.warn(FindingKind::SisIdsHidden, &[], text);
        }
        for key in &team.keys {
            if let GroupKey::Name(name) = key
                && names::exact(name) != names::exact(&group.name)
            {
                let text = format!(
                    "group {} is named \"{}\", not \"{}\"",
                    group.id,
                    group.name,
                    name.trim()
                );
                return self.disagree(team, text);
            }
        }
        match missing {
            None => ById::Group { at, adopts: None },
            Some(sis_id) => match self.adopts(team, at, &sis_id) {
                true => ById::Group {
                    at,
                    adopts: Some(sis_id),
                },
                false => ById::Unknown,
            },
        }
    }

    fn disagree(&mut self, team: &Team, text: String) -> ById {
        let text = format!("{text}: correct the row, or go by only one of its keys");
        self.findings
            .error(FindingKind::TeamKeysDisagree, &team.lines, text);
        ById::Unknown
    }

    /// Whether a group gets the SIS id that the roster has for it.
    fn adopts(&mut self, team: &Team, at: usize, sis_id: &str) -> bool {
        let group = quoted(self.groups[at]);
        let kind = FindingKind::SisIdDiffers;
        let text = match &self.groups[at].sis_id {
            Some(other) => format!("{group} has the SIS id {other}, not {sis_id}: correct it"),
            None if self.policy.sis_ids == SisIds::Leave => format!(
                "{group} has no SIS id: Policy::sis_ids(SisIds::Adopt) gives it {sis_id}, or go \
                 by its name alone"
            ),
            None => return self.may_write(team, sis_id),
        };
        self.findings.error(kind, &team.lines, text);
        false
    }

    /// Whether an SIS id can be given to a group that has none, or a new one.
    fn may_write(&mut self, team: &Team, sis_id: &str) -> bool {
        if let Some(near) = self.by_folded_sis.get(&names::folded_id(sis_id)) {
            let text = format!(
                "no group has the SIS id {sis_id}, and there is {near}, which differs in case or \
                 zeros: correct it"
            );
            self.findings
                .error(FindingKind::NearMiss, &team.lines, text);
            return false;
        }
        let may = self.snapshot.rights.group_sis_ids_writable;
        if !may {
            let text = format!(
                "the SIS id {sis_id} cannot be written: use a token with the right to manage SIS \
                 data, or go by names"
            );
            self.findings
                .error(FindingKind::SisIdsHidden, &team.lines, text);
        }
        may
    }

    /// The one group with this name that no id has claimed.
    fn one_named(&mut self, team: &Team, name: &str) -> Result<Option<usize>, ()> {
        let named = self.by_name.get(&*names::exact(name));
        let free = named.into_iter().flatten();
        let free: Vec<_> = free
            .copied()
            .filter(|at| !self.claimed.contains(at))
            .collect();
        match *free {
            [] => Ok(None),
            [at] => Ok(Some(at)),
            [first, second, ..] => {
                let text = format!(
                    "\"{}\" is the name of several groups, such as {} and {}: name the team by \
                     its id, or rename one",
                    name.trim(),
                    self.groups[first].id,
                    self.groups[second].id
                );
                self.findings
                    .error(FindingKind::NameAmbiguous, &team.lines, text);
                Err(())
            }
        }
    }

    fn by_name(&mut self, team: &'a Team, sis_id: Option<&str>) -> Result<Option<Target<'a>>, ()> {
        let keys = team.keys.iter().filter_map(|key| match key {
            GroupKey::Name(name) => Some(&**name),
            _ => None,
        });
        let mut keys: Vec<&str> = keys.collect();
        if keys.is_empty() {
            keys.extend(team.name.as_deref());
        }
        let Some(name) = keys.first().copied() else {
            let text = match sis_id {
                Some(id) => format!("no group has the SIS id {id}: correct it, or give a name"),
                None => "a team has no key: give it an id or a name".to_owned(),
            };
            self.findings
                .error(FindingKind::TeamMissing, &team.lines, text);
            return Err(());
        };
        if keys
            .iter()
            .any(|key| names::exact(key) != names::exact(name))
        {
            self.disagree(team, format!("{} has several names", called(team)));
            return Err(());
        }
        let Some(at) = self.one_named(team, name)? else {
            return Ok(None);
        };
        if let Some(sis_id) = sis_id
            && !self.adopts(team, at, sis_id)
        {
            return Err(());
        }
        let name = team.name.clone().unwrap_or(self.groups[at].name.clone());
        let adopts = sis_id.map(str::to_owned);
        Ok(Some(target(team, Some(at), &name, adopts)))
    }

    fn by_former_name(&mut self, team: &'a Team, sis_id: Option<String>) -> Option<Target<'a>> {
        let named = team.keys.iter().find_map(|key| match key {
            GroupKey::Name(name) => Some(name),
            _ => None,
        });
        let name = team.name.as_ref().or(named)?;
        for former in &team.previously {
            let Some(at) = self.one_named(team, former).ok()? else {
                continue;
            };
            if let Some(sis_id) = &sis_id
                && !self.adopts(team, at, sis_id)
            {
                return None;
            }
            return Some(target(team, Some(at), name, sis_id));
        }
        for former in &team.previously {
            let near = self.nearly_named(former).iter();
            let near = near.copied().find(|at| !self.claimed.contains(at));
            if let Some(at) = near {
                let text = format!(
                    "\"{}\" is not there, and {} differs in case or spaces only: correct the \
                     former name",
                    former.trim(),
                    quoted(self.groups[at])
                );
                self.findings
                    .error(FindingKind::NearMiss, &team.lines, text);
                return None;
            }
        }
        if let Some(sis_id) = &sis_id
            && !self.may_write(team, sis_id)
        {
            return None;
        }
        if self.policy.missing_teams == MissingTeams::Refuse {
            let text = format!(
                "{} is not in the set: correct the name, or Policy::missing_teams(MissingTeams::Make) \
                 makes it",
                called(team)
            );
            self.findings
                .error(FindingKind::TeamMissing, &team.lines, text);
            return None;
        }
        Some(target(team, None, name, sis_id))
    }
}
