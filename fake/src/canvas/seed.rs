//! Seeding a school.

mod enrollments;
mod groups;
mod merge;
mod sis;
mod special;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use jiff::Timestamp;

use super::school::{
    Account, Context, Course, MembershipState, ROOT, School, Section, SisAccess, User,
};
use canvas_groups::{AccountId, CategoryId, CourseId, GroupId, SectionId, UserId};

/// A user to add: a name, and whatever else is known.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct NewUser {
    name: String,
    login: Option<String>,
    email: Option<String>,
    sis_user_id: Option<String>,
    integration_id: Option<String>,
}

impl NewUser {
    /// A person of this name. Without more, the login is the name in lower case with dots, such
    /// as `amy.fowler`, and `amy.fowler2` for the second of the name; the e-mail address is the
    /// login at `example.edu`, and there is no SIS id.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            login: None,
            email: None,
            sis_user_id: None,
            integration_id: None,
        }
    }

    /// The login.
    pub fn login(mut self, login: impl Into<String>) -> Self {
        self.login = Some(login.into());
        self
    }

    /// The e-mail address.
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// The SIS id.
    pub fn sis_user_id(mut self, id: impl Into<String>) -> Self {
        self.sis_user_id = Some(id.into());
        self
    }

    /// The integration id.
    pub fn integration_id(mut self, id: impl Into<String>) -> Self {
        self.integration_id = Some(id.into());
        self
    }
}

impl From<&str> for NewUser {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for NewUser {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

impl School {
    /// The root account.
    pub fn root_account(&self) -> AccountId {
        AccountId::new(ROOT)
    }

    /// Adds an account below the root account.
    pub fn add_account(&mut self, name: impl Into<String>) -> AccountId {
        let id = self.next_id();
        let account = Account {
            name: name.into(),
            sis_id: None,
            allows_tags: true,
            has_tags_on: true,
            admins: BTreeSet::new(),
        };
        self.accounts.insert(id, account);
        AccountId::new(id)
    }

    /// Says whether differentiation tags are allowed in an account. They are, by default. Where they
    /// are not, the setting is locked off, and nobody has a right on tags.
    pub fn allow_tags(&mut self, account: AccountId, allowed: bool) {
        if let Some(account) = self.accounts.get_mut(&account.get()) {
            account.allows_tags = allowed;
        }
    }

    /// Switches differentiation tags on or off in an account that allows them. They are on, by
    /// default. Where they are off, importing and exporting tags is refused, and nothing else.
    pub fn switch_tags(&mut self, account: AccountId, on: bool) {
        if let Some(account) = self.accounts.get_mut(&account.get()) {
            account.has_tags_on = on;
        }
    }

    /// Adds a course to the root account.
    pub fn add_course(&mut self, name: impl Into<String>) -> CourseId {
        self.add_course_to(AccountId::new(ROOT), name)
    }

    /// Adds a course to an account.
    pub fn add_course_to(&mut self, account: AccountId, name: impl Into<String>) -> CourseId {
        let name = name.into();
        let id = self.next_id();
        let course = Course {
            account: account.get(),
            code: name.clone(),
            name,
            created_at: Timestamp::now(),
            sis_id: None,
            is_published: true,
            is_concluded: false,
            hides_people: false,
            roster: BTreeMap::new(),
            students: OnceLock::new(),
            order: OnceLock::new(),
        };
        self.courses.insert(id, course);
        CourseId::new(id)
    }

    /// Gives a course an SIS id.
    pub fn set_sis_course_id(&mut self, course: CourseId, id: impl Into<String>) {
        if let Some(course) = self.courses.get_mut(&course.get()) {
            course.sis_id = Some(id.into());
        }
    }

    /// Gives a course a short name, such as `MATH-101`. At first that is the name.
    pub fn set_course_code(&mut self, course: CourseId, code: impl Into<String>) {
        if let Some(course) = self.courses.get_mut(&course.get()) {
            course.code = code.into();
        }
    }

    /// Publishes a course, or takes it back. It is published at first.
    pub fn set_published(&mut self, course: CourseId, published: bool) {
        if let Some(course) = self.courses.get_mut(&course.get()) {
            course.is_published = published;
        }
    }

    /// Concludes a course.
    pub fn conclude(&mut self, course: CourseId) {
        if let Some(course) = self.courses.get_mut(&course.get()) {
            course.is_concluded = true;
        }
    }

    /// Adds a section to a course.
    pub fn add_section(&mut self, course: CourseId, name: impl Into<String>) -> SectionId {
        let id = self.next_id();
        let section = Section {
            course: course.get(),
            name: name.into(),
            sis_id: None,
            created_at: Timestamp::now(),
        };
        self.sections.insert(id, section);
        SectionId::new(id)
    }

    /// Adds a person.
    pub fn add_user(&mut self, user: impl Into<NewUser>) -> UserId {
        let user = user.into();
        let id = self.next_id();
        let login = user.login.unwrap_or_else(|| self.free_login(&user.name));
        let (given, family) = user.name.rsplit_once(' ').unwrap_or(("", &user.name));
        let sortable_name = match given {
            "" => family.to_owned(),
            given => format!("{family}, {given}"),
        };
        self.logins.insert(login.to_lowercase(), id);
        if let Some(sis_id) = &user.sis_user_id {
            self.sis_users.insert(sis_id.clone(), id);
        }
        let email = user.email.unwrap_or_else(|| format!("{login}@example.edu"));
        self.emails.entry(email.to_lowercase()).or_insert(id);
        let record = User {
            sortable_name,
            short_name: user.name.clone(),
            name: user.name,
            email: Some(email),
            login,
            sis_id: user.sis_user_id,
            integration_id: user.integration_id,
            created_at: Timestamp::now(),
            sis_access: SisAccess::default(),
            merged_into: None,
            groups: BTreeSet::new(),
            sort_key: OnceLock::new(),
        };
        self.users.insert(id, record);
        self.user_order.take();
        UserId::new(id)
    }

    /// The name as a login, with a number where somebody has that already.
    fn free_login(&self, name: &str) -> String {
        let plain = name.to_lowercase().replace(' ', ".");
        let mut login = plain.clone();
        let mut number = 2;
        while self.logins.contains_key(&login) {
            login = format!("{plain}{number}");
            number += 1;
        }
        login
    }

    /// Makes somebody an administrator of the root account, who may do everything.
    pub fn add_admin(&mut self, user: UserId) {
        if let Some(root) = self.accounts.get_mut(&ROOT) {
            root.admins.insert(user.get());
        }
    }

    /// An administrator of the root account, which is made if there is none.
    pub(crate) fn any_admin(&mut self) -> u64 {
        let root = self.accounts.get(&ROOT);
        if let Some(admin) = root.and_then(|root| root.admins.first()) {
            return *admin;
        }
        let admin = self.add_user(NewUser::new("Account Admin").login("admin"));
        self.add_admin(admin);
        admin.get()
    }

    /// Adds a group set to a course.
    pub fn add_category(&mut self, course: CourseId, name: impl AsRef<str>) -> CategoryId {
        CategoryId::new(self.make_category(Context::Course(course.get()), name.as_ref()))
    }

    /// Adds a group set to an account.
    pub fn add_account_category(
        &mut self,
        account: AccountId,
        name: impl AsRef<str>,
    ) -> CategoryId {
        CategoryId::new(self.make_category(Context::Account(account.get()), name.as_ref()))
    }

    /// Adds a set of differentiation tags to a course.
    pub fn add_tag_category(&mut self, course: CourseId, name: impl AsRef<str>) -> CategoryId {
        let id = self.add_category(course, name);
        if let Some(category) = self.categories.get_mut(&id.get()) {
            category.is_tags = true;
        }
        id
    }

    /// Adds a group, or a tag, to a set. `None` if there is no such set.
    pub fn add_group(&mut self, category: CategoryId, name: impl AsRef<str>) -> Option<GroupId> {
        self.make_group(category.get(), name.as_ref())
            .map(GroupId::new)
    }

    /// Puts somebody into a group. False if the group is full, or there is no such group.
    pub fn add_member(&mut self, group: GroupId, user: UserId) -> bool {
        self.add_if_room(user.get(), group.get(), MembershipState::Accepted)
            .is_ok()
    }

    /// Invites somebody into a group, who has not accepted yet. False if the group is full, or there
    /// is no such group.
    pub fn invite_member(&mut self, group: GroupId, user: UserId) -> bool {
        self.add_if_room(user.get(), group.get(), MembershipState::Invited)
            .is_ok()
    }

    /// The active students of a course, by id.
    pub fn students_in(&self, course: CourseId) -> Vec<UserId> {
        self.students(course.get()).map(UserId::new).collect()
    }

    /// The groups of a set, or its tags, by name.
    pub fn groups_in(&self, category: CategoryId) -> Vec<GroupId> {
        let groups = self.groups_by_name(category.get()).iter().copied();
        groups.map(GroupId::new).collect()
    }

    /// The accepted members of a group, by id, without those who are invited or ask.
    pub fn members(&self, group: GroupId) -> Vec<UserId> {
        let group = self.group(group.get());
        let members = group
            .map(|group| self.accepted(group))
            .into_iter()
            .flatten();
        members.map(UserId::new).collect()
    }
}
