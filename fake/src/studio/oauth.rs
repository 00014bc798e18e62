//! Logins by OAuth2: where browsers are sent to, and where applications get tokens.

use http::{Method, StatusCode, header};
use jiff::Timestamp;
use serde_json::json;

use super::{
    handler::{Handler, Route},
    requests::OpenRequest,
};
use crate::{
    oauth::{self, Code},
    reply::{HandlerResult, Reply},
};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    Route::new(Method::GET, "/api/public/oauth/authorize", Handler::Open(authorize)),
    Route::new(Method::POST, "/api/public/oauth/token", Handler::Open(token)),
];

/// Where a browser is sent to, which comes back with a code.
fn authorize(request: &mut OpenRequest<'_>) -> HandlerResult {
    let params = &request.params;
    let client_id = params.filled("client_id");
    let Some(key) = request.logins.keys.get(client_id.as_deref()) else {
        return Err(unknown_client());
    };
    let redirect_uri = params.text("redirect_uri").unwrap_or_default();
    if !key.allows(&redirect_uri) {
        let message = "the redirect URI is not that of the key";
        return Err(refusal("invalid_redirect_uri", message));
    }
    let state = params.text("state");
    let browser_user = request.logins.browser_user;
    let (code, error) = match params.text("response_type").as_deref() {
        Some("code") if browser_user.consents => {
            let code = Code::new(key, browser_user.user, params);
            (Some(request.logins.codes.add(code)), None)
        }
        Some("code") => (None, Some("access_denied")),
        _ => (None, Some("unsupported_response_type")),
    };
    if redirect_uri == oauth::OUT_OF_BAND {
        // The person reads it off the page.
        return Ok(Reply::text(
            StatusCode::OK,
            code.as_deref().or(error).unwrap_or_default(),
        ));
    }
    let answer = [
        ("code", code.as_deref()),
        ("error", error),
        ("state", state.as_deref()),
    ];
    Ok(oauth::send_on(&redirect_uri, &answer))
}

/// Where applications get tokens.
fn token(request: &mut OpenRequest<'_>) -> HandlerResult {
    let params = &request.params;
    let logins = &mut *request.logins;
    let (client_id, secret) = oauth::client(request.http, params);
    let key = logins.keys.get(client_id.as_deref());
    let key = key.filter(|key| key.secret == secret);
    let Some(client_id) = key.map(|key| key.client_id.clone()) else {
        return Err(unknown_client());
    };
    let lifetime = request.token_lifetime;
    let tokens = match params.text("grant_type").as_deref() {
        Some("authorization_code") => {
            let code = params.text("code").unwrap_or_default();
            let redirect_uri = params.text("redirect_uri").unwrap_or_default();
            logins.exchange(client_id, &code, &redirect_uri, lifetime)
        }
        Some("refresh_token") => {
            let refresh_token = params.text("refresh_token").unwrap_or_default();
            logins.renew(client_id, &refresh_token, lifetime)
        }
        _ => {
            return Err(refusal(
                "unsupported_grant_type",
                "this grant type is not one of ours",
            ));
        }
    };
    let (access_token, refresh_token) = tokens.ok_or_else(dead_grant)?;
    let body = json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": lifetime.as_secs(),
        "refresh_token": refresh_token,
        "created_at": Timestamp::now().as_second(),
    });
    Ok(Reply::ok(body).header(header::CACHE_CONTROL, "no-store"))
}

fn unknown_client() -> Reply {
    let body = json!({ "error": "invalid_client", "error_description": "the client is unknown" });
    Reply::json(StatusCode::UNAUTHORIZED, body)
}

fn dead_grant() -> Reply {
    refusal(
        "invalid_grant",
        "the grant is unknown, expired, used or of another client",
    )
}

fn refusal(error: &str, description: &str) -> Reply {
    let body = json!({ "error": error, "error_description": description });
    Reply::json(StatusCode::BAD_REQUEST, body)
}
