//! Users of the institution.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    handler::{Handler, Route},
    institution::{Institution, User},
    refusal::refusal,
    requests::ApiRequest,
};
use crate::reply::{HandlerResult, Reply};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    Route::new(Method::GET, "users/search", Handler::Api(search)),
    Route::new(Method::GET, "users/:user_id", Handler::Api(show)),
];

const LARGEST: usize = 50;

/// Users by role or e-mail address, for administrators.
fn search(request: &mut ApiRequest<'_>) -> HandlerResult {
    permit(request)?;
    let query = |name| request.http.query(name).filter(|text| !text.is_empty());
    let (role, email) = (query("role"), query("email"));
    if role.is_none() && email.is_none() {
        let message = "role or email is missing";
        return Err(refusal(StatusCode::BAD_REQUEST, message));
    }
    let email = email.map(|email| email.to_lowercase());
    let users = request.institution.users.iter().filter(|(_, user)| {
        let has_role = role
            .as_deref()
            .is_none_or(|role| role == user.role.as_str());
        let own = user.email.as_ref().map(|email| email.to_lowercase());
        has_role && (email.is_none() || email == own)
    });
    let users: Vec<Value> = users.map(|(id, user)| show_user(*id, user)).collect();
    let number = |name, fallback: usize| match request.http.query(name) {
        None => Ok(fallback),
        Some(text) => match text.parse::<usize>() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(refusal(
                StatusCode::BAD_REQUEST,
                &format!("{name} is invalid"),
            )),
        },
    };
    let (page, per_page) = (number("page", 1)?, number("per_page", 20)?.min(LARGEST));
    let meta = json!({
        "current_page": page,
        "last_page": users.len().div_ceil(per_page).max(1),
        "total_count": users.len(),
    });
    let start = (page - 1).saturating_mul(per_page);
    let users = users.into_iter().skip(start).take(per_page);
    Ok(Reply::ok(
        json!({ "users": users.collect::<Value>(), "meta": meta }),
    ))
}

fn show(request: &mut ApiRequest<'_>) -> HandlerResult {
    permit(request)?;
    let id = request.path.get("user_id").parse().ok();
    let user = id.and_then(|id| Some((id, request.institution.users.get(&id)?)));
    let (id, user) = user.ok_or_else(|| refusal(StatusCode::NOT_FOUND, "User not found"))?;
    Ok(Reply::ok(json!({ "user": show_user(id, user) })))
}

fn permit(request: &ApiRequest<'_>) -> Result<(), Reply> {
    let institution: &Institution = request.institution;
    match institution.is_admin(request.caller) {
        true => Ok(()),
        false => Err(refusal(StatusCode::FORBIDDEN, "Forbidden")),
    }
}

fn show_user(id: u64, user: &User) -> Value {
    json!({
        "id": id,
        "full_name": user.full_name,
        "display_name": user.display_name,
        "email": user.email,
        "role_names": [user.role.as_str()],
    })
}
