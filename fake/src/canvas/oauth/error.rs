//! How a login is refused.

use http::{StatusCode, header};
use serde_json::json;

use crate::reply::Reply;

/// Why an application gets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OAuthError {
    pub(super) status: StatusCode,
    pub(super) error: &'static str,
    pub(super) description: &'static str,
}

impl OAuthError {
    pub(super) const UNKNOWN_CLIENT: Self = Self::unauthorized("unknown client");
    pub(super) const WRONG_SECRET: Self = Self::unauthorized("invalid client");
    pub(super) const REDIRECT_URI: Self = Self::bad(
        "invalid_request",
        "redirect_uri does not match client settings",
    );

    const fn unauthorized(description: &'static str) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            error: "invalid_client",
            description,
        }
    }

    pub(super) const fn bad(error: &'static str, description: &'static str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error,
            description,
        }
    }

    pub(super) fn reply(self) -> Reply {
        let body = json!({ "error": self.error, "error_description": self.description });
        let reply = Reply::json(self.status, body);
        match self.status {
            StatusCode::UNAUTHORIZED => reply.header(header::WWW_AUTHENTICATE, "Canvas OAuth 2.0"),
            _ => reply,
        }
    }
}
