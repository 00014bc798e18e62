//! The users of a group.

use serde_json::{Map, Value, json};

use crate::{
    canvas::{
        api_request::ApiRequest,
        rights::Right,
        school::{Context, User},
    },
    reply::HandlerResult,
};

pub(super) fn list(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.readable_group()?;
    let school = &request.school;
    let group = request.group_record(id)?;
    let context = group.context;
    let search = request.search(context)?;
    let skips_inactive = request.params.flag("exclude_inactive") == Some(true);
    let limit = school.section_limit(request.caller, group);
    let mut users = school.members_by_name(group);
    if search.is_some() || skips_inactive || limit.is_some() {
        let wanted = users.iter().copied().filter(|user| {
            let is_active =
                || school.is_accepted(group, *user) && school.is_current_in(context, *user);
            (!skips_inactive || is_active())
                && limit.as_ref().is_none_or(|limit| limit.shows(*user))
                && search.as_ref().is_none_or(|it| it.finds(school, *user))
        });
        users = wanted.collect();
    }
    request.numbered(&users, |user| request.show_user(user, context).into())
}

/// What `exclude[]` takes away, by its values.
const EXCLUDED: [(&str, &[&str]); 2] = [
    (
        "pseudonym",
        &[
            "sis_user_id",
            "integration_id",
            "sis_import_id",
            "login_id",
            "root_account",
        ],
    ),
    ("personal_info", &["email", "bio"]),
];

impl ApiRequest<'_> {
    /// A user with what the request asks for, and without what it wants left out.
    pub(crate) fn show_user(&self, id: u64, context: Context) -> Map<String, Value> {
        let mut shown = self.school.show_user(id, self.caller, context);
        for name in self.params.list("include") {
            self.include(id, context, &name, &mut shown);
        }
        for (name, keys) in EXCLUDED {
            if self.params.asks_for("exclude", name) {
                shown.retain(|key, _| !keys.contains(&&**key));
            }
        }
        shown
    }

    /// Adds what one value of `include[]` asks for, if the caller may see it.
    pub(crate) fn include(
        &self,
        id: u64,
        context: Context,
        name: &str,
        shown: &mut Map<String, Value>,
    ) {
        let user = self.school.users.get(&id);
        let extra = user.and_then(|user| self.extra(id, user, context, name));
        if let Some((key, value)) = extra {
            shown.insert(key.to_owned(), value);
        }
    }

    /// What one value of `include[]` adds to a user, if the caller may see it.
    fn extra(
        &self,
        id: u64,
        user: &User,
        context: Context,
        name: &str,
    ) -> Option<(&'static str, Value)> {
        let is_self = id == self.caller;
        let manages = self.may(Right::ManageSis, context);
        let is_in_course = matches!(context, Context::Course(_));
        let (first, last) = user.name.rsplit_once(' ').unwrap_or((&user.name, ""));
        let url = self.url;
        Some(match name {
            "avatar_url" => (
                "avatar_url",
                format!("{url}/images/messages/avatar-50.png").into(),
            ),
            "avatar_state" if manages => ("avatar_state", "none".into()),
            "email" if is_self || self.may(Right::ReadEmail, context) => {
                ("email", user.email.clone().into())
            }
            "first_name" => ("first_name", first.into()),
            "last_name" => ("last_name", last.into()),
            "bio" => ("bio", Value::Null),
            "title" => ("title", Value::Null),
            "pronunciation" => ("pronunciation", Value::Null),
            "locale" => ("locale", Value::Null),
            "effective_locale" => ("effective_locale", "en".into()),
            "time_zone" => ("time_zone", "Etc/UTC".into()),
            "last_login" if manages => ("last_login", Value::Null),
            "terms_of_use" => ("terms_of_use", true.into()),
            "custom_links" => ("custom_links", json!([])),
            "uuid" => ("uuid", format!("uuid-{id}").into()),
            "lti_id" => ("lti_id", format!("lti-{id}").into()),
            "permissions" => (
                "permissions",
                json!({
                    "can_update_name": is_self,
                    "can_update_avatar": is_self,
                    "limit_parent_app_web_access": false,
                }),
            ),
            "sections" if is_in_course => ("sections", self.sections(id, context)),
            "group_submissions" if is_in_course => {
                ("group_submissions", self.submissions_in_set(id)?)
            }
            "active_status" if is_in_course => (
                "is_inactive",
                self.school.is_inactive_in(context, id).into(),
            ),
            _ => return None,
        })
    }

    /// The submissions of a user for the assignments of the set that the path names, or of the set
    /// of the group there; null if there are none. `None` on routes of neither.
    fn submissions_in_set(&self, user: u64) -> Option<Value> {
        let school = &self.school;
        let set = match self.path.first_of(&["group_id", "group_category_id"])? {
            ("group_id", text) => school.group(school.find_group(text)?)?.category,
            (_, text) => school.find_category(text)?,
        };
        let submissions = school.submissions_in(set, user);
        Some(match submissions.is_empty() {
            true => Value::Null,
            false => submissions.into(),
        })
    }

    fn sections(&self, user: u64, context: Context) -> Value {
        let Context::Course(course) = context else {
            return Value::Null;
        };
        let course = self.school.courses.get(&course);
        let enrollment = course.and_then(|course| course.roster.get(&user));
        let sections = enrollment.map(|enrollment| enrollment.sections.iter());
        let sections = sections.into_iter().flatten().filter_map(|id| {
            let section = self.school.sections.get(id)?;
            Some(&*section.name)
        });
        sections.collect::<Vec<_>>().join(", ").into()
    }
}
