//! Records as Canvas shows them.

use serde_json::{Map, Value, json};

use super::{
    json::{members, time},
    rights::Right,
    school::{Context, ROOT, School},
};

impl Context {
    /// The members of a record that tell what it belongs to.
    pub(crate) fn show(self, into: &mut Map<String, Value>) {
        let (kind, key, id) = match self {
            Self::Account(id) => ("Account", "account_id", id),
            Self::Course(id) => ("Course", "course_id", id),
        };
        into.insert("context_type".to_owned(), kind.into());
        into.insert(key.to_owned(), id.into());
    }
}

impl School {
    /// A user as a list shows one to `caller` in `context`.
    pub(crate) fn show_user(&self, id: u64, caller: u64, context: Context) -> Map<String, Value> {
        let Some(user) = self.users.get(&id) else {
            return Map::new();
        };
        let mut shown = members(json!({
            "id": id,
            "name": user.name,
            "sortable_name": user.sortable_name,
            "short_name": user.short_name,
            "created_at": time(user.created_at),
        }));
        if self.may(caller, Right::ReadSis, context) {
            shown.insert("sis_user_id".to_owned(), user.sis_id.clone().into());
            shown.insert(
                "integration_id".to_owned(),
                user.integration_id.clone().into(),
            );
        }
        if self.may(caller, Right::ManageSis, context) {
            shown.insert("sis_import_id".to_owned(), Value::Null);
        }
        if self.may(caller, Right::ViewLogins, context) && !user.login.is_empty() {
            shown.insert("login_id".to_owned(), user.login.clone().into());
        }
        shown
    }

    /// A user in short, as leaders are shown.
    pub(crate) fn show_display(&self, id: u64, url: &str) -> Value {
        let name = self.users.get(&id).map(|user| user.short_name.clone());
        json!({
            "id": id,
            "anonymous_id": base36(id),
            "display_name": name,
            "avatar_image_url": format!("{url}/images/messages/avatar-50.png"),
            "html_url": format!("{url}/users/{id}"),
            "pronouns": null,
        })
    }

    /// A group without what has to be asked for.
    pub(crate) fn show_group(&self, id: u64, caller: u64, url: &str) -> Map<String, Value> {
        let Some(group) = self.groups.get(&id) else {
            return Map::new();
        };
        let category = self.categories.get(&group.category);
        let role = category.and_then(|category| category.role);
        let limit = self.limit_of(group);
        let is_full = match (role, limit) {
            (Some("student_organized"), _) => Value::Bool(false),
            (_, Some(_)) => Value::Bool(self.is_full(group)),
            (_, None) => Value::Null,
        };
        let mut shown = members(json!({
            "id": id,
            "name": group.name,
            "description": group.description,
            "is_public": group.is_public,
            "join_level": group.join_level,
            "group_category_id": group.category,
            "max_membership": group.max_membership,
            "created_at": time(group.created_at),
            "members_count": self.seen_members(caller, group).count(),
            "storage_quota_mb": group.storage_quota_mb,
            "context_name": self.context_name(group.context),
            "avatar_url": group.avatar.map(|file| format!("{url}/images/thumbnails/{file}")),
            "role": role,
            "leader": group.leader.map(|leader| self.show_display(leader, url)),
            "is_full": is_full,
            "has_submission": self.has_submission(id),
            "concluded": self.is_concluded(group.context),
            "non_collaborative": self.is_tag(group),
        }));
        group.context.show(&mut shown);
        self.show_sis(&mut shown, "sis_group_id", &group.sis_id, caller);
        shown
    }

    /// A group set without what has to be asked for.
    pub(crate) fn show_category(&self, id: u64, caller: u64) -> Map<String, Value> {
        let Some(category) = self.categories.get(&id) else {
            return Map::new();
        };
        let mut shown = members(json!({
            "id": id,
            "name": category.name,
            "role": category.role,
            "self_signup": category.self_signup,
            "self_signup_end_at": category.self_signup_end_at,
            "auto_leader": category.auto_leader,
            "group_limit": category.group_limit,
            "created_at": time(category.created_at),
            "protected": category.role.is_some_and(|role| role != "imported"),
            "allows_multiple_memberships": Self::allows_several(category),
            "is_member": !self.groups_of(caller, id).is_empty(),
            "non_collaborative": category.is_tags,
        }));
        category.context.show(&mut shown);
        let sis_id = &category.sis_id;
        self.show_sis(&mut shown, "sis_group_category_id", sis_id, caller);
        shown
    }

    pub(crate) fn show_membership(&self, id: u64, caller: u64) -> Map<String, Value> {
        let Some(membership) = self.memberships.get(&id) else {
            return Map::new();
        };
        let mut shown = members(json!({
            "id": id,
            "group_id": membership.group,
            "user_id": membership.user,
            "workflow_state": membership.state.name(),
            "moderator": membership.is_moderator,
            "created_at": time(membership.created_at),
        }));
        if let Some(group) = self.groups.get(&membership.group) {
            self.show_sis(&mut shown, "sis_group_id", &group.sis_id, caller);
        }
        shown
    }

    /// The SIS id and import of a record, for those who may see them.
    fn show_sis(
        &self,
        shown: &mut Map<String, Value>,
        key: &str,
        id: &Option<String>,
        caller: u64,
    ) {
        // Unlike exports, this asks for the rights on the root account.
        let context = Context::Account(ROOT);
        if self.may(caller, Right::ReadSis, context) {
            shown.insert(key.to_owned(), id.clone().into());
        }
        if self.may(caller, Right::ManageSis, context) {
            shown.insert("sis_import_id".to_owned(), Value::Null);
        }
    }

    pub(crate) fn context_name(&self, context: Context) -> Option<&str> {
        match context {
            Context::Account(id) => self.accounts.get(&id).map(|account| &*account.name),
            Context::Course(id) => self.courses.get(&id).map(|course| &*course.name),
        }
    }

    fn is_concluded(&self, context: Context) -> bool {
        match context {
            Context::Account(_) => false,
            Context::Course(id) => self
                .courses
                .get(&id)
                .is_some_and(|course| course.is_concluded),
        }
    }
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        digits.extend(char::from_digit((number % 36) as u32, 36));
        number /= 36;
        if number == 0 {
            return digits.iter().rev().collect();
        }
    }
}
