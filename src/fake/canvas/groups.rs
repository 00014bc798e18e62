//! Groups.

use serde_json::json;

use super::{
    routes::{Route, get},
    school::{Context, State},
    visit::Visit,
};
use crate::fake::reply::{Answer, Reply};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    get("users/self/groups", list_mine),
    get("groups/:group_id", show),
];

/// The groups in which the caller is, by name and id, page after page by bookmark.
pub(crate) fn list_mine(visit: &mut Visit<'_>) -> Answer {
    let school = &visit.school;
    let wanted = visit.params.filled("context_type");
    let user = school.users.get(&visit.caller);
    let ids = user.map(|user| user.groups.iter()).into_iter().flatten();
    let mut mine: Vec<_> = ids
        .filter_map(|id| {
            let group = school.group(*id)?;
            let membership = school.memberships.get(group.members.get(&visit.caller)?)?;
            let kind = match group.context {
                Context::Account(_) => "Account",
                Context::Course(_) => "Course",
            };
            let is_wanted = wanted.as_deref().is_none_or(|wanted| wanted == kind);
            let is_mine = membership.state == State::Accepted && !school.is_tag(group);
            (is_mine && is_wanted).then_some((&group.name, *id))
        })
        .collect();
    mine.sort();
    let keyed = mine.into_iter().map(|(name, id)| (json!([name, id]), id));
    visit.listing().bookmarked(keyed.collect(), |id| {
        school.show_group(id, visit.caller, visit.url).into()
    })
}

pub(crate) fn show(visit: &mut Visit<'_>) -> Answer {
    let id = visit.group()?;
    Ok(Reply::ok(visit.school.show_group(
        id,
        visit.caller,
        visit.url,
    )))
}
