//! Courses.

mod filter;
mod show;

use super::{
    api_request::ApiRequest,
    handler::{Route, get},
    rights::Right,
    school::{Context, Role},
};
use crate::reply::{HandlerResult, Reply};
use filter::AccountFilter;
use show::CourseIncludes;

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    get("accounts/:account_id/courses", list_of_account),
    get("courses", list_mine),
    get("courses/:course_id", show),
];

/// The courses of an account and of those below it.
fn list_of_account(request: &mut ApiRequest<'_>) -> HandlerResult {
    let context = request.context()?;
    let Context::Account(account) = context else {
        return Err(Reply::not_found());
    };
    request.permit(request.school.is_admin(request.caller, account))?;
    let filter = AccountFilter::of(request, account)?;
    let includes = CourseIncludes::asked(&request.params);
    let courses = filter.courses(request);
    request.listing().uncounted(courses.into_iter(), |id| {
        includes.show(request, id, None).into()
    })
}

/// The courses that the caller is enrolled in, by name.
fn list_mine(request: &mut ApiRequest<'_>) -> HandlerResult {
    let mut courses = filter::mine(request);
    let school = &request.school;
    courses.sort_by_key(|id| {
        let name = school
            .courses
            .get(id)
            .map(|course| course.name.to_lowercase());
        (name, *id)
    });
    let includes = CourseIncludes::asked(&request.params);
    request.numbered(&courses, |id| {
        includes.show(request, id, Some(request.caller)).into()
    })
}

fn show(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.school.find_course(request.path.get("course_id"));
    let id = id.ok_or_else(Reply::not_found)?;
    let course = request.school.courses.get(&id);
    let course = course.ok_or_else(Reply::not_found)?;
    // Students see a course once it is published.
    let is_hidden =
        !course.is_published && request.school.role(request.caller, id) == Some(Role::Student);
    let may_read = request.may(Right::Read, Context::Course(id));
    request.permit(may_read && !is_hidden)?;
    let includes = CourseIncludes::of_one(&request.params);
    Ok(Reply::ok(includes.show(request, id, Some(request.caller))))
}
