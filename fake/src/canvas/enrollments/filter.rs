//! Which enrollments a list has.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::json;

use crate::{
    canvas::{
        api_request::ApiRequest,
        rights::{Action, Right},
        school::{Context, Enrolled, EnrollmentStanding},
    },
    reply::Reply,
};

/// Which enrollments of a course are wanted.
pub(super) struct EnrollmentFilter {
    kinds: Vec<String>,
    states: Vec<String>,
    with_inactive: bool,
    users: Option<BTreeSet<u64>>,
    sections: Option<BTreeSet<u64>>,
    /// The sections that a caller sees who is limited to them.
    seen: Option<BTreeSet<u64>>,
    caller: u64,
}

/// The types of enrollments, which are also the roles that every account has.
const KINDS: [&str; 6] = [
    "StudentEnrollment",
    "TeacherEnrollment",
    "TaEnrollment",
    "DesignerEnrollment",
    "ObserverEnrollment",
    "StudentViewEnrollment",
];

impl EnrollmentFilter {
    pub(super) fn of(
        request: &ApiRequest<'_>,
        course: u64,
        section: Option<u64>,
    ) -> Result<Self, Reply> {
        let (params, school) = (&request.params, &request.school);
        let context = Context::Course(course);
        let user = params.filled("user_id");
        let user = match user {
            None => None,
            Some(text) => {
                let user = school.find_user(&text, request.caller);
                Some(user.ok_or_else(Reply::not_found)?)
            }
        };
        // Everybody may ask for their own.
        let is_own = user == Some(request.caller);
        request.permit(is_own || request.may(Right::ReadRoster, context))?;
        let roles = params.list("role");
        if roles.iter().any(|role| !KINDS.contains(&&**role)) {
            return Err(invalid("Invalid role"));
        }
        let by_sis = ["sis_user_id", "sis_section_id"];
        let asks_by_sis = by_sis.into_iter().any(|name| params.has(name));
        if asks_by_sis && !request.may(Right::ReadSis, context) {
            return Err(invalid("Insufficient permissions to filter by SIS fields"));
        }
        let mut users = user.map(|user| BTreeSet::from([user]));
        if params.has("sis_user_id") {
            let ids = params.list("sis_user_id");
            let found = ids
                .iter()
                .filter_map(|id| school.sis_users.get(id).copied());
            let found: BTreeSet<u64> = found.collect();
            users = Some(match users {
                Some(users) => users.intersection(&found).copied().collect(),
                None => found,
            });
        }
        let mut sections = section.map(|section| BTreeSet::from([section]));
        if params.has("sis_section_id") && section.is_none() {
            let ids = params.list("sis_section_id");
            let found = ids.iter().filter_map(|id| {
                let (of, section) = school.find_section(&format!("sis_section_id:{id}"))?;
                (of == course).then_some(section)
            });
            sections = Some(found.collect());
        }
        let own = school.courses.get(&course);
        let own = own.and_then(|course| course.roster.get(&request.caller));
        let seen = own.filter(|own| own.is_limited);
        Ok(Self {
            kinds: match roles.is_empty() {
                true => params.list("type"),
                false => roles,
            },
            states: params.list("state"),
            with_inactive: request.may_do(Action::Manage, false, context)
                || params.has("sis_user_id"),
            users,
            sections,
            seen: seen.map(|own| own.in_sections().map(|(section, _)| section).collect()),
            caller: request.caller,
        })
    }

    pub(super) fn takes(&self, enrolled: &Enrolled) -> bool {
        let Enrolled {
            user,
            section,
            role,
            state,
            ..
        } = *enrolled;
        let is_in_state = match self.states.is_empty() {
            true => {
                let is_inactive = state == EnrollmentStanding::Inactive;
                state.is_current() || (is_inactive && self.with_inactive)
            }
            false => self.states.iter().any(|it| it == state.name()),
        };
        let has = |some: &Option<BTreeSet<u64>>, one: u64| {
            some.as_ref().is_none_or(|some| some.contains(&one))
        };
        is_in_state
            && (self.kinds.is_empty() || self.kinds.iter().any(|it| it == role.kind()))
            && has(&self.users, user)
            && has(&self.sections, section)
            && (user == self.caller || has(&self.seen, section))
    }
}

fn invalid(message: &str) -> Reply {
    let body = json!({ "errors": [{ "message": message }] });
    Reply::json(StatusCode::BAD_REQUEST, body)
}
