//! The routes of the fake: one table for each resource.

use super::{
    accounts, activity, categories, courses, enrollments, exports, files, groups, handler::Handler,
    imports, launch, memberships, oauth, progress, sections, tags, users,
};
use crate::route::Router;

/// What the paths of the API begin with.
pub(crate) const API_ROOT: &str = "/api/v1/";

pub(crate) static ROUTER: Router<Handler> = Router::new(
    API_ROOT,
    &[
        groups::ROUTES,
        accounts::ROUTES,
        courses::ROUTES,
        sections::ROUTES,
        users::ROUTES,
        enrollments::ROUTES,
        memberships::ROUTES,
        activity::ROUTES,
        categories::ROUTES,
        tags::ROUTES,
        imports::ROUTES,
        exports::ROUTES,
        progress::ROUTES,
        files::ROUTES,
        oauth::ROUTES,
        launch::ROUTES,
    ],
);
