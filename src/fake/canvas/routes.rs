//! The routes of the fake: one row each.

use http::Method;

use super::{
    activity, categories, exports, groups, imports, jobs, memberships, tags, visit::Visit,
};
use crate::fake::reply::Answer;

/// A route: its path below the root of the API, and what answers it.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) handler: Handler,
}

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
    Route {
        method,
        path,
        handler,
    }
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
];

pub(crate) fn all() -> impl Iterator<Item = &'static Route> {
    TABLES.iter().copied().flatten()
}

/// The first route with this method and path.
pub(crate) fn find(method: &Method, segments: &[String]) -> Option<&'static Route> {
    all().find(|route| route.method == *method && route.matches(segments))
}

impl Route {
    fn matches(&self, segments: &[String]) -> bool {
        let mut parts = self.path.split('/');
        let mut given = segments.iter();
        loop {
            match (parts.next(), given.next()) {
                (None, None) => return true,
                (Some(part), Some(segment)) if part.starts_with(':') && !segment.is_empty() => {}
                (Some(part), Some(segment)) if part == segment => {}
                _ => return false,
            }
        }
    }

    /// What stands in the places of the path.
    pub(crate) fn placeholders(&self, segments: &[String]) -> Vec<(&'static str, String)> {
        let parts = self.path.split('/').zip(segments);
        parts
            .filter_map(|(part, segment)| Some((part.strip_prefix(':')?, segment.clone())))
            .collect()
    }
}
