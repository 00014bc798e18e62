//! The users and groups of a Studio.

use std::collections::BTreeMap;

use canvas_groups::studio::{GroupId, Permission, Role, UserId};

/// The users and groups of an institution in Studio.
///
/// Methods that take an id do nothing if there is no such record.
///
/// Seed it before a [`FakeStudio`](super::FakeStudio) starts, and look into it while it runs with
/// [`FakeStudio::institution`](super::FakeStudio::institution).
#[derive(Debug, Clone, Default)]
pub struct Institution {
    pub(crate) users: BTreeMap<u64, User>,
    pub(crate) groups: BTreeMap<u64, Members>,
    last_id: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) full_name: String,
    pub(crate) display_name: String,
    pub(crate) email: Option<String>,
    pub(crate) role: Role,
}

/// The users of a group and what they may do in it.
pub(crate) type Members = BTreeMap<u64, Permission>;

/// The ids of [`Institution::small`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SmallInstitution {
    /// An administrator.
    pub admin: UserId,
    /// A manager of the group.
    pub manager: UserId,
    /// A member of the group.
    pub member: UserId,
    /// A user who is in no group, and has no e-mail address.
    pub outsider: UserId,
    /// A group of two.
    pub group: GroupId,
}

impl Institution {
    /// An institution with nobody in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// An administrator, a group with a manager and a member, and a user outside it.
    pub fn small() -> (Self, SmallInstitution) {
        let mut institution = Self::new();
        let admin = institution.add_admin("Olga Admin");
        let manager = institution.add_user("Mia Manager");
        let member = institution.add_user("Max Member");
        let outsider = institution.add_user("Otto Outside");
        institution.set_email(outsider, None);
        let group = institution.add_group();
        institution.set_permission(group, manager, Permission::Manager);
        institution.set_permission(group, member, Permission::Member);
        let ids = SmallInstitution {
            admin,
            manager,
            member,
            outsider,
            group,
        };
        (institution, ids)
    }

    /// Says what a user is; administrators may see and change everything. Users are students at
    /// first.
    pub fn set_role(&mut self, user: UserId, role: Role) {
        if let Some(user) = self.users.get_mut(&user.get()) {
            user.role = role;
        }
    }

    /// Adds a user. The e-mail address is the name in lower case with dots, at `example.edu`.
    pub fn add_user(&mut self, full_name: impl Into<String>) -> UserId {
        UserId::new(self.add(full_name.into(), Role::Student))
    }

    /// Adds an administrator, who may see and change all groups.
    pub fn add_admin(&mut self, full_name: impl Into<String>) -> UserId {
        UserId::new(self.add(full_name.into(), Role::Admin))
    }

    fn add(&mut self, full_name: String, role: Role) -> u64 {
        let login = full_name.to_lowercase().replace(' ', ".");
        let given = full_name.split(' ').next().unwrap_or_default();
        let user = User {
            display_name: given.to_owned(),
            email: Some(format!("{login}@example.edu")),
            full_name,
            role,
        };
        let id = self.next_id();
        self.users.insert(id, user);
        id
    }

    /// Gives a user another e-mail address, or none.
    pub fn set_email(&mut self, user: UserId, email: Option<&str>) {
        if let Some(user) = self.users.get_mut(&user.get()) {
            user.email = email.map(str::to_owned);
        }
    }

    /// Adds a group without users.
    pub fn add_group(&mut self) -> GroupId {
        let id = self.next_id();
        self.groups.insert(id, Members::new());
        GroupId::new(id)
    }

    /// Says what a user may do in a group, and puts the user into it.
    pub fn set_permission(&mut self, group: GroupId, user: UserId, permission: Permission) {
        if !self.users.contains_key(&user.get()) {
            return;
        }
        if let Some(members) = self.groups.get_mut(&group.get()) {
            members.insert(user.get(), permission);
        }
    }

    /// The users of a group and what they may do in it, by id.
    pub fn users_of(&self, group: GroupId) -> Vec<(UserId, Permission)> {
        let members = self.groups.get(&group.get()).into_iter().flatten();
        members
            .map(|(user, permission)| (UserId::new(*user), permission.clone()))
            .collect()
    }

    pub(crate) fn is_admin(&self, user: u64) -> bool {
        self.users
            .get(&user)
            .is_some_and(|user| user.role == Role::Admin)
    }

    /// An administrator, which is made if there is none.
    pub(crate) fn any_admin(&mut self) -> u64 {
        let mut admins = self
            .users
            .iter()
            .filter(|(_, user)| user.role == Role::Admin);
        match admins.next() {
            Some((id, _)) => *id,
            None => self.add("Studio Admin".to_owned(), Role::Admin),
        }
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}
