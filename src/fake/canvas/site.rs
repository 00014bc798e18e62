//! What happens to a request before and after its route.

use std::sync::MutexGuard;

use http::{HeaderName, StatusCode, header};
use serde_json::{Value, json};

use super::{
    bucket::{self, Reservation},
    guest::Guest,
    handler::Handler,
    routes::{API_ROOT, ROUTER},
    school::{Context, ROOT, School},
    settings::Settings,
    state::State,
    tokens::{self, header_or_query, insufficient_scopes, masquerade},
    visit::Visit,
};
use crate::fake::{
    call::Call,
    guarded::Guarded,
    reply::{Answer, Reply, ReplyBody},
    route::Router,
    server::Site,
};

/// A running fake Canvas, as its handle and its server see it.
#[derive(Debug)]
pub(crate) struct CanvasSite {
    pub(crate) url: String,
    pub(crate) settings: Settings,
    state: Guarded<State>,
}

impl CanvasSite {
    /// `person` sits at the browser.
    pub(crate) fn new(url: String, settings: Settings, school: School, person: u64) -> Self {
        Self {
            url,
            settings,
            state: Guarded::new(State::new(school, person)),
        }
    }

    /// All that is kept, with the jobs done whose time is over.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock();
        state.school.work_off();
        state
    }
}

impl Site for CanvasSite {
    type Handler = Handler;
    type Reservation = Reservation;

    fn router() -> &'static Router<Handler> {
        &ROUTER
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
        let found = ROUTER.find(call);
        if let Some((route, path)) = &found
            && let Handler::Open(handler) = route.handler
        {
            return handler(&mut Guest {
                call,
                params: call.params(),
                path: path.clone(),
                state: &mut state,
                settings: &self.settings,
                url: &self.url,
            });
        }
        if !call.path.starts_with("/api/") {
            return Err(Reply::empty(StatusCode::NOT_FOUND));
        }
        let State { school, tokens, .. } = &mut *state;
        let text = tokens::token(call);
        let token = tokens.check(text.as_deref())?.clone();
        if !school.has(Context::Account(ROOT), token.user) {
            return Err(tokens::unauthenticated());
        }
        let Some((route, path)) = found else {
            return Err(unknown_route());
        };
        let Handler::Api(handler) = route.handler else {
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
            path,
            school,
            caller,
            settings: &self.settings,
            url: &self.url,
        };
        handler(&mut visit)
    }

    fn release(&self, call: &Call, reservation: Reservation, mut reply: Reply) -> Reply {
        let accept = call.header(header::ACCEPT).unwrap_or_default();
        if let (true, ReplyBody::Json(body)) = (
            accept.contains("application/json+canvas-string-ids"),
            &mut reply.body,
        ) {
            ids_as_text(body);
        }
        let reply = match &self.settings.throttle {
            Some(rules) => self.lock().buckets.leave(&reservation, rules, reply),
            None => reply,
        };
        let id = format!("fake-{:016x}", fastrand::u64(..));
        reply.header(HeaderName::from_static("x-request-context-id"), &id)
    }

    fn throttled(&self, _call: &Call) -> Reply {
        bucket::refusal(self.settings.is_old, 0.0)
    }
}

fn unknown_route() -> Reply {
    let error = json!({ "message": "An error occurred.", "error_code": "not_found" });
    Reply::json(StatusCode::NOT_FOUND, json!({ "errors": [error] }))
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
