//! What happens to a request before and after its route.

use std::{sync::MutexGuard, time::Duration};

use http::{Method, StatusCode};
use tokio::time::Instant;

use super::{
    data::LorData,
    handler::Handler,
    records::User,
    refusal::{refusal, too_many},
    requests::{ApiRequest, OpenRequest},
    routes::ROUTER,
    sessions,
    settings::Settings,
};
use crate::{
    guarded::Guarded,
    http_request::HttpRequest,
    reply::{HandlerResult, Reply},
    server::Site,
};

/// A running fake Commons, as its handle and its server see it.
#[derive(Debug)]
pub(crate) struct LorSite {
    settings: Settings,
    data: Guarded<LorData>,
}

impl LorSite {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            data: Guarded::new(LorData::new()),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, LorData> {
        self.data.lock()
    }

    /// Adds a user of Canvas, unless that user is here already, and returns the id. `None` if
    /// Canvas has no such user.
    pub(crate) fn add_user(&self, canvas_id: u64) -> Option<String> {
        let (name, email) = self.settings.platform.name_and_email(canvas_id)?;
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
    type Reservation = ();

    fn route(&self, request: &HttpRequest) -> Option<&'static str> {
        ROUTER.find(request).map(|(route, _)| route.path)
    }

    fn known(&self, method: &Method, path: &str) -> Option<&'static str> {
        ROUTER.known(method, path)
    }

    fn reserve(&self, _request: &HttpRequest) -> Result<(), Reply> {
        Ok(())
    }

    fn respond(&self, request: &HttpRequest, _reservation: &()) -> HandlerResult {
        let (route, path) = ROUTER
            .find(request)
            .ok_or_else(|| refusal(StatusCode::NOT_FOUND, "there is no such route"))?;
        if request.is_broken {
            let message = "the request cannot be read";
            return Err(refusal(StatusCode::BAD_REQUEST, message));
        }
        let Self { settings, .. } = self;
        let mut data = self.lock();
        let handler = match route.handler {
            Handler::Api(handler) => handler,
            Handler::Open(handler) => {
                return handler(&mut OpenRequest {
                    http: request,
                    data: &mut data,
                    settings,
                });
            }
        };
        let LorData {
            records,
            sessions,
            hours,
            ..
        } = &mut *data;
        let no_session = || refusal(StatusCode::UNAUTHORIZED, "the session is missing or ended");
        let id = sessions::carried(request).ok_or_else(no_session)?;
        let session = sessions.get(&id).ok_or_else(no_session)?;
        if session.ends <= Instant::now() {
            return Err(no_session());
        }
        let caller = session.user.clone();
        hours.count(&caller, settings.hourly_limit)?;
        let canvas_id = records.users.get(&caller).map(|user| user.canvas_id);
        let mut request = ApiRequest {
            http: request,
            path,
            expires: session.expires,
            is_admin: canvas_id.is_some_and(|id| settings.platform.is_admin(id)),
            records,
            session: &id,
            caller,
            ends_session: false,
        };
        let answer = handler(&mut request);
        if request.ends_session {
            sessions.remove(&id);
        }
        answer
    }

    fn throttled(&self, _request: &HttpRequest) -> Reply {
        too_many(Duration::from_secs(1))
    }
}
