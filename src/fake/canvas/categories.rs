//! Group sets.

mod assign;
pub(crate) mod checks;
mod groups;
mod save;
mod settings;
mod show;
mod users;

use http::StatusCode;
use serde_json::json;

use super::{
    groups::Includes as GroupIncludes,
    handler::{Route, delete, get, post, put},
    rights::Deed,
    visit::Visit,
};
use crate::fake::reply::{Answer, Reply};
use show::Includes;

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

pub(crate) fn list(visit: &mut Visit<'_>) -> Answer {
    let context = visit.context()?;
    let [groups, tags] =
        [false, true].map(|tags| visit.school.may_do_any(visit.caller, tags, context));
    visit.permit(groups || tags)?;
    let refused = |status, message| Err(Reply::json(status, json!({ "error": message })));
    let state = visit.params.filled("collaboration_state");
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
    let includes = Includes::of(visit)?;
    let wanted: Vec<u64> = visit
        .school
        .categories_in(context)
        .filter(|(_, category)| match category.is_tags {
            true => tags,
            false => groups,
        })
        .map(|(id, _)| id)
        .collect();
    visit.numbered(&wanted, |id| includes.show(visit, id).into())
}

pub(crate) fn show(visit: &mut Visit<'_>) -> Answer {
    let id = visit.category()?;
    permit_to_see(visit, id)?;
    let includes = Includes::of(visit)?;
    Ok(Reply::ok(includes.show(visit, id)))
}

pub(crate) fn delete_one(visit: &mut Visit<'_>) -> Answer {
    let id = visit.category()?;
    visit.permit_in_category(Deed::Delete, id)?;
    let category = visit.category_record(id)?;
    if category.role.is_some_and(|role| role != "imported") {
        return Err(visit.unauthorized());
    }
    visit.school.delete_category(id);
    Ok(Reply::ok(visit.show_category(id)))
}

pub(crate) fn list_groups(visit: &mut Visit<'_>) -> Answer {
    let id = visit.category()?;
    permit_to_see(visit, id)?;
    let groups = visit.school.groups_by_name(id);
    visit.numbered(groups, |group| {
        visit.show_group(group, &GroupIncludes::default())
    })
}

fn permit_to_see(visit: &Visit<'_>, category: u64) -> Result<(), Reply> {
    let category = visit.category_record(category)?;
    let school = &visit.school;
    visit.permit(school.may_do_any(visit.caller, category.is_tags, category.context))
}
