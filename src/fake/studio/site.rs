//! What happens to a request before and after its route.

use std::{sync::MutexGuard, time::Duration};

use http::{StatusCode, header};

use super::{
    institution::Institution,
    logins::Logins,
    refusal::{not_found, refusal, unauthorized},
    routes::ROUTER,
    visit::{Guest, Handler, Visit},
};
use crate::fake::{
    call::Call,
    guarded::Guarded,
    reply::{Answer, Reply},
    route::Router,
    server::Site,
};

/// A running fake Studio, as its handle and its server see it.
#[derive(Debug)]
pub(crate) struct StudioSite {
    token_lifetime: Duration,
    state: Guarded<State>,
}

/// All that a fake Studio keeps.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) institution: Institution,
    pub(crate) logins: Logins,
}

impl StudioSite {
    pub(crate) fn new(institution: Institution, token_lifetime: Duration, person: u64) -> Self {
        Self {
            token_lifetime,
            state: Guarded::new(State {
                institution,
                logins: Logins::new(person),
            }),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl Site for StudioSite {
    type Handler = Handler;
    type Reservation = ();

    fn router() -> &'static Router<Handler> {
        &ROUTER
    }

    fn admit(&self, _call: &Call) -> Result<(), Reply> {
        Ok(())
    }

    fn respond(&self, call: &Call) -> Answer {
        let mut state = self.lock();
        let State {
            institution,
            logins,
        } = &mut *state;
        let found = ROUTER.find(call);
        if let Some((route, _)) = &found
            && let Handler::Open(handler) = route.handler
        {
            return handler(&mut Guest {
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
        let (route, path) = found.ok_or_else(not_found)?;
        if call.form.is_broken {
            return Err(refusal(StatusCode::BAD_REQUEST, "The body is not valid"));
        }
        let Handler::Api(handler) = route.handler else {
            return Err(not_found());
        };
        handler(&mut Visit {
            call,
            path,
            institution,
            caller,
        })
    }

    fn throttled(&self, _call: &Call) -> Reply {
        refusal(StatusCode::TOO_MANY_REQUESTS, "Too many requests")
    }
}
