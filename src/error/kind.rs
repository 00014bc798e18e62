//! The kinds of failure.

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
    /// No connection could be made, to the server or to where the credentials come from. Nothing
    /// was sent.
    Connect,
    /// No answer within the time limit.
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
    /// There is no login, or no longer one: a person has to log in (again).
    LoginRequired,
    /// The [`TokenStore`](crate::auth::TokenStore) could not give or keep the tokens.
    TokenStore,
    /// The token's developer key lacks the scope for this route.
    Scope,
    /// Acting as another user was refused: see [`Error::merged_into_user_id`](super::Error::merged_into_user_id).
    Masquerade,
    /// The credentials are good, but their user may not do this (403, on older servers 401).
    Forbidden,
    /// The hosted service refused the `User-Agent`.
    UserAgent,
    /// There is no such thing, or it was deleted, or the caller may not know of it.
    NotFound,
    /// The server refused the parameters (400 or 422): see [`Error::details`](super::Error::details).
    Invalid,
    /// The record changed meanwhile, or exists already (409).
    Conflict,
    /// The quota of the token is used up, and stayed so through all attempts.
    Throttled,
    /// The server failed (5xx).
    Server,
    /// The server answered with a status that has no kind of its own.
    #[default]
    Status,
    /// The answer is not what the API documents: not JSON, or of another shape.
    Decode,
    /// The list cannot be followed to its end: a broken, looping or foreign `next` link.
    Pagination,
    /// The guard of a roster's plan refused it, or the plan has errors. Nothing was sent.
    Guard,
    /// A job in the background failed or was canceled. [`Error::details`](super::Error::details) has its last words.
    JobFailed,
    /// The file of an upload could not be read, or is not as long as was said.
    UploadSource,
    /// The store that Canvas names for an upload refused the file, or must not be used.
    UploadStore,
}
