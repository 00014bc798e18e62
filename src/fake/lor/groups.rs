//! Groups.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    records::Group,
    refusal::invalid,
    visit::{Handler, Route, Visit},
};
use crate::fake::reply::{Answer, Reply};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    Route::new(Method::POST, "groups", Handler::Api(create)),
    Route::new(Method::GET, "groups", Handler::Api(list)),
    Route::new(Method::GET, "groups/:id", Handler::Api(show)),
    Route::new(Method::PUT, "groups/:id", Handler::Api(rename)),
    Route::new(Method::DELETE, "groups/:id", Handler::Api(delete)),
];

fn create(visit: &mut Visit<'_>) -> Answer {
    visit.permit(visit.is_admin)?;
    let name = name(visit)?;
    let id = visit.records.next_id();
    let group = Group {
        name,
        members: Vec::new(),
    };
    visit.records.groups.insert(id.clone(), group);
    let shown = visit.records.show_group(&id);
    Ok(Reply::json(StatusCode::CREATED, shown))
}

/// All groups for administrators, for others those in which they are.
fn list(visit: &mut Visit<'_>) -> Answer {
    let groups = visit.records.groups.iter();
    let items: Vec<Value> = groups
        .filter(|(_, group)| visit.is_admin || group.member_of(&visit.caller).is_some())
        .map(|(id, group)| {
            let mut shown = visit.records.show_group(id);
            if let Some(shown) = shown.as_object_mut() {
                let is_manager = group.is_managed_by(&visit.caller);
                shown.insert("isManager".to_owned(), is_manager.into());
            }
            shown
        })
        .collect();
    Ok(Reply::ok(json!({ "items": items })))
}

fn show(visit: &mut Visit<'_>) -> Answer {
    let id = visit.managed_group()?;
    Ok(Reply::ok(visit.records.show_group(&id)))
}

fn rename(visit: &mut Visit<'_>) -> Answer {
    let id = visit.managed_group()?;
    let name = name(visit)?;
    if let (Some(name), Some(group)) = (name, visit.records.groups.get_mut(&id)) {
        group.name = Some(name);
    }
    Ok(Reply::ok(visit.records.show_group(&id)))
}

fn delete(visit: &mut Visit<'_>) -> Answer {
    let id = visit.group()?;
    visit.permit(visit.is_admin)?;
    visit.records.groups.remove(&id);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// The name in the body, which need not be there.
fn name(visit: &Visit<'_>) -> Result<Option<String>, Reply> {
    let name = match visit.member("name")? {
        None => return Ok(None),
        Some(Value::String(name)) => name,
        Some(_) => return Err(invalid("name", "must be a string")),
    };
    match name.chars().count() {
        0 => Err(invalid("name", "is not allowed to be empty")),
        1..=50 => Ok(Some(name.clone())),
        _ => Err(invalid("name", "must have at most 50 characters")),
    }
}
