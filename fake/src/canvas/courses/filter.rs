//! Which courses a list has.

use super::show::{TERM, state};
use crate::{
    canvas::{
        api_request::ApiRequest,
        rights::Right,
        school::{Context, Course, EnrollmentStanding, ROOT, Role, School},
    },
    reply::Reply,
};

/// Which courses of an account are wanted, and in what order.
pub(super) struct AccountFilter {
    accounts: Vec<u64>,
    term: Option<String>,
    by_teacher: bool,
    published: Option<bool>,
    completed: Option<bool>,
    with_enrollments: Option<bool>,
    kinds: Vec<String>,
    states: Vec<String>,
    teachers: Option<Vec<Option<u64>>>,
    /// Whether no course is what is wanted: there are no courses of these kinds here.
    is_empty: bool,
}

impl AccountFilter {
    pub(super) fn of(request: &ApiRequest<'_>, account: u64) -> Result<Self, Reply> {
        let params = &request.params;
        let school = &request.school;
        if let Some(term) = params.filled("enrollment_term_id") {
            let is_known = term == TERM.to_string() || matches!(&*term, "default" | "current");
            is_known.then_some(()).ok_or_else(Reply::not_found)?;
        }
        let below = match account {
            ROOT => school.accounts.keys().copied().collect(),
            account => vec![account],
        };
        let wanted: Vec<_> = params.list("by_subaccounts");
        let wanted: Vec<u64> = wanted
            .iter()
            .filter_map(|it| school.find_account(it))
            .collect();
        let accounts = match params.has("by_subaccounts") {
            true => below.into_iter().filter(|it| wanted.contains(it)).collect(),
            false => below,
        };
        let teachers = params.list("by_teachers");
        let teachers = teachers
            .iter()
            .map(|it| school.find_user(it, request.caller));
        let is_asked = |name| params.flag(name) == Some(true);
        let kinds = ["blueprint", "blueprint_associated", "public", "homeroom"];
        Ok(Self {
            accounts,
            term: request.search_term()?,
            by_teacher: params.text("search_by").as_deref() == Some("teacher"),
            published: params.flag("published"),
            completed: params.flag("completed"),
            with_enrollments: params.flag("with_enrollments"),
            kinds: params.list("enrollment_type"),
            states: params.list("state"),
            teachers: params.has("by_teachers").then(|| teachers.collect()),
            is_empty: kinds.into_iter().any(is_asked),
        })
    }

    pub(super) fn courses(&self, request: &ApiRequest<'_>) -> Vec<u64> {
        let all = request.school.courses.iter();
        let wanted = all.filter(|(id, course)| self.takes(request, **id, course));
        let mut ids: Vec<u64> = wanted.map(|(id, _)| *id).collect();
        let params = &request.params;
        if let Some(sort) = params.filled("sort") {
            ids.sort_by_cached_key(|id| (sort_key(request.school, *id, &sort), *id));
            if params.text("order").as_deref() == Some("desc") {
                ids.reverse();
            }
        }
        ids
    }

    fn takes(&self, request: &ApiRequest<'_>, id: u64, course: &Course) -> bool {
        let is = |wanted: Option<bool>, actual| wanted.is_none_or(|wanted| wanted == actual);
        let teaches = |user: &Option<u64>| {
            let enrollment = user.and_then(|user| course.roster.get(&user));
            enrollment.is_some_and(|it| it.role == Role::Teacher)
        };
        let current = || course.roster.values().filter(|it| it.state.is_current());
        let is_of_kind = |it: &String| current().any(|enrollment| enrollment.role.word() == it);
        !self.is_empty
            && self.accounts.contains(&course.account)
            && is(self.published, course.is_published)
            && is(self.completed, course.is_concluded)
            && is(self.with_enrollments, current().next().is_some())
            && (self.kinds.is_empty() || self.kinds.iter().any(is_of_kind))
            && (self.states.is_empty() || self.states.iter().any(|it| is_in(course, it)))
            && self
                .teachers
                .as_ref()
                .is_none_or(|it| it.iter().any(teaches))
            && self.is_found(request, id, course)
    }

    fn is_found(&self, request: &ApiRequest<'_>, id: u64, course: &Course) -> bool {
        let Some(term) = &self.term else {
            return true;
        };
        let has = |text: &str| text.to_lowercase().contains(term);
        if self.by_teacher {
            let teachers = course.roster.iter();
            let mut teachers = teachers.filter(|(_, it)| it.role == Role::Teacher);
            return teachers.any(|(user, _)| {
                let user = request.school.users.get(user);
                user.is_some_and(|user| has(&user.name))
            });
        }
        let sees_sis = request.may(Right::ReadSis, Context::Course(id));
        id.to_string() == *term
            || has(&course.name)
            || has(&course.code)
            || (sees_sis && course.sis_id.as_deref().is_some_and(has))
    }
}

/// Whether a course is in the state that a filter names.
fn is_in(course: &Course, state_filter: &str) -> bool {
    match state_filter {
        "all" => true,
        // A course that is not published has a teacher, or nobody who took it over.
        "created" | "claimed" => {
            let has_teacher = course.roster.values().any(|it| it.role == Role::Teacher);
            state(course) == "unpublished" && has_teacher == (state_filter == "claimed")
        }
        other => state(course) == other,
    }
}

fn sort_key(school: &School, id: u64, sort: &str) -> String {
    let Some(course) = school.courses.get(&id) else {
        return String::new();
    };
    let key = match sort {
        "course_name" => course.name.clone(),
        "sis_course_id" => course.sis_id.clone().unwrap_or_default(),
        "account_name" => {
            let account = Context::Account(course.account);
            school.context_name(account).unwrap_or_default().to_owned()
        }
        "teacher" => {
            let teachers = course.roster.iter();
            let teachers = teachers.filter(|(_, it)| it.role == Role::Teacher);
            let names = teachers.filter_map(|(user, _)| school.users.get(user));
            let first = names.map(|user| &user.sortable_name).min();
            first.cloned().unwrap_or_default()
        }
        _ => String::new(),
    };
    key.to_lowercase()
}

/// The courses that the caller is enrolled in and asks for.
pub(super) fn mine(request: &ApiRequest<'_>) -> Vec<u64> {
    let params = &request.params;
    let states = params.list("state");
    let kind = params.filled("enrollment_type");
    let role = params.filled("enrollment_role_id");
    let wanted = params.filled("enrollment_state");
    let all = request.school.courses.iter().filter(|(_, course)| {
        let Some(enrollment) = course.roster.get(&request.caller) else {
            return false;
        };
        let is_student = enrollment.role == Role::Student;
        let is_over = course.is_concluded || enrollment.state == EnrollmentStanding::Completed;
        let has_state = match wanted.as_deref() {
            Some("active") => enrollment.is_active() && !is_over,
            Some("invited_or_pending") => enrollment.state == EnrollmentStanding::Invited,
            Some("completed") => is_over,
            _ if !states.is_empty() => true,
            _ => enrollment.state.is_current() && !is_over,
        };
        let is_shown = match states.is_empty() {
            true => course.is_published || !is_student,
            false => states.iter().any(|it| it == state(course)),
        };
        let is_of_kind = match (&role, &kind) {
            (Some(role), _) => *role == enrollment.role.id().to_string(),
            (None, Some(kind)) => kind == enrollment.role.word(),
            (None, None) => true,
        };
        has_state && is_shown && is_of_kind
    });
    all.map(|(id, _)| *id).collect()
}
