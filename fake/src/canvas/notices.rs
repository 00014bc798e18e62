//! Notices that Canvas sends about memberships.

use canvas_groups::{GroupId, UserId};

use super::school::{Context, EnrollmentStanding, Group, MembershipState, School};

/// A notice that was sent to a user: see [`School::notices`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Notice {
    /// Who gets it.
    pub user: UserId,
    /// The group that it is about.
    pub group: GroupId,
    /// What it says.
    pub kind: NoticeKind,
}

/// What a [`Notice`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NoticeKind {
    /// The user is a member of the group now.
    NewMembership,
    /// The user is invited to the group.
    Invitation,
    /// What the user asked for, to be a member, was accepted.
    Accepted,
}

impl School {
    /// The notices that requests have sent, oldest first.
    ///
    /// A new membership tells its user, if the course is published and not over, and the user's
    /// enrollment active. Imports of groups and the assignment of those who are in no group tell
    /// everybody whom they place. Adding many users to a tag tells nobody, and neither does what
    /// is done to the school by hand.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Forgets the notices so far.
    pub fn forget_notices(&mut self) {
        self.notices.clear();
    }

    /// Notifies somebody of a new membership, if it is one that Canvas sends a notice for.
    pub(crate) fn tell(&mut self, membership: u64) {
        let Some(record) = self.memberships.get(&membership) else {
            return;
        };
        let (user, group) = (record.user, record.group);
        let kind = match record.state {
            MembershipState::Accepted => NoticeKind::NewMembership,
            MembershipState::Invited => NoticeKind::Invitation,
            MembershipState::Requested => return,
        };
        if self.group(group).is_some_and(|it| self.is_told(user, it)) {
            self.tell_anyway(user, group, kind);
        }
    }

    /// Tells somebody whose request to be a member was accepted.
    pub(crate) fn tell_accepted(&mut self, user: u64, group: u64) {
        if self.group(group).is_some_and(|it| self.is_told(user, it)) {
            self.tell_anyway(user, group, NoticeKind::Accepted);
        }
    }

    /// Tells somebody without asking for the course and the enrollment.
    pub(crate) fn tell_anyway(&mut self, user: u64, group: u64, kind: NoticeKind) {
        let (user, group) = (UserId::new(user), GroupId::new(group));
        self.notices.push(Notice { user, group, kind });
    }

    fn is_told(&self, user: u64, group: &Group) -> bool {
        let Context::Course(course) = group.context else {
            return true;
        };
        self.courses.get(&course).is_some_and(|course| {
            let enrollment = course.roster.get(&user);
            let is_active = enrollment.is_some_and(|it| it.state == EnrollmentStanding::Active);
            course.is_published && !course.is_concluded && is_active
        })
    }
}
