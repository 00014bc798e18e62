//! What happens to a request before and after its route.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{Method, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    groups, members,
    records::{Records, User},
    sessions::{self, Session},
};
use crate::{
    fake::{
        call::Call,
        canvas::Voucher,
        reply::{Answer, Reply},
        route::{self, Places, Route},
        secret::{random, random_hex},
        server::Site,
    },
    transport::after,
};

/// Below it are all routes.
const API_ROOT: &str = "/api/";

const HOUR: Duration = Duration::from_secs(3600);

#[rustfmt::skip]
static ROUTES: &[Route<Handler>] = &[
    Route::new(Method::POST, "groups", Handler::Visit(groups::create)),
    Route::new(Method::GET, "groups", Handler::Visit(groups::list)),
    Route::new(Method::GET, "groups/:id", Handler::Visit(groups::show)),
    Route::new(Method::PUT, "groups/:id", Handler::Visit(groups::rename)),
    Route::new(Method::DELETE, "groups/:id", Handler::Visit(groups::delete)),
    Route::new(Method::POST, "groups/:id/members", Handler::Visit(members::add)),
    Route::new(Method::GET, "groups/:id/members", Handler::Visit(members::list)),
    Route::new(Method::PUT, "groups/:id/members/:memberId", Handler::Visit(members::update)),
    Route::new(Method::DELETE, "groups/:id/members/:memberId", Handler::Visit(members::remove)),
    Route::new(Method::POST, "sessions", Handler::Open(sessions::open)),
    Route::new(Method::GET, "sessions/logout", Handler::Visit(sessions::log_out)),
    Route::new(Method::GET, "sessions/:id", Handler::Visit(sessions::show)),
];

#[derive(Debug, Clone, Copy)]
enum Handler {
    /// For those who have a session.
    Visit(fn(&mut Visit<'_>) -> Answer),
    /// For those who want one.
    Open(fn(&LorSite, &Call) -> Answer),
}

/// A call with a session that has not ended.
pub(crate) struct Visit<'a> {
    call: &'a Call,
    pub(crate) path: Places,
    pub(crate) records: &'a mut Records,
    pub(crate) session: &'a str,
    pub(crate) expires: Timestamp,
    pub(crate) caller: String,
    pub(crate) is_admin: bool,
    /// Whether the session is to end with this call.
    pub(crate) ends_session: bool,
}

/// A running fake Commons, as its handle and its server see it.
#[derive(Debug)]
pub(crate) struct LorSite {
    /// The Canvas whose users these are.
    pub(crate) voucher: Voucher,
    /// Where Canvas launches Commons.
    pub(crate) tool: String,
    session_lifetime: Duration,
    hourly_limit: Option<u32>,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) records: Records,
    pub(crate) sessions: HashMap<String, Session>,
    /// The users by their ids in Canvas.
    pub(crate) by_canvas_id: HashMap<u64, String>,
    /// When the hour of a user began, and how many requests there were in it.
    hours: HashMap<String, (Instant, u32)>,
}

impl LorSite {
    pub(crate) fn new(
        voucher: Voucher,
        tool: String,
        session_lifetime: Duration,
        hourly_limit: Option<u32>,
    ) -> Self {
        let state = State {
            records: Records::new(random(12)),
            sessions: HashMap::new(),
            by_canvas_id: HashMap::new(),
            hours: HashMap::new(),
        };
        Self {
            voucher,
            tool,
            session_lifetime,
            hourly_limit,
            state: Mutex::new(state),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id of a user, who is made if there is none; `None` if Canvas has no such user.
    pub(crate) fn add_user(&self, canvas_id: u64) -> Option<String> {
        let (name, email) = self.voucher.person(canvas_id)?;
        let mut state = self.lock();
        if let Some(id) = state.by_canvas_id.get(&canvas_id) {
            return Some(id.clone());
        }
        let id = format!("{}:canvas-lms{}", random(40), random_hex(40));
        let user = User {
            canvas_id,
            name,
            email,
        };
        state.records.users.insert(id.clone(), user);
        state.by_canvas_id.insert(canvas_id, id.clone());
        Some(id)
    }

    pub(crate) fn open_session(&self, user: &str) -> String {
        let id = random(32);
        let lifetime = self.session_lifetime;
        let session = Session {
            user: user.to_owned(),
            ends: after(Instant::now(), lifetime),
            expires: Timestamp::now()
                .saturating_add(lifetime)
                .unwrap_or_default(),
        };
        self.lock().sessions.insert(id.clone(), session);
        id
    }

    fn respond(&self, call: &Call) -> Answer {
        let (route, segments) =
            find(call).ok_or_else(|| refusal(StatusCode::NOT_FOUND, "there is no such route"))?;
        if call.form.is_broken {
            let message = "the body is not valid JSON";
            return Err(refusal(StatusCode::BAD_REQUEST, message));
        }
        let handler = match route.handler {
            Handler::Open(handler) => return handler(self, call),
            Handler::Visit(handler) => handler,
        };
        let mut state = self.lock();
        let State {
            records,
            sessions,
            hours,
            ..
        } = &mut *state;
        let no_session = || refusal(StatusCode::UNAUTHORIZED, "the session is missing or ended");
        let id = sessions::carried(call).ok_or_else(no_session)?;
        let session = sessions.get(&id).ok_or_else(no_session)?;
        if session.ends <= Instant::now() {
            return Err(no_session());
        }
        let caller = session.user.clone();
        self.count(hours, &caller)?;
        let canvas_id = records.users.get(&caller).map(|user| user.canvas_id);
        let mut visit = Visit {
            call,
            path: route.placeholders(&segments),
            expires: session.expires,
            is_admin: canvas_id.is_some_and(|id| self.voucher.is_admin(id)),
            records,
            session: &id,
            caller,
            ends_session: false,
        };
        let answer = handler(&mut visit);
        if visit.ends_session {
            sessions.remove(&id);
        }
        answer
    }

    /// Counts a request of a user, or refuses it when there were too many within the hour.
    fn count(&self, hours: &mut HashMap<String, (Instant, u32)>, user: &str) -> Result<(), Reply> {
        let now = Instant::now();
        let (began, count) = hours.entry(user.to_owned()).or_insert((now, 0));
        if now.duration_since(*began) >= HOUR {
            (*began, *count) = (now, 0);
        }
        if self.hourly_limit.is_some_and(|limit| *count >= limit) {
            let left = HOUR.saturating_sub(now.duration_since(*began));
            return Err(too_many(left));
        }
        *count += 1;
        Ok(())
    }
}

impl Site for LorSite {
    type Place = ();

    fn route(&self, call: &Call) -> Option<&'static str> {
        find(call).map(|(route, _)| route.path)
    }

    fn admit(&self, _call: &Call) -> Result<(), Reply> {
        Ok(())
    }

    fn answer(&self, call: &Call) -> Reply {
        self.respond(call).unwrap_or_else(|refusal| refusal)
    }

    fn throttled(&self, _call: &Call) -> Reply {
        too_many(Duration::from_secs(1))
    }
}

impl Visit<'_> {
    /// The group in the path.
    pub(crate) fn group(&self) -> Result<String, Reply> {
        let id = self.path.get("id");
        match self.records.groups.contains_key(id) {
            true => Ok(id.to_owned()),
            false => Err(not_found()),
        }
    }

    /// The group in the path, which the caller manages or administers.
    pub(crate) fn managed_group(&self) -> Result<String, Reply> {
        let id = self.group()?;
        let group = self.records.groups.get(&id);
        let is_manager = group.is_some_and(|group| group.is_managed_by(&self.caller));
        self.permit(self.is_admin || is_manager)?;
        Ok(id)
    }

    /// Refuses the call where `allowed` is false.
    pub(crate) fn permit(&self, allowed: bool) -> Result<(), Reply> {
        match allowed {
            true => Ok(()),
            false => Err(refusal(StatusCode::FORBIDDEN, "the user may not do this")),
        }
    }

    /// A member of the body, which has to be a JSON object.
    pub(crate) fn member(&self, name: &str) -> Result<Option<&Value>, Reply> {
        match &self.call.form.json {
            Some(Value::Object(members)) => Ok(members.get(name)),
            _ => Err(invalid("value", "must be an object")),
        }
    }
}

/// Whether a method and a template are those of a route, for faults on demand.
pub(crate) fn known(method: &Method, path: &str) -> Option<&'static str> {
    route::known(ROUTES.iter(), method, path)
}

fn find(call: &Call) -> Option<(&'static Route<Handler>, Vec<String>)> {
    let segments = call.segments(API_ROOT)?;
    let route = route::find(ROUTES.iter(), call.verb(), &segments)?;
    Some((route, segments))
}

pub(crate) fn refusal(status: StatusCode, message: &str) -> Reply {
    Reply::json(status, refusal_body(status, message))
}

pub(crate) fn not_found() -> Reply {
    refusal(StatusCode::NOT_FOUND, "there is no such record")
}

/// The refusal of what stands under a key of the body.
pub(crate) fn invalid(key: &str, problem: &str) -> Reply {
    let status = StatusCode::BAD_REQUEST;
    let mut body = refusal_body(status, &format!("\"{key}\" {problem}"));
    if let Some(body) = body.as_object_mut() {
        let validation = json!({ "source": "payload", "keys": [key] });
        body.insert("validation".to_owned(), validation);
    }
    Reply::json(status, body)
}

fn refusal_body(status: StatusCode, message: &str) -> Value {
    json!({
        "statusCode": status.as_u16(),
        "error": status.canonical_reason(),
        "message": message,
    })
}

fn too_many(wait: Duration) -> Reply {
    refusal(
        StatusCode::TOO_MANY_REQUESTS,
        "too many requests in this hour",
    )
    .header(header::RETRY_AFTER, &wait.as_secs().max(1).to_string())
}
