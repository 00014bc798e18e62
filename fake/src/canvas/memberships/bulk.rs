//! Many memberships at once.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::json;

use crate::{
    canvas::{
        api_request::ApiRequest,
        rights::Action,
        school::{Context, MembershipState},
    },
    reply::{HandlerResult, Reply},
};

/// Adds users to a tag of a course.
pub(super) fn add(request: &mut ApiRequest<'_>, id: u64) -> HandlerResult {
    let group = request.group_record(id)?;
    let Context::Course(course) = group.context else {
        return Err(Reply::empty(StatusCode::BAD_REQUEST));
    };
    if !request.school.is_tag(group) {
        return Err(Reply::empty(StatusCode::BAD_REQUEST));
    }
    request.permit(request.may_do(Action::Add, true, group.context))?;
    let users: BTreeSet<u64> = match request.params.flag("all_in_group_course") {
        Some(true) => {
            let excluded: BTreeSet<_> =
                request.params.ids("exclude_user_ids").into_iter().collect();
            let students = request.school.students(course);
            students.filter(|user| !excluded.contains(user)).collect()
        }
        _ => request.params.ids("members").into_iter().collect(),
    };
    if users.is_empty() {
        return Err(Reply::empty(StatusCode::BAD_REQUEST));
    }
    let (enrolled, invalid): (Vec<u64>, Vec<u64>) = users
        .into_iter()
        .partition(|user| request.school.role(*user, course).is_some());
    let mut errors = Vec::new();
    for user in enrolled {
        if let Err(refused) = request
            .school
            .add_checked(user, id, MembershipState::Accepted)
        {
            errors.push(refused.body());
        }
    }
    if invalid.is_empty() && errors.is_empty() {
        return Ok(Reply::empty(StatusCode::OK));
    }
    Ok(Reply::ok(json!({
        "message": "Some users could not be added",
        "invalid_user_ids": invalid,
        "membership_errors": errors,
    })))
}

/// Removes users from a group, as far as the caller may.
pub(super) fn remove(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.group()?;
    let asked: BTreeSet<u64> = request.params.ids("user_ids").into_iter().collect();
    let group = request.group_record(id)?;
    let members = asked.into_iter().filter_map(|user| {
        let membership = group.members.get(&user)?;
        Some((user, *membership, request.may_remove(user, group)))
    });
    let members: Vec<_> = members.collect();
    let (mut deleted, mut unauthorized) = (Vec::new(), Vec::new());
    for (user, membership, may) in members {
        match may {
            true => {
                request.school.remove(membership);
                deleted.push(user);
            }
            false => unauthorized.push(user),
        }
    }
    let message = match unauthorized.is_empty() {
        true => "Memberships were deleted",
        false => "Some memberships could not be deleted",
    };
    Ok(Reply::ok(json!({
        "message": message,
        "deleted_user_ids": deleted,
        "unauthorized_user_ids": unauthorized,
    })))
}
