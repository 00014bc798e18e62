//! The users whom a group set is for.

use std::borrow::Cow;

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
    let search = request.search(context)?;
    let school = &request.school;
    let is_free = request.params.flag("unassigned") == Some(true);
    let mut users = Cow::Borrowed(school.candidates_by_name(id));
    if is_free || search.is_some() {
        let wanted = users.iter().copied();
        let wanted = wanted
            .filter(|user| !is_free || school.groups_of(*user, id).is_empty())
            .filter(|user| search.as_ref().is_none_or(|it| it.finds(school, *user)));
        users = Cow::Owned(wanted.collect());
    }
    request.numbered(&users, |user| request.show_user(user, context).into())
}
