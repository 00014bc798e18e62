//! What a Commons keeps: users, groups, members.

use std::collections::BTreeMap;

use serde_json::{Value, json};

#[derive(Debug)]
pub(crate) struct Records {
    pub(crate) account: String,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) groups: BTreeMap<String, Group>,
    last_id: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) canvas_id: u64,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// The documentation does not demand one.
    pub(crate) name: Option<String>,
    /// In the order in which they were added.
    pub(crate) members: Vec<Member>,
}

#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) is_manager: bool,
}

impl Records {
    pub(crate) fn new(account: String) -> Self {
        Self {
            account,
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            last_id: 1000,
        }
    }

    pub(crate) fn next_id(&mut self) -> String {
        self.last_id += 1;
        self.last_id.to_string()
    }

    /// A group as all answers have it.
    pub(crate) fn show_group(&self, id: &str) -> Value {
        let mut shown = json!({ "id": id, "accountId": self.account });
        let name = self.groups.get(id).and_then(|group| group.name.as_ref());
        if let (Some(name), Some(shown)) = (name, shown.as_object_mut()) {
            shown.insert("name".to_owned(), name.clone().into());
        }
        shown
    }

    pub(crate) fn show_member(&self, group: &str, member: &Member) -> Value {
        let user = self.users.get(&member.user);
        json!({
            "id": member.id,
            "groupId": group,
            "userId": member.user,
            "userName": user.map(|user| &user.name),
            "userEmail": user.and_then(|user| user.email.as_ref()),
            "isManager": member.is_manager,
        })
    }
}

impl Group {
    pub(crate) fn member_of(&self, user: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.user == user)
    }

    /// Whether a user manages the group.
    pub(crate) fn is_managed_by(&self, user: &str) -> bool {
        self.member_of(user).is_some_and(|member| member.is_manager)
    }
}
