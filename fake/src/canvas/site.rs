//! What happens to a request before and after its route.

use std::sync::MutexGuard;

use http::{HeaderName, Method, StatusCode, header};
use serde_json::{Value, json};

use super::{
    api_request::ApiRequest,
    bucket,
    data::CanvasData,
    handler::Handler,
    hooks::Hooks,
    memberships::BULK_REMOVAL,
    moves::Moving,
    open_request::OpenRequest,
    own::{OwnHandler, OwnRoute},
    routes::{API_ROOT, ROUTER},
    school::{Context, ROOT, School},
    settings::Settings,
    tokens::{self, header_or_query, insufficient_scopes, masquerade},
};
use crate::{
    guarded::Guarded,
    http_request::HttpRequest,
    reply::{HandlerResult, Reply, ReplyBody},
    route::{self, PathKeys},
    server::Site,
};

/// A running fake Canvas, as its handle and its server see it.
#[derive(Debug)]
pub(crate) struct CanvasSite {
    pub(crate) url: String,
    pub(crate) settings: Settings,
    pub(crate) hooks: Hooks,
    /// The routes of one's own, which come before the others.
    own: Vec<OwnRoute>,
    data: Guarded<CanvasData>,
}

/// A route that a request goes to, and the keys in its path.
struct Found<'a> {
    method: &'a Method,
    template: &'static str,
    handler: Answering<'a>,
    path: PathKeys,
}

#[derive(Clone, Copy)]
enum Answering<'a> {
    Known(Handler),
    Own(&'a OwnHandler),
}

/// What a request takes for as long as it is in flight.
#[derive(Debug)]
pub(crate) struct InFlight {
    quota: bucket::Reservation,
    moving: Option<Moving>,
}

impl CanvasSite {
    /// `browser_user` is the user at the browser.
    pub(crate) fn new(
        url: String,
        settings: Settings,
        own: Vec<OwnRoute>,
        mut school: School,
        browser_user: u64,
    ) -> Self {
        school.submissions.only_recomputes = settings.is_old;
        school.submissions.recomputed_after = settings.job_duration;
        Self {
            url,
            settings,
            hooks: Hooks::default(),
            own,
            data: Guarded::new(CanvasData::new(school, browser_user)),
        }
    }

    /// The route of a request, if this server has it.
    fn find(&self, request: &HttpRequest) -> Option<Found<'_>> {
        if let Some((route, path)) = route::first(self.own.iter(), API_ROOT, request) {
            return Some(Found {
                method: &route.method,
                template: route.path,
                handler: Answering::Own(&route.handler),
                path,
            });
        }
        let (route, path) = ROUTER.find(request)?;
        let has_all = self.settings.has_bulk_removal && !self.settings.is_old;
        if !has_all && route.method == Method::DELETE && route.path == BULK_REMOVAL {
            return None;
        }
        Some(Found {
            method: &route.method,
            template: route.path,
            handler: Answering::Known(route.handler),
            path,
        })
    }

    /// All that is kept, after the work of the jobs that are due.
    pub(crate) fn lock(&self) -> MutexGuard<'_, CanvasData> {
        let mut data = self.data.lock();
        data.school.run_due_jobs();
        data.replica.catch_up_when_due();
        data
    }
}

impl Site for CanvasSite {
    type Reservation = InFlight;

    fn route(&self, request: &HttpRequest) -> Option<&'static str> {
        self.find(request).map(|found| found.template)
    }

    fn known(&self, method: &Method, path: &str) -> Option<&'static str> {
        let mut own = self.own.iter();
        let own = own.find(|route| route.method == *method && route.path == path);
        own.map_or_else(|| ROUTER.known(method, path), |route| Some(route.path))
    }

    fn reserve(&self, request: &HttpRequest) -> Result<InFlight, Reply> {
        let mut data = self.lock();
        let quota = match &self.settings.throttle {
            None => bucket::Reservation(None),
            Some(rules) => {
                let name = header_or_query(request).unwrap_or_else(|| "address".to_owned());
                data.buckets.reserve(&name, rules, self.settings.is_old)?
            }
        };
        let moving = match self.settings.deadlocks {
            true => data.begin_move(request),
            false => None,
        };
        Ok(InFlight { quota, moving })
    }

    fn prepare(&self, request: &HttpRequest, route: Option<&'static str>) {
        let due = route.map(|route| self.hooks.due(request.verb(), route));
        for change in due.into_iter().flatten() {
            change(&mut self.lock().school);
        }
    }

    fn respond(&self, request: &HttpRequest, in_flight: &InFlight) -> HandlerResult {
        if in_flight.moving.is_some_and(|moving| moving.is_locked) {
            return Err(Reply::crash());
        }
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
        let found = self.find(request);
        if let Some(found) = &found
            && let Answering::Known(Handler::Open(handler)) = found.handler
        {
            return handler(&mut OpenRequest {
                http: request,
                params: request.params(),
                path: found.path.clone(),
                data: &mut data,
                settings: &self.settings,
                url: &self.url,
            });
        }
        if !request.path.starts_with("/api/") {
            return Err(Reply::empty(StatusCode::NOT_FOUND));
        }
        let CanvasData {
            school,
            tokens,
            replica,
            ..
        } = &mut *data;
        let text = tokens::token(request);
        let token = tokens.check(text.as_deref())?.clone();
        if !school.has(Context::Account(ROOT), token.user) {
            return Err(tokens::unauthenticated());
        }
        let Some(Found {
            method,
            template,
            handler,
            path,
        }) = found
        else {
            return Err(unknown_route());
        };
        if let Some(scopes) = &token.scopes {
            let wanted = format!("url:{method}|{API_ROOT}{template}");
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
            replica: replica.school(),
            caller,
            settings: &self.settings,
            url: &self.url,
        };
        let reply = match handler {
            Answering::Known(Handler::Api(handler)) => handler(&mut request)?,
            Answering::Known(Handler::Open(_)) => return Err(unknown_route()),
            Answering::Own(handler) => handler.answer(&mut request)?,
        };
        if *method != Method::GET && !reply.status.is_client_error() {
            replica.count_write();
        }
        Ok(reply)
    }

    fn release(&self, request: &HttpRequest, in_flight: InFlight, mut reply: Reply) -> Reply {
        let accept = request.header(header::ACCEPT).unwrap_or_default();
        if let (true, ReplyBody::Json(body)) = (
            accept.contains("application/json+canvas-string-ids"),
            &mut reply.body,
        ) {
            ids_as_text(body);
        }
        let mut data = self.lock();
        if let Some(moving) = in_flight.moving {
            data.moves.end(moving);
        }
        let reply = match &self.settings.throttle {
            Some(rules) => data.buckets.release(&in_flight.quota, rules, reply),
            None => reply,
        };
        drop(data);
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
