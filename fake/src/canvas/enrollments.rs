//! Enrollments: who is in a course, in which section, as what, and in what state.

mod filter;

use serde_json::{Map, Value, json};

use super::{
    api_request::ApiRequest,
    handler::{Route, get},
    json::{members, time},
    rights::Right,
    school::{Context, Enrolled, ROOT, Role},
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
    let all = request.school.enrolled(course);
    let wanted: Vec<&Enrolled> = all.iter().filter(|it| filter.takes(it)).collect();
    let keys: Vec<_> = wanted.iter().map(|it| (&*it.name, it.id)).collect();
    request.listing().bookmarked(&keys, |at| {
        let it = wanted[at];
        let mut shown = request.show_enrollment(course, it.user, (it.section, it.id));
        let user = request.show_enrolled(course, it.user);
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
