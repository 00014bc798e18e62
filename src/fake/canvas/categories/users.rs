//! The users for whom a group set is.

use crate::fake::{
    canvas::{
        rights::{Deed, Right},
        school::Context,
        visit::Visit,
    },
    reply::Answer,
};

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
    let term = visit.search_term()?;
    let school = &visit.school;
    let is_free = visit.params.flag("unassigned") == Some(true);
    let users: Vec<u64> = school
        .candidates(id)
        .filter(|user| !is_free || school.groups_of(*user, id).is_empty())
        .filter(|user| {
            term.as_deref()
                .is_none_or(|term| school.is_found(*user, term))
        })
        .collect();
    visit.numbered(&users, |user| visit.show_user(user, context).into())
}
