//! Enrollments: who is in a course, in which section, as what, and in what state.

mod filter;

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{
    api_request::ApiRequest,
    handler::{Route, get},
    json::{members, time},
    rights::Right,
    school::{Context, Enrollment, ROOT, Role},
};
use crate::reply::{HandlerResult, Reply};
use filter::EnrollmentFilter;

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    get("courses/:course_id/enrollments", list_of_course),
    get("sections/:section_id/enrollments", list_of_section),
];

fn list_of_course(request: &mut ApiRequest<'_>) -> HandlerResult {
    let course = request.school.find_course(request.path.get("course_id"));
    list(request, course.ok_or_else(Reply::not_found)?, None)
}

fn list_of_section(request: &mut ApiRequest<'_>) -> HandlerResult {
    let section = request.school.find_section(request.path.get("section_id"));
    let (course, section) = section.ok_or_else(Reply::not_found)?;
    list(request, course, Some(section))
}

/// By the sortable names of the users, page after page by bookmark.
fn list(request: &mut ApiRequest<'_>, course: u64, section: Option<u64>) -> HandlerResult {
    let filter = EnrollmentFilter::of(request, course, section)?;
    let roster = request.school.roster_by_name(course);
    let Some(record) = request.school.courses.get(&course) else {
        return Err(Reply::not_found());
    };
    let rows = roster.iter().flat_map(|(name, user)| {
        let enrollment = record.roster.get(user);
        let enrollment = enrollment.filter(|it| filter.takes_user(*user, it));
        let sections = enrollment.into_iter().flat_map(Enrollment::in_sections);
        let sections = sections.filter(|(section, _)| filter.takes_section(*section));
        sections.map(move |(section, id)| (&**name, id, *user, section))
    });
    let mut rows: Vec<_> = rows.collect();
    // Between users of one name, the ids of the enrollments decide.
    for namesakes in rows.chunk_by_mut(|one, other| one.0 == other.0) {
        namesakes.sort_unstable_by_key(|row| row.1);
    }
    let keys: Vec<_> = rows.iter().map(|(name, id, ..)| (*name, *id)).collect();
    let places: HashMap<_, _> = rows.iter().map(|row| (row.1, (row.2, row.3))).collect();
    request.listing().bookmarked(&keys, |id| {
        let Some((user, section)) = places.get(&id).copied() else {
            return Value::Null;
        };
        let mut shown = request.show_enrollment(course, user, (section, id));
        let user = request.show_enrolled(course, user);
        shown.insert("user".to_owned(), user.into());
        shown.into()
    })
}

impl ApiRequest<'_> {
    /// The enrollment of a user in a section of a course, by its id.
    pub(super) fn show_enrollment(
        &self,
        course: u64,
        user: u64,
        (section, id): (u64, u64),
    ) -> Map<String, Value> {
        let school = &self.school;
        let record = school.courses.get(&course);
        let enrollment = record.and_then(|record| record.roster.get(&user));
        let (Some(record), Some(enrollment)) = (record, enrollment) else {
            return Map::new();
        };
        let url = self.url;
        let mut shown = members(json!({
            "id": id,
            "root_account_id": ROOT,
            "user_id": user,
            "course_id": course,
            "course_section_id": section,
            "associated_user_id": null,
            "limit_privileges_to_course_section": enrollment.is_limited,
            "type": enrollment.role.kind(),
            "role": enrollment.role.kind(),
            "role_id": enrollment.role.id(),
            "enrollment_state": enrollment.state.name(),
            "created_at": time(enrollment.created_at),
            "updated_at": time(enrollment.created_at),
            "start_at": null,
            "end_at": null,
            "html_url": format!("{url}/courses/{course}/users/{user}"),
        }));
        let context = Context::Course(course);
        if user == self.caller || self.may(Right::ViewLogins, context) {
            for name in ["last_activity_at", "last_attended_at"] {
                shown.insert(name.to_owned(), Value::Null);
            }
            shown.insert("total_activity_time".to_owned(), 0.into());
        }
        let is_graded = enrollment.role == Role::Student;
        if is_graded && (user == self.caller || self.may(Right::ViewLogins, context)) {
            let grades = json!({
                "html_url": format!("{url}/courses/{course}/grades/{user}"),
                "current_score": null,
                "current_grade": null,
                "final_score": null,
                "final_grade": null,
            });
            shown.insert("grades".to_owned(), grades);
        }
        if self.may(Right::ReadSis, context) {
            let account = school.accounts.get(&record.account);
            let section = school.sections.get(&section);
            let sis_ids = json!({
                "sis_account_id": account.and_then(|it| it.sis_id.as_ref()),
                "sis_course_id": record.sis_id,
                "course_integration_id": null,
                "sis_section_id": section.and_then(|it| it.sis_id.as_ref()),
                "section_integration_id": null,
                "sis_user_id": school.users.get(&user).and_then(|it| it.sis_id.as_ref()),
            });
            shown.extend(members(sis_ids));
        }
        if self.may(Right::ManageSis, context) {
            shown.insert("sis_import_id".to_owned(), Value::Null);
        }
        let asks = |name| self.params.asks_for("include", name);
        if asks("locked") {
            shown.insert("locked".to_owned(), false.into());
        }
        if asks("can_be_removed") {
            let may = self.may(Right::ManageGroupsManage, context);
            shown.insert("can_be_removed".to_owned(), may.into());
        }
        shown
    }
}
