//! Groups.

mod attributes;
mod invite;
mod list;
mod show;
mod users;
mod write;

use serde_json::{Map, Value, json};

use super::{
    handler::{Route, delete, get, post, put},
    html,
    rights::group::PERMISSIONS,
    visit::Visit,
};
use crate::fake::reply::{Answer, Reply};

pub(crate) use show::Includes;

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

fn show(visit: &mut Visit<'_>) -> Answer {
    let id = visit.readable_group()?;
    let includes = Includes::asked(&visit.params);
    Ok(Reply::ok(visit.show_group(id, &includes)))
}

fn destroy(visit: &mut Visit<'_>) -> Answer {
    let id = visit.group()?;
    visit.permit(visit.standing(id)?.deletes())?;
    let shown = visit.show_group(id, &Includes::default());
    visit.school.delete_group(id);
    Ok(Reply::ok(shown))
}

fn preview_html(visit: &mut Visit<'_>) -> Answer {
    visit.readable_group()?;
    let html = visit.params.text("html").unwrap_or_default();
    let processed = html::process(&html, visit.url);
    Ok(Reply::ok(json!({ "html": processed })))
}

fn permissions(visit: &mut Visit<'_>) -> Answer {
    let id = visit.readable_group()?;
    let standing = visit.standing(id)?;
    let mut asked = visit.params.list("permissions");
    if asked.is_empty() {
        asked.extend(PERMISSIONS.iter().map(|(name, _)| (*name).to_owned()));
    }
    let granted = asked.into_iter().map(|name| {
        let holds = standing.grants(&name);
        (name, Value::Bool(holds))
    });
    Ok(Reply::ok(granted.collect::<Map<_, _>>()))
}
