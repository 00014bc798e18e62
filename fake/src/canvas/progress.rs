//! The progress of jobs.

use super::{
    api_request::ApiRequest,
    handler::{Route, get, post},
    jobs::Subject,
    rights::Right,
    school::{Context, ROOT},
};
use crate::reply::{HandlerResult, Reply};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    get("progress/:id", show),
    post("progress/:id/cancel", cancel),
];

fn show(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = job(request)?;
    Ok(Reply::ok(request.school.show_progress(id, request.url)))
}

/// Fails a job, even if it is over. Only the user who started it may do so.
fn cancel(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = job(request)?;
    let message = request.params.text("message");
    let is_own = request.school.cancel(id, request.caller, message);
    request.permit(is_own)?;
    Ok(Reply::ok(request.school.show_progress(id, request.url)))
}

/// The job in the path, if the caller may read what it is about.
fn job(request: &ApiRequest<'_>) -> Result<u64, Reply> {
    let id = request
        .path
        .get("id")
        .parse()
        .map_err(|_| Reply::not_found())?;
    let context = match request.school.subject(id).ok_or_else(Reply::not_found)? {
        Subject::User(user) if user == request.caller => return Ok(id),
        Subject::User(_) => Context::Account(ROOT),
        Subject::Course(course) => Context::Course(course),
        Subject::Category(category) => {
            let category = request.school.categories.get(&category);
            category.ok_or_else(Reply::not_found)?.context
        }
    };
    request.permit(request.may(Right::Read, context))?;
    Ok(id)
}
