//! A group with what was asked for.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::{
    canvas::{
        api_request::ApiRequest,
        rights::group::GroupRights,
        school::{Context, EnrollmentStanding, Group, MembershipState, School},
    },
    params::Params,
};

/// What a group brings along.
#[derive(Debug, Clone, Default)]
pub(crate) struct GroupIncludes {
    names: Vec<String>,
    /// Whether inactive members are among the users.
    with_inactive: bool,
}

impl GroupIncludes {
    /// What the request asks for.
    pub(crate) fn asked(params: &Params) -> Self {
        Self {
            names: params.list("include"),
            with_inactive: false,
        }
    }

    /// As [`asked`](Self::asked), where inactive members can be asked for too.
    pub(crate) fn asked_of_context(params: &Params) -> Self {
        Self {
            with_inactive: params.flag("include_inactive_users") == Some(true),
            ..Self::asked(params)
        }
    }

    /// What a group brings along after a change.
    pub(crate) fn after_change() -> Self {
        let names = ["users", "group_category", "permissions"];
        Self {
            names: names.map(str::to_owned).into(),
            with_inactive: false,
        }
    }

    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|other| other == name)
    }
}

/// How many users a group brings along.
const MOST_USERS: usize = 1000;

/// What older servers do not know of a group.
const NEW_KEYS: [&str; 2] = ["context_name", "is_full"];

impl ApiRequest<'_> {
    pub(crate) fn show_group(&self, id: u64, includes: &GroupIncludes) -> Value {
        let mut shown = self.school.show_group(id, self.caller, self.url);
        if self.settings.is_old {
            shown.retain(|key, _| !NEW_KEYS.contains(&&**key));
        }
        let Some(group) = self.school.groups.get(&id) else {
            return shown.into();
        };
        let mut include = |name: &str, key: &str, value: &dyn Fn() -> Value| {
            if includes.has(name) {
                shown.insert(key.to_owned(), value());
            }
        };
        let rights = self.school.group_rights(self.caller, group);
        include("users", "users", &|| {
            self.users_of(group, includes.with_inactive)
        });
        include("group_category", "group_category", &|| {
            self.show_category(group.category).into()
        });
        include("permissions", "permissions", &|| permissions(&rights));
        include("tabs", "tabs", &|| tabs(id, self.url));
        include("favorites", "is_favorite", &|| false.into());
        include("html_url", "html_url", &|| {
            format!("{}/groups/{id}", self.url).into()
        });
        include("can_access", "can_access", &|| rights.reads().into());
        include("can_message", "can_message", &|| {
            rights.grants("send_messages").into()
        });
        shown.into()
    }

    /// The users by name: all who have a membership for staff, and for others the members who are
    /// in the course, or with its inactive ones. Where these are asked for, each says which it is.
    fn users_of(&self, group: &Group, with_inactive: bool) -> Value {
        let members = self.school.members_by_name(group);
        let sees_all = self
            .school
            .group_rights(self.caller, group)
            .reads_as_admin();
        let limit = self.school.section_limit(self.caller, group);
        let members = members.iter().copied().filter_map(|user| {
            let is_active = self.school.is_current_in(group.context, user);
            let is_seen =
                sees_all || (self.school.is_accepted(group, user) && (is_active || with_inactive));
            if !is_seen || limit.as_ref().is_some_and(|limit| !limit.shows(user)) {
                return None;
            }
            let mut shown = self.school.show_user(user, self.caller, group.context);
            if with_inactive {
                shown.insert("active".to_owned(), is_active.into());
            }
            Some(Value::from(shown))
        });
        members.take(MOST_USERS).collect()
    }
}

impl School {
    /// The users who have a membership in a group, by sortable name.
    pub(crate) fn members_by_name(&self, group: &Group) -> Arc<[u64]> {
        let order = group.order.get_or_init(|| {
            let members = group.members.keys().copied();
            self.by_sortable_name(members).into()
        });
        order.clone()
    }

    /// Whether the membership of somebody in a group is accepted.
    pub(crate) fn is_accepted(&self, group: &Group, user: u64) -> bool {
        let membership = self.membership_in(group, user);
        membership.is_some_and(|membership| membership.state == MembershipState::Accepted)
    }

    /// Whether somebody is active in a course, or will be once they have accepted. In an account
    /// everybody is.
    pub(crate) fn is_current_in(&self, context: Context, user: u64) -> bool {
        let Context::Course(course) = context else {
            return true;
        };
        let enrollment = self
            .courses
            .get(&course)
            .and_then(|it| it.roster.get(&user));
        enrollment.is_some_and(|enrollment| enrollment.state.is_current())
    }

    /// Whether the enrollment of somebody in a course is inactive. In an account nobody's is.
    pub(crate) fn is_inactive_in(&self, context: Context, user: u64) -> bool {
        let Context::Course(course) = context else {
            return false;
        };
        let course = self.courses.get(&course);
        let enrollment = course.and_then(|course| course.roster.get(&user));
        enrollment.is_some_and(|it| it.state == EnrollmentStanding::Inactive)
    }

    /// Whether somebody is active in a course. In an account everybody is.
    pub(crate) fn is_active_in(&self, context: Context, user: u64) -> bool {
        match context {
            Context::Account(_) => true,
            Context::Course(course) => self.role(user, course).is_some(),
        }
    }
}

fn permissions(rights: &GroupRights) -> Value {
    json!({
        "create_discussion_topic": rights.grants("create_forum"),
        "create_announcement": rights.grants("create_forum"),
        "join": rights.grants("join"),
    })
}

const TABS: [(&str, &str, &str); 6] = [
    ("home", "Home", ""),
    ("announcements", "Announcements", "/announcements"),
    ("pages", "Pages", "/wiki"),
    ("people", "People", "/users"),
    ("discussions", "Discussions", "/discussion_topics"),
    ("files", "Files", "/files"),
];

fn tabs(group: u64, url: &str) -> Value {
    let tabs = TABS.iter().zip(1..).map(|((id, label, end), position)| {
        let path = format!("/groups/{group}{end}");
        let mut tab = Map::new();
        tab.insert("id".to_owned(), (*id).into());
        tab.insert("full_url".to_owned(), format!("{url}{path}").into());
        tab.insert("html_url".to_owned(), path.into());
        tab.insert("position".to_owned(), Value::from(position));
        tab.insert("visibility".to_owned(), "public".into());
        tab.insert("label".to_owned(), (*label).into());
        tab.insert("type".to_owned(), "internal".into());
        Value::from(tab)
    });
    tabs.collect()
}
