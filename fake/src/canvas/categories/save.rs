//! Creating and changing group sets.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    checks::ValidationErrors,
    params::{CategoryParams, MOST_GROUPS, NewGroups},
    show::CategoryIncludes,
};
use crate::{
    canvas::{
        api_request::ApiRequest,
        rights::{Action, Right},
        school::{Category, Context, ROOT, School},
    },
    params::flag_of,
    reply::{HandlerResult, Reply},
};

pub(super) fn create(request: &mut ApiRequest<'_>) -> HandlerResult {
    let context = request.context()?;
    // Only the form with brackets counts for the right that is asked for.
    let nested = request.params.get("category");
    let nested = nested.and_then(|set| set.get("non_collaborative"));
    let nested = nested.and_then(flag_of) == Some(true);
    request.permit(request.may_do(Action::Add, nested, context))?;
    let flat = request.params.flag("non_collaborative") == Some(true);
    let is_tags = nested || (flat && request.may_do(Action::Add, true, context));
    let includes = CategoryIncludes::of(request)?.with_counts();
    let sent = CategoryParams::of(&request.params)?;
    let school = &mut *request.school;
    let draft = Category::new(context, "");
    let new_groups = new_groups(school, &sent.new_groups, None, context);
    let mut errors = ValidationErrors::default();
    let name = sent.name.clone().unwrap_or_default();
    school.check_category_name(&name, context, None, new_groups, &mut errors);
    if is_tags {
        school.check_tag_sets(context, &mut errors);
        school.check_tags(new_groups as usize, &mut errors);
    }
    check(school, &draft, &sent, &mut errors);
    check_sections(school, &draft, &sent, new_groups, &mut errors);
    errors.refuse()?;
    let id = school.make_category(context, &name);
    if let Some(category) = school.categories.get_mut(&id) {
        category.is_tags = is_tags;
    }
    apply(school, id, &sent);
    school.fill(id, new_groups, &sent.new_groups);
    if let Some(sis_id) = sis_id(request) {
        if !request.may(Right::ManageSis, Context::Account(ROOT)) {
            let message = "You must have manage_sis permission to set sis attributes";
            let body = json!({ "message": message });
            return Err(Reply::json(StatusCode::UNAUTHORIZED, body));
        }
        set_sis_id(request.school, id, sis_id)?;
    }
    Ok(Reply::ok(includes.show_without_job(request, id)))
}

pub(super) fn update(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.category()?;
    request.permit_in_category(Action::Manage, id)?;
    let includes = CategoryIncludes::of(request)?;
    let sent = CategoryParams::of(&request.params)?;
    let school = &mut *request.school;
    let category = school.category(id).cloned();
    let category = category.ok_or_else(Reply::not_found)?;
    let new_groups = new_groups(school, &sent.new_groups, Some(id), category.context);
    let mut errors = ValidationErrors::default();
    let name = sent.name.as_deref().unwrap_or(&category.name);
    school.check_category_name(name, category.context, Some(id), new_groups, &mut errors);
    if category.is_tags && new_groups > 0 {
        let count = category.groups.len() + new_groups as usize;
        school.check_tags(count, &mut errors);
    }
    check(school, &category, &sent, &mut errors);
    check_sections(school, &category, &sent, new_groups, &mut errors);
    errors.refuse()?;
    apply(school, id, &sent);
    school.fill(id, new_groups, &sent.new_groups);
    // The answer is made before the SIS id is written, and shows the old one.
    let shown = includes.show(request, id);
    if let Some(sis_id) = sis_id(request) {
        if !request.may(Right::ManageSis, Context::Account(ROOT)) {
            return Err(Reply::crash());
        }
        set_sis_id(request.school, id, sis_id)?;
    }
    Ok(Reply::ok(shown))
}

/// How many groups the request makes. Accounts have no use for the parameter.
fn new_groups(school: &School, wanted: &NewGroups, id: Option<u64>, context: Context) -> u64 {
    let Context::Course(course) = context else {
        return 0;
    };
    let students = match id {
        Some(id) => school.unassigned(id).count(),
        None => school.current_students(course).count(),
    };
    match wanted.members {
        None => wanted.count,
        Some(members) => (students as u64).div_ceil(members).min(MOST_GROUPS),
    }
}

fn check(
    school: &School,
    category: &Category,
    sent: &CategoryParams,
    errors: &mut ValidationErrors,
) {
    if sent.group_limit.is_some_and(|limit| limit <= 1) {
        errors.add("group_limit", "Must be greater than 1");
    }
    let is_account = matches!(category.context, Context::Account(_));
    if sent.self_signup.is_some() && is_account && category.role != Some("communities") {
        errors.add(
            "enable_self_signup",
            "Self-signup may only be enabled for course groups or communities",
        );
    }
    if sent.self_signup == Some("restricted") && school.mixes_sections(category) {
        errors.add(
            "restrict_self_signup",
            "Can't restrict self-signup while a mixed-section group exists in the category",
        );
    }
}

fn check_sections(
    school: &School,
    category: &Category,
    sent: &CategoryParams,
    new_groups: u64,
    errors: &mut ValidationErrors,
) {
    let wanted = &sent.new_groups;
    if new_groups == 0 || !wanted.assigns || !wanted.by_section {
        return;
    }
    let count = category.groups.len() as u64 + new_groups;
    let is_limited = sent.group_limit.is_some();
    school.check_section_split(category, count, is_limited, errors);
}

/// Writes what the request says into the set.
fn apply(school: &mut School, id: u64, sent: &CategoryParams) {
    let limit = sent.group_limit.and_then(|limit| u64::try_from(limit).ok());
    let Some(category) = school.categories.get_mut(&id) else {
        return;
    };
    if let Some(name) = &sent.name {
        category.name.clone_from(name);
    }
    category.self_signup = sent.self_signup;
    category.auto_leader = sent.auto_leader;
    if let Some(end) = &sent.self_signup_end_at {
        category.self_signup_end_at.clone_from(end);
    }
    category.updated_at = Timestamp::now();
    if category.group_limit == limit {
        return;
    }
    category.group_limit = limit;
    for group in &category.groups {
        if let Some(group) = school.groups.get_mut(group) {
            group.max_membership = limit;
        }
    }
}

/// The SIS id that was sent; null counts as not sent, an empty text does not.
fn sis_id(request: &ApiRequest<'_>) -> Option<String> {
    match request.params.get("sis_group_category_id") {
        None | Some(Value::Null) => None,
        Some(_) => request.params.text("sis_group_category_id"),
    }
}

fn set_sis_id(school: &mut School, id: u64, sis_id: String) -> Result<(), Reply> {
    let is_taken = school.categories.iter().any(|(other, category)| {
        *other != id && !category.is_deleted && category.sis_id.as_ref() == Some(&sis_id)
    });
    if is_taken {
        let message = format!("SIS ID \"{sis_id}\" is already in use");
        return Err(Reply::invalid([("sis_source_id", &*message)]));
    }
    if let Some(category) = school.categories.get_mut(&id) {
        category.sis_id = Some(sis_id);
    }
    Ok(())
}
