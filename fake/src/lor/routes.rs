//! The routes of the fake: one table for each resource.

use super::{groups, handler::Handler, members, sessions, users};
use crate::route::Router;

pub(crate) static ROUTER: Router<Handler> = Router::new(
    "/api/",
    &[
        groups::ROUTES,
        members::ROUTES,
        sessions::ROUTES,
        users::ROUTES,
    ],
);
