//! Whether a token is good.

use http::{Method, StatusCode};

use super::visit::{Handler, Route, Visit};
use crate::fake::reply::{Answer, Reply};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    Route::new(Method::GET, "ping", Handler::Api(ping)),
];

fn ping(_visit: &mut Visit<'_>) -> Answer {
    Ok(Reply::text(StatusCode::OK, "pong"))
}
