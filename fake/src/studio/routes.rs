//! The routes of the fake: one table for each resource.

use super::{groups, handler::Handler, oauth, ping, users};
use crate::route::Router;

pub(crate) static ROUTER: Router<Handler> = Router::new(
    "/api/public/v1/",
    &[groups::ROUTES, ping::ROUTES, oauth::ROUTES, users::ROUTES],
);
