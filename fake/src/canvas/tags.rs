//! Many changes of the tags in a set at once: all of them, or none.

use std::collections::BTreeSet;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    api_request::ApiRequest,
    categories::checks::{LONGEST_NAME, ValidationErrors},
    handler::{Route, post},
    json::time,
    rights::Action,
    school::{Context, ROOT, School},
};
use crate::{
    params::{number_of, text_of},
    reply::{HandlerResult, Reply},
};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    post("courses/:course_id/group_categories/bulk_manage_differentiation_tag", manage),
];

const MOST_OPERATIONS: usize = 50;

/// What is to be done, as it was sent.
#[derive(Debug)]
struct Operations<'a> {
    create: &'a [Value],
    update: &'a [Value],
    delete: &'a [Value],
}

/// What is to be done, with every check passed.
#[derive(Debug)]
struct Plan {
    create: Vec<String>,
    update: Vec<(u64, String)>,
    delete: Vec<u64>,
}

pub(crate) fn manage(request: &mut ApiRequest<'_>) -> HandlerResult {
    let operations = Operations::of(required(request, "operations")?);
    if operations.count() > MOST_OPERATIONS {
        return Err(refused(format!(
            "You can only perform a maximum of {MOST_OPERATIONS} operations at a time."
        )));
    }
    let set = required(request, "group_category")?;
    let course = course(request, set.get("id").is_some())?;
    let deeds = [
        (operations.create, Action::Add),
        (operations.update, Action::Manage),
        (operations.delete, Action::Delete),
    ];
    for (wanted, action) in deeds {
        request.permit(wanted.is_empty() || request.may_do(action, true, course))?;
    }
    let name = set.get("name").and_then(text_of);
    let id = match set.get("id").and_then(text_of) {
        Some(id) => Some(find_set(request, &id)?),
        None => None,
    };
    let mut errors = ValidationErrors::default();
    match (id, &name) {
        (None, name) => {
            let name = name.as_deref().unwrap_or_default();
            let school = &request.school;
            school.check_category_name(name, course, None, 0, &mut errors);
            school.check_tag_sets(course, &mut errors);
        }
        (Some(id), Some(name)) if !name.trim().is_empty() => {
            let school = &request.school;
            school.check_category_name(name, course, Some(id), 0, &mut errors);
        }
        (Some(_), _) => {}
    }
    refuse(&errors)?;
    let plan = operations.plan(request.school, id)?;
    let is_old = request.settings.is_old;
    Ok(Reply::ok(
        request.school.carry_out(course, id, name, plan, is_old),
    ))
}

/// A hash that has to be there, with something in it.
fn required<'a>(request: &'a ApiRequest<'_>, name: &str) -> Result<&'a Value, Reply> {
    let sent = request.params.get(name);
    let filled = sent.filter(|sent| sent.as_object().is_some_and(|sent| !sent.is_empty()));
    filled.ok_or_else(|| {
        let message = format!("param is missing or the value is empty: {name}");
        Reply::refusal(StatusCode::BAD_REQUEST, &message)
    })
}

/// The course in the path, which this route takes as a plain number only.
fn course(request: &ApiRequest<'_>, with_set: bool) -> Result<Context, Reply> {
    let text = request.path.get("course_id");
    let found = request.school.find_course(text);
    let is_plain = text.parse::<u64>().is_ok();
    match found {
        Some(course) if is_plain => Ok(Context::Course(course)),
        Some(_) if with_set => Err(elsewhere()),
        _ => Err(missing("Course", text)),
    }
}

/// The set of tags that is named.
fn find_set(request: &ApiRequest<'_>, text: &str) -> Result<u64, Reply> {
    let id = request.school.find_category(text);
    let id =
        id.ok_or_else(|| Reply::json(StatusCode::NOT_FOUND, json!({ "status": "not found" })))?;
    let set = request.category_record(id)?;
    let course = request.path.get("course_id").parse().map(Context::Course);
    if !set.is_tags {
        let message = "This endpoint only works for Differentiation Tags";
        return Err(refused(message));
    }
    match course == Ok(set.context) {
        true => Ok(id),
        false => Err(elsewhere()),
    }
}

impl<'a> Operations<'a> {
    fn of(sent: &'a Value) -> Self {
        let list = |key| match sent.get(key) {
            Some(Value::Array(wanted)) => &wanted[..],
            _ => &[],
        };
        Self {
            create: list("create"),
            update: list("update"),
            delete: list("delete"),
        }
    }

    fn count(&self) -> usize {
        self.create.len() + self.update.len() + self.delete.len()
    }

    /// Checks all of them, in the order in which they would be done.
    fn plan(&self, school: &School, set: Option<u64>) -> Result<Plan, Reply> {
        let set = set.and_then(|set| school.category(set));
        let mut tags: BTreeSet<u64> = set.map(|set| set.groups.clone()).unwrap_or_default();
        let id = |operation: &Value| operation.get("id").and_then(number_of).unwrap_or(0) as u64;
        let mut delete = Vec::new();
        for operation in self.delete {
            let tag = id(operation);
            if !tags.remove(&tag) {
                return Err(missing("Group", &tag.to_string()));
            }
            delete.push(tag);
        }
        let mut errors = ValidationErrors::default();
        school.check_tags(tags.len() + self.create.len(), &mut errors);
        let create = self.create.iter();
        let create: Vec<_> = create
            .map(|operation| name(operation, &mut errors))
            .collect();
        refuse(&errors)?;
        let mut update = Vec::new();
        for operation in self.update {
            let tag = id(operation);
            if !tags.contains(&tag) {
                return Err(missing("Group", &tag.to_string()));
            }
            update.push((tag, name(operation, &mut errors)));
        }
        refuse(&errors)?;
        Ok(Plan {
            create,
            update,
            delete,
        })
    }
}

/// The name in an operation.
fn name(operation: &Value, errors: &mut ValidationErrors) -> String {
    let name = operation.get("name").and_then(text_of).unwrap_or_default();
    if name.trim().is_empty() {
        errors.add("name", "Name is required");
    } else if name.chars().count() > LONGEST_NAME {
        errors.add("name", "Name is too long");
    }
    name
}

fn refuse(errors: &ValidationErrors) -> Result<(), Reply> {
    match errors.first() {
        Some(error) => Err(refused(format!("Validation failed: {error}"))),
        None => Ok(()),
    }
}

fn refused(message: impl Into<String>) -> Reply {
    let body = json!({ "errors": message.into() });
    Reply::json(StatusCode::BAD_REQUEST, body)
}

fn elsewhere() -> Reply {
    refused("GroupCategory not part of the course")
}

fn missing(kind: &str, id: &str) -> Reply {
    let message = format!("Couldn't find {kind} with 'id'={id}");
    Reply::json(StatusCode::NOT_FOUND, json!({ "error": message }))
}

impl School {
    fn carry_out(
        &mut self,
        course: Context,
        set: Option<u64>,
        name: Option<String>,
        plan: Plan,
        is_old: bool,
    ) -> Value {
        let name = name.filter(|name| !name.trim().is_empty());
        let is_new = set.is_none();
        let set =
            set.unwrap_or_else(|| self.make_category(course, name.as_deref().unwrap_or_default()));
        if let Some(record) = self.categories.get_mut(&set) {
            record.is_tags = true;
            if let Some(name) = name.filter(|name| is_new || *name != record.name) {
                record.name = name;
                record.updated_at = Timestamp::now();
            }
        }
        for tag in &plan.delete {
            self.drop_group(*tag);
        }
        let created: Vec<u64> = plan
            .create
            .iter()
            .filter_map(|name| self.make_group(set, name))
            .collect();
        let mut updated = Vec::new();
        if let Some(record) = self.categories.get_mut(&set) {
            record.order.take();
        }
        for (tag, name) in plan.update {
            if let Some(record) = self.groups.get_mut(&tag) {
                record.name = name;
                record.updated_at = Timestamp::now();
            }
            updated.push(tag);
        }
        let show = |tags: &[u64]| -> Value {
            let shown = tags
                .iter()
                .map(|tag| json!({ "group": self.raw_group(*tag) }));
            shown.collect()
        };
        let record = self.raw_category(set);
        json!({
            "created": show(&created),
            "updated": show(&updated),
            "deleted": show(&plan.delete),
            "group_category": match is_old {
                true => json!({ "group_category": record }),
                false => record,
            },
        })
    }

    /// The columns of a group.
    fn raw_group(&self, id: u64) -> Value {
        let Some(group) = self.groups.get(&id) else {
            return Value::Null;
        };
        let (context_type, context_id) = columns(group.context);
        json!({
            "id": id,
            "name": group.name,
            "workflow_state": if group.is_deleted { "deleted" } else { "available" },
            "group_category_id": group.category,
            "context_id": context_id,
            "context_type": context_type,
            "created_at": time(group.created_at),
            "updated_at": time(group.updated_at),
            "deleted_at": group.is_deleted.then(|| time(group.updated_at)),
            "description": group.description,
            "is_public": group.is_public,
            "join_level": group.join_level,
            "max_membership": group.max_membership,
            "leader_id": group.leader,
            "sis_source_id": group.sis_id,
            "sis_batch_id": null,
            "root_account_id": ROOT,
            "non_collaborative": self.is_tag(group),
        })
    }

    /// The columns of a group set.
    fn raw_category(&self, id: u64) -> Value {
        let Some(category) = self.categories.get(&id) else {
            return Value::Null;
        };
        let (context_type, context_id) = columns(category.context);
        json!({
            "id": id,
            "name": category.name,
            "context_id": context_id,
            "context_type": context_type,
            "role": category.role,
            "self_signup": category.self_signup,
            "self_signup_end_at": category.self_signup_end_at,
            "auto_leader": category.auto_leader,
            "group_limit": category.group_limit,
            "deleted_at": null,
            "sis_source_id": category.sis_id,
            "sis_batch_id": null,
            "root_account_id": ROOT,
            "non_collaborative": category.is_tags,
            "created_at": time(category.created_at),
            "updated_at": time(category.updated_at),
        })
    }
}

fn columns(context: Context) -> (&'static str, u64) {
    match context {
        Context::Account(id) => ("Account", id),
        Context::Course(id) => ("Course", id),
    }
}
