//! The error codes of OAuth 2.0.

use crate::error::ErrorKind;

/// What a code means, wherever a server answers with it; `None` for a code that is not OAuth's.
pub(super) fn kind_of_code(code: &str) -> Option<ErrorKind> {
    Some(match code {
        "access_denied" | "invalid_grant" => ErrorKind::LoginRequired,
        "server_error" | "temporarily_unavailable" => ErrorKind::Server,
        "invalid_request"
        | "invalid_client"
        | "invalid_scope"
        | "invalid_target"
        | "unauthorized_client"
        | "unsupported_grant_type"
        | "unsupported_response_type" => ErrorKind::Configuration,
        _ => return None,
    })
}

/// What a code means that a browser brings back from a login. OpenID Connect and Canvas have
/// codes of their own there.
pub(super) fn kind_of_callback_code(code: &str) -> ErrorKind {
    match code {
        "login_required"
        | "interaction_required"
        | "consent_required"
        | "account_selection_required" => ErrorKind::LoginRequired,
        "unsupported_prompt_type" => ErrorKind::Configuration,
        "client_not_allowed_for_user" => ErrorKind::Forbidden,
        code => kind_of_code(code).unwrap_or(ErrorKind::Invalid),
    }
}
