//! Groups.

mod attributes;
mod invite;
mod list;
mod show;
mod users;
mod write;

use serde_json::{Map, Value, json};

use super::{
    api_request::ApiRequest,
    handler::{Route, delete, get, post, put},
    html,
    rights::group::PERMISSIONS,
};
use crate::reply::{HandlerResult, Reply};

pub(crate) use show::GroupIncludes;

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    get("users/self/groups", list::list_mine),
    get("accounts/:account_id/groups", list::list_of_context),
    get("courses/:course_id/groups", list::list_of_context),
    get("courses/:course_id/bulk_user_tags", list::bulk_user_tags),
    get("groups/:group_id", show),
    post("groups", write::create_community),
    post("group_categories/:group_category_id/groups", write::create_in_category),
    put("groups/:group_id", write::update),
    delete("groups/:group_id", destroy),
    post("groups/:group_id/invite", invite::invite),
    get("groups/:group_id/users", users::list),
    post("groups/:group_id/preview_html", preview_html),
    get("groups/:group_id/permissions", permissions),
];

fn show(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.readable_group()?;
    let includes = GroupIncludes::asked(&request.params);
    Ok(Reply::ok(request.show_group(id, &includes)))
}

fn destroy(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.group()?;
    request.permit(request.group_rights(id)?.deletes())?;
    let shown = request.show_group(id, &GroupIncludes::default());
    request.school.drop_group(id);
    Ok(Reply::ok(shown))
}

fn preview_html(request: &mut ApiRequest<'_>) -> HandlerResult {
    request.readable_group()?;
    let html = request.params.text("html").unwrap_or_default();
    let processed = html::process(&html, request.url);
    Ok(Reply::ok(json!({ "html": processed })))
}

fn permissions(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.readable_group()?;
    let rights = request.group_rights(id)?;
    let mut asked = request.params.list("permissions");
    if asked.is_empty() {
        asked.extend(PERMISSIONS.iter().map(|(name, _)| (*name).to_owned()));
    }
    let granted = asked.into_iter().map(|name| {
        let holds = rights.grants(&name);
        (name, Value::Bool(holds))
    });
    Ok(Reply::ok(granted.collect::<Map<_, _>>()))
}
