//! Adding and removing the members of groups.

use jiff::Timestamp;

use super::{Category, Group, Membership, MembershipState, School};

/// The group is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl School {
    /// How many a group may have, by its own limit or that of its set.
    pub(crate) fn limit_of(&self, group: &Group) -> Option<u64> {
        let category = self.categories.get(&group.category);
        group
            .max_membership
            .or_else(|| category.and_then(|category| category.group_limit))
    }

    /// Whether all places are taken. Those who are invited, or ask, take none.
    pub(crate) fn is_full(&self, group: &Group) -> bool {
        let category = self.categories.get(&group.category);
        if category.is_some_and(|category| category.role == Some("student_organized")) {
            return false;
        }
        self.limit_of(group).is_some_and(|limit| {
            group.members.len() as u64 >= limit && self.accepted(group).count() as u64 >= limit
        })
    }

    /// Those who are in a group, by id.
    pub(crate) fn accepted(&self, group: &Group) -> impl Iterator<Item = u64> {
        let members = group.members.iter().filter(|(_, id)| {
            let membership = self.memberships.get(id);
            membership.is_some_and(|membership| membership.state == MembershipState::Accepted)
        });
        members.map(|(user, _)| *user)
    }

    /// Whether a person may be in several groups of a set.
    pub(crate) fn allows_several(category: &Category) -> bool {
        category.is_tags || matches!(category.role, Some("student_organized" | "communities"))
    }

    /// Puts somebody into a group, and out of the others of a set that allows one only. Outside
    /// communities, users who are invited or ask are accepted at once. The second value tells
    /// whether the membership is a new one.
    pub(crate) fn add_if_room(
        &mut self,
        user: u64,
        group_id: u64,
        state: MembershipState,
    ) -> Result<(u64, bool), Full> {
        let Some(group) = self.group(group_id) else {
            return Err(Full);
        };
        let state = match self.is_community(group) {
            true => state,
            false => MembershipState::Accepted,
        };
        if let Some(membership) = group.members.get(&user) {
            return Ok((*membership, false));
        }
        if self.is_full(group) {
            return Err(Full);
        }
        let category = group.category;
        let several = self
            .categories
            .get(&category)
            .is_none_or(Self::allows_several);
        if !several {
            self.remove_from_set(user, category);
        }
        self.touch_submissions(user, group_id);
        Ok((self.insert_member(user, group_id, state), true))
    }

    /// Ends the memberships of somebody in all groups of a set.
    pub(crate) fn remove_from_set(&mut self, user: u64, category: u64) {
        for group in self.groups_of(user, category) {
            let membership = self.groups.get(&group).and_then(|g| g.members.get(&user));
            if let Some(membership) = membership.copied() {
                self.remove(membership);
            }
        }
    }

    /// Makes a membership regardless of limits.
    pub(crate) fn insert_member(
        &mut self,
        user: u64,
        group_id: u64,
        state: MembershipState,
    ) -> u64 {
        let id = self.next_id();
        let membership = Membership {
            group: group_id,
            user,
            state,
            is_moderator: false,
            created_at: Timestamp::now(),
        };
        self.memberships.insert(id, membership);
        if let Some(user) = self.users.get_mut(&user) {
            user.groups.insert(group_id);
        }
        if let Some(group) = self.groups.get_mut(&group_id) {
            group.members.insert(user, id);
            group.order.take();
        }
        self.lead(group_id);
        id
    }

    /// Ends a membership.
    pub(crate) fn remove(&mut self, membership: u64) {
        let Some(Membership { group, user, .. }) = self.memberships.remove(&membership) else {
            return;
        };
        self.touch_submissions(user, group);
        if let Some(user) = self.users.get_mut(&user) {
            user.groups.remove(&group);
        }
        if let Some(record) = self.groups.get_mut(&group) {
            record.members.remove(&user);
            record.order.take();
            record.leader = record.leader.filter(|leader| *leader != user);
        }
        self.lead(group);
    }
}
