//! What happens to a request before and after its route.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{Method, StatusCode, header};
use serde_json::json;

use super::{
    groups,
    institution::Institution,
    oauth::{self, Logins},
};
use crate::fake::{
    call::Call,
    params::Params,
    reply::{Answer, Reply},
    route::{self, Places, Route},
    server::Site,
};

/// Below it are all routes of the API.
const API_ROOT: &str = "/api/public/v1/";

#[rustfmt::skip]
static ROUTES: &[Route<Handler>] = &[
    Route::new(Method::GET, "groups/:group_id/users", Handler::Visit(groups::list)),
    Route::new(Method::POST, "groups/:group_id/users/batch_update", Handler::Visit(groups::batch_update)),
    Route::new(Method::GET, "ping", Handler::Visit(ping)),
    Route::new(Method::GET, "/api/public/oauth/authorize", Handler::Login(oauth::authorize)),
    Route::new(Method::POST, "/api/public/oauth/token", Handler::Login(oauth::token)),
];

#[derive(Debug, Clone, Copy)]
enum Handler {
    /// For those who have a token.
    Visit(fn(&mut Visit<'_>) -> Answer),
    /// For those who want one.
    Login(fn(&mut Login<'_>) -> Answer),
}

/// A call with a good token.
pub(crate) struct Visit<'a> {
    pub(crate) call: &'a Call,
    pub(crate) path: Places,
    pub(crate) institution: &'a mut Institution,
    pub(crate) caller: u64,
}

/// A call for a token.
pub(crate) struct Login<'a> {
    pub(crate) call: &'a Call,
    pub(crate) params: Params,
    pub(crate) logins: &'a mut Logins,
    pub(crate) token_lifetime: Duration,
}

/// A running fake Studio, as its handle and its server see it.
#[derive(Debug)]
pub(crate) struct StudioSite {
    token_lifetime: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) institution: Institution,
    pub(crate) logins: Logins,
}

impl StudioSite {
    pub(crate) fn new(institution: Institution, token_lifetime: Duration, person: u64) -> Self {
        Self {
            token_lifetime,
            state: Mutex::new(State {
                institution,
                logins: Logins::new(person),
            }),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn respond(&self, call: &Call) -> Answer {
        let mut state = self.lock();
        let State {
            institution,
            logins,
        } = &mut *state;
        let found = find(call);
        if let Some((route, _)) = &found
            && let Handler::Login(handler) = route.handler
        {
            return handler(&mut Login {
                call,
                params: call.params(),
                logins,
                token_lifetime: self.token_lifetime,
            });
        }
        let header = call.header(header::AUTHORIZATION);
        let token = header.and_then(|value| value.strip_prefix("Bearer "));
        let caller = token.and_then(|token| logins.user_of(token));
        let caller = caller.ok_or_else(unauthorized)?;
        let Some((route, segments)) = found else {
            return Err(refusal(StatusCode::NOT_FOUND, "Not found"));
        };
        if call.form.is_broken {
            return Err(refusal(StatusCode::BAD_REQUEST, "The body is not valid"));
        }
        let Handler::Visit(handler) = route.handler else {
            return Err(refusal(StatusCode::NOT_FOUND, "Not found"));
        };
        handler(&mut Visit {
            call,
            path: route.placeholders(&segments),
            institution,
            caller,
        })
    }
}

impl Site for StudioSite {
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
        refusal(StatusCode::TOO_MANY_REQUESTS, "Too many requests")
    }
}

/// Whether a method and a template are those of a route, for faults on demand.
pub(crate) fn known(method: &Method, path: &str) -> Option<&'static str> {
    route::known(ROUTES.iter(), method, path)
}

/// A refusal as all routes but those of OAuth write it.
pub(crate) fn refusal(status: StatusCode, message: &str) -> Reply {
    Reply::json(status, json!({ "error": message }))
}

fn find(call: &Call) -> Option<(&'static Route<Handler>, Vec<String>)> {
    [API_ROOT, ""].into_iter().find_map(|root| {
        let segments = call.segments(root)?;
        let route = route::find(ROUTES.iter(), call.verb(), &segments)?;
        Some((route, segments))
    })
}

fn unauthorized() -> Reply {
    refusal(StatusCode::UNAUTHORIZED, "Unauthorized")
        .header(header::WWW_AUTHENTICATE, "Bearer realm=\"Studio\"")
}

fn ping(_visit: &mut Visit<'_>) -> Answer {
    Ok(Reply::text(StatusCode::OK, "pong"))
}
