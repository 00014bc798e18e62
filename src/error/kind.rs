//! The kinds of failure.

use std::fmt;

/// The kinds of failure. More may come.
///
/// The guide says [what to do about each](crate::guide::errors).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client could not be built: bad base URL, unusable token, no TLS compiled in.
    Configuration,
    /// The request cannot be sent as it is. Nothing was sent.
    Request,
    /// No connection could be made, to the server or to where the credentials come from, or a proxy
    /// demands a login (407). Nothing was sent.
    Connect,
    /// No complete answer arrived within the time limit, or the request did not arrive within that
    /// of the server (408).
    Timeout,
    /// The connection broke after the request had been sent.
    Interrupted,
    /// The answer is larger than the client's limit.
    TooLarge,
    /// The server redirected the call; redirects are not followed, since they could carry the
    /// token elsewhere.
    Redirect,
    /// The credentials are missing, wrong, expired or revoked (401 with a challenge).
    Authentication,
    /// There is no login, or it has ended: a person has to log in.
    LoginRequired,
    /// The [`TokenStore`](crate::auth::TokenStore) could not load or save the tokens.
    TokenStore,
    /// The token's developer key lacks the scope for this route.
    Scope,
    /// Acting as another user was refused: see [`Error::merged_into_user_id`](super::Error::merged_into_user_id).
    Masquerade,
    /// The credentials are valid, but their user may not do this (403, or 401 on older servers).
    Forbidden,
    /// The hosted service refused the `User-Agent`.
    UserAgent,
    /// The record does not exist, was deleted, or is hidden from the caller.
    NotFound,
    /// The server refused the parameters (400 or 422): see [`Error::details`](super::Error::details).
    Invalid,
    /// The record was changed in the meantime, or already exists (409).
    Conflict,
    /// The quota of the token is used up, and remained so during all attempts.
    Throttled,
    /// The server failed (5xx).
    Server,
    /// The server answered with a status that has no kind of its own.
    #[default]
    Status,
    /// The answer is not what the API documents: it is not JSON, has another shape or encoding, or
    /// comes with another status of success.
    Decode,
    /// The list cannot be followed to its end: a broken, looping or foreign `next` link, or none where
    /// there should be links.
    Pagination,
    /// The guard of a roster's plan refused it, or the plan has errors. Nothing was sent.
    Guard,
    /// A job in the background failed or was canceled. [`Error::details`](super::Error::details)
    /// has its last message.
    JobFailed,
    /// The file of an upload could not be read, or does not have the declared length.
    UploadSource,
    /// The store that Canvas names for an upload refused the file, or may not be used.
    UploadStore,
}

impl ErrorKind {
    /// A word for the kind, such as `not_found`: for the labels of metrics and for logs. It stays
    /// the same in later versions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Request => "request",
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Interrupted => "interrupted",
            Self::TooLarge => "too_large",
            Self::Redirect => "redirect",
            Self::Authentication => "authentication",
            Self::LoginRequired => "login_required",
            Self::TokenStore => "token_store",
            Self::Scope => "scope",
            Self::Masquerade => "masquerade",
            Self::Forbidden => "forbidden",
            Self::UserAgent => "user_agent",
            Self::NotFound => "not_found",
            Self::Invalid => "invalid",
            Self::Conflict => "conflict",
            Self::Throttled => "throttled",
            Self::Server => "server",
            Self::Status => "status",
            Self::Decode => "decode",
            Self::Pagination => "pagination",
            Self::Guard => "guard",
            Self::JobFailed => "job_failed",
            Self::UploadSource => "upload_source",
            Self::UploadStore => "upload_store",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_kind_is_its_name_in_snake_case() {
        for (kind, word) in [
            (ErrorKind::NotFound, "not_found"),
            (ErrorKind::UserAgent, "user_agent"),
            (ErrorKind::Server, "server"),
        ] {
            assert_eq!(kind.to_string(), word);
            assert_eq!(
                kind.as_str().replace('_', ""),
                format!("{kind:?}").to_lowercase()
            );
            assert_eq!(format!("{kind:>10}").len(), 10);
        }
    }
}
