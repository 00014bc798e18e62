//! Logins by OAuth2: the pages for the browser, and the revocation of tokens.

mod error;
mod token;

use http::{Method, StatusCode};
use serde_json::json;

use super::{
    handler::{Route, open},
    open_request::OpenRequest,
    tokens::{self, TokenState},
};
use crate::{
    oauth::{self, Code, Key, OUT_OF_BAND},
    params::Params,
    reply::{HandlerResult, Reply},
};

use error::OAuthError;

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    open(Method::GET, "/login/oauth2/auth", authorize),
    open(Method::POST, "/login/oauth2/token", token::token),
    open(Method::DELETE, "/login/oauth2/token", revoke),
];

/// Where a browser is sent to, which comes back with a code.
fn authorize(request: &mut OpenRequest<'_>) -> HandlerResult {
    let params = &request.params;
    let own_page = format!("{}/login/oauth2/auth", request.url);
    let client_id = params.filled("client_id");
    if client_id.is_none()
        && let Some(text) = params.filled("code").or_else(|| params.filled("error"))
    {
        // The page off which a person reads the code.
        return Ok(Reply::text(StatusCode::OK, text));
    }
    let logins = &mut request.data.logins;
    let Some(key) = logins.keys.get(client_id.as_deref()) else {
        return Err(OAuthError::UNKNOWN_CLIENT.reply());
    };
    let redirect_uri = params.text("redirect_uri").unwrap_or_default();
    if !key.allows(&redirect_uri) {
        return Err(OAuthError::REDIRECT_URI.reply());
    }
    let back = match &*redirect_uri {
        OUT_OF_BAND => &own_page,
        uri => uri,
    };
    let code = Code::new(key, logins.browser_user.user, params);
    let state = params.text("state");
    let refused = refusal(key, &code, logins.browser_user.consents, params);
    let answer = match &refused {
        Some((error, description)) => {
            let state = state.as_deref();
            let parts = [
                ("error", Some(*error)),
                ("error_description", *description),
                ("state", state),
            ];
            oauth::send_on(back, &parts)
        }
        None => {
            let code = logins.codes.add(code);
            let parts = [("code", Some(&*code)), ("state", state.as_deref())];
            oauth::send_on(back, &parts)
        }
    };
    Ok(answer)
}

/// Why the browser comes back without a code, if it does: the error and its description.
fn refusal(
    key: &Key,
    code: &Code,
    consents: bool,
    params: &Params,
) -> Option<(&'static str, Option<&'static str>)> {
    if params.text("response_type").as_deref() != Some("code") {
        let words = "Only response_type=code is permitted";
        return Some(("unsupported_response_type", Some(words)));
    }
    let has = |scope| key.scopes.as_ref().is_none_or(|all| all.contains(scope));
    let lacks_scope = key.scopes.is_some() && code.scopes.is_empty();
    if lacks_scope || !code.scopes.iter().all(has) {
        return Some(("invalid_scope", Some(INVALID_SCOPE)));
    }
    match params.filled("prompt").as_deref() {
        None | Some("none") if consents => None,
        None => Some(("access_denied", None)),
        Some("none") => Some(("interaction_required", Some("The person has to be asked"))),
        Some(_) => Some((
            "unsupported_prompt_type",
            Some("The prompt must be \"none\""),
        )),
    }
}

const INVALID_SCOPE: &str = "A requested scope is invalid, unknown, malformed, or exceeds the scopes \
     of the developer key";

/// Ends a login, and its refresh token with it.
fn revoke(request: &mut OpenRequest<'_>) -> HandlerResult {
    let Some(text) = tokens::token(request.http) else {
        let message = "can't delete OAuth access token when not using an OAuth access token";
        let body = json!({ "message": message });
        return Err(Reply::json(StatusCode::BAD_REQUEST, body));
    };
    let grant = request.token()?.grant;
    if let Some(token) = request.data.tokens.get_mut(&text) {
        token.state = TokenState::Revoked;
    }
    if let Some(grant) = grant {
        request.data.logins.end(grant);
    }
    Ok(Reply::ok(json!({})))
}
