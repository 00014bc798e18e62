//! How Commons refuses a request.

use std::time::Duration;

use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::reply::Reply;

pub(crate) fn refusal(status: StatusCode, message: &str) -> Reply {
    Reply::json(status, refusal_body(status, message))
}

pub(crate) fn not_found() -> Reply {
    refusal(StatusCode::NOT_FOUND, "there is no such record")
}

/// The refusal of what stands under a key of the body.
pub(crate) fn invalid(key: &str, problem: &str) -> Reply {
    let status = StatusCode::BAD_REQUEST;
    let mut body = refusal_body(status, &format!("\"{key}\" {problem}"));
    if let Some(body) = body.as_object_mut() {
        let validation = json!({ "source": "payload", "keys": [key] });
        body.insert("validation".to_owned(), validation);
    }
    Reply::json(status, body)
}

fn refusal_body(status: StatusCode, message: &str) -> Value {
    json!({
        "statusCode": status.as_u16(),
        "error": status.canonical_reason(),
        "message": message,
    })
}

pub(crate) fn too_many(wait: Duration) -> Reply {
    refusal(
        StatusCode::TOO_MANY_REQUESTS,
        "too many requests in this hour",
    )
    .header(header::RETRY_AFTER, &wait.as_secs().max(1).to_string())
}
