//! The import of a set's groups and who is in them.

use std::collections::{HashMap, HashSet};

use super::{Crash, Row, Table};
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
    pub(super) fn import_groups(&mut self, category: u64, table: &Table) -> Result<(), Crash> {
        let Some(set) = self.category(category) else {
            return Ok(());
        };
        let Context::Course(course) = set.context else {
            return Err(Crash);
        };
        let mut names = self.names_in(category);
        let mut seen = HashSet::new();
        for row in table.rows() {
            let Some(group) = self.group_in(category, &mut names, row) else {
                continue;
            };
            let Some(user) = self.student_in(course, row) else {
                continue;
            };
            if seen.insert(user) {
                self.move_into(user, group, category);
            }
        }
        Ok(())
    }

    fn names_in(&self, category: u64) -> Names {
        let mut names = Names::default();
        let groups = self.groups.iter();
        for (id, group) in groups.filter(|(_, group)| group.category == category) {
            if !group.is_deleted {
                names.by_name.entry(group.name.clone()).or_insert(*id);
            }
            if let Some(sis_id) = &group.sis_id {
                names.by_sis_id.insert(sis_id.clone(), *id);
            }
        }
        names
    }

    /// The group that a row names, restored if it was deleted, and made if there is none.
    fn group_in(&mut self, category: u64, names: &mut Names, row: Row<'_>) -> Option<u64> {
        let is_here = |id: &u64| {
            let group = self.groups.get(id);
            group.is_some_and(|group| group.category == category)
        };
        let by_id = row.id("canvas_group_id").filter(is_here);
        let by_sis_id = || names.by_sis_id.get(row.text("group_id")?).copied();
        if let Some(id) = by_id.or_else(by_sis_id) {
            self.restore(id);
            if let Some(group) = self.groups.get(&id) {
                names.by_name.entry(group.name.clone()).or_insert(id);
            }
            return Some(id);
        }
        let name = row.text("group_name")?;
        if let Some(id) = names.by_name.get(name) {
            return Some(*id);
        }
        let id = self.make_group(category, name)?;
        names.by_name.insert(name.to_owned(), id);
        Some(id)
    }

    /// Brings a deleted group back, with nobody in it.
    fn restore(&mut self, id: u64) {
        let Some(group) = self.groups.get_mut(&id).filter(|group| group.is_deleted) else {
            return;
        };
        group.is_deleted = false;
        group.updated_at = jiff::Timestamp::now();
        let category = group.category;
        if let Some(category) = self.categories.get_mut(&category) {
            category.groups.insert(id);
            category.order.take();
        }
    }

    fn move_into(&mut self, user: u64, group: u64, category: u64) {
        let present = self.groups_of(user, category);
        if present == [group] {
            return;
        }
        self.remove_from_set(user, category);
        self.insert_member(user, group, MembershipState::Accepted);
        self.tell_anyway(user, group, NoticeKind::NewMembership);
    }
}
