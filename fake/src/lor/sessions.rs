//! Sessions: how they are opened, carried and ended.

use http::{HeaderName, Method, StatusCode, header};
use serde_json::{Value, json};

use super::{
    handler::{Handler, Route},
    refusal::{invalid, refusal},
    requests::{ApiRequest, OpenRequest},
};
use crate::{
    http_request::HttpRequest,
    reply::{HandlerResult, Reply},
};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    Route::new(Method::POST, "sessions", Handler::Open(open)),
    Route::new(Method::GET, "sessions/logout", Handler::Api(log_out)),
    Route::new(Method::GET, "sessions/:id", Handler::Api(show)),
];

/// The id of a session, from the first of the five places that has one.
pub(crate) fn carried(request: &HttpRequest) -> Option<String> {
    let in_header = request.header(HeaderName::from_static("x-session-id"));
    let in_body = request.parsed.json.as_ref();
    let in_body = in_body.and_then(|body| body.get("sessionId")?.as_str());
    cookie(request)
        .or(in_header.map(str::to_owned))
        .or_else(|| request.query("session-id"))
        .or_else(|| Some(request.query("state")?.split([',', ' ']).next()?.to_owned()))
        .or(in_body.map(str::to_owned))
}

fn cookie(request: &HttpRequest) -> Option<String> {
    let cookies = request.header(header::COOKIE)?.split(';');
    let mut cookies = cookies.filter_map(|cookie| cookie.trim().split_once('='));
    let (_, id) = cookies.find(|(name, _)| *name == "session")?;
    Some(id.to_owned())
}

/// Opens a session for the user to whom Canvas gave the launch token.
fn open(request: &mut OpenRequest<'_>) -> HandlerResult {
    let OpenRequest {
        http,
        data,
        settings,
    } = request;
    let jwt = http
        .parsed
        .json
        .as_ref()
        .and_then(|body| body.get("jwt_token"));
    let Some(jwt) = jwt.and_then(Value::as_str) else {
        return Err(invalid("jwt_token", "is required"));
    };
    let Some(canvas_id) = settings.platform.user(jwt, &settings.tool) else {
        let message = "the token is not one that Canvas gave for Commons, or is too old";
        return Err(refusal(StatusCode::UNAUTHORIZED, message));
    };
    let user = data.by_canvas_id.get(&canvas_id).cloned();
    let Some(user) = user else {
        let message = "the user has not opened Commons and accepted its terms yet";
        return Err(refusal(StatusCode::FORBIDDEN, message));
    };
    let id = data.open_session(user, settings.session_lifetime);
    let body = json!({ "sessionId": id });
    Ok(Reply::json(StatusCode::CREATED, body))
}

/// The session of the request, and no other.
fn show(request: &mut ApiRequest<'_>) -> HandlerResult {
    if request.path.get("id") != request.session {
        let message = "this is not the session of the request";
        return Err(refusal(StatusCode::FORBIDDEN, message));
    }
    let user = request.records.users.get(&request.caller);
    Ok(Reply::ok(json!({
        "sid": request.session,
        "expires": request.expires.to_string(),
        "userId": request.caller,
        "prefersHighContrast": false,
        "locale": "en",
        "userFullName": user.map(|user| &user.name),
        "accountName": "School",
        "accountId": request.records.account,
        "canvasUserId": user.map(|user| user.canvas_id.to_string()),
        "roles": [],
        "isAdmin": request.is_admin,
        "canSharePublic": true,
        "canShowPublic": true,
        "showCuratedResourcesFirst": false,
        "showFederalStandards": false,
        "showStateStandards": false,
        "isAccountCurator": false,
    })))
}

/// Ends the session of the request.
fn log_out(request: &mut ApiRequest<'_>) -> HandlerResult {
    request.ends_session = true;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
