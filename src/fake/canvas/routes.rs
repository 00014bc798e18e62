//! The routes of the fake: one row each.

use http::Method;

use super::{
    activity, categories, exports, files, groups, guest::OpenRoute, handler::Route, imports,
    launch, memberships, oauth, progress, tags,
};
use crate::fake::route;

/// The routes of each resource. Where two match, the first counts.
static TABLES: &[&[Route]] = &[
    groups::ROUTES,
    memberships::ROUTES,
    activity::ROUTES,
    categories::ROUTES,
    tags::ROUTES,
    imports::ROUTES,
    exports::ROUTES,
    progress::ROUTES,
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
