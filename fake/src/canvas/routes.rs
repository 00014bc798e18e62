//! The routes of the fake: one table for each resource.

use http::Method;

use super::{
    accounts, activity, categories, courses, enrollments, exports, files, groups,
    handler::Handler,
    imports, launch,
    memberships::{self, BULK_REMOVAL},
    oauth, progress, sections, tags, users,
};
use crate::route::Router;

/// The routes that servers of November 2024 do not have yet.
pub(crate) fn is_new(method: &Method, path: &str) -> bool {
    let all = [
        (Method::DELETE, BULK_REMOVAL),
        (
            Method::POST,
            "courses/:course_id/group_categories/bulk_manage_differentiation_tag",
        ),
        (Method::GET, "courses/:course_id/bulk_user_tags"),
        (
            Method::POST,
            "courses/:course_id/group_categories/import_tags",
        ),
        (
            Method::GET,
            "courses/:course_id/group_categories/export_tags",
        ),
    ];
    all.iter().any(|new| (&new.0, new.1) == (method, path))
}

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
