//! The progress of jobs.

use super::{
    handler::{Route, get, post},
    jobs::Subject,
    rights::Right,
    school::{Context, ROOT},
    visit::Visit,
};
use crate::fake::reply::{Answer, Reply};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    get("progress/:id", show),
    post("progress/:id/cancel", cancel),
];

fn show(visit: &mut Visit<'_>) -> Answer {
    let id = job(visit)?;
    Ok(Reply::ok(visit.school.show_progress(id, visit.url)))
}

/// Fails a job, be it over or not. The right to that has whoever started it.
fn cancel(visit: &mut Visit<'_>) -> Answer {
    let id = job(visit)?;
    let message = visit.params.text("message");
    let is_own = visit.school.cancel(id, visit.caller, message);
    visit.permit(is_own)?;
    Ok(Reply::ok(visit.school.show_progress(id, visit.url)))
}

/// The job in the path, if the caller may read what it is about.
fn job(visit: &Visit<'_>) -> Result<u64, Reply> {
    let id = visit
        .path
        .get("id")
        .parse()
        .map_err(|_| Reply::not_found())?;
    let context = match visit.school.subject(id).ok_or_else(Reply::not_found)? {
        Subject::User(user) if user == visit.caller => return Ok(id),
        Subject::User(_) => Context::Account(ROOT),
        Subject::Course(course) => Context::Course(course),
        Subject::Category(category) => {
            let category = visit.school.categories.get(&category);
            category.ok_or_else(Reply::not_found)?.context
        }
    };
    visit.permit(visit.may(Right::Read, context))?;
    Ok(id)
}
