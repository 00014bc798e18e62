//! Merging users.

use canvas_groups::UserId;

use crate::canvas::school::{Membership, School};

impl School {
    /// Merges one user into another, which deletes the first. The other gets the logins, SIS ids,
    /// addresses, enrollments, administrations and memberships, except in courses and
    /// group sets where it has one already. Has no effect if one of them does not exist or both
    /// are the same.
    pub fn merge_users(&mut self, user: UserId, into: UserId) {
        let (user, into) = (user.get(), into.get());
        let is_there = |id| {
            let user = self.users.get(&id);
            user.is_some_and(|user| user.merged_into.is_none())
        };
        if user == into || !is_there(user) || !is_there(into) {
            return;
        }
        for index in [&mut self.logins, &mut self.sis_users, &mut self.emails] {
            for owner in index.values_mut().filter(|owner| **owner == user) {
                *owner = into;
            }
        }
        for account in self.accounts.values_mut() {
            if account.admins.remove(&user) {
                account.admins.insert(into);
            }
        }
        for course in self.courses.values_mut() {
            if let Some(enrollment) = course.roster.remove(&user) {
                course.roster.entry(into).or_insert(enrollment);
                course.forget_order();
            }
        }
        self.hand_over_memberships(user, into);
        if let Some(user) = self.users.get_mut(&user) {
            user.merged_into = Some(into);
        }
    }

    fn hand_over_memberships(&mut self, user: u64, into: u64) {
        let groups = self.users.get(&user).map(|user| user.groups.clone());
        for group in groups.into_iter().flatten() {
            let Some(record) = self.group(group) else {
                continue;
            };
            let category = self.categories.get(&record.category);
            let several = category.is_none_or(Self::allows_several);
            let set = record.category;
            let is_in = match several {
                true => record.members.contains_key(&into),
                false => !self.groups_of(into, set).is_empty(),
            };
            let leads = record.leader == Some(user);
            let Some(membership) = record.members.get(&user).copied() else {
                continue;
            };
            let Some(Membership {
                state,
                is_moderator,
                ..
            }) = self.memberships.get(&membership).cloned()
            else {
                continue;
            };
            self.remove(membership);
            if is_in {
                continue;
            }
            let membership = self.insert_member(into, group, state);
            if let Some(membership) = self.memberships.get_mut(&membership) {
                membership.is_moderator = is_moderator;
            }
            if let Some(record) = self.groups.get_mut(&group).filter(|_| leads) {
                record.leader = Some(into);
            }
        }
    }
}
