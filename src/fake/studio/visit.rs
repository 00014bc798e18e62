//! Requests that were let in, with all that a route needs.

use std::time::Duration;

use super::{institution::Institution, logins::Logins};
use crate::fake::{
    call::Call,
    params::Params,
    reply::Answer,
    route::{self, PathKeys},
};

pub(crate) type Route = route::Route<Handler>;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Handler {
    /// For those who have a token.
    Api(fn(&mut Visit<'_>) -> Answer),
    /// For those who want one.
    Open(fn(&mut Guest<'_>) -> Answer),
}

/// A request with a good token.
pub(crate) struct Visit<'a> {
    pub(crate) call: &'a Call,
    pub(crate) path: PathKeys,
    pub(crate) institution: &'a mut Institution,
    pub(crate) caller: u64,
}

/// A request that needs no token.
pub(crate) struct Guest<'a> {
    pub(crate) call: &'a Call,
    pub(crate) params: Params,
    pub(crate) logins: &'a mut Logins,
    pub(crate) token_lifetime: Duration,
}
