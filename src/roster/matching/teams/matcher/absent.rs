//! Teams that are not there, and those whose names nearly are.

use std::collections::HashMap;

use super::{Matcher, called};
use crate::{
    csv::GroupKey,
    roster::{Members, Team, finding::FindingKind, names},
};

impl Matcher<'_, '_> {
    /// Whether a team is not there and need not be: nobody should be in it, as the rows of a file say
    /// whose students are all taken out.
    pub(super) fn is_absent(&mut self, team: &Team) -> bool {
        let is_left = team.members == Members::LeftAlone && !team.without.is_empty();
        if !is_left || team.limit.is_some() || team.leader.is_some() {
            return false;
        }
        // A name that is nearly that of a group is most likely meant for it.
        let is_named = |name: &String| !self.nearly_named(name).is_empty();
        let may_be_there = |key: &GroupKey| match key {
            GroupKey::Canvas(id) => self.by_id.contains_key(id),
            GroupKey::Sis(id) => {
                let folded = names::folded_id(id);
                !self.snapshot.rights.group_sis_ids_shown
                    || self.by_folded_sis.contains_key(&folded)
            }
            GroupKey::Name(name) => is_named(name),
        };
        if team.keys.is_empty()
            || team.keys.iter().any(may_be_there)
            || team.name.iter().chain(&team.previously).any(is_named)
        {
            return false;
        }
        let text = format!(
            "{} is not in the set, so nobody has to leave it",
            called(team)
        );
        // An id with a wrong digit looks just like that of a team that is gone.
        let has_id = |key: &GroupKey| matches!(key, GroupKey::Canvas(_));
        match team.keys.iter().any(has_id) {
            true => {
                let text = text + ": look whether its id is right";
                self.findings
                    .warn(FindingKind::TeamMissing, &team.lines, text);
            }
            false => self
                .findings
                .note(FindingKind::TeamMissing, &team.lines, text),
        }
        true
    }

    /// The groups whose names differ from this one in case or spaces at most.
    pub(super) fn nearly_named(&self, name: &str) -> &[usize] {
        let folded = self.folded_names.get_or_init(|| {
            let mut folded: HashMap<String, Vec<usize>> = HashMap::new();
            for (at, group) in self.groups.iter().enumerate() {
                let name = names::folded(&group.name);
                folded.entry(name).or_default().push(at);
            }
            folded
        });
        let named = folded.get(&names::folded(name));
        named.map_or(&[], Vec::as_slice)
    }
}
