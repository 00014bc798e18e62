//! Groups.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    handler::{Handler, Route},
    records::Group,
    refusal::invalid,
    requests::ApiRequest,
};
use crate::reply::{HandlerResult, Reply};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    Route::new(Method::POST, "groups", Handler::Api(create)),
    Route::new(Method::GET, "groups", Handler::Api(list)),
    Route::new(Method::GET, "groups/:id", Handler::Api(show)),
    Route::new(Method::PUT, "groups/:id", Handler::Api(rename)),
    Route::new(Method::DELETE, "groups/:id", Handler::Api(delete)),
];

fn create(request: &mut ApiRequest<'_>) -> HandlerResult {
    request.permit(request.is_admin)?;
    let name = name(request)?;
    let id = request.records.next_id();
    let group = Group {
        name,
        members: Vec::new(),
    };
    request.records.groups.insert(id.clone(), group);
    let shown = request.records.show_group(&id);
    Ok(Reply::json(StatusCode::CREATED, shown))
}

/// All groups for administrators, for others those in which they are.
fn list(request: &mut ApiRequest<'_>) -> HandlerResult {
    let groups = request.records.groups.iter();
    let items: Vec<Value> = groups
        .filter(|(_, group)| request.is_admin || group.member_of(&request.caller).is_some())
        .map(|(id, group)| {
            let mut shown = request.records.show_group(id);
            if let Some(shown) = shown.as_object_mut() {
                let is_manager = group.is_managed_by(&request.caller);
                shown.insert("isManager".to_owned(), is_manager.into());
            }
            shown
        })
        .collect();
    Ok(Reply::ok(json!({ "items": items })))
}

fn show(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.managed_group()?;
    Ok(Reply::ok(request.records.show_group(&id)))
}

fn rename(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.managed_group()?;
    let name = name(request)?;
    if let (Some(name), Some(group)) = (name, request.records.groups.get_mut(&id)) {
        group.name = Some(name);
    }
    Ok(Reply::ok(request.records.show_group(&id)))
}

fn delete(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.group()?;
    request.permit(request.is_admin)?;
    request.records.groups.remove(&id);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// The name in the body, which need not be there.
fn name(request: &ApiRequest<'_>) -> Result<Option<String>, Reply> {
    let name = match request.member("name")? {
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
