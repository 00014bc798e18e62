//! Who may do what in a group.

use jiff::Timestamp;

use super::{Action, Right};
use crate::canvas::school::{
    Category, Context, Course, Group, Membership, MembershipState, Role, School,
};

/// What somebody is to a group, and what follows from that.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct GroupRights {
    pub(crate) is_member: bool,
    is_moderator: bool,
    is_leader: bool,
    /// The rights on the groups, or tags, of the course or account.
    adds: bool,
    manages: bool,
    deletes: bool,
    pub(crate) joins: bool,
    pub(crate) leaves: bool,
    /// Whether the course or account lets its members in.
    is_let_in: bool,
    sees_all: bool,
    reads_as_admin: bool,
    reads_sis: bool,
    reads_logins: bool,
    reads_email: bool,
}

impl GroupRights {
    pub(crate) fn reads(&self) -> bool {
        (self.is_member && self.is_let_in) || self.oversees()
    }

    pub(crate) fn reads_roster(&self) -> bool {
        self.reads() || self.joins
    }

    /// To add to the groups, or tags, of the course or account.
    pub(crate) fn adds(&self) -> bool {
        self.adds
    }

    /// To end the memberships of others.
    pub(crate) fn removes(&self, from_tag: bool) -> bool {
        match from_tag {
            true => self.deletes,
            false => self.manages(),
        }
    }

    /// To see members whom others do not see: those who are inactive, invited, or ask.
    pub(crate) fn reads_as_admin(&self) -> bool {
        self.reads_as_admin
    }

    /// To invite, to change memberships and to end them.
    pub(crate) fn manages(&self) -> bool {
        self.is_moderator || self.manages
    }

    pub(crate) fn updates(&self) -> bool {
        self.manages() || self.is_leader
    }

    pub(crate) fn deletes(&self) -> bool {
        self.is_moderator || self.deletes
    }

    /// To put others into the group, in a course or account where they are.
    pub(crate) fn places_others(&self) -> bool {
        self.manages
    }

    /// To write, plan and store in the group.
    pub(crate) fn participates(&self) -> bool {
        self.is_member || self.manages
    }

    fn oversees(&self) -> bool {
        self.adds || self.manages || self.deletes || self.sees_all
    }

    /// Whether a permission of this name is granted. Names that groups do not know never are.
    pub(crate) fn grants(&self, name: &str) -> bool {
        let known = PERMISSIONS.iter().find(|(other, _)| *other == name);
        known.is_some_and(|(_, holds)| holds(self))
    }
}

/// A permission: its name, and who holds it.
type Permission = (&'static str, fn(&GroupRights) -> bool);

/// The permissions that a group can grant.
pub(crate) const PERMISSIONS: &[Permission] = &[
    ("allow_course_admin_actions", |s| s.manages),
    ("create", |s| s.adds),
    ("create_collaborations", GroupRights::participates),
    ("create_conferences", GroupRights::participates),
    ("create_forum", GroupRights::participates),
    ("delete", GroupRights::deletes),
    ("join", |s| s.joins),
    ("leave", |s| s.leaves),
    ("manage", GroupRights::manages),
    ("manage_calendar", GroupRights::participates),
    ("manage_course_content_add", GroupRights::participates),
    ("manage_course_content_edit", GroupRights::participates),
    ("manage_course_content_delete", GroupRights::participates),
    ("manage_files_add", GroupRights::participates),
    ("manage_files_edit", GroupRights::participates),
    ("manage_files_delete", GroupRights::participates),
    ("manage_students", GroupRights::manages),
    ("manage_wiki_create", GroupRights::participates),
    ("manage_wiki_delete", GroupRights::participates),
    ("manage_wiki_update", GroupRights::participates),
    ("moderate_forum", GroupRights::manages),
    ("participate", GroupRights::participates),
    ("participate_as_student", |s| s.is_member),
    ("post_to_forum", GroupRights::participates),
    ("read", GroupRights::reads),
    ("read_announcements", GroupRights::reads),
    ("read_as_admin", |s| s.reads_as_admin),
    ("read_email_addresses", |s| s.reads_email),
    ("read_files", GroupRights::reads),
    ("read_forum", GroupRights::reads),
    ("read_roster", GroupRights::reads_roster),
    ("read_sis", |s| s.reads_sis),
    ("send_messages", GroupRights::participates),
    ("send_messages_all", GroupRights::participates),
    ("update", GroupRights::updates),
    ("view_unpublished_items", GroupRights::participates),
    ("view_user_logins", |s| s.reads_logins),
];

impl School {
    /// What somebody is to a group. A tag gives nothing to those who carry it.
    pub(crate) fn group_rights(&self, user: u64, group: &Group) -> GroupRights {
        let is_tag = self.is_tag(group);
        let may_do = |action| self.may_do(user, action, is_tag, group.context);
        let may = |right| self.may(user, right, group.context);
        let outside = GroupRights {
            adds: may_do(Action::Add),
            manages: may_do(Action::Manage),
            deletes: may_do(Action::Delete),
            reads_sis: may(Right::ReadSis),
            reads_logins: may(Right::ViewLogins),
            reads_email: may(Right::ReadEmail),
            reads_as_admin: may(Right::ReadAsAdmin),
            ..GroupRights::default()
        };
        if is_tag {
            return outside;
        }
        let membership = self.membership_in(group, user);
        let is_member = membership.is_some_and(|m| m.state == MembershipState::Accepted);
        let category = self.categories.get(&group.category);
        let is_free = category.is_some_and(Self::allows_several);
        GroupRights {
            is_member,
            is_moderator: is_member && self.is_moderator(user, group),
            is_leader: is_member && group.leader == Some(user),
            joins: self.has(group.context, user)
                && self.is_active_in(group.context, user)
                && !self.is_concluded(group.context)
                && self.is_open_to(user, group),
            leaves: membership.is_some() && (is_free || self.signs_up(user, group)),
            is_let_in: self.is_let_in(group.context, user),
            sees_all: may(Right::ViewGroupPages),
            ..outside
        }
    }

    /// Whether the course or account of a group is open to somebody.
    fn is_let_in(&self, context: Context, user: u64) -> bool {
        matches!(context, Context::Account(_)) || self.may(user, Right::Read, context)
    }

    /// The membership that somebody has in a group.
    pub(crate) fn membership_in(&self, group: &Group, user: u64) -> Option<&Membership> {
        self.memberships.get(group.members.get(&user)?)
    }

    /// Whether somebody of the course or account may come in, or ask to, without being asked.
    fn is_open_to(&self, user: u64, group: &Group) -> bool {
        let category = self.categories.get(&group.category);
        let is_free = category.is_some_and(Self::allows_several);
        let invites_only = !matches!(
            &*group.join_level,
            "parent_context_auto_join" | "parent_context_request"
        );
        (is_free && !invites_only) || self.signs_up(user, group)
    }

    /// Whether the set lets somebody choose this group.
    fn signs_up(&self, user: u64, group: &Group) -> bool {
        let Some(category) = self.categories.get(&group.category) else {
            return false;
        };
        // Old servers know no end.
        if !self.is_old && has_ended(category) {
            return false;
        }
        match category.self_signup {
            Some("restricted") => self.shares_section(user, group),
            signup => signup.is_some(),
        }
    }

    /// Whether somebody and all members of a group who are still enrolled have a section in
    /// common, as students.
    pub(crate) fn shares_section(&self, user: u64, group: &Group) -> bool {
        let course = self.course_of(group);
        course.is_some_and(|course| {
            let enrolled = |member: &&u64| course.roster.contains_key(member);
            let mut sections = match course.is_student(user) {
                true => course.sections_of(user).into_iter(),
                false => Vec::new().into_iter(),
            };
            sections.any(|section| {
                let mut members = group.members.keys().filter(enrolled);
                members.all(|m| course.is_student(*m) && course.is_in(*m, section))
            })
        })
    }

    /// Whom somebody sees of a group: `None` for everybody.
    pub(crate) fn section_limit(&self, caller: u64, group: &Group) -> Option<SectionLimit<'_>> {
        let course = self.course_of(group)?;
        let enrollment = course.roster.get(&caller)?;
        let is_limited = enrollment.is_limited && course.has_several_sections();
        is_limited.then(|| SectionLimit {
            course,
            sections: course.sections_of(caller),
        })
    }

    /// How many members somebody is told that a group has.
    pub(crate) fn count_members(&self, caller: u64, group: &Group) -> usize {
        match self.section_limit(caller, group).filter(|_| !self.is_old) {
            None => self.accepted(group).count(),
            Some(limit) => group.members.keys().filter(|m| limit.shows(**m)).count(),
        }
    }

    fn course_of(&self, group: &Group) -> Option<&Course> {
        match group.context {
            Context::Course(course) => self.courses.get(&course),
            Context::Account(_) => None,
        }
    }
}

/// What those see who are limited to their sections: the students of these.
#[derive(Debug)]
pub(crate) struct SectionLimit<'a> {
    course: &'a Course,
    sections: Vec<Option<u64>>,
}

impl SectionLimit<'_> {
    pub(crate) fn shows(&self, user: u64) -> bool {
        let mut sections = self.sections.iter();
        self.course.is_student(user) && sections.any(|it| self.course.is_in(user, *it))
    }
}

/// Those who are in no section count as being in one of their own, as Canvas puts them.
impl Course {
    fn is_student(&self, user: u64) -> bool {
        let enrollment = self.roster.get(&user);
        enrollment.is_some_and(|enrollment| enrollment.role == Role::Student)
    }

    fn has_several_sections(&self) -> bool {
        let sections = self.roster.values().flat_map(|it| {
            let none = it.sections.is_empty().then_some(None);
            it.sections.iter().copied().map(Some).chain(none)
        });
        let mut sections = sections.peekable();
        let first = sections.peek().copied();
        sections.any(|section| Some(section) != first)
    }

    fn sections_of(&self, user: u64) -> Vec<Option<u64>> {
        match self.roster.get(&user) {
            None => Vec::new(),
            Some(enrollment) if enrollment.sections.is_empty() => vec![None],
            Some(enrollment) => enrollment.sections.iter().copied().map(Some).collect(),
        }
    }

    fn is_in(&self, user: u64, section: Option<u64>) -> bool {
        self.roster
            .get(&user)
            .is_some_and(|enrollment| match section {
                Some(section) => enrollment.sections.contains(&section),
                None => enrollment.sections.is_empty(),
            })
    }
}

/// Whether the time to choose a group is over.
fn has_ended(category: &Category) -> bool {
    let end = category.self_signup_end_at.as_deref();
    let end = end.and_then(|end| end.parse::<Timestamp>().ok());
    end.is_some_and(|end| end <= Timestamp::now())
}
