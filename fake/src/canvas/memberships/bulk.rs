//! Many memberships at once.

use std::collections::BTreeSet;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use crate::{
    canvas::{
        api_request::ApiRequest,
        rights::Action,
        school::{Context, EnrollmentStanding, MembershipState, School},
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
    let context = group.context;
    let users: BTreeSet<u64> = match request.params.flag("all_in_group_course") {
        Some(true) => {
            let excluded: BTreeSet<_> =
                request.params.ids("exclude_user_ids").into_iter().collect();
            let students = request.school.current_students(course);
            students.filter(|user| !excluded.contains(user)).collect()
        }
        _ => request.params.ids("members").into_iter().collect(),
    };
    if users.is_empty() {
        return Err(Reply::empty(StatusCode::BAD_REQUEST));
    }
    // That somebody may do this is asked last.
    request.permit(request.may_do(Action::Add, true, context))?;
    let course = request.school.courses.get(&course);
    let (enrolled, invalid): (Vec<u64>, Vec<u64>) = users.into_iter().partition(|user| {
        let enrollment = course.and_then(|course| course.roster.get(user));
        enrollment.is_some_and(|it| it.state != EnrollmentStanding::Completed)
    });
    for user in enrolled {
        request.school.write_member(user, id);
    }
    if invalid.is_empty() {
        return Ok(Reply::empty(StatusCode::OK));
    }
    Ok(Reply::ok(json!({
        "message": "Partial failure encountered",
        "invalid_user_ids": invalid,
        // The rows are written unchecked.
        "membership_errors": [],
    })))
}

impl School {
    /// Writes the row of a membership, whatever the limits are. One that is there is as a new one.
    fn write_member(&mut self, user: u64, group: u64) {
        let present = self.group(group).and_then(|group| group.members.get(&user));
        let Some(membership) = present.copied() else {
            self.insert_member(user, group, MembershipState::Accepted);
            return;
        };
        if let Some(membership) = self.memberships.get_mut(&membership) {
            membership.state = MembershipState::Accepted;
            membership.is_moderator = false;
            membership.created_at = Timestamp::now();
        }
    }
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
    Ok(Reply::ok(json!({
        "message": "Bulk delete completed",
        "deleted_user_ids": deleted,
        "unauthorized_user_ids": unauthorized,
    })))
}
