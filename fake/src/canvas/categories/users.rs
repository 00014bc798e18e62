//! The users whom a group set is for.

use crate::{
    canvas::{
        api_request::ApiRequest,
        rights::{Action, Right},
        school::Context,
    },
    reply::HandlerResult,
};

pub(super) fn list(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.category()?;
    let category = request.category_record(id)?;
    let context = category.context;
    let right = match context {
        Context::Course(_) => Right::ReadRoster,
        Context::Account(_) => Right::Read,
    };
    let is_seen = !category.is_tags || request.may_do(Action::Manage, true, context);
    request.permit(request.may(right, context) && is_seen)?;
    let term = request.search_term()?;
    let school = &request.school;
    let is_free = request.params.flag("unassigned") == Some(true);
    let users: Vec<u64> = school
        .candidates(id)
        .filter(|user| !is_free || school.groups_of(*user, id).is_empty())
        .filter(|user| {
            term.as_deref()
                .is_none_or(|term| school.is_found(*user, term))
        })
        .collect();
    request.numbered(&users, |user| request.show_user(user, context).into())
}
