//! Which names are taken. Canvas lets groups of a set share a name, so nothing but a look keeps a
//! plan that was made a while ago from making a second team of one.

use std::collections::{HashMap, HashSet};

use crate::{
    GroupId,
    roster::{Change, Plan, Rename, Snapshot, names},
};

/// The names that groups have now.
#[derive(Debug)]
pub(super) struct Taken {
    groups: HashMap<String, Vec<GroupId>>,
    /// Groups that a step of the plan gives another name.
    leaving: HashSet<GroupId>,
}

impl Taken {
    pub(super) fn of(plan: &Plan, snapshot: &Snapshot) -> Self {
        let mut groups: HashMap<String, Vec<GroupId>> = HashMap::new();
        let mut now = HashMap::new();
        for group in &snapshot.groups {
            let name = names::exact(&group.name).into_owned();
            now.insert(group.id, name.clone());
            groups.entry(name).or_default().push(group.id);
        }
        let renames = plan.steps.iter().flat_map(|step| match &step.change {
            Change::Rename(rename) => std::slice::from_ref(rename),
            Change::Tags(tags) => &tags.rename,
            _ => &[],
        });
        // Those that are as the plan expects them.
        let holds = |rename: &&Rename| {
            let (from, to) = (names::exact(&rename.from), names::exact(&rename.to));
            from != to && now.get(&rename.group).is_some_and(|now| *now == from)
        };
        let renames: Vec<&Rename> = renames.filter(holds).collect();
        let mut leaving: HashSet<GroupId> = renames.iter().map(|rename| rename.group).collect();
        // A name is free only when all who have it have left it, so one that cannot leave keeps
        // another from leaving.
        let mut waiting: HashMap<GroupId, Vec<GroupId>> = HashMap::new();
        let mut stuck = Vec::new();
        for rename in renames {
            let named = groups.get(&*names::exact(&rename.to));
            for other in named.into_iter().flatten() {
                match leaving.contains(other) {
                    true => waiting.entry(*other).or_default().push(rename.group),
                    false => stuck.push(rename.group),
                }
            }
        }
        while let Some(group) = stuck.pop() {
            if leaving.remove(&group) {
                stuck.extend(waiting.remove(&group).into_iter().flatten());
            }
        }
        Self { groups, leaving }
    }

    /// Whether a team can have this name: no other group has it, or is about to lose it.
    pub(super) fn is_free(&self, name: &str, of: Option<GroupId>) -> bool {
        let named = self.groups.get(&*names::exact(name));
        let mut others = named.into_iter().flatten();
        others.all(|other| Some(*other) == of || self.leaving.contains(other))
    }

    /// The groups that have this name.
    pub(super) fn named(&self, name: &str) -> &[GroupId] {
        let named = self.groups.get(&*names::exact(name));
        named.map_or(&[], Vec::as_slice)
    }
}
