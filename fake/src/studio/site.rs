//! What happens to a request before and after its route.

use std::{sync::MutexGuard, time::Duration};

use http::{Method, StatusCode, header};

use super::{
    handler::Handler,
    institution::Institution,
    logins::Logins,
    refusal::{not_found, refusal, unauthorized},
    requests::{ApiRequest, OpenRequest},
    routes::ROUTER,
};
use crate::{
    guarded::Guarded,
    http_request::HttpRequest,
    reply::{HandlerResult, Reply},
    server::Site,
};

/// A running fake Studio, as its handle and its server see it.
#[derive(Debug)]
pub(crate) struct StudioSite {
    token_lifetime: Duration,
    data: Guarded<StudioData>,
}

/// All that a fake Studio keeps.
#[derive(Debug)]
pub(crate) struct StudioData {
    pub(crate) institution: Institution,
    pub(crate) logins: Logins,
}

impl StudioSite {
    pub(crate) fn new(
        institution: Institution,
        token_lifetime: Duration,
        browser_user: u64,
    ) -> Self {
        Self {
            token_lifetime,
            data: Guarded::new(StudioData {
                institution,
                logins: Logins::new(browser_user),
            }),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, StudioData> {
        self.data.lock()
    }
}

impl Site for StudioSite {
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
        let mut data = self.lock();
        let StudioData {
            institution,
            logins,
        } = &mut *data;
        let found = ROUTER.find(request);
        if let Some((route, _)) = &found
            && let Handler::Open(handler) = route.handler
        {
            return handler(&mut OpenRequest {
                http: request,
                params: request.params(),
                logins,
                token_lifetime: self.token_lifetime,
            });
        }
        let header = request.header(header::AUTHORIZATION);
        let token = header.and_then(|value| value.strip_prefix("Bearer "));
        let caller = token.and_then(|token| logins.user_of(token));
        let caller = caller.ok_or_else(unauthorized)?;
        let (route, path) = found.ok_or_else(not_found)?;
        if request.is_broken {
            return Err(refusal(
                StatusCode::BAD_REQUEST,
                "The request cannot be read",
            ));
        }
        let Handler::Api(handler) = route.handler else {
            return Err(not_found());
        };
        handler(&mut ApiRequest {
            http: request,
            path,
            institution,
            caller,
        })
    }

    fn throttled(&self, _request: &HttpRequest) -> Reply {
        refusal(StatusCode::TOO_MANY_REQUESTS, "Too many requests")
    }
}
