//! Sections of courses.

use serde_json::{Map, Value, json};

use super::{
    api_request::ApiRequest,
    handler::{Route, get},
    json::{members, time},
    rights::{Action, Right},
    school::{Context, Course, Enrollment, Role, School},
};
use crate::reply::{HandlerResult, Reply};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    get("courses/:course_id/sections", list),
];

fn list(request: &mut ApiRequest<'_>) -> HandlerResult {
    let context = request.context()?;
    let Context::Course(course) = context else {
        return Err(Reply::not_found());
    };
    request.permit(request.may(Right::Read, context))?;
    // Older servers do not filter.
    let term = match request.settings.is_old {
        true => None,
        false => request.search_term()?,
    };
    let mut sections = request.school.sections_in(course);
    sections.retain(|section| {
        let name = request.school.section_name(course, *section);
        term.as_deref()
            .is_none_or(|term| name.to_lowercase().contains(term))
    });
    request.numbered(&sections, |section| show(request, course, section).into())
}

fn show(request: &ApiRequest<'_>, course_id: u64, id: u64) -> Map<String, Value> {
    let school = &request.school;
    let Some(course) = school.courses.get(&course_id) else {
        return Map::new();
    };
    let section = school.sections.get(&id);
    let created_at = section.map_or(course.created_at, |section| section.created_at);
    let mut shown = members(json!({
        "id": id,
        "course_id": course_id,
        "name": school.section_name(course_id, id),
        "start_at": null,
        "end_at": null,
        "created_at": time(created_at),
        "restrict_enrollments_to_section_dates": null,
        "nonxlist_course_id": null,
    }));
    let context = Context::Course(course_id);
    if request.may(Right::ReadSis, context) {
        let sis_id = section.and_then(|section| section.sis_id.clone());
        shown.insert("sis_section_id".to_owned(), sis_id.into());
        shown.insert("sis_course_id".to_owned(), course.sis_id.clone().into());
        shown.insert("integration_id".to_owned(), Value::Null);
    }
    if request.may(Right::ManageSis, context) {
        shown.insert("sis_import_id".to_owned(), Value::Null);
    }
    if !request.may(Right::ReadRoster, context) {
        return shown;
    }
    let mut include = |name: &str, value: &dyn Fn() -> Value| {
        if request.params.asks_for("include", name) {
            shown.insert(name.to_owned(), value());
        }
    };
    let users = || course.users_in(id);
    let students = || users().filter(|(_, it)| it.role == Role::Student);
    include("students", &|| {
        let students = students();
        let students =
            students.map(|(user, _)| request.show_course_user(course_id, user, Some(id)));
        match students.map(Value::from).collect::<Vec<_>>() {
            none if none.is_empty() => Value::Null,
            students => students.into(),
        }
    });
    include("total_students", &|| {
        let current = students().filter(|(_, it)| it.state.is_current());
        current.count().into()
    });
    include("user_count", &|| users().count().into());
    include(
        "permissions",
        &|| json!({ "manage_calendar": request.may_do(Action::Manage, false, context) }),
    );
    shown
}

impl School {
    /// The sections of a course, by name. That which every course has is among them if somebody is
    /// in it, or there is no other.
    fn sections_in(&self, course: u64) -> Vec<u64> {
        let all = self.sections.iter();
        let own = all.filter(|(_, section)| section.course == course);
        let mut ids: Vec<u64> = own.map(|(id, _)| *id).collect();
        let record = self.courses.get(&course);
        let is_used = record.is_some_and(|record| record.users_in(course).next().is_some());
        if is_used || ids.is_empty() {
            ids.push(course);
        }
        ids.sort_by_cached_key(|id| (self.section_name(course, *id).to_lowercase(), *id));
        ids
    }

    /// The name of a section. That which every course has is called like the course.
    pub(crate) fn section_name(&self, course: u64, section: u64) -> &str {
        match self.sections.get(&section) {
            Some(section) => &section.name,
            None => self
                .context_name(Context::Course(course))
                .unwrap_or_default(),
        }
    }
}

impl Course {
    /// Who is in a section, by id.
    fn users_in(&self, section: u64) -> impl Iterator<Item = (u64, &Enrollment)> {
        let users = self.roster.iter();
        let users = users.filter(move |(_, it)| it.in_sections().any(|(at, _)| at == section));
        users.map(|(user, enrollment)| (*user, enrollment))
    }
}
