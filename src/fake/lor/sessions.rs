//! Sessions: how they are opened, carried and ended.

use http::{HeaderName, Method, StatusCode, header};
use serde_json::{Value, json};

use super::{
    refusal::{invalid, refusal},
    visit::{Guest, Handler, Route, Visit},
};
use crate::fake::{
    call::Call,
    reply::{Answer, Reply},
};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    Route::new(Method::POST, "sessions", Handler::Open(open)),
    Route::new(Method::GET, "sessions/logout", Handler::Api(log_out)),
    Route::new(Method::GET, "sessions/:id", Handler::Api(show)),
];

/// The id of a session, from the first of the five places that has one.
pub(crate) fn carried(call: &Call) -> Option<String> {
    let in_header = call.header(HeaderName::from_static("x-session-id"));
    let in_body = call.form.json.as_ref();
    let in_body = in_body.and_then(|body| body.get("sessionId")?.as_str());
    cookie(call)
        .or(in_header.map(str::to_owned))
        .or_else(|| call.query("session-id"))
        .or_else(|| Some(call.query("state")?.split([',', ' ']).next()?.to_owned()))
        .or(in_body.map(str::to_owned))
}

fn cookie(call: &Call) -> Option<String> {
    let cookies = call.header(header::COOKIE)?.split(';');
    let mut cookies = cookies.filter_map(|cookie| cookie.trim().split_once('='));
    let (_, id) = cookies.find(|(name, _)| *name == "session")?;
    Some(id.to_owned())
}

/// Opens a session for the user whom Canvas vouches for.
fn open(guest: &mut Guest<'_>) -> Answer {
    let Guest {
        call,
        state,
        settings,
    } = guest;
    let jwt = call
        .form
        .json
        .as_ref()
        .and_then(|body| body.get("jwt_token"));
    let Some(jwt) = jwt.and_then(Value::as_str) else {
        return Err(invalid("jwt_token", "is required"));
    };
    let Some(canvas_id) = settings.voucher.user(jwt, &settings.tool) else {
        let message = "the token is not one that Canvas gave for Commons, or is too old";
        return Err(refusal(StatusCode::UNAUTHORIZED, message));
    };
    let user = state.by_canvas_id.get(&canvas_id).cloned();
    let Some(user) = user else {
        let message = "the user has not opened Commons and accepted its terms yet";
        return Err(refusal(StatusCode::FORBIDDEN, message));
    };
    let id = state.open_session(user, settings.session_lifetime);
    let body = json!({ "sessionId": id });
    Ok(Reply::json(StatusCode::CREATED, body))
}

/// The session of the call, and no other.
fn show(visit: &mut Visit<'_>) -> Answer {
    if visit.path.get("id") != visit.session {
        let message = "this is not the session of the request";
        return Err(refusal(StatusCode::FORBIDDEN, message));
    }
    let user = visit.records.users.get(&visit.caller);
    Ok(Reply::ok(json!({
        "sid": visit.session,
        "expires": visit.expires.to_string(),
        "userId": visit.caller,
        "prefersHighContrast": false,
        "locale": "en",
        "userFullName": user.map(|user| &user.name),
        "accountName": "School",
        "accountId": visit.records.account,
        "canvasUserId": user.map(|user| user.canvas_id.to_string()),
        "roles": [],
        "isAdmin": visit.is_admin,
        "canSharePublic": true,
        "canShowPublic": true,
        "showCuratedResourcesFirst": false,
        "showFederalStandards": false,
        "showStateStandards": false,
        "isAccountCurator": false,
    })))
}

/// Ends the session of the call.
fn log_out(visit: &mut Visit<'_>) -> Answer {
    visit.ends_session = true;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
