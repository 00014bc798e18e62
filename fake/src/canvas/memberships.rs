//! Memberships.

mod bulk;

use serde_json::{Value, json};

use super::{
    api_request::ApiRequest,
    handler::{Route, delete, get, post, put},
    school::{Group, MembershipState},
};
use crate::{
    paging::Listing,
    reply::{HandlerResult, Reply},
};

/// The route that removes several members at once, which older servers lack.
pub(crate) const BULK_REMOVAL: &str = "groups/:group_id/users";

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    get("groups/:group_id/memberships", list),
    get("groups/:group_id/memberships/:membership_id", show),
    get("groups/:group_id/users/:user_id", show),
    post("groups/:group_id/memberships", create),
    put("groups/:group_id/memberships/:membership_id", update),
    put("groups/:group_id/users/:user_id", update),
    delete("groups/:group_id/memberships/:membership_id", end),
    delete("groups/:group_id/users/:user_id", end),
    delete(BULK_REMOVAL, bulk::remove),
];

fn list(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.group()?;
    request.permit(request.group_rights(id)?.reads_roster())?;
    let states = match request.params.get("filter_states") {
        None | Some(Value::Null) => None,
        Some(Value::Array(_)) => Some(request.params.list("filter_states")),
        // The server reckons with a list.
        Some(_) => return Err(Reply::crash()),
    };
    let members = request.group_record(id)?.members.values();
    let mut ids: Vec<u64> = members.copied().collect();
    if let Some(states) = states {
        ids.retain(|id| {
            let membership = request.school.memberships.get(id);
            let state = membership.map(|membership| membership.state.name());
            states.iter().any(|wanted| Some(&**wanted) == state)
        });
    }
    ids.sort_unstable();
    // The links name the group by its number, whatever the key was that found it.
    let listing = Listing {
        path: format!("/api/v1/groups/{id}/memberships").into(),
        ..request.listing()
    };
    listing.numbered(ids.len(), ids.iter().copied(), |id| {
        request.school.show_membership(id, request.caller).into()
    })
}

fn show(request: &mut ApiRequest<'_>) -> HandlerResult {
    let (group, membership) = request.membership()?;
    request.permit(request.group_rights(group)?.reads_roster())?;
    let shown = request.school.show_membership(membership, request.caller);
    Ok(Reply::ok(shown))
}

impl ApiRequest<'_> {
    /// The group in the path and the membership in it that the path names by its id or its user.
    fn membership(&self) -> Result<(u64, u64), Reply> {
        let id = self.group()?;
        let group = self.group_record(id)?;
        let membership = match (self.path.get("membership_id"), self.path.get("user_id")) {
            ("self", _) => group.members.get(&self.caller).copied(),
            ("", user) => {
                let user = self.school.find_user(user, self.caller);
                user.and_then(|user| group.members.get(&user).copied())
            }
            (membership, _) => membership.parse().ok().filter(|membership| {
                let membership = self.school.memberships.get(membership);
                membership.is_some_and(|membership| membership.group == id)
            }),
        };
        Ok((id, membership.ok_or_else(Reply::not_found)?))
    }
}

fn create(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.group()?;
    if request.params.has("members") || request.params.has("all_in_group_course") {
        return bulk::add(request, id);
    }
    let user = request.params.filled("user_id");
    let user = user.and_then(|user| request.school.find_user(&user, request.caller));
    let user = user.ok_or_else(Reply::not_found)?;
    let group = request.group_record(id)?;
    request.permit(may_place(request, user, group))?;
    let state = initial_state(group);
    let (membership, is_new) = request
        .school
        .add_checked(user, id, state)
        .map_err(|refused| refused.reply())?;
    if is_new {
        request.school.tell(membership);
    }
    let mut shown = request.school.show_membership(membership, request.caller);
    shown.insert("just_created".to_owned(), is_new.into());
    Ok(Reply::ok(shown))
}

/// Users join communities only by themselves; those who manage other groups add others to them.
fn may_place(request: &ApiRequest<'_>, user: u64, group: &Group) -> bool {
    let rights = request.school.group_rights(request.caller, group);
    let joins = user == request.caller && rights.joins;
    joins
        || (!request.school.is_community(group)
            && rights.places_others()
            && request.school.has(group.context, user))
}

/// What joining comes to, by the join level.
fn initial_state(group: &Group) -> MembershipState {
    match &*group.join_level {
        "parent_context_auto_join" => MembershipState::Accepted,
        "parent_context_request" => MembershipState::Requested,
        _ => MembershipState::Invited,
    }
}

fn update(request: &mut ApiRequest<'_>) -> HandlerResult {
    let (group, id) = request.membership()?;
    request.permit(request.group_rights(group)?.manages())?;
    if request.params.text("workflow_state").as_deref() == Some("accepted") {
        request.school.accept_member(id);
    }
    let moderates = request.params.flag("moderator");
    if let (Some(moderates), Some(membership)) =
        (moderates, request.school.memberships.get_mut(&id))
    {
        membership.is_moderator = moderates;
    }
    let shown = request.school.show_membership(id, request.caller);
    Ok(Reply::ok(shown))
}

fn end(request: &mut ApiRequest<'_>) -> HandlerResult {
    let (group, id) = request.membership()?;
    let membership = request.school.memberships.get(&id);
    let user = membership.map(|membership| membership.user);
    let user = user.ok_or_else(Reply::not_found)?;
    request.permit(request.may_remove(user, request.group_record(group)?))?;
    request.school.remove(id);
    Ok(Reply::ok(json!({ "ok": true })))
}
