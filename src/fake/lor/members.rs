//! Members of groups.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    records::Member,
    refusal::{invalid, not_found},
    visit::{Handler, Route, Visit},
};
use crate::fake::reply::{Answer, Reply};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    Route::new(Method::POST, "groups/:id/members", Handler::Api(add)),
    Route::new(Method::GET, "groups/:id/members", Handler::Api(list)),
    Route::new(Method::PUT, "groups/:id/members/:memberId", Handler::Api(update)),
    Route::new(Method::DELETE, "groups/:id/members/:memberId", Handler::Api(remove)),
];

/// Adds a user. One who is a member already stays as they are.
fn add(visit: &mut Visit<'_>) -> Answer {
    let id = visit.managed_group()?;
    let user = match visit.member("userId")? {
        Some(Value::String(user)) => user.clone(),
        Some(_) => return Err(invalid("userId", "must be a string")),
        None => return Err(invalid("userId", "names nobody")),
    };
    let is_manager = is_manager(visit)?.unwrap_or(false);
    if !visit.records.users.contains_key(&user) {
        return Err(invalid("userId", "is not the id of a user of Commons"));
    }
    let membership = visit.records.next_id();
    let group = visit.records.groups.get_mut(&id).ok_or_else(not_found)?;
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
    let shown = visit.records.show_member(&id, &member);
    Ok(Reply::json(StatusCode::CREATED, shown))
}

fn list(visit: &mut Visit<'_>) -> Answer {
    let id = visit.managed_group()?;
    let members = visit.records.groups.get(&id).map(|group| &group.members);
    let items = members.into_iter().flatten();
    let items: Vec<Value> = items
        .map(|member| visit.records.show_member(&id, member))
        .collect();
    Ok(Reply::ok(json!({ "items": items })))
}

/// Makes a member a manager, or takes that away; not one's own, but for administrators.
fn update(visit: &mut Visit<'_>) -> Answer {
    let (id, at) = find(visit)?;
    let is_manager = is_manager(visit)?;
    let group = visit.records.groups.get_mut(&id).ok_or_else(not_found)?;
    let member = group.members.get_mut(at).ok_or_else(not_found)?;
    if let Some(is_manager) = is_manager {
        member.is_manager = is_manager;
    }
    let member = member.clone();
    Ok(Reply::ok(visit.records.show_member(&id, &member)))
}

/// Removes a member; not oneself, but for administrators.
fn remove(visit: &mut Visit<'_>) -> Answer {
    let (id, at) = find(visit)?;
    if let Some(group) = visit.records.groups.get_mut(&id) {
        group.members.remove(at);
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// The group and the place in it of the member in the path, whom the caller may change.
fn find(visit: &Visit<'_>) -> Result<(String, usize), Reply> {
    let id = visit.managed_group()?;
    let wanted = visit.path.get("memberId");
    let group = visit.records.groups.get(&id).ok_or_else(not_found)?;
    let at = group.members.iter().position(|member| member.id == wanted);
    let at = at.ok_or_else(not_found)?;
    let is_self = group.members[at].user == visit.caller;
    visit.permit(visit.is_admin || !is_self)?;
    Ok((id, at))
}

fn is_manager(visit: &Visit<'_>) -> Result<Option<bool>, Reply> {
    match visit.member("isManager")? {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err(invalid("isManager", "must be a boolean")),
    }
}
