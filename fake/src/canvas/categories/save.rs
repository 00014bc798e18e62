//! Creating and changing group sets.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    checks::ValidationErrors,
    params::{CategoryParams, NewGroups},
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
    // What is stored is the other one, and in courses alone.
    let flat = request.params.flag("non_collaborative") == Some(true);
    let is_course = matches!(context, Context::Course(_));
    let is_tags = flat && is_course && request.school.allows_tags(context);
    let includes = CategoryIncludes::of(request)?.with_counts();
    let sent = CategoryParams::of(&request.params)?;
    let school = &mut *request.school;
    let mut draft = Category::new(context, "");
    draft.is_tags = is_tags;
    let new_groups = new_groups(school, &sent.new_groups, None, context);
    let mut errors = ValidationErrors::default();
    let name = sent.name.clone().unwrap_or_default();
    school.check_category_name(&name, &draft, None, new_groups, &mut errors);
    if is_tags {
        school.check_new_tags(context, 0, 0, new_groups, &mut errors);
    }
    check(school, &draft, &sent, &mut errors);
    errors.refuse()?;
    let id = school.make_category(context, &name);
    if let Some(category) = school.categories.get_mut(&id) {
        category.is_tags = is_tags;
    }
    apply(school, id, &sent);
    school.fill(id, new_groups, &sent.new_groups);
    // The set is there by now, whatever comes of this.
    if let Some(sis_id) = sis_id(request) {
        if !request.may(Right::ManageSis, Context::Account(ROOT)) {
            let message = "You must have manage_sis permission to set sis attributes";
            let body = json!({ "message": message });
            return Err(Reply::json(StatusCode::UNAUTHORIZED, body));
        }
        if !request.school.set_sis_id(id, sis_id) {
            let error = json!({
                "field": "sis_source_id",
                "message": null,
                "error_code": "taken",
            });
            let body = json!({ "errors": [error] });
            return Err(Reply::json(StatusCode::UNPROCESSABLE_ENTITY, body));
        }
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
    school.check_category_name(name, &category, Some(id), new_groups, &mut errors);
    if category.is_tags && new_groups > 0 {
        let present = category.groups.len() as u64;
        school.check_new_tags(category.context, present, 0, new_groups, &mut errors);
    }
    check(school, &category, &sent, &mut errors);
    errors.refuse()?;
    apply(school, id, &sent);
    school.fill(id, new_groups, &sent.new_groups);
    // The answer is made before the SIS id is written, and shows the old one.
    let shown = includes.show(request, id);
    // What is wrong with that comes after the answer, and does not show.
    if let Some(sis_id) = sis_id(request)
        && request.may(Right::ManageSis, Context::Account(ROOT))
    {
        request.school.set_sis_id(id, sis_id);
    }
    Ok(Reply::ok(shown))
}

/// How many groups the request makes. Accounts have no use for the parameter.
fn new_groups(school: &School, wanted: &NewGroups, id: Option<u64>, context: Context) -> u64 {
    let Context::Course(course) = context else {
        return 0;
    };
    let Some(members) = wanted.members else {
        return wanted.count;
    };
    let students: Vec<u64> = match id {
        Some(id) => school.unassigned(id).collect(),
        None => school.current_students(course).collect(),
    };
    match wanted.by_section {
        false => (students.len() as u64).div_ceil(members),
        // Each section counts by itself.
        true => {
            let sections = school.sections_of(course, students.into_iter());
            let groups = |users: &Vec<u64>| (users.len() as u64).div_ceil(members);
            sections.values().map(groups).sum()
        }
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
    // Groups that are deleted get it too.
    let groups = school.groups.values_mut();
    for group in groups.filter(|group| group.category == id) {
        group.max_membership = limit;
    }
}

/// The SIS id that was sent; null counts as not sent, an empty text does not.
fn sis_id(request: &ApiRequest<'_>) -> Option<String> {
    match request.params.get("sis_group_category_id") {
        None | Some(Value::Null) => None,
        Some(_) => request.params.text("sis_group_category_id"),
    }
}

impl School {
    /// Gives a set an SIS id, unless another one has it, be that deleted or not.
    fn set_sis_id(&mut self, id: u64, sis_id: String) -> bool {
        let mut others = self.categories.iter().filter(|(other, _)| **other != id);
        if others.any(|(_, other)| other.sis_id.as_ref() == Some(&sis_id)) {
            return false;
        }
        if let Some(category) = self.categories.get_mut(&id) {
            category.sis_id = Some(sis_id);
        }
        true
    }
}
