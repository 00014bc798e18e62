//! What happens to a request before and after its route.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{HeaderName, Method, StatusCode, header};
use serde_json::{Value, json};

use super::{
    bucket::{self, Buckets, Reservation},
    guest::{Guest, OpenRoute},
    launch::Launches,
    oauth::Logins,
    rights::Right,
    routes,
    school::{Context, ROOT, School},
    settings::Settings,
    tokens::{self, Tokens},
    visit::Visit,
};
use crate::fake::{
    call::Call,
    reply::{Answer, Reply, ReplyBody},
    route,
    server::Site,
};

/// Below it are all routes of the API.
const API_ROOT: &str = "/api/v1/";

/// A running fake Canvas, as its handle and its server see it.
#[derive(Debug)]
pub(crate) struct CanvasSite {
    pub(crate) url: String,
    pub(crate) settings: Settings,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) school: School,
    pub(crate) tokens: Tokens,
    pub(crate) buckets: Buckets,
    pub(crate) logins: Logins,
    pub(crate) launches: Launches,
}

impl CanvasSite {
    /// `person` sits at the browser.
    pub(crate) fn new(url: String, settings: Settings, school: School, person: u64) -> Self {
        let state = State {
            school,
            tokens: Tokens::default(),
            buckets: Buckets::default(),
            logins: Logins::new(person),
            launches: Launches::default(),
        };
        Self {
            url,
            settings,
            state: Mutex::new(state),
        }
    }

    /// All that is kept, with the jobs done whose time is over.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.school.work_off();
        state
    }

    /// The route below the API, and the unescaped parts of its path.
    fn find(call: &Call) -> Option<(&'static routes::Route, Vec<String>)> {
        let segments = call.segments(API_ROOT)?;
        let route = routes::find(call.verb(), &segments)?;
        Some((route, segments))
    }

    /// The route outside of the API.
    fn find_open(call: &Call) -> Option<(&'static OpenRoute, Vec<String>)> {
        let segments = call.segments("")?;
        let route = routes::find_open(call.verb(), &segments)?;
        Some((route, segments))
    }

    fn respond(&self, call: &Call) -> Answer {
        if self.settings.demands_user_agent
            && call.header(header::USER_AGENT).is_none_or(str::is_empty)
        {
            let body = json!({ "error": "Forbidden", "message": "Send a valid user agent." });
            return Err(Reply::json(StatusCode::FORBIDDEN, body));
        }
        if call.form.is_broken {
            let error = json!({ "message": "An error occurred.", "error_code": "bad_request" });
            return Err(Reply::json(
                StatusCode::BAD_REQUEST,
                json!({ "errors": [error] }),
            ));
        }
        let mut state = self.lock();
        if let Some((route, segments)) = Self::find_open(call) {
            return (route.handler)(&mut Guest {
                call,
                params: call.params(),
                path: route.placeholders(&segments),
                state: &mut state,
                settings: &self.settings,
                url: &self.url,
            });
        }
        if !call.path.starts_with("/api/") {
            return Err(Reply::empty(StatusCode::NOT_FOUND));
        }
        let State { school, tokens, .. } = &mut *state;
        let text = token(call);
        let token = tokens.check(text.as_deref())?.clone();
        if !school.has(Context::Account(ROOT), token.user) {
            return Err(tokens::unauthenticated());
        }
        let Some((route, segments)) = Self::find(call) else {
            return Err(unknown_route());
        };
        if let Some(scopes) = &token.scopes {
            let wanted = format!("url:{}|{API_ROOT}{}", route.method, route.path);
            if !scopes.contains(&wanted) {
                return Err(insufficient_scopes());
            }
        }
        let mut params = call.params();
        if token.scopes.is_some() {
            // A key that enforces scopes cuts down what may be included, without a word.
            params.keep_only("include", "uuid");
            params.keep_only("includes", "uuid");
        }
        let caller = match params.filled("as_user_id") {
            Some(user) => masquerade(school, token.user, &user)?,
            None => token.user,
        };
        let mut visit = Visit {
            call,
            params,
            path: route.placeholders(&segments).0,
            school,
            caller,
            settings: &self.settings,
            url: &self.url,
        };
        (route.handler)(&mut visit)
    }
}

impl Site for CanvasSite {
    type Place = Reservation;

    fn route(&self, call: &Call) -> Option<&'static str> {
        let in_api = Self::find(call).map(|(route, _)| route.path);
        in_api.or_else(|| Self::find_open(call).map(|(route, _)| route.path))
    }

    fn admit(&self, call: &Call) -> Result<Reservation, Reply> {
        let Some(rules) = &self.settings.throttle else {
            return Ok(Reservation(None));
        };
        let name = header_or_query(call).unwrap_or_else(|| "address".to_owned());
        self.lock()
            .buckets
            .admit(&name, rules, self.settings.is_old)
    }

    fn answer(&self, call: &Call) -> Reply {
        self.respond(call).unwrap_or_else(|refusal| refusal)
    }

    fn leave(&self, call: &Call, place: Reservation, mut reply: Reply) -> Reply {
        let accept = call.header(header::ACCEPT).unwrap_or_default();
        if let (true, ReplyBody::Json(body)) = (
            accept.contains("application/json+canvas-string-ids"),
            &mut reply.body,
        ) {
            ids_as_text(body);
        }
        let reply = match &self.settings.throttle {
            Some(rules) => self.lock().buckets.leave(&place, rules, reply),
            None => reply,
        };
        let id = format!("fake-{:016x}", fastrand::u64(..));
        reply.header(HeaderName::from_static("x-request-context-id"), &id)
    }

    fn throttled(&self, _call: &Call) -> Reply {
        bucket::refusal(self.settings.is_old, 0.0)
    }
}

/// The token of a call, wherever it is. The header wins.
pub(super) fn token(call: &Call) -> Option<String> {
    header_or_query(call).or_else(|| call.form.params.text("access_token"))
}

/// The token that the throttle sees: it reads no bodies. The scheme is compared exactly.
fn header_or_query(call: &Call) -> Option<String> {
    let header = call.header(header::AUTHORIZATION);
    let token = header.and_then(|value| value.strip_prefix("Bearer "));
    token
        .map(str::to_owned)
        .or_else(|| call.query("access_token"))
}

pub(super) fn insufficient_scopes() -> Reply {
    Reply::refusal(
        StatusCode::UNAUTHORIZED,
        "Insufficient scopes on access token.",
    )
}

fn unknown_route() -> Reply {
    let error = json!({ "message": "An error occurred.", "error_code": "not_found" });
    Reply::json(StatusCode::NOT_FOUND, json!({ "errors": [error] }))
}

/// Whom the caller acts as.
pub(super) fn masquerade(school: &School, caller: u64, text: &str) -> Result<u64, Reply> {
    let refused = |merged: Option<u64>| {
        let mut body = json!({ "errors": "Invalid as_user_id" });
        if let (Some(merged), Some(body)) = (merged, body.as_object_mut()) {
            body.insert("merged_into_user_id".to_owned(), merged.into());
        }
        Reply::json(StatusCode::UNAUTHORIZED, body)
    };
    let may = school.may(caller, Right::BecomeUser, Context::Account(ROOT));
    match school.find_user(text, caller) {
        Some(user) if user == caller || may => Ok(user),
        Some(_) => Err(refused(None)),
        None => {
            let known = text.parse().ok().and_then(|id| school.users.get(&id));
            let merged = known.and_then(|user| user.merged_into);
            Err(refused(merged.filter(|_| may)))
        }
    }
}

/// Turns the integers under keys of ids into texts, at any depth.
fn ids_as_text(value: &mut Value) {
    let text = |value: &mut Value| {
        if let Some(number) = value.as_u64() {
            *value = number.to_string().into();
        }
    };
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(ids_as_text),
        Value::Object(members) => {
            for (key, value) in members {
                if key == "id" || key.ends_with("_id") {
                    text(value);
                }
                if let (true, Value::Array(ids)) =
                    (key == "ids" || key.ends_with("_ids"), &mut *value)
                {
                    ids.iter_mut().for_each(text);
                }
                ids_as_text(value);
            }
        }
        _ => {}
    }
}

/// Whether a method and a template are those of a route, for faults on demand.
pub(crate) fn known(method: &Method, path: &str) -> Option<&'static str> {
    route::known(routes::all(), method, path)
        .or_else(|| route::known(routes::all_open(), method, path))
}
