//! The import of a set's groups and who is in them.

use std::collections::HashMap;

use super::{Crash, Row, Table, Taken};
use crate::canvas::{
    notices::NoticeKind,
    school::{Context, MembershipState, School},
};

/// The groups of a set, those that are deleted too, as rows name them.
#[derive(Debug, Default)]
struct Names {
    by_name: HashMap<String, u64>,
    by_sis_id: HashMap<String, u64>,
}

impl School {
    /// Puts the students of a file into its groups, and out of the others of the set. Limits do
    /// not count.
    pub(super) fn import_groups(&mut self, category: u64, table: &Table) -> Result<Taken, Crash> {
        let Some(set) = self.category(category) else {
            return Ok(Taken::default());
        };
        let Context::Course(course) = set.context else {
            return Err(Crash);
        };
        let mut names = self.names_in(category);
        let mut taken = Taken::default();
        for (number, row) in table.rows().enumerate() {
            if let Some(name) = row.text("tag_set_name") {
                self.rename_set(category, name)?;
            }
            let Some(group) = self.group_in(category, &mut names, row)? else {
                continue;
            };
            let Some(user) = self.student_in(course, row) else {
                continue;
            };
            // Of several rows of one user, the first counts.
            if taken.users.contains(&user) {
                continue;
            }
            // Everything that somebody has in the set ends, even in this very group.
            self.remove_from_set(user, category);
            if taken.note(number, user, group) {
                self.write_members(&mut taken);
            }
        }
        self.write_members(&mut taken);
        Ok(taken)
    }

    fn write_members(&mut self, taken: &mut Taken) {
        for (user, group) in taken.hand_over() {
            self.insert_member(user, group, MembershipState::Accepted);
            self.tell_anyway(user, group, NoticeKind::NewMembership);
        }
    }

    fn names_in(&self, category: u64) -> Names {
        let mut names = Names::default();
        for (id, group) in self.groups_ever_in(category) {
            if !group.is_deleted {
                names.by_name.entry(group.name.clone()).or_insert(id);
            }
            if let Some(sis_id) = &group.sis_id {
                names.by_sis_id.insert(sis_id.clone(), id);
            }
        }
        names
    }

    /// The group that a row names, restored if it was deleted, and made if there is none.
    fn group_in(
        &mut self,
        category: u64,
        names: &mut Names,
        row: Row<'_>,
    ) -> Result<Option<u64>, Crash> {
        let is_here = |id: &u64| {
            let group = self.groups.get(id);
            group.is_some_and(|group| group.category == category)
        };
        let by_id = row.either("canvas_group_id", "canvas_tag_id");
        let by_id = by_id.and_then(|id| id.parse().ok()).filter(is_here);
        let by_sis_id = || {
            let sis_id = row.either("group_id", "tag_id")?;
            names.by_sis_id.get(sis_id).copied()
        };
        if let Some(id) = by_id.or_else(by_sis_id) {
            self.restore_group(id);
            if let Some(group) = self.groups.get(&id) {
                names.by_name.entry(group.name.clone()).or_insert(id);
            }
            return Ok(Some(id));
        }
        let Some(name) = row.either("group_name", "tag_name") else {
            return Ok(None);
        };
        if let Some(id) = names.by_name.get(name) {
            return Ok(Some(*id));
        }
        Self::check_group_name(name)?;
        let id = self.make_group(category, name).ok_or(Crash)?;
        names.by_name.insert(name.to_owned(), id);
        Ok(Some(id))
    }
}
