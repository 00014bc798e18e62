//! The users for whom a group set is.

use http::StatusCode;
use serde_json::{Value, json};

use crate::fake::{
    canvas::{
        rights::{Deed, Right},
        school::Context,
        visit::Visit,
    },
    reply::{Answer, Reply},
};

/// How short a search term may be, in characters.
const SHORTEST: usize = 2;

pub(super) fn list(visit: &mut Visit<'_>) -> Answer {
    let id = visit.category()?;
    let category = visit.category_record(id)?;
    let context = category.context;
    let right = match context {
        Context::Course(_) => Right::ReadRoster,
        Context::Account(_) => Right::Read,
    };
    let is_seen = !category.is_tags || visit.may_do(Deed::Manage, true, context);
    visit.permit(visit.may(right, context) && is_seen)?;
    let term = visit.params.filled("search_term");
    let term = term.map(|term| term.trim().to_lowercase());
    if term.as_ref().is_some_and(|t| t.chars().count() < SHORTEST) {
        let error = json!({
            "field": "search_term",
            "code": "invalid",
            "message": format!("{SHORTEST} or more characters is required"),
        });
        let body = json!({ "errors": [error] });
        return Err(Reply::json(StatusCode::BAD_REQUEST, body));
    }
    let school = &visit.school;
    let is_free = visit.params.flag("unassigned") == Some(true);
    let users: Vec<u64> = school
        .candidates(id)
        .filter(|user| !is_free || school.groups_of(*user, id).is_empty())
        .filter(|user| {
            term.as_ref().is_none_or(|term| {
                let record = school.users.get(user);
                let is_named = record.is_some_and(|u| u.name.to_lowercase().contains(term));
                is_named || user.to_string() == *term
            })
        })
        .collect();
    let asks = |what| visit.params.asks_for("include", what);
    let submissions = asks("group_submissions") && matches!(context, Context::Course(_));
    visit.numbered(&users, |user| {
        let mut shown =
            school.show_user_with(user, visit.caller, context, &visit.params, visit.url);
        if submissions {
            shown.insert("group_submissions".to_owned(), Value::Null);
        }
        shown.into()
    })
}
