//! What a route leads to: a function of the request.

use http::Method;

use super::{api_request::ApiRequest, open_request::OpenRequest};
use crate::{reply::HandlerResult, route};

pub(crate) type Route = route::Route<Handler>;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Handler {
    /// For those who have a token.
    Api(ApiHandler),
    /// For those who have a token, and for those who have none and know the address.
    Known(ApiHandler),
    /// For everybody.
    Open(OpenHandler),
}

type ApiHandler = fn(&mut ApiRequest<'_>) -> HandlerResult;

type OpenHandler = fn(&mut OpenRequest<'_>) -> HandlerResult;

pub(crate) const fn get(path: &'static str, handler: ApiHandler) -> Route {
    Route::new(Method::GET, path, Handler::Api(handler))
}

pub(crate) const fn post(path: &'static str, handler: ApiHandler) -> Route {
    Route::new(Method::POST, path, Handler::Api(handler))
}

pub(crate) const fn put(path: &'static str, handler: ApiHandler) -> Route {
    Route::new(Method::PUT, path, Handler::Api(handler))
}

pub(crate) const fn delete(path: &'static str, handler: ApiHandler) -> Route {
    Route::new(Method::DELETE, path, Handler::Api(handler))
}

/// A route of the API that asks for no token where its address says enough.
pub(crate) const fn known(method: Method, path: &'static str, handler: ApiHandler) -> Route {
    Route::new(method, path, Handler::Known(handler))
}

/// A route of the whole host, which asks for no token by itself.
pub(crate) const fn open(method: Method, path: &'static str, handler: OpenHandler) -> Route {
    Route::new(method, path, Handler::Open(handler))
}
