//! What happens to a request before and after its route.

use std::{sync::MutexGuard, time::Instant};

use http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::{
    api_request::ApiRequest,
    bucket,
    data::CanvasData,
    handler::Handler,
    headers::{self, Callers},
    hooks::Hooks,
    memberships::BULK_REMOVAL,
    moves::Moving,
    open_request::OpenRequest,
    own::{OwnHandler, OwnRoute},
    routes::{API_ROOT, ROUTER, is_new},
    school::{Context, ROOT, School},
    settings::Settings,
    tokens::{self, header_or_query, insufficient_scopes, invalid_as_user_id, masquerade},
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
    since: Instant,
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
        school.is_old = settings.is_old;
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
        let is_bulk_removal = route.method == Method::DELETE && route.path == BULK_REMOVAL;
        if is_bulk_removal && !self.settings.has_bulk_removal {
            return None;
        }
        if self.settings.is_old && is_new(&route.method, route.path) {
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
        Ok(InFlight {
            since: Instant::now(),
            quota,
            moving,
        })
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
        let found = self.find(request);
        if found.is_none() {
            return Err(unknown_route(request));
        }
        if request.is_broken {
            let error = json!({ "message": "An error occurred.", "error_code": "bad_request" });
            let mut body = json!({ "errors": [error] });
            if request.parsed.is_unreadable_json {
                body["error_report_id"] = 1.into();
            }
            return Err(Reply::json(StatusCode::BAD_REQUEST, body));
        }
        let mut data = self.lock();
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
        let CanvasData {
            school,
            tokens,
            replica,
            ..
        } = &mut *data;
        let Some(Found {
            method,
            template,
            handler,
            path,
        }) = found
        else {
            return Err(unknown_route(request));
        };
        let mut params = request.params();
        let masks_as = params.filled("as_user_id");
        let text = tokens::token(request);
        let token = match (&text, handler) {
            (None, Answering::Known(Handler::Known(_))) => None,
            (None, _) if masks_as.is_some() => return Err(invalid_as_user_id()),
            (text, _) => Some(tokens.check(text.as_deref(), self.settings.is_old)?.clone()),
        };
        let mut callers = None;
        if let Some(token) = &token {
            // The token of a user who was merged into another one is that one's.
            let user = school.survivor(token.user);
            if !school.has(Context::Account(ROOT), user) {
                return Err(tokens::unauthenticated());
            }
            if !school.has_login(user) {
                return Err(tokens::invalid());
            }
            if let Some(scopes) = &token.scopes {
                let wanted = format!("url:{method}|{API_ROOT}{template}");
                if !scopes.contains(&wanted) {
                    return Err(insufficient_scopes());
                }
                // A key that enforces scopes silently cuts down what may be included.
                params.keep_only("include", "uuid");
                params.keep_only("includes", "uuid");
            }
            callers = Some(Callers {
                caller: match masks_as {
                    Some(target) => masquerade(school, user, &target)?,
                    None => user,
                },
                behind: user,
            });
        }
        let caller = callers.map_or(NOBODY, |callers| callers.caller);
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
        let outcome = match handler {
            Answering::Known(Handler::Api(handler) | Handler::Known(handler)) => {
                handler(&mut request)
            }
            Answering::Known(Handler::Open(_)) => return Err(Reply::not_found()),
            Answering::Own(handler) => handler.answer(&mut request),
        };
        let mark = |reply| match callers {
            Some(callers) => callers.mark(reply),
            None => reply,
        };
        let reply = outcome.map(mark).map_err(mark)?;
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
            None => bucket::untouched(reply),
        };
        drop(data);
        let found = self.find(request);
        let route = found.map(|found| (found.method, found.template));
        headers::complete(reply, request, route, in_flight.since.elapsed())
    }

    fn throttled(&self, _request: &HttpRequest) -> Reply {
        bucket::refusal(self.settings.is_old, 0.0)
    }
}

/// Who calls without a token.
const NOBODY: u64 = 0;

/// No route has this path, or none with this method: a page, whatever the token.
fn unknown_route(request: &HttpRequest) -> Reply {
    let is_known = METHODS.contains(&request.method.as_str());
    Reply::page(match is_known {
        true => StatusCode::NOT_FOUND,
        false => StatusCode::METHOD_NOT_ALLOWED,
    })
}

/// The methods that the server knows.
#[rustfmt::skip]
const METHODS: [&str; 31] = [
    "OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "CONNECT", "PROPFIND", "PROPPATCH",
    "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "VERSION-CONTROL", "REPORT", "CHECKOUT", "CHECKIN",
    "UNCHECKOUT", "MKWORKSPACE", "UPDATE", "LABEL", "MERGE", "BASELINE-CONTROL", "MKACTIVITY",
    "ORDERPATCH", "ACL", "SEARCH", "MKCALENDAR", "PATCH",
];

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
