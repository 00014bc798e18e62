//! Launch tokens, which tell a tool who a user is. Sessions of Commons are opened with them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::json;

use super::{
    handler::{Route, open},
    launches::LIFETIME,
    open_request::OpenRequest,
    tokens::{insufficient_scopes, masquerade},
};
use crate::{
    reply::{HandlerResult, Reply},
    secret::random,
};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    open(Method::GET, "/api/lti/accounts/:account_id/jwt_token", give),
];

fn give(request: &mut OpenRequest<'_>) -> HandlerResult {
    let token = request.token()?;
    if token.scopes.is_some() {
        return Err(insufficient_scopes());
    }
    let caller = token.user;
    let caller = match request.params.filled("as_user_id") {
        Some(user) => masquerade(&request.data.school, caller, &user)?,
        None => caller,
    };
    let account = request.path.get("account_id");
    let account = request.data.school.find_account(account);
    let tool = request.params.filled("tool_launch_url");
    let tool = tool.filter(|tool| request.data.launches.has_tool(tool));
    let (Some(_), Some(tool)) = (account, tool) else {
        return Err(Reply::not_found());
    };
    let now = Timestamp::now().as_second();
    let claims = json!({
        "sub": caller.to_string(),
        "aud": tool,
        "iss": request.url,
        "iat": now,
        "exp": now + LIFETIME.as_secs() as i64,
    });
    let header = json!({ "typ": "JWT", "alg": "HS512" });
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    // Nobody checks the signature: this Canvas knows the tokens that it has given.
    let jwt = format!("{header}.{claims}.{}", random(86));
    request.data.launches.add(jwt.clone(), caller, tool);
    Ok(Reply::json(StatusCode::OK, json!({ "jwt_token": jwt })))
}
