//! The routes of the fake: one row each.

use http::Method;

use super::{
    activity, categories, exports, files, groups, guest::OpenRoute, imports, jobs, launch,
    memberships, oauth, tags, visit::Visit,
};
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

/// The routes of each resource. Where two match, the first counts.
static TABLES: &[&[Route]] = &[
    groups::ROUTES,
    memberships::ROUTES,
    activity::ROUTES,
    categories::ROUTES,
    tags::ROUTES,
    imports::ROUTES,
    exports::ROUTES,
    jobs::ROUTES,
    files::ROUTES,
];

/// The routes of the whole host, outside of the API.
static OPEN_TABLES: &[&[OpenRoute]] = &[oauth::ROUTES, launch::ROUTES, files::OPEN_ROUTES];

pub(crate) fn all() -> impl Iterator<Item = &'static Route> {
    TABLES.iter().copied().flatten()
}

/// The first route with this method and path.
pub(crate) fn find(method: &Method, segments: &[String]) -> Option<&'static Route> {
    route::find(all(), method, segments)
}

pub(crate) fn all_open() -> impl Iterator<Item = &'static OpenRoute> {
    OPEN_TABLES.iter().copied().flatten()
}

/// The first route of the whole host with this method and path.
pub(crate) fn find_open(method: &Method, segments: &[String]) -> Option<&'static OpenRoute> {
    route::find(all_open(), method, segments)
}
