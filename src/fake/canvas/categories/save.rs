//! Creating and changing group sets.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    checks::Faults,
    settings::{MOST_GROUPS, NewGroups, Settings},
    show::Includes,
};
use crate::fake::{
    canvas::{
        rights::{Deed, Right},
        school::{Category, Context, ROOT, School},
        visit::Visit,
    },
    params::flag_of,
    reply::{Answer, Reply},
};

pub(super) fn create(visit: &mut Visit<'_>) -> Answer {
    let context = visit.context()?;
    // Only the form with brackets counts for the right that is asked for.
    let nested = visit.params.get("category");
    let nested = nested.and_then(|set| set.get("non_collaborative"));
    let nested = nested.and_then(flag_of) == Some(true);
    visit.permit(visit.may_do(Deed::Add, nested, context))?;
    let flat = visit.params.flag("non_collaborative") == Some(true);
    let is_tags = nested || (flat && visit.may_do(Deed::Add, true, context));
    let includes = Includes::of(visit)?.with_counts();
    let settings = Settings::of(&visit.params)?;
    let school = &mut *visit.school;
    let draft = Category::new(context, "");
    let new_groups = new_groups(school, &settings.new_groups, None, context);
    let mut faults = Faults::default();
    let name = settings.name.clone().unwrap_or_default();
    school.check_category_name(&name, context, None, new_groups, &mut faults);
    if is_tags {
        school.check_tag_sets(context, &mut faults);
        school.check_tags(new_groups as usize, &mut faults);
    }
    check(school, &draft, &settings, &mut faults);
    check_sections(school, &draft, &settings, new_groups, &mut faults);
    faults.refuse()?;
    let id = school.make_category(context, &name);
    if let Some(category) = school.categories.get_mut(&id) {
        category.is_tags = is_tags;
    }
    apply(school, id, &settings);
    school.fill(id, new_groups, &settings.new_groups);
    if let Some(sis_id) = sis_id(visit) {
        if !visit.may(Right::ManageSis, Context::Account(ROOT)) {
            let message = "You must have manage_sis permission to set sis attributes";
            let body = json!({ "message": message });
            return Err(Reply::json(StatusCode::UNAUTHORIZED, body));
        }
        set_sis_id(visit.school, id, sis_id)?;
    }
    Ok(Reply::ok(includes.show_without_job(visit, id)))
}

pub(super) fn update(visit: &mut Visit<'_>) -> Answer {
    let id = visit.category()?;
    visit.permit_in_category(Deed::Manage, id)?;
    let includes = Includes::of(visit)?;
    let settings = Settings::of(&visit.params)?;
    let school = &mut *visit.school;
    let category = school.category(id).cloned();
    let category = category.ok_or_else(Reply::not_found)?;
    let new_groups = new_groups(school, &settings.new_groups, Some(id), category.context);
    let mut faults = Faults::default();
    let name = settings.name.as_deref().unwrap_or(&category.name);
    school.check_category_name(name, category.context, Some(id), new_groups, &mut faults);
    if category.is_tags && new_groups > 0 {
        let count = category.groups.len() + new_groups as usize;
        school.check_tags(count, &mut faults);
    }
    check(school, &category, &settings, &mut faults);
    check_sections(school, &category, &settings, new_groups, &mut faults);
    faults.refuse()?;
    apply(school, id, &settings);
    school.fill(id, new_groups, &settings.new_groups);
    // The answer is made before the SIS id is written, and shows the old one.
    let shown = includes.show(visit, id);
    if let Some(sis_id) = sis_id(visit) {
        if !visit.may(Right::ManageSis, Context::Account(ROOT)) {
            return Err(Reply::crash());
        }
        set_sis_id(visit.school, id, sis_id)?;
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
        None => school.students(course).count(),
    };
    match wanted.members {
        None => wanted.count,
        Some(members) => (students as u64).div_ceil(members).min(MOST_GROUPS),
    }
}

fn check(school: &School, category: &Category, settings: &Settings, faults: &mut Faults) {
    if settings.group_limit.is_some_and(|limit| limit <= 1) {
        faults.add("group_limit", "Must be greater than 1");
    }
    let is_account = matches!(category.context, Context::Account(_));
    if settings.self_signup.is_some() && is_account && category.role != Some("communities") {
        faults.add(
            "enable_self_signup",
            "Self-signup may only be enabled for course groups or communities",
        );
    }
    if settings.self_signup == Some("restricted") && school.mixes_sections(category) {
        faults.add(
            "restrict_self_signup",
            "Can't restrict self-signup while a mixed-section group exists in the category",
        );
    }
}

fn check_sections(
    school: &School,
    category: &Category,
    settings: &Settings,
    new_groups: u64,
    faults: &mut Faults,
) {
    let wanted = &settings.new_groups;
    if new_groups == 0 || !wanted.assigns || !wanted.by_section {
        return;
    }
    let count = category.groups.len() as u64 + new_groups;
    let is_limited = settings.group_limit.is_some();
    school.check_section_split(category, count, is_limited, faults);
}

/// Writes what the request says into the set.
fn apply(school: &mut School, id: u64, settings: &Settings) {
    let limit = settings
        .group_limit
        .and_then(|limit| u64::try_from(limit).ok());
    let Some(category) = school.categories.get_mut(&id) else {
        return;
    };
    if let Some(name) = &settings.name {
        category.name.clone_from(name);
    }
    category.self_signup = settings.self_signup;
    category.auto_leader = settings.auto_leader;
    if let Some(end) = &settings.self_signup_end_at {
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

/// The SIS id that was sent; null is as good as none, an empty text is not.
fn sis_id(visit: &Visit<'_>) -> Option<String> {
    match visit.params.get("sis_group_category_id") {
        None | Some(Value::Null) => None,
        Some(_) => visit.params.text("sis_group_category_id"),
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
