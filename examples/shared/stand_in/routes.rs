//! Which request gets which answer.

use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

use super::{
    answers::{invalid, ok, page, status, unknown},
    file,
    school::{Category, School},
    tags::{add_members, manage_tags},
};

/// The course that there is.
pub(super) const COURSE: u64 = 1;

pub(super) fn answer(school: &mut School, request: &Request) -> ResponseTemplate {
    let path = request.url.path().strip_prefix("/api/v1/");
    let segments: Vec<&str> = path.unwrap_or_default().split('/').collect();
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let id = |text: &str| text.parse::<u64>().unwrap_or_default();
    match (request.method.as_str(), &segments[..]) {
        (method, ["courses", course, rest @ ..]) if id(course) == COURSE => {
            in_course(school, request, (method, rest), &body)
        }
        (method, ["group_categories", category, rest @ ..]) => {
            match school.categories.contains_key(&id(category)) {
                true => in_category(school, request, id(category), (method, rest), &body),
                false => status(404, json!({ "status": "not found" })),
            }
        }
        (method, ["groups", group, rest @ ..]) if school.groups.contains_key(&id(group)) => {
            in_group(school, request, id(group), (method, rest), &body)
        }
        ("GET", ["progress", job]) => school.look_at(id(job)).map_or_else(unknown, ok),
        _ => unknown(),
    }
}

/// A method, and a path below the record.
type Route<'a> = (&'a str, &'a [&'a str]);

fn in_course(
    school: &mut School,
    request: &Request,
    route: Route<'_>,
    body: &Value,
) -> ResponseTemplate {
    // Tags are shown to who asks for them, which no example does.
    let sets = || {
        let sets = school.categories.iter().filter(|(_, set)| !set.are_tags);
        sets.map(|(id, _)| *id)
    };
    match route {
        ("GET", ["groups"]) => {
            let groups = sets().flat_map(|set| school.groups_in(set));
            page(&school.url, request, school.show_groups(groups))
        }
        ("GET", ["group_categories"]) => {
            let shown = sets().map(|id| school.show_category(id)).collect();
            page(&school.url, request, shown)
        }
        ("POST", ["group_categories"]) => create_category(school, body),
        ("POST", ["group_categories", "bulk_manage_differentiation_tag"]) => {
            manage_tags(school, body)
        }
        _ => unknown(),
    }
}

fn in_category(
    school: &mut School,
    request: &Request,
    category: u64,
    route: Route<'_>,
    body: &Value,
) -> ResponseTemplate {
    match route {
        ("GET", []) => ok(school.show_category(category)),
        ("GET", ["groups"]) => {
            let groups = school.show_groups(school.groups_in(category));
            page(&school.url, request, groups)
        }
        ("POST", ["groups"]) => {
            let group = school.add_group(category, body["name"].as_str().unwrap_or("unnamed"));
            ok(school.show_group(group))
        }
        ("GET", ["users"]) => {
            let mut asked = request.url.query_pairs();
            let users = match asked.any(|(key, value)| key == "unassigned" && value == "true") {
                true => school.unassigned(category),
                false => school.students.iter().map(|student| student.id).collect(),
            };
            page(&school.url, request, school.show_users(users))
        }
        ("POST", ["assign_unassigned_members"]) => match body["sync"].as_bool() {
            Some(true) => ok(assign_now(school, category)),
            _ => ok(school.begin_assignment(category)),
        },
        ("POST", ["import"]) => ok(school.begin_import(category, file::rows(request))),
        ("GET", ["export"]) => file::export(school, category),
        _ => unknown(),
    }
}

fn in_group(
    school: &mut School,
    request: &Request,
    id: u64,
    route: Route<'_>,
    body: &Value,
) -> ResponseTemplate {
    let Some(group) = school.groups.get_mut(&id) else {
        return unknown();
    };
    match route {
        ("GET", []) => ok(school.show_group(id)),
        ("GET", ["users"]) => {
            let members = group.members.clone();
            page(&school.url, request, school.show_users(members))
        }
        ("GET", ["permissions"]) => {
            let asked = request.url.query_pairs();
            let answers = asked.map(|(_, name)| (name.into_owned(), json!(true)));
            ok(Value::Object(answers.collect()))
        }
        ("PUT", []) => {
            if let Some(name) = body["name"].as_str() {
                group.name = name.to_owned();
            }
            ok(school.show_group(id))
        }
        ("DELETE", []) => {
            let deleted = school.show_group(id);
            school.groups.remove(&id);
            ok(deleted)
        }
        ("POST", ["memberships"]) if body.get("members").is_some() => {
            add_members(school, id, &body["members"])
        }
        ("POST", ["memberships"]) => join(school, id, &body["user_id"]),
        _ => unknown(),
    }
}

/// Creates a set, with groups in it; without self sign-up and `assign_async` students too.
fn create_category(school: &mut School, body: &Value) -> ResponseTemplate {
    let name = body["name"].as_str().unwrap_or_default().trim();
    if let Err(problem) = check_name(school, name) {
        return invalid("name", &problem);
    }
    let limit = body["group_limit"].as_u64();
    if limit.is_some_and(|limit| limit < 2) {
        return invalid("group_limit", "Must be greater than 1");
    }
    let signup = body["self_signup"].as_str();
    let signup = signup.filter(|signup| ["enabled", "restricted"].contains(signup));
    let category = Category {
        name: name.to_owned(),
        are_tags: false,
        self_signup: signup.map(str::to_owned),
        limit,
    };
    let is_open = category.self_signup.is_some();
    let id = school.next_id();
    school.categories.insert(id, category);
    let count = body["create_group_count"].as_u64().unwrap_or(0).min(200);
    let singular = name.strip_suffix('s').unwrap_or(name);
    for number in 1..=count {
        school.add_group(id, &format!("{singular} {number}"));
    }
    if !is_open && body["assign_async"] != true {
        assign_now(school, id);
    }
    let mut shown = school.show_category(id);
    shown["groups_count"] = json!(count);
    shown["unassigned_users_count"] = json!(school.unassigned(id).len());
    ok(shown)
}

/// What is wrong with the name of a new category.
pub(super) fn check_name(school: &School, name: &str) -> Result<(), String> {
    let mut others = school.categories.values();
    match name {
        "" => Err("Name is required".to_owned()),
        "Student Groups" | "Imported Groups" => Err(format!("{name} is a reserved name.")),
        _ if name.chars().count() > 255 => Err("Enter a shorter category name".to_owned()),
        _ if others.any(|other| other.name == name) => Err(format!("{name} is already in use.")),
        _ => Ok(()),
    }
}

/// Assigns students and shows the groups that got some.
fn assign_now(school: &mut School, category: u64) -> Value {
    let mut changed: Vec<(u64, Vec<Value>)> = Vec::new();
    for student in school.unassigned(category) {
        let Some(group) = school.assign(student, category) else {
            continue;
        };
        let shown = school.show_users([student]).into_iter().map(|user| {
            json!({
                "user_id": student,
                "name": user["sortable_name"],
                "display_name": user["short_name"],
            })
        });
        match changed.iter_mut().find(|(id, _)| *id == group) {
            Some((_, members)) => members.extend(shown),
            None => changed.push((group, shown.collect())),
        }
    }
    let changed = changed.iter();
    let groups = changed.map(|(id, members)| json!({ "id": id, "new_members": members }));
    Value::Array(groups.collect())
}

fn join(school: &mut School, group: u64, user: &Value) -> ResponseTemplate {
    let text = user.as_str().and_then(|text| text.parse().ok());
    let Some(user) = user.as_u64().or(text).filter(|user| school.has(*user)) else {
        return unknown();
    };
    let found = school.groups.get(&group);
    if found.is_some_and(|group| !group.members.contains(&user) && school.is_full(group)) {
        return invalid("group_id", "The group is full.");
    }
    let just_created = school.join(user, group);
    ok(json!({
        "id": group * 1_000_000 + user,
        "group_id": group,
        "user_id": user,
        "workflow_state": "accepted",
        "moderator": false,
        "just_created": just_created,
    }))
}
