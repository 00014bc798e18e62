//! What happens to a request before and after its route.

use std::{sync::MutexGuard, time::Duration};

use http::StatusCode;
use tokio::time::Instant;

use super::{
    records::User,
    refusal::{refusal, too_many},
    routes::ROUTER,
    sessions,
    settings::Settings,
    state::State,
    visit::{Guest, Handler, Visit},
};
use crate::fake::{
    call::Call,
    guarded::Guarded,
    reply::{Answer, Reply},
    route::Router,
    server::Site,
};

/// A running fake Commons, as its handle and its server see it.
#[derive(Debug)]
pub(crate) struct LorSite {
    settings: Settings,
    state: Guarded<State>,
}

impl LorSite {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            state: Guarded::new(State::new()),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// The id of a user, who is made if there is none; `None` if Canvas has no such user.
    pub(crate) fn add_user(&self, canvas_id: u64) -> Option<String> {
        let (name, email) = self.settings.voucher.person(canvas_id)?;
        let user = User {
            canvas_id,
            name,
            email,
        };
        Some(self.lock().add_user(user))
    }

    pub(crate) fn open_session(&self, user: &str) -> String {
        let lifetime = self.settings.session_lifetime;
        self.lock().open_session(user.to_owned(), lifetime)
    }
}

impl Site for LorSite {
    type Handler = Handler;
    type Reservation = ();

    fn router() -> &'static Router<Handler> {
        &ROUTER
    }

    fn admit(&self, _call: &Call) -> Result<(), Reply> {
        Ok(())
    }

    fn respond(&self, call: &Call) -> Answer {
        let (route, path) = ROUTER
            .find(call)
            .ok_or_else(|| refusal(StatusCode::NOT_FOUND, "there is no such route"))?;
        if call.form.is_broken {
            let message = "the body is not valid JSON";
            return Err(refusal(StatusCode::BAD_REQUEST, message));
        }
        let Self { settings, .. } = self;
        let mut state = self.lock();
        let handler = match route.handler {
            Handler::Api(handler) => handler,
            Handler::Open(handler) => {
                return handler(&mut Guest {
                    call,
                    state: &mut state,
                    settings,
                });
            }
        };
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
        hours.count(&caller, settings.hourly_limit)?;
        let canvas_id = records.users.get(&caller).map(|user| user.canvas_id);
        let mut visit = Visit {
            call,
            path,
            expires: session.expires,
            is_admin: canvas_id.is_some_and(|id| settings.voucher.is_admin(id)),
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

    fn throttled(&self, _call: &Call) -> Reply {
        too_many(Duration::from_secs(1))
    }
}
