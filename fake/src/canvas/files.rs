//! Files of groups, and their upload in three steps.

mod announce;
mod list;
pub(crate) mod records;
pub(crate) mod show;
mod store;

use http::{Method, StatusCode};

use super::{
    api_request::ApiRequest,
    handler::{Route, get, open, post},
};
use crate::{
    params::Params,
    reply::{HandlerResult, Reply},
};

use records::{FileError, FileState};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    post("groups/:group_id/files", announce::announce),
    get("groups/:group_id/files", list::list),
    get("files/:id", show),
    get("files/:id/create_success", confirm),
    post("files/:id/create_success", confirm),
    open(Method::POST, "/files_api", store::take),
    open(Method::GET, "/files/:id/download", store::download),
];

fn show(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = id(request)?;
    let file = request.school.files.get(id).filter(|file| file.is_ready());
    let group = file.ok_or_else(Reply::not_found)?.group;
    request.permit(request.school.may_use_files(request.caller, group))?;
    Ok(Reply::ok(request.school.show_file(
        id,
        request.url,
        &includes(&request.params),
    )))
}

/// The third step: makes a file visible that the store has.
fn confirm(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = id(request)?;
    let uuid = request.params.text("uuid");
    let file = request.school.files.get(id);
    let file =
        file.filter(|file| file.state == FileState::Stored && uuid.as_deref() == Some(&*file.uuid));
    let Some(file) = file else {
        return Err(Reply::empty(StatusCode::BAD_REQUEST));
    };
    let mut includes = file.includes.clone();
    includes.extend(self::includes(&request.params));
    request.school.finish_file(id).map_err(FileError::reply)?;
    let mut shown = request.school.show_file(id, request.url, &includes);
    for viewer in ["canvadoc_session_url", "crocodoc_session_url"] {
        shown.insert(viewer.to_owned(), serde_json::Value::Null);
    }
    Ok(Reply::ok(shown))
}

fn id(request: &ApiRequest<'_>) -> Result<u64, Reply> {
    request
        .path
        .get("id")
        .parse()
        .map_err(|_| Reply::not_found())
}

fn includes(params: &Params) -> Vec<String> {
    params.list("include")
}
