//! Seeding what groups and their sets can be and hold.

use std::collections::BTreeSet;

use jiff::Timestamp;

use canvas_groups::{
    AccountId, CategoryId, CourseId, GroupId, UserId,
    activity::StreamItemId,
    categories::{AutoLeader, SelfSignup},
};

use crate::canvas::{
    school::{Category, Group, School},
    streams::{Item, Kind},
};

impl School {
    /// Says whether students of a course choose a group of a set by themselves.
    pub fn set_self_signup(&mut self, category: CategoryId, signup: Option<SelfSignup>) {
        self.change_category(category, |category| {
            category.self_signup = match signup {
                Some(SelfSignup::Enabled) => Some("enabled"),
                Some(SelfSignup::Restricted) => Some("restricted"),
                _ => None,
            };
        });
    }

    /// Says how the groups of a set find their leaders, from the next change in a group on.
    pub fn set_auto_leader(&mut self, category: CategoryId, way: Option<AutoLeader>) {
        self.change_category(category, |category| {
            category.auto_leader = match way {
                Some(AutoLeader::First) => Some("first"),
                Some(AutoLeader::Random) => Some("random"),
                _ => None,
            };
        });
    }

    /// Limits how many members each group of a set may have.
    pub fn set_group_limit(&mut self, category: CategoryId, limit: Option<u64>) {
        self.change_category(category, |category| category.group_limit = limit);
        let groups = self.category(category.get()).map(|set| set.groups.clone());
        for group in groups.into_iter().flatten() {
            if let Some(group) = self.groups.get_mut(&group) {
                group.max_membership = limit;
            }
        }
    }

    fn change_category(&mut self, category: CategoryId, change: impl FnOnce(&mut Category)) {
        if let Some(category) = self.categories.get_mut(&category.get()) {
            change(category);
        }
    }

    /// Takes somebody out of a group. False if nobody like that is in it.
    pub fn remove_member(&mut self, group: GroupId, user: UserId) -> bool {
        let record = self.group(group.get());
        let membership = record.and_then(|group| group.members.get(&user.get()).copied());
        if let Some(membership) = membership {
            self.remove(membership);
        }
        membership.is_some()
    }

    /// Deletes a group, or a tag.
    pub fn delete_group(&mut self, group: GroupId) {
        self.drop_group(group.get());
    }

    /// Gives a group, or a tag, another name.
    pub fn rename_group(&mut self, group: GroupId, name: impl Into<String>) {
        self.change_group(group, |group| group.name = name.into());
    }

    /// Limits how many members a group may have. Whoever is in stays in.
    pub fn set_max_membership(&mut self, group: GroupId, limit: Option<u64>) {
        self.change_group(group, |group| group.max_membership = limit);
    }

    /// Makes a member the leader of a group, or nobody. Whoever is no member leads nothing.
    pub fn set_leader(&mut self, group: GroupId, leader: Option<UserId>) {
        let leader = leader.map(UserId::get);
        self.change_group(group, |group| {
            group.leader = leader.filter(|leader| group.members.contains_key(leader));
        });
    }

    fn change_group(&mut self, group: GroupId, change: impl FnOnce(&mut Group)) {
        let group = self
            .groups
            .get_mut(&group.get())
            .filter(|it| !it.is_deleted);
        let Some(group) = group else { return };
        change(group);
        group.updated_at = Timestamp::now();
        if let Some(category) = self.categories.get_mut(&group.category) {
            category.order.take();
        }
    }

    /// Hides the People page of a course from its students, or shows it. It is shown, by default.
    pub fn hide_people(&mut self, course: CourseId, hidden: bool) {
        if let Some(course) = self.courses.get_mut(&course.get()) {
            course.hides_people = hidden;
        }
    }

    /// Says whether somebody in a course is to see only people of their own sections. They see
    /// all, by default.
    pub fn limit_to_sections(&mut self, course: CourseId, user: UserId, limited: bool) {
        let course = self.courses.get_mut(&course.get());
        if let Some(enrollment) = course.and_then(|course| course.roster.get_mut(&user.get())) {
            enrollment.is_limited = limited;
        }
    }

    /// Makes somebody an administrator of an account, who may do everything there.
    pub fn add_account_admin(&mut self, account: AccountId, user: UserId) {
        if let Some(account) = self.accounts.get_mut(&account.get()) {
            account.admins.insert(user.get());
        }
    }

    /// Adds a discussion to the activity of a group, which nobody has read yet. The message is
    /// HTML. `None` if there is no such group.
    pub fn add_discussion(
        &mut self,
        group: GroupId,
        title: impl Into<String>,
        message: impl Into<String>,
    ) -> Option<StreamItemId> {
        self.add_to_stream(group, Kind::Discussion, title.into(), message.into())
    }

    /// Adds an announcement to the activity of a group, which nobody has read yet. The message is
    /// HTML. `None` if there is no such group.
    pub fn add_announcement(
        &mut self,
        group: GroupId,
        title: impl Into<String>,
        message: impl Into<String>,
    ) -> Option<StreamItemId> {
        self.add_to_stream(group, Kind::Announcement, title.into(), message.into())
    }

    fn add_to_stream(
        &mut self,
        group: GroupId,
        kind: Kind,
        title: String,
        message: String,
    ) -> Option<StreamItemId> {
        self.group(group.get())?;
        let (topic, id) = (self.next_id(), self.next_id());
        let item = Item {
            id,
            kind,
            topic,
            title,
            message,
            created_at: Timestamp::now(),
            read_by: BTreeSet::new(),
        };
        self.streams.add(group.get(), item);
        Some(StreamItemId::new(id))
    }

    /// Marks an item in the activity of a group as read by a user.
    pub fn mark_read(&mut self, group: GroupId, item: StreamItemId, user: UserId) {
        if let Some(item) = self.streams.get_mut(group.get(), item.get()) {
            item.read_by.insert(user.get());
        }
    }
}
