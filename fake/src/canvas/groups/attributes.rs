//! The attributes of a group that a request sets.

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    canvas::{
        api_request::ApiRequest,
        categories::checks::{LONGEST_NAME, ValidationErrors},
        rights::Right,
        school::{Context, DEFAULT_QUOTA_MB, Group, ROOT},
    },
    reply::Reply,
};

/// Puts what the request says of a group into it, if all of that holds.
pub(super) fn apply(
    request: &ApiRequest<'_>,
    group: &mut Group,
    existing: Option<u64>,
) -> Result<(), Reply> {
    let params = &request.params;
    let is_community = request.school.is_community(group);
    let mut errors = Vec::new();
    if params.has("sis_group_id") {
        group.sis_id = sis_id(request, existing)?;
    }
    if params.has("name") && !leaves_name(request, group) {
        let name = params.text("name").unwrap_or_else(random_name);
        // A name that is given on creation sticks too.
        if existing.is_none() || name != group.name {
            group.is_name_sticky = true;
        }
        group.name = name;
    }
    if group.name.trim().is_empty() {
        errors.push(("name", "Name is required"));
    } else if group.name.chars().count() > LONGEST_NAME {
        errors.push(("name", "Enter a shorter group name"));
    }
    if params.has("description") {
        group.description = params.text("description");
    }
    if params.has("is_public") {
        let is_public = is_community && params.attribute_flag("is_public") == Some(true);
        if group.is_public && !is_public {
            errors.push(("is_public", "cannot be changed to that value"));
        }
        group.is_public = is_public;
    }
    if let Some(level) = params.filled("join_level") {
        group.join_level = level;
    }
    let limit = request.school.category(group.category);
    let limit = limit.and_then(|set| set.group_limit);
    if params.has("max_membership") {
        group.max_membership = match params.filled("max_membership") {
            None => limit,
            Some(_) => match params.number("max_membership").map(u64::try_from) {
                Some(Ok(limit)) if limit > 1 => Some(limit),
                _ => {
                    errors.push(("max_membership", "Must be greater than 1"));
                    None
                }
            },
        };
    }
    group.max_membership = group.max_membership.or(limit);
    if params.has("storage_quota_mb") && request.may(Right::ManageStorageQuotas, group.context) {
        let quota = params.number("storage_quota_mb").map(u64::try_from);
        group.storage_quota_mb = quota.and_then(Result::ok).unwrap_or(DEFAULT_QUOTA_MB);
    }
    let mut faults = ValidationErrors::default();
    for (attribute, message) in errors {
        faults.add(attribute, message);
    }
    if request.school.is_tag(group) {
        check_tag(request, group, existing, &mut faults);
    }
    faults.refuse()
}

/// What the checks of a tag find wrong with it.
fn check_tag(
    request: &ApiRequest<'_>,
    group: &Group,
    existing: Option<u64>,
    faults: &mut ValidationErrors,
) {
    if matches!(group.context, Context::Account(_)) {
        faults.add("base", "Non-collaborative groups must belong to a course");
    }
    if group.leader.is_some() {
        faults.add("base", "Non-collaborative groups cannot have a leader");
    }
    if existing.is_none() {
        let set = request.school.category(group.category);
        let present = set.map_or(0, |set| set.groups.len() as u64);
        request
            .school
            .check_new_tags(group.context, present, 0, 1, faults);
    }
}

/// Whether the name is sticky and the request says to leave it then. The value `false` of JSON does
/// not say so.
fn leaves_name(request: &ApiRequest<'_>, group: &Group) -> bool {
    let says = request.params.get("override_sis_stickiness");
    let says_no = match says {
        Some(Value::String(text)) => matches!(&**text, "false" | "0"),
        Some(Value::Number(number)) => number.as_f64() == Some(0.0),
        _ => false,
    };
    group.is_name_sticky && says_no
}

/// The SIS id that a request gives a group.
fn sis_id(request: &ApiRequest<'_>, existing: Option<u64>) -> Result<Option<String>, Reply> {
    if !request.may(Right::ManageSis, Context::Account(ROOT)) {
        let action = if existing.is_some() { "update" } else { "set" };
        let message = format!("You must have manage_sis permission to {action} sis attributes");
        return Err(Reply::json(
            StatusCode::UNAUTHORIZED,
            json!({ "message": message }),
        ));
    }
    let id = request.params.filled("sis_group_id");
    let is_taken = id.as_ref().is_some_and(|id| {
        let mut groups = request.school.groups.iter();
        groups.any(|(other, group)| {
            // Groups that are deleted keep theirs.
            Some(*other) != existing && group.sis_id.as_ref() == Some(id)
        })
    });
    match is_taken {
        false => Ok(id),
        true => {
            let attribute = "sis_source_id";
            let message = "has already been taken";
            let error = json!({ "attribute": attribute, "type": "taken", "message": message });
            Err(Reply::json(
                StatusCode::BAD_REQUEST,
                json!({ "errors": { attribute: [error] } }),
            ))
        }
    }
}

/// The name of a group that was given none.
pub(super) fn random_name() -> String {
    std::iter::repeat_with(fastrand::alphanumeric)
        .take(20)
        .collect()
}
