//! Files of groups, and their upload in three steps.

mod announce;
pub(crate) mod records;
pub(crate) mod show;
mod store;

use http::{Method, StatusCode};

use super::{
    handler::{Route, get, open, post},
    visit::Visit,
};
use crate::fake::{
    params::Params,
    reply::{Answer, Reply},
};

use records::{FileState, Misfit};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    post("groups/:group_id/files", announce::announce),
    get("files/:id", show),
    get("files/:id/create_success", confirm),
    post("files/:id/create_success", confirm),
    open(Method::POST, "/files_api", store::take),
    open(Method::GET, "/files/:id/download", store::download),
];

fn show(visit: &mut Visit<'_>) -> Answer {
    let id = id(visit)?;
    let file = visit.school.files.get(id).filter(|file| file.is_ready());
    let group = file.ok_or_else(Reply::not_found)?.group;
    visit.permit(visit.school.may_use_files(visit.caller, group))?;
    Ok(Reply::ok(visit.school.show_file(
        id,
        visit.url,
        &includes(&visit.params),
    )))
}

/// The third step: makes a file visible that the store has.
fn confirm(visit: &mut Visit<'_>) -> Answer {
    let id = id(visit)?;
    let uuid = visit.params.text("uuid");
    let file = visit.school.files.get(id);
    let file =
        file.filter(|file| file.state == FileState::Stored && uuid.as_deref() == Some(&*file.uuid));
    let Some(file) = file else {
        return Err(Reply::empty(StatusCode::BAD_REQUEST));
    };
    let mut includes = file.includes.clone();
    includes.extend(self::includes(&visit.params));
    visit.school.finish_file(id).map_err(Misfit::reply)?;
    let mut shown = visit.school.show_file(id, visit.url, &includes);
    for viewer in ["canvadoc_session_url", "crocodoc_session_url"] {
        shown.insert(viewer.to_owned(), serde_json::Value::Null);
    }
    Ok(Reply::ok(shown))
}

fn id(visit: &Visit<'_>) -> Result<u64, Reply> {
    visit.path.get("id").parse().map_err(|_| Reply::not_found())
}

fn includes(params: &Params) -> Vec<String> {
    params.list("include")
}
