//! Who may do what.

pub(crate) mod group;

use super::school::{
    Context, Course, EnrollmentStanding, Group, MembershipState, ROOT, Role, SITE_ADMIN, School,
    SisAccess,
};

/// A right on a course or account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    Read,
    ReadRoster,
    /// To see the groups of the context and what is in them.
    ViewGroupPages,
    /// To see as much as those do who run the context.
    ReadAsAdmin,
    ManageGroupsAdd,
    ManageGroupsManage,
    ManageGroupsDelete,
    ManageTagsAdd,
    ManageTagsManage,
    ManageTagsDelete,
    ReadSis,
    ManageSis,
    ViewLogins,
    ReadEmail,
    ManageStorageQuotas,
    BecomeUser,
}

/// What can be done with the groups of a set; which right that takes depends on the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Add,
    Manage,
    Delete,
}

impl Action {
    pub(crate) const ALL: [Self; 3] = [Self::Add, Self::Manage, Self::Delete];

    pub(crate) fn right(self, on_tags: bool) -> Right {
        match (self, on_tags) {
            (Self::Add, false) => Right::ManageGroupsAdd,
            (Self::Manage, false) => Right::ManageGroupsManage,
            (Self::Delete, false) => Right::ManageGroupsDelete,
            (Self::Add, true) => Right::ManageTagsAdd,
            (Self::Manage, true) => Right::ManageTagsManage,
            (Self::Delete, true) => Right::ManageTagsDelete,
        }
    }
}

impl Right {
    fn is_about_tags(self) -> bool {
        matches!(
            self,
            Self::ManageTagsAdd | Self::ManageTagsManage | Self::ManageTagsDelete
        )
    }

    fn is_about_groups(self) -> bool {
        matches!(
            self,
            Self::ManageGroupsAdd | Self::ManageGroupsManage | Self::ManageGroupsDelete
        )
    }
}

impl Course {
    /// Whether an enrollment gives a right. Staff of a course that is over, or whose enrollment
    /// is, still see it and change no groups. Students see nothing of one that is not published.
    fn gives(&self, user: u64, right: Right) -> bool {
        use Right::*;
        let Some(enrollment) = self.roster.get(&user) else {
            return false;
        };
        let has_left = match enrollment.state {
            EnrollmentStanding::Active => false,
            EnrollmentStanding::Completed => true,
            EnrollmentStanding::Invited | EnrollmentStanding::Inactive => return false,
        };
        let is_over = has_left || self.is_concluded;
        match (enrollment.role, right) {
            (Role::Student, _) if !self.is_published => false,
            (_, Read) => true,
            (Role::Student, ReadRoster) => !has_left,
            (Role::Student, _) | (_, ManageSis | ManageStorageQuotas | BecomeUser) => false,
            (_, ReadRoster | ViewGroupPages | ReadAsAdmin) => true,
            (role, right) if right.is_about_tags() => role == Role::Teacher && !is_over,
            (_, right) if right.is_about_groups() => !is_over,
            (_, _) => !has_left,
        }
    }
}

impl School {
    pub(crate) fn is_admin(&self, user: u64, account: u64) -> bool {
        let has = |id| {
            let account = self.accounts.get(&id);
            account.is_some_and(|account| account.admins.contains(&user))
        };
        account != SITE_ADMIN && (has(account) || has(ROOT))
    }

    /// What somebody is in a course, while the enrollment is active.
    pub(crate) fn role(&self, user: u64, course: u64) -> Option<Role> {
        let enrollment = self.courses.get(&course)?.roster.get(&user)?;
        enrollment.is_active().then_some(enrollment.role)
    }

    pub(crate) fn may(&self, user: u64, right: Right, context: Context) -> bool {
        use Right::*;
        let account = self.account_of(context);
        if right.is_about_tags() && !self.allows_tags(context) {
            return false;
        }
        let most = self.users.get(&user).map(|user| user.sis_access);
        let needed = match right {
            ReadSis => SisAccess::Read,
            ManageSis => SisAccess::Manage,
            _ => SisAccess::Nothing,
        };
        if most < Some(needed) {
            return false;
        }
        if self.is_admin(user, account) {
            return true;
        }
        match context {
            Context::Course(course) => {
                let course = self.courses.get(&course);
                course.is_some_and(|course| course.gives(user, right))
            }
            Context::Account(_) => false,
        }
    }

    pub(crate) fn may_do(
        &self,
        user: u64,
        action: Action,
        on_tags: bool,
        context: Context,
    ) -> bool {
        self.may(user, action.right(on_tags), context)
    }

    /// Whether somebody has any of the three rights on the groups, or tags, of a context.
    pub(crate) fn may_do_any(&self, user: u64, on_tags: bool, context: Context) -> bool {
        Action::ALL
            .into_iter()
            .any(|action| self.may_do(user, action, on_tags, context))
    }

    /// Whether the account of a context allows differentiation tags. Where it doesn't, nobody has
    /// a right on them.
    pub(crate) fn allows_tags(&self, context: Context) -> bool {
        let account = self.accounts.get(&self.account_of(context));
        account.is_some_and(|account| account.allows_tags)
    }

    /// Whether differentiation tags are switched on as well. Only imports and exports ask for that.
    pub(crate) fn has_tags_on(&self, context: Context) -> bool {
        let account = self.accounts.get(&self.account_of(context));
        account.is_some_and(|account| account.allows_tags && account.has_tags_on)
    }

    pub(crate) fn is_moderator(&self, user: u64, group: &Group) -> bool {
        let membership = group.members.get(&user);
        let membership = membership.and_then(|id| self.memberships.get(id));
        membership.is_some_and(|membership| membership.is_moderator)
    }

    /// Whether somebody may read and add the files of a group: its members, and those who manage
    /// groups where it is.
    pub(crate) fn may_use_files(&self, user: u64, group: u64) -> bool {
        let Some(group) = self.group(group) else {
            return false;
        };
        let membership = group.members.get(&user);
        let membership = membership.and_then(|id| self.memberships.get(id));
        membership.is_some_and(|membership| membership.state == MembershipState::Accepted)
            || self.may(user, Right::ManageGroupsManage, group.context)
    }
}
