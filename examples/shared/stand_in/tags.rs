//! Differentiation tags: sets of them changed in one go, and students who get them.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{
    answers::{ok, refusal, status},
    routes::check_name,
    school::{Category, School},
};

/// How many operations one request may have.
const MOST_OPERATIONS: usize = 50;

/// Adds students to a tag; who is no student is left out and named.
pub(super) fn add_members(school: &mut School, group: u64, members: &Value) -> ResponseTemplate {
    let category = school.groups.get(&group).map(|group| group.category);
    let category = category.and_then(|id| school.categories.get(&id));
    let users = members.as_array().map_or(&[][..], Vec::as_slice);
    if users.is_empty() || !category.is_some_and(|category| category.are_tags) {
        return ResponseTemplate::new(400);
    }
    let users = users.iter().map(|user| user.as_u64().unwrap_or_default());
    let (students, strangers): (Vec<u64>, Vec<u64>) = users.partition(|user| school.has(*user));
    for student in students {
        school.join(student, group);
    }
    match strangers.is_empty() {
        true => ResponseTemplate::new(200),
        false => ok(json!({
            "message": "Some users could not be added",
            "invalid_user_ids": strangers,
            "membership_errors": [],
        })),
    }
}

/// What a request asks for.
struct Changes<'a> {
    set: Option<u64>,
    name: Option<&'a str>,
    create: &'a [Value],
    update: &'a [Value],
    delete: &'a [Value],
}

/// Checks everything before it does the first thing, so that a refused request changes nothing.
pub(super) fn manage_tags(school: &mut School, body: &Value) -> ResponseTemplate {
    for key in ["operations", "group_category"] {
        if body[key].as_object().is_none_or(|object| object.is_empty()) {
            let message = format!("param is missing or the value is empty: {key}");
            return refusal(400, &message);
        }
    }
    let list = |key: &str| {
        let list = body["operations"][key].as_array();
        list.map_or(&[][..], Vec::as_slice)
    };
    let changes = Changes {
        set: body["group_category"]["id"].as_u64(),
        name: body["group_category"]["name"].as_str(),
        create: list("create"),
        update: list("update"),
        delete: list("delete"),
    };
    match check(school, &changes) {
        Some(refused) => refused,
        None => change(school, &changes),
    }
}

fn check(school: &School, changes: &Changes<'_>) -> Option<ResponseTemplate> {
    let refused = |message: &str| Some(status(400, json!({ "errors": message })));
    let Changes {
        create,
        update,
        delete,
        ..
    } = changes;
    if create.len() + update.len() + delete.len() > MOST_OPERATIONS {
        return refused("You can only perform a maximum of 50 operations at a time.");
    }
    let set = changes.set.map(|id| school.categories.get(&id));
    let (present, name) = match set {
        Some(None) => return Some(status(404, json!({ "status": "not found" }))),
        Some(Some(set)) if !set.are_tags => {
            return refused("This endpoint only works for Differentiation Tags");
        }
        Some(Some(set)) => (Some(set.name.as_str()), changes.name),
        None => (None, changes.name.or(Some(""))),
    };
    if let Some(name) = name.filter(|name| present != Some(name))
        && let Err(problem) = check_name(school, name)
    {
        return refused(&format!("Validation failed: {problem}"));
    }
    let mut names = create.iter().chain(*update).map(|tag| &tag["name"]);
    if names.any(|name| name.as_str().is_none_or(|name| name.trim().is_empty())) {
        return refused("Validation failed: Name is required");
    }
    let tags = changes.set.map(|set| school.groups_in(set));
    let tags = tags.unwrap_or_default();
    let mut named = update.iter().chain(*delete).map(id);
    let stranger = named.find(|tag| !tags.contains(tag))?;
    let message = format!("Couldn't find Group with 'id'={stranger}");
    Some(status(404, json!({ "error": message })))
}

fn change(school: &mut School, changes: &Changes<'_>) -> ResponseTemplate {
    let set_id = changes.set.unwrap_or_else(|| school.next_id());
    let set = school.categories.entry(set_id).or_insert_with(|| Category {
        name: String::new(),
        are_tags: true,
        self_signup: None,
        limit: None,
    });
    if let Some(name) = changes.name {
        set.name = name.to_owned();
    }
    let set_name = set.name.clone();
    let shown = |school: &School, tag: u64, name: &str| json!({ "group": school.show_stored(tag, name, Some(set_id)) });
    let (mut created, mut updated, mut deleted) = (Vec::new(), Vec::new(), Vec::new());
    for tag in changes.delete.iter().map(id) {
        if let Some(group) = school.groups.remove(&tag) {
            deleted.push(shown(school, tag, &group.name));
        }
    }
    for name in changes.create.iter().map(name) {
        let tag = school.add_group(set_id, name);
        created.push(shown(school, tag, name));
    }
    for (tag, name) in changes.update.iter().map(|tag| (id(tag), name(tag))) {
        if let Some(group) = school.groups.get_mut(&tag) {
            group.name = name.to_owned();
            updated.push(shown(school, tag, name));
        }
    }
    ok(json!({
        "created": created,
        "updated": updated,
        "deleted": deleted,
        "group_category": school.show_stored(set_id, &set_name, None),
    }))
}

fn id(tag: &Value) -> u64 {
    tag["id"].as_u64().unwrap_or_default()
}

fn name(tag: &Value) -> &str {
    tag["name"].as_str().unwrap_or_default()
}
