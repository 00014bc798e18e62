//! Users of groups.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    handler::{Handler, Route},
    institution::{Institution, Members},
    refusal::refusal,
    requests::ApiRequest,
};
use crate::reply::{HandlerResult, Reply};
use canvas_groups::studio::Permission;

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    Route::new(Method::GET, "groups/:group_id/users", Handler::Api(list)),
    Route::new(Method::POST, "groups/:group_id/users/batch_update", Handler::Api(batch_update)),
];

fn list(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = group_id(request)?;
    let members = find(request.institution, id)?;
    if !request.institution.is_admin(request.caller) && !members.contains_key(&request.caller) {
        return Err(forbidden());
    }
    Ok(show(request.institution, members))
}

/// Carries out a batch as a whole, or nothing of it.
fn batch_update(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = group_id(request)?;
    if !request.institution.is_admin(request.caller) {
        return Err(forbidden());
    }
    let mut members = find(request.institution, id)?.clone();
    let Some(Value::Array(operations)) = &request.http.parsed.json else {
        return Err(invalid("The body must be an array of changes"));
    };
    for operation in operations {
        apply(operation, &mut members, request.institution)?;
    }
    request.institution.groups.insert(id, members.clone());
    Ok(show(request.institution, &members))
}

fn apply(operation: &Value, members: &mut Members, institution: &Institution) -> Result<(), Reply> {
    let user = operation.get("user_id").and_then(Value::as_u64);
    let user = user.filter(|user| institution.users.contains_key(user));
    let user = user.ok_or_else(|| invalid("user_id is invalid"))?;
    let permission = match operation.get("permission") {
        None | Some(Value::Null) => None,
        Some(Value::String(word)) if word == "manager" => Some(Permission::Manager),
        Some(Value::String(word)) if word == "member" => Some(Permission::Member),
        Some(_) => return Err(invalid("permission is invalid")),
    };
    let is_there = members.contains_key(&user);
    match (operation.get("action").and_then(Value::as_str), permission) {
        (Some("add"), permission) => {
            members.insert(user, permission.unwrap_or(Permission::Member));
        }
        (Some("update"), Some(permission)) if is_there => {
            members.insert(user, permission);
        }
        (Some("update"), None) => return Err(invalid("permission is missing")),
        (Some("remove" | "destroy" | "delete"), _) if is_there => {
            members.remove(&user);
        }
        (Some("update" | "remove" | "destroy" | "delete"), _) => {
            return Err(invalid("The user is not in the group"));
        }
        _ => return Err(invalid("action is invalid")),
    }
    Ok(())
}

fn group_id(request: &ApiRequest<'_>) -> Result<u64, Reply> {
    let id = request.path.get("group_id").parse();
    id.map_err(|_| invalid("group_id is invalid"))
}

fn find(institution: &Institution, group: u64) -> Result<&Members, Reply> {
    let members = institution.groups.get(&group);
    members.ok_or_else(|| refusal(StatusCode::NOT_FOUND, "Group not found"))
}

fn forbidden() -> Reply {
    refusal(StatusCode::FORBIDDEN, "Forbidden")
}

fn invalid(message: &str) -> Reply {
    refusal(StatusCode::UNPROCESSABLE_ENTITY, message)
}

fn show(institution: &Institution, members: &Members) -> Reply {
    let users = members.iter().filter_map(|(id, permission)| {
        let user = institution.users.get(id)?;
        Some(json!({
            "id": id,
            "full_name": user.full_name,
            "display_name": user.display_name,
            "email": user.email,
            "permission": permission,
        }))
    });
    Reply::ok(json!({ "group_users": users.collect::<Vec<_>>() }))
}
