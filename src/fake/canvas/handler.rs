//! What a route leads to: a function of the request.

use http::Method;

use super::visit::Visit;
use crate::fake::{reply::Answer, route};

/// A route below the root of the API.
pub(crate) type Route = route::Route<Handler>;

pub(crate) type Handler = fn(&mut Visit<'_>) -> Answer;

pub(crate) const fn get(path: &'static str, handler: Handler) -> Route {
    route(Method::GET, path, handler)
}

pub(crate) const fn post(path: &'static str, handler: Handler) -> Route {
    route(Method::POST, path, handler)
}

pub(crate) const fn put(path: &'static str, handler: Handler) -> Route {
    route(Method::PUT, path, handler)
}

pub(crate) const fn delete(path: &'static str, handler: Handler) -> Route {
    route(Method::DELETE, path, handler)
}

const fn route(method: Method, path: &'static str, handler: Handler) -> Route {
    Route::new(method, path, handler)
}
