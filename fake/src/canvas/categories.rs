//! Group sets.

mod assign;
pub(crate) mod checks;
mod groups;
mod params;
mod save;
mod show;
mod users;

use http::StatusCode;
use serde_json::json;

use super::{
    api_request::ApiRequest,
    groups::GroupIncludes,
    handler::{Route, delete, get, post, put},
    rights::Action,
};
use crate::reply::{HandlerResult, Reply};
use show::CategoryIncludes;

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    get("accounts/:account_id/group_categories", list),
    get("courses/:course_id/group_categories", list),
    get("group_categories/:group_category_id", show),
    post("accounts/:account_id/group_categories", save::create),
    post("courses/:course_id/group_categories", save::create),
    put("group_categories/:group_category_id", save::update),
    delete("group_categories/:group_category_id", delete_one),
    get("group_categories/:group_category_id/groups", list_groups),
    get("group_categories/:group_category_id/users", users::list),
    post("group_categories/:group_category_id/assign_unassigned_members", assign::assign),
];

pub(crate) fn list(request: &mut ApiRequest<'_>) -> HandlerResult {
    let context = request.context()?;
    let [groups, tags] =
        [false, true].map(|tags| request.school.may_do_any(request.caller, tags, context));
    request.permit(groups || tags)?;
    let refused = |status, message| Err(Reply::json(status, json!({ "error": message })));
    let state = request.params.filled("collaboration_state");
    // Old servers show what the caller may see.
    let state = match request.settings.is_old {
        true => Some("all".to_owned()),
        false => state,
    };
    let (groups, tags) = match state.map(|state| state.to_lowercase()).as_deref() {
        None | Some("collaborative") if !groups => {
            let message = "user not authorized to perform that action";
            return refused(StatusCode::FORBIDDEN, message);
        }
        None | Some("collaborative") => (true, false),
        Some("non_collaborative") if !tags => {
            let message = "Unauthorized to view non-collaborative group categories";
            return refused(StatusCode::FORBIDDEN, message);
        }
        Some("non_collaborative") => (false, true),
        Some("all") => (groups, tags),
        Some(_) => {
            let message = "Invalid collaboration_state parameter";
            return refused(StatusCode::BAD_REQUEST, message);
        }
    };
    let includes = CategoryIncludes::of(request)?;
    let wanted: Vec<u64> = request
        .school
        .categories_in(context)
        .filter(|(_, category)| match category.is_tags {
            true => tags,
            false => groups,
        })
        .map(|(id, _)| id)
        .collect();
    request.numbered(&wanted, |id| includes.show(request, id).into())
}

pub(crate) fn show(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.category()?;
    permit_to_see(request, id)?;
    let includes = CategoryIncludes::of(request)?;
    Ok(Reply::ok(includes.show(request, id)))
}

pub(crate) fn delete_one(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.category()?;
    request.permit_in_category(Action::Delete, id)?;
    let category = request.category_record(id)?;
    if category.role.is_some_and(|role| role != "imported") {
        return Err(request.unauthorized());
    }
    request.school.delete_category(id);
    Ok(Reply::ok(request.show_category(id)))
}

pub(crate) fn list_groups(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.category()?;
    permit_to_see(request, id)?;
    let groups = request.school.groups_by_name(id);
    request.numbered(groups, |group| {
        request.show_group(group, &GroupIncludes::default())
    })
}

fn permit_to_see(request: &ApiRequest<'_>, category: u64) -> Result<(), Reply> {
    let category = request.category_record(category)?;
    let school = &request.school;
    request.permit(school.may_do_any(request.caller, category.is_tags, category.context))
}
