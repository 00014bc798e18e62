//! What a route leads to: a function of the request.

use super::requests::{ApiRequest, OpenRequest};
use crate::{reply::HandlerResult, route};

pub(crate) type Route = route::Route<Handler>;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Handler {
    /// For those who have a session.
    Api(fn(&mut ApiRequest<'_>) -> HandlerResult),
    /// For those who want one.
    Open(fn(&mut OpenRequest<'_>) -> HandlerResult),
}
