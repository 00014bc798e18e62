//! Making groups, finding their leaders, and deleting them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use jiff::Timestamp;

use super::{DEFAULT_QUOTA_MB, Group, School};

impl School {
    /// Makes a group in a set.
    pub(crate) fn make_group(&mut self, category: u64, name: &str) -> Option<u64> {
        let group = self.draft_group(category, name)?;
        Some(self.insert_group(group))
    }

    /// A group of a set, before it is there.
    pub(crate) fn draft_group(&self, category: u64, name: &str) -> Option<Group> {
        let set = self.categories.get(&category)?;
        Some(Group {
            category,
            context: set.context,
            name: name.to_owned(),
            description: None,
            is_public: false,
            join_level: "invitation_only".to_owned(),
            max_membership: set.group_limit,
            storage_quota_mb: DEFAULT_QUOTA_MB,
            sis_id: None,
            avatar: None,
            images: BTreeSet::new(),
            is_name_sticky: false,
            leader: None,
            created_at: Timestamp::now(),
            updated_at: Timestamp::now(),
            is_deleted: false,
            members: BTreeMap::new(),
            order: OnceLock::new(),
        })
    }

    pub(crate) fn insert_group(&mut self, group: Group) -> u64 {
        let id = self.next_id();
        if let Some(category) = self.categories.get_mut(&group.category) {
            category.groups.insert(id);
            category.order.take();
        }
        self.groups.insert(id, group);
        id
    }

    /// Deletes a group, and with it its memberships.
    pub(crate) fn drop_group(&mut self, id: u64) {
        let Some(group) = self.groups.get_mut(&id) else {
            return;
        };
        group.is_deleted = true;
        group.updated_at = Timestamp::now();
        group.leader = None;
        let (category, members) = (group.category, std::mem::take(&mut group.members));
        for membership in members.into_values() {
            self.remove(membership);
        }
        if let Some(category) = self.categories.get_mut(&category) {
            category.groups.remove(&id);
            category.order.take();
        }
    }

    /// Gives a group without a leader one, where its set says how.
    pub(crate) fn lead(&mut self, group: u64) {
        let Some(record) = self.group(group) else {
            return;
        };
        let way = self.categories.get(&record.category);
        let way = way.filter(|category| !category.is_tags);
        let leader = match way.and_then(|category| category.auto_leader) {
            _ if record.leader.is_some() => return,
            Some("first") => self
                .accepted(record)
                .min_by_key(|user| record.members.get(user)),
            Some("random") => fastrand::choice(self.accepted(record).collect::<Vec<_>>()),
            _ => return,
        };
        if let Some(record) = self.groups.get_mut(&group) {
            record.leader = leader;
        }
    }
}
