//! Members of groups.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    handler::{Handler, Route},
    records::Member,
    refusal::{invalid, not_found},
    requests::ApiRequest,
};
use crate::reply::{HandlerResult, Reply};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    Route::new(Method::POST, "groups/:id/members", Handler::Api(add)),
    Route::new(Method::GET, "groups/:id/members", Handler::Api(list)),
    Route::new(Method::PUT, "groups/:id/members/:memberId", Handler::Api(update)),
    Route::new(Method::DELETE, "groups/:id/members/:memberId", Handler::Api(remove)),
];

/// Adds a user. One who is a member already stays as they are.
fn add(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.managed_group()?;
    let user = match request.member("userId")? {
        Some(Value::String(user)) => user.clone(),
        Some(_) => return Err(invalid("userId", "must be a string")),
        None => return Err(invalid("userId", "names nobody")),
    };
    let is_manager = is_manager(request)?.unwrap_or(false);
    if !request.records.users.contains_key(&user) {
        return Err(invalid("userId", "is not the id of a user of Commons"));
    }
    let membership = request.records.next_id();
    let group = request.records.groups.get_mut(&id).ok_or_else(not_found)?;
    let member = match group.member_of(&user) {
        Some(present) => present.clone(),
        None => {
            let member = Member {
                id: membership,
                user,
                is_manager,
            };
            group.members.push(member.clone());
            member
        }
    };
    let shown = request.records.show_member(&id, &member);
    Ok(Reply::json(StatusCode::CREATED, shown))
}

fn list(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.managed_group()?;
    let members = request.records.groups.get(&id).map(|group| &group.members);
    let items = members.into_iter().flatten();
    let items: Vec<Value> = items
        .map(|member| request.records.show_member(&id, member))
        .collect();
    Ok(Reply::ok(json!({ "items": items })))
}

/// Makes a member a manager, or takes that away; not one's own, but for administrators.
fn update(request: &mut ApiRequest<'_>) -> HandlerResult {
    let (id, at) = find(request)?;
    let is_manager = is_manager(request)?;
    let group = request.records.groups.get_mut(&id).ok_or_else(not_found)?;
    let member = group.members.get_mut(at).ok_or_else(not_found)?;
    if let Some(is_manager) = is_manager {
        member.is_manager = is_manager;
    }
    let member = member.clone();
    Ok(Reply::ok(request.records.show_member(&id, &member)))
}

/// Removes a member; not oneself, but for administrators.
fn remove(request: &mut ApiRequest<'_>) -> HandlerResult {
    let (id, at) = find(request)?;
    if let Some(group) = request.records.groups.get_mut(&id) {
        group.members.remove(at);
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// The group and the place in it of the member in the path, whom the caller may change.
fn find(request: &ApiRequest<'_>) -> Result<(String, usize), Reply> {
    let id = request.managed_group()?;
    let wanted = request.path.get("memberId");
    let group = request.records.groups.get(&id).ok_or_else(not_found)?;
    let at = group.members.iter().position(|member| member.id == wanted);
    let at = at.ok_or_else(not_found)?;
    let is_self = group.members[at].user == request.caller;
    request.permit(request.is_admin || !is_self)?;
    Ok((id, at))
}

fn is_manager(request: &ApiRequest<'_>) -> Result<Option<bool>, Reply> {
    match request.member("isManager")? {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err(invalid("isManager", "must be a boolean")),
    }
}
