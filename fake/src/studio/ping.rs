//! Whether a token is good.

use http::{Method, StatusCode};

use super::{
    handler::{Handler, Route},
    requests::ApiRequest,
};
use crate::reply::{HandlerResult, Reply};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    Route::new(Method::GET, "ping", Handler::Api(ping)),
];

fn ping(_visit: &mut ApiRequest<'_>) -> HandlerResult {
    Ok(Reply::text(StatusCode::OK, "pong"))
}
