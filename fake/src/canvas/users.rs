//! Users of courses, and single users.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{
    api_request::ApiRequest,
    handler::{Route, get},
    rights::{Action, Right},
    school::{Context, Enrolled, Enrollment, EnrollmentStanding, ROOT},
};
use crate::reply::{HandlerResult, Reply};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    get("courses/:course_id/users", list),
    // The older name, which clients still use.
    get("courses/:course_id/search_users", list),
    get("users/:user_id", show),
];

/// The words that a filter takes for the types of enrollments.
const KINDS: [&str; 6] = [
    "teacher",
    "student",
    "student_view",
    "ta",
    "observer",
    "designer",
];

/// Which users of a course are wanted.
struct Filter {
    term: Option<String>,
    kinds: Vec<String>,
    role: Option<String>,
    states: Vec<String>,
    with_inactive: bool,
    users: Option<Vec<u64>>,
    /// The sections that a caller sees who is limited to them.
    seen: Option<Vec<u64>>,
}

fn list(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.school.find_course(request.path.get("course_id"));
    let id = id.ok_or_else(Reply::not_found)?;
    request.permit(request.may(Right::ReadRoster, Context::Course(id)))?;
    let filter = Filter::of(request, id)?;
    let all = request.school.enrolled(id);
    let wanted = all.iter().filter(|it| it.is_first);
    let wanted = wanted.filter(|it| filter.takes(request, id, it));
    let wanted = wanted.map(|it| it.user);
    let show = |user| request.show_course_user(id, user, None).into();
    match sort_of(request) {
        None => request.listing().uncounted(wanted, show),
        Some(key) => {
            let mut wanted: Vec<u64> = wanted.collect();
            wanted.sort_by_cached_key(|user| key(request, *user));
            request.listing().uncounted(wanted.into_iter(), show)
        }
    }
}

/// What the users are to be sorted by, if not by name.
fn sort_of(request: &ApiRequest<'_>) -> Option<fn(&ApiRequest<'_>, u64) -> Option<String>> {
    match request.params.text("sort").as_deref() {
        Some("email") => Some(|request, user| {
            let user = request.school.users.get(&user)?;
            user.email.as_ref().map(|email| email.to_lowercase())
        }),
        Some("sis_id") => Some(|request, user| request.school.users.get(&user)?.sis_id.clone()),
        _ => None,
    }
}

impl Filter {
    fn of(request: &ApiRequest<'_>, course: u64) -> Result<Self, Reply> {
        let params = &request.params;
        let kinds = params.list("enrollment_type");
        if kinds.iter().any(|kind| !KINDS.contains(&&**kind)) {
            let body = json!({ "errors": [{ "message": "Invalid enrollment type" }] });
            return Err(Reply::json(StatusCode::BAD_REQUEST, body));
        }
        let own = request.school.courses.get(&course);
        let own = own.and_then(|course| course.roster.get(&request.caller));
        let seen = own.filter(|own| own.is_limited);
        let is_staff = request.may_do(Action::Manage, false, Context::Course(course));
        Ok(Self {
            term: request.search_term()?,
            kinds,
            role: params.filled("enrollment_role_id"),
            states: params.list("enrollment_state"),
            with_inactive: params.flag("include_inactive") == Some(true) && is_staff,
            users: params.has("user_ids").then(|| params.ids("user_ids")),
            seen: seen.map(|own| own.in_sections().map(|(section, _)| section).collect()),
        })
    }

    fn takes(&self, request: &ApiRequest<'_>, course: u64, enrolled: &Enrolled) -> bool {
        let Enrolled {
            user, role, state, ..
        } = *enrolled;
        let is_in_state = match self.states.is_empty() {
            true => {
                let is_inactive = state == EnrollmentStanding::Inactive;
                state.is_current() || (is_inactive && self.with_inactive)
            }
            false => self.states.iter().any(|it| it == state.name()),
        };
        let is_of_kind = match &self.role {
            Some(wanted) => *wanted == role.id().to_string(),
            None if self.kinds.is_empty() => true,
            None => self.kinds.iter().any(|it| it == role.word()),
        };
        let is_seen = |seen: &Vec<u64>| {
            let record = request.school.courses.get(&course);
            let enrollment = record.and_then(|record| record.roster.get(&user));
            let mut sections = enrollment.into_iter().flat_map(Enrollment::in_sections);
            user == request.caller || sections.any(|(at, _)| seen.contains(&at))
        };
        is_in_state
            && is_of_kind
            && self
                .users
                .as_ref()
                .is_none_or(|users| users.contains(&user))
            && self.seen.as_ref().is_none_or(is_seen)
            && self
                .term
                .as_deref()
                .is_none_or(|term| is_found(request, course, user, term))
    }
}

/// Whether a term is the id of a user, or in a name, or in a key that the caller may see.
fn is_found(request: &ApiRequest<'_>, course: u64, user: u64, term: &str) -> bool {
    if request.school.is_found(user, term) {
        return true;
    }
    let Some(record) = request.school.users.get(&user) else {
        return false;
    };
    let has = |text: &str| text.to_lowercase().contains(term);
    let may = |right| request.may(right, Context::Course(course));
    (may(Right::ViewLogins) && has(&record.login))
        || (may(Right::ReadSis) && record.sis_id.as_deref().is_some_and(has))
        || (may(Right::ReadEmail) && record.email.as_deref().is_some_and(has))
}

fn show(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request
        .school
        .find_user(request.path.get("user_id"), request.caller);
    let id = id.ok_or_else(Reply::not_found)?;
    if id != request.caller && !request.school.is_admin(request.caller, ROOT) {
        return Err(match request.settings.is_old {
            true => request.forbidden(),
            false => Reply::not_found(),
        });
    }
    let mut shown = request.show_user(id, Context::Account(ROOT));
    let includes = [
        "avatar_url",
        "locale",
        "effective_locale",
        "permissions",
        "email",
    ];
    for name in includes {
        request.include(id, Context::Account(ROOT), name, &mut shown);
    }
    Ok(Reply::ok(shown))
}

impl ApiRequest<'_> {
    /// A user of a course, with the enrollments in it, or in one of its sections, if they are asked
    /// for.
    pub(super) fn show_course_user(
        &self,
        course: u64,
        user: u64,
        section: Option<u64>,
    ) -> Map<String, Value> {
        let mut shown = self.show_enrolled(course, user);
        let record = self.school.courses.get(&course);
        let enrollment = record.and_then(|record| record.roster.get(&user));
        if let (true, Some(enrollment)) =
            (self.params.asks_for("include", "enrollments"), enrollment)
        {
            let all = enrollment.in_sections();
            let all = all.filter(|(at, _)| section.is_none_or(|section| section == *at));
            let all = all.map(|place| Value::from(self.show_enrollment(course, user, place)));
            shown.insert("enrollments".to_owned(), all.collect());
        }
        shown
    }

    /// A user of a course. Of those who have not accepted their invitation, nobody sees the keys.
    pub(super) fn show_enrolled(&self, course: u64, user: u64) -> Map<String, Value> {
        let context = Context::Course(course);
        let mut shown = self.show_user(user, context);
        self.include(user, context, "email", &mut shown);
        let record = self.school.courses.get(&course);
        let enrollment = record.and_then(|record| record.roster.get(&user));
        if enrollment.is_some_and(|it| it.state == EnrollmentStanding::Invited) {
            shown.remove("login_id");
            shown.remove("email");
        }
        if self.params.asks_for("include", "group_ids") {
            let groups = self.school.users.get(&user).map(|user| user.groups.iter());
            let groups = groups.into_iter().flatten().filter(|id| {
                let group = self.school.group(**id);
                group.is_some_and(|group| group.context == context && !self.school.is_tag(group))
            });
            shown.insert("group_ids".to_owned(), groups.copied().collect());
        }
        shown
    }
}
