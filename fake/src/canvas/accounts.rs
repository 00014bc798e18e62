//! Accounts, as far as a client needs one to begin with.

use serde_json::{Value, json};

use super::{
    api_request::ApiRequest,
    handler::{Route, get},
    json::members,
    rights::Right,
    school::{Context, ROOT},
};
use crate::reply::{HandlerResult, Reply};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    get("accounts/:account_id", show),
];

fn show(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.school.find_account(request.path.get("account_id"));
    let id = id.ok_or_else(Reply::not_found)?;
    request.permit(request.school.is_admin(request.caller, id))?;
    let account = request.school.accounts.get(&id);
    let account = account.ok_or_else(Reply::not_found)?;
    let above = (id != ROOT).then_some(ROOT);
    let mut shown = members(json!({
        "id": id,
        "name": account.name,
        "uuid": format!("account-{id}"),
        "parent_account_id": above,
        "root_account_id": above,
        "workflow_state": "active",
        "default_time_zone": "Etc/UTC",
        "default_group_storage_quota_mb": 50,
    }));
    if request.may(Right::ReadSis, Context::Account(ROOT)) {
        shown.insert("sis_account_id".to_owned(), account.sis_id.clone().into());
        shown.insert("integration_id".to_owned(), Value::Null);
    }
    if request.may(Right::ManageSis, Context::Account(ROOT)) {
        shown.insert("sis_import_id".to_owned(), Value::Null);
    }
    Ok(Reply::ok(shown))
}
