//! What happens to a request before and after its route.

use std::sync::MutexGuard;

use http::{HeaderName, StatusCode, header};
use serde_json::{Value, json};

use super::{
    api_request::ApiRequest,
    bucket::{self, Reservation},
    data::CanvasData,
    handler::Handler,
    open_request::OpenRequest,
    routes::{API_ROOT, ROUTER},
    school::{Context, ROOT, School},
    settings::Settings,
    tokens::{self, header_or_query, insufficient_scopes, masquerade},
};
use crate::{
    guarded::Guarded,
    http_request::HttpRequest,
    reply::{HandlerResult, Reply, ReplyBody},
    route::Router,
    server::Site,
};

/// A running fake Canvas, as its handle and its server see it.
#[derive(Debug)]
pub(crate) struct CanvasSite {
    pub(crate) url: String,
    pub(crate) settings: Settings,
    data: Guarded<CanvasData>,
}

impl CanvasSite {
    /// `browser_user` is the user at the browser.
    pub(crate) fn new(url: String, settings: Settings, school: School, browser_user: u64) -> Self {
        Self {
            url,
            settings,
            data: Guarded::new(CanvasData::new(school, browser_user)),
        }
    }

    /// All that is kept, after the work of the jobs that are due.
    pub(crate) fn lock(&self) -> MutexGuard<'_, CanvasData> {
        let mut data = self.data.lock();
        data.school.run_due_jobs();
        data
    }
}

impl Site for CanvasSite {
    type Handler = Handler;
    type Reservation = Reservation;

    fn router() -> &'static Router<Handler> {
        &ROUTER
    }

    fn reserve(&self, request: &HttpRequest) -> Result<Reservation, Reply> {
        let Some(rules) = &self.settings.throttle else {
            return Ok(Reservation(None));
        };
        let name = header_or_query(request).unwrap_or_else(|| "address".to_owned());
        self.lock()
            .buckets
            .reserve(&name, rules, self.settings.is_old)
    }

    fn respond(&self, request: &HttpRequest) -> HandlerResult {
        if self.settings.demands_user_agent
            && request.header(header::USER_AGENT).is_none_or(str::is_empty)
        {
            let body = json!({ "error": "Forbidden", "message": "Send a valid user agent." });
            return Err(Reply::json(StatusCode::FORBIDDEN, body));
        }
        if request.parsed.is_broken {
            let error = json!({ "message": "An error occurred.", "error_code": "bad_request" });
            return Err(Reply::json(
                StatusCode::BAD_REQUEST,
                json!({ "errors": [error] }),
            ));
        }
        let mut data = self.lock();
        let found = ROUTER.find(request);
        if let Some((route, path)) = &found
            && let Handler::Open(handler) = route.handler
        {
            return handler(&mut OpenRequest {
                http: request,
                params: request.params(),
                path: path.clone(),
                data: &mut data,
                settings: &self.settings,
                url: &self.url,
            });
        }
        if !request.path.starts_with("/api/") {
            return Err(Reply::empty(StatusCode::NOT_FOUND));
        }
        let CanvasData { school, tokens, .. } = &mut *data;
        let text = tokens::token(request);
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
        let mut params = request.params();
        if token.scopes.is_some() {
            // A key that enforces scopes silently cuts down what may be included.
            params.keep_only("include", "uuid");
            params.keep_only("includes", "uuid");
        }
        let caller = match params.filled("as_user_id") {
            Some(user) => masquerade(school, token.user, &user)?,
            None => token.user,
        };
        let mut request = ApiRequest {
            http: request,
            params,
            path,
            school,
            caller,
            settings: &self.settings,
            url: &self.url,
        };
        handler(&mut request)
    }

    fn release(&self, request: &HttpRequest, reservation: Reservation, mut reply: Reply) -> Reply {
        let accept = request.header(header::ACCEPT).unwrap_or_default();
        if let (true, ReplyBody::Json(body)) = (
            accept.contains("application/json+canvas-string-ids"),
            &mut reply.body,
        ) {
            ids_as_text(body);
        }
        let reply = match &self.settings.throttle {
            Some(rules) => self.lock().buckets.release(&reservation, rules, reply),
            None => reply,
        };
        let id = format!("fake-{:016x}", fastrand::u64(..));
        reply.header(HeaderName::from_static("x-request-context-id"), &id)
    }

    fn throttled(&self, _request: &HttpRequest) -> Reply {
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
