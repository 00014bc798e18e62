//! Requests, with all that their handlers need.

use std::time::Duration;

use super::{institution::Institution, logins::Logins};
use crate::{http_request::HttpRequest, params::Params, route::PathKeys};

/// A request with a good token.
pub(crate) struct ApiRequest<'a> {
    pub(crate) http: &'a HttpRequest,
    pub(crate) path: PathKeys,
    pub(crate) institution: &'a mut Institution,
    pub(crate) caller: u64,
}

/// A request that needs no token.
pub(crate) struct OpenRequest<'a> {
    pub(crate) http: &'a HttpRequest,
    pub(crate) params: Params,
    pub(crate) logins: &'a mut Logins,
    pub(crate) token_lifetime: Duration,
}
