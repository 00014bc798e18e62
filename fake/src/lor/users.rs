//! Users of the account.

use http::Method;
use serde_json::{Value, json};

use super::{
    handler::{Handler, Route},
    refusal::invalid,
    requests::ApiRequest,
};
use crate::reply::{HandlerResult, Reply};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    Route::new(Method::GET, "users", Handler::Api(search)),
];

/// How many characters a text needs to find somebody.
const SHORTEST: usize = 3;

/// Users by name or e-mail address, for administrators and managers of any group.
fn search(request: &mut ApiRequest<'_>) -> HandlerResult {
    let mut groups = request.records.groups.values();
    let manages = groups.any(|group| group.is_managed_by(&request.caller));
    request.permit(request.is_admin || manages)?;
    let text = request.http.query("q");
    let text = text
        .ok_or_else(|| invalid("q", "is required"))?
        .to_lowercase();
    let is_found = |text_of: &str| text_of.to_lowercase().contains(&text);
    let users = request.records.users.iter().filter(|(_, user)| {
        text.chars().count() >= SHORTEST
            && (is_found(&user.name) || user.email.as_deref().is_some_and(is_found))
    });
    let items = users.map(|(id, user)| json!({ "id": id, "name": user.name, "email": user.email }));
    Ok(Reply::ok(json!({ "items": items.collect::<Value>() })))
}
