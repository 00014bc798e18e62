//! Memberships.

mod bulk;

use serde_json::{Value, json};

use super::{
    handler::{Route, delete, get, post, put},
    school::{Group, State},
    visit::Visit,
};
use crate::fake::{
    paging::Listing,
    reply::{Answer, Reply},
};

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
    delete("groups/:group_id/users", bulk::remove),
];

fn list(visit: &mut Visit<'_>) -> Answer {
    let id = visit.group()?;
    visit.permit(visit.standing(id)?.reads_roster())?;
    let states = match visit.params.get("filter_states") {
        None | Some(Value::Null) => None,
        Some(Value::Array(_)) => Some(visit.params.list("filter_states")),
        // The server reckons with a list.
        Some(_) => return Err(Reply::crash()),
    };
    let members = visit.group_record(id)?.members.values();
    let mut ids: Vec<u64> = members.copied().collect();
    if let Some(states) = states {
        ids.retain(|id| {
            let membership = visit.school.memberships.get(id);
            let state = membership.map(|membership| membership.state.name());
            states.iter().any(|wanted| Some(&**wanted) == state)
        });
    }
    ids.sort_unstable();
    // The links name the group by its number, whatever the key was that found it.
    let listing = Listing {
        path: format!("/api/v1/groups/{id}/memberships").into(),
        ..visit.listing()
    };
    listing.numbered(ids.len(), ids.iter().copied(), |id| {
        visit.school.show_membership(id, visit.caller).into()
    })
}

fn show(visit: &mut Visit<'_>) -> Answer {
    let (group, membership) = visit.membership()?;
    visit.permit(visit.standing(group)?.reads_roster())?;
    let shown = visit.school.show_membership(membership, visit.caller);
    Ok(Reply::ok(shown))
}

impl Visit<'_> {
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

fn create(visit: &mut Visit<'_>) -> Answer {
    let id = visit.group()?;
    if visit.params.has("members") || visit.params.has("all_in_group_course") {
        return bulk::add(visit, id);
    }
    let user = visit.params.filled("user_id");
    let user = user.and_then(|user| visit.school.find_user(&user, visit.caller));
    let user = user.ok_or_else(Reply::not_found)?;
    let group = visit.group_record(id)?;
    visit.permit(may_place(visit, user, group))?;
    let state = initial_state(group);
    let (membership, is_new) = visit
        .school
        .admit(user, id, state)
        .map_err(|refused| refused.reply())?;
    let mut shown = visit.school.show_membership(membership, visit.caller);
    shown.insert("just_created".to_owned(), is_new.into());
    Ok(Reply::ok(shown))
}

/// Into communities people come by themselves, into other groups also by whoever manages them.
fn may_place(visit: &Visit<'_>, user: u64, group: &Group) -> bool {
    let standing = visit.school.standing(visit.caller, group);
    let joins = user == visit.caller && standing.joins;
    joins
        || (!visit.school.is_community(group)
            && standing.places_others()
            && visit.school.has(group.context, user))
}

/// What joining comes to, by the join level.
fn initial_state(group: &Group) -> State {
    match &*group.join_level {
        "parent_context_auto_join" => State::Accepted,
        "parent_context_request" => State::Requested,
        _ => State::Invited,
    }
}

fn update(visit: &mut Visit<'_>) -> Answer {
    let (group, id) = visit.membership()?;
    visit.permit(visit.standing(group)?.manages())?;
    if visit.params.text("workflow_state").as_deref() == Some("accepted") {
        visit.school.accept(id);
    }
    let moderates = visit.params.flag("moderator");
    if let (Some(moderates), Some(membership)) = (moderates, visit.school.memberships.get_mut(&id))
    {
        membership.is_moderator = moderates;
    }
    let shown = visit.school.show_membership(id, visit.caller);
    Ok(Reply::ok(shown))
}

fn end(visit: &mut Visit<'_>) -> Answer {
    let (group, id) = visit.membership()?;
    let membership = visit.school.memberships.get(&id);
    let user = membership.map(|membership| membership.user);
    let user = user.ok_or_else(Reply::not_found)?;
    visit.permit(visit.may_remove(user, visit.group_record(group)?))?;
    visit.school.remove(id);
    Ok(Reply::ok(json!({ "ok": true })))
}
