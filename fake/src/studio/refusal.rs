//! How Studio refuses a request.

use http::{StatusCode, header};
use serde_json::json;

use crate::reply::Reply;

/// A refusal as all routes but those of OAuth write it.
pub(crate) fn refusal(status: StatusCode, message: &str) -> Reply {
    Reply::json(status, json!({ "error": message }))
}

pub(crate) fn not_found() -> Reply {
    refusal(StatusCode::NOT_FOUND, "Not found")
}

pub(crate) fn unauthorized() -> Reply {
    refusal(StatusCode::UNAUTHORIZED, "Unauthorized")
        .header(header::WWW_AUTHENTICATE, "Bearer realm=\"Studio\"")
}
