//! What can go wrong, as one type.

mod body;

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use http::StatusCode;

pub(crate) use body::Diagnosis;

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How many characters of a server's answer an error keeps.
const BODY_LIMIT: usize = 2048;

/// Why a call failed.
///
/// Match on [`kind`](Error::kind) to decide what to do; [`status`](Error::status),
/// [`details`](Error::details) and the rest tell more. `Display` is one line that names the call,
/// the status, what the server said and, where it is known, what to do about it. It never
/// contains a credential or the query of a URL.
///
/// ```
/// use canvas_groups::{Error, ErrorKind};
///
/// fn advice(error: &Error) -> &'static str {
///     match error.kind() {
///         ErrorKind::Authentication | ErrorKind::LoginRequired => "log in again",
///         ErrorKind::NotFound => "it is gone, or was never there",
///         _ if error.is_transient() => "try again later",
///         _ => "give up",
///     }
/// }
/// ```
pub struct Error(Box<Inner>);

#[derive(Clone, Default)]
struct Inner {
    kind: ErrorKind,
    message: String,
    context: Option<&'static str>,
    request: Option<String>,
    status: Option<StatusCode>,
    details: Vec<ErrorDetail>,
    request_id: Option<String>,
    report_id: Option<u64>,
    merged_into_user_id: Option<u64>,
    retry_after: Option<Duration>,
    attempts: u32,
    elapsed: Duration,
    body: Option<String>,
    outcome_unknown: bool,
    may_have_run: bool,
    an_attempt_was_lost: bool,
    a_deletion_was_lost: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// The kinds of failure. More may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client could not be built: bad base URL, unusable token, no TLS compiled in.
    Configuration,
    /// The request cannot be sent as it is. Nothing was sent.
    Request,
    /// No connection could be made. Nothing was sent.
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
    /// Acting as another user was refused: see [`Error::merged_into_user_id`].
    Masquerade,
    /// The credentials are good, but their user may not do this (403, on older servers 401).
    Forbidden,
    /// The hosted service refused the `User-Agent`.
    UserAgent,
    /// There is no such thing, or it was deleted, or the caller may not know of it.
    NotFound,
    /// The server refused the parameters (400 or 422): see [`Error::details`].
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
    /// A job in the background failed or was canceled. [`Error::details`] has its last words.
    JobFailed,
    /// The file of an upload could not be read, or is not as long as was said.
    Source,
    /// The store that Canvas names for an upload refused the file, or must not be used.
    Store,
}

/// One thing that the server found wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ErrorDetail {
    /// The parameter or attribute, as the server names it; `base` stands for the whole record.
    pub field: Option<String>,
    /// A code such as `too_long` or `not_found`. Not translated.
    pub code: Option<String>,
    /// The text for people. The server may translate it.
    pub message: Option<String>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            ..Inner::default()
        }))
    }

    /// An error for a request that must not be sent as it is.
    ///
    /// For endpoints and credentials written outside this crate. The message should say what to do.
    pub fn request_invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Request, message)
    }

    /// An error for credentials that cannot be had or used.
    ///
    /// For [`Credentials`](crate::auth::Credentials) written outside this crate. The message must
    /// not contain the secret.
    pub fn authentication(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Authentication, message)
    }

    /// An error for tokens that cannot be read or kept.
    ///
    /// For a [`TokenStore`](crate::auth::TokenStore) written outside this crate. The message must
    /// not contain a token.
    pub fn token_store(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::TokenStore, message)
    }

    /// Adds the error that caused this one.
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// An error for an answer with a status, as `diagnosis` reads it.
    pub(crate) fn answered(kind: ErrorKind, status: StatusCode, diagnosis: Diagnosis) -> Self {
        Self::diagnosed(kind, diagnosis).with_status(status)
    }

    /// An error that the server told of, though not by the status of an answer.
    pub(crate) fn diagnosed(kind: ErrorKind, diagnosis: Diagnosis) -> Self {
        Self(Box::new(Inner {
            kind,
            message: diagnosis.summary(),
            details: diagnosis.details,
            report_id: diagnosis.report_id,
            merged_into_user_id: diagnosis.merged_into_user_id,
            body: diagnosis.body,
            ..Inner::default()
        }))
    }

    /// An error for a job that ended without doing its work, in the state `state`.
    pub(crate) fn job_failed(summary: String, state: &str, message: Option<&str>) -> Self {
        Self(Box::new(Inner {
            kind: ErrorKind::JobFailed,
            message: body::one_line(&summary),
            details: vec![ErrorDetail {
                field: None,
                code: Some(state.to_owned()),
                message: message.map(str::to_owned),
            }],
            ..Inner::default()
        }))
    }

    /// The same error once more, for all who waited for the same thing.
    pub(crate) fn share(&self) -> Self {
        Self(self.0.clone())
    }

    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    pub(crate) fn with_request(mut self, line: impl Into<String>) -> Self {
        self.0.request.get_or_insert_with(|| line.into());
        self
    }

    /// Says what the call was a part of.
    pub(crate) fn with_context(mut self, context: &'static str) -> Self {
        self.0.context = Some(context);
        self
    }

    pub(crate) fn with_answer_headers(
        mut self,
        request_id: Option<String>,
        retry_after: Option<Duration>,
    ) -> Self {
        self.0.request_id = request_id;
        self.0.retry_after = retry_after;
        self
    }

    /// Passes every text that came from the server through `clean`, which returns a text without
    /// the secrets in it if there are any. A body that hides one in an escaped form goes as a whole.
    pub(crate) fn scrubbed(mut self, clean: impl Fn(&str) -> Option<String>) -> Self {
        let inner = &mut *self.0;
        let mut hidden = false;
        let details = inner.details.iter_mut();
        let parts = details.flat_map(|detail| {
            let ErrorDetail {
                field,
                code,
                message,
            } = detail;
            [field, code, message]
        });
        for text in parts.flatten().chain([&mut inner.message]) {
            if let Some(cleaned) = clean(text) {
                *text = cleaned;
                hidden = true;
            }
        }
        if hidden {
            inner.body = None;
        }
        if let Some(cleaned) = inner.request_id.as_deref().and_then(clean) {
            inner.request_id = Some(cleaned);
        }
        self
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_body(mut self, body: &[u8]) -> Self {
        self.0.body = Some(excerpt(body));
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32, elapsed: Duration) -> Self {
        self.0.attempts = attempts;
        self.0.elapsed = elapsed;
        self
    }

    pub(crate) fn with_outcome_unknown(mut self, unknown: bool) -> Self {
        self.0.outcome_unknown = unknown;
        self
    }

    /// Notes that the server may have carried out the request, whatever its method.
    pub(crate) fn with_may_have_run(mut self) -> Self {
        self.0.may_have_run = true;
        self
    }

    pub(crate) fn may_have_run(&self) -> bool {
        self.0.may_have_run
    }

    /// Notes whether an earlier attempt got no answer.
    pub(crate) fn with_lost_attempt(mut self, lost: bool, is_deletion: bool) -> Self {
        self.0.an_attempt_was_lost = lost;
        self.0.a_deletion_was_lost = lost && is_deletion;
        self
    }

    /// Of a failure on the way to the credentials: whatever became of that, the call itself was
    /// not carried out.
    pub(crate) fn not_sent(mut self) -> Self {
        self.0.outcome_unknown = false;
        self.0.may_have_run = false;
        self.0.an_attempt_was_lost = false;
        self.0.a_deletion_was_lost = false;
        self
    }

    /// The failure of a call that was to bring credentials. It says nothing about what the caller
    /// asked for, so it must not look like an answer to that; and an answer that could not be
    /// read may hold the secret.
    pub(crate) fn of_credentials(mut self, context: &str) -> Self {
        use ErrorKind::*;
        if self.0.kind == Decode {
            self.0.body = None;
            self.0.source = None;
        }
        if matches!(
            self.0.kind,
            NotFound | Invalid | Conflict | Forbidden | Status | Decode
        ) {
            self.0.kind = Authentication;
        }
        if self.0.kind == Authentication {
            self.0.message = match self.0.message.as_str() {
                "" => context.to_owned(),
                message => format!("{message}; {context}"),
            };
        }
        self
    }

    /// Whether an earlier attempt got no answer but may have been carried out.
    pub(crate) fn lost_an_attempt(&self) -> bool {
        self.0.an_attempt_was_lost
    }

    /// Whether this is the 404 of a deletion whose earlier attempt got no answer.
    pub(crate) fn is_gone_after_a_lost_attempt(&self) -> bool {
        self.0.kind == ErrorKind::NotFound && self.0.a_deletion_was_lost
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status, where the server answered at all.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// What the server found wrong, one entry each; empty where it gave no reason.
    pub fn details(&self) -> &[ErrorDetail] {
        &self.0.details
    }

    /// The call, such as `PUT /api/v1/groups/7`. Never with a query.
    pub fn request(&self) -> Option<&str> {
        self.0.request.as_deref()
    }

    /// The id under which the server logged the request: quote it to Instructure's support.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The id of the error report that the server stored, if it did.
    pub fn report_id(&self) -> Option<u64> {
        self.0.report_id
    }

    /// The user whom the one to act as was merged into, if the server said so: nobody can act as a
    /// merged user. Ask before acting as the other one; it is not done by itself.
    pub fn merged_into_user_id(&self) -> Option<u64> {
        self.0.merged_into_user_id
    }

    /// How long to wait before the next try: what the server asked for, or what is left of the
    /// pause after a failed renewal of the credentials.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How often the request was sent or tried to be sent; 0 where it never came so far.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long the call took, waiting included.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// The beginning of the server's answer, at most 2,048 bytes of it.
    pub fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    /// Whether the same call may well succeed later: throttled, server failure, timeout, no or a
    /// broken connection. See [`outcome_unknown`](Self::outcome_unknown) before a write is repeated.
    pub fn is_transient(&self) -> bool {
        use ErrorKind::*;
        matches!(
            self.0.kind,
            Connect | Timeout | Interrupted | Throttled | Server
        )
    }

    /// Whether the server may have carried out the request although this error came back.
    ///
    /// After a write, look at the server's state before sending it again.
    pub fn outcome_unknown(&self) -> bool {
        self.0.outcome_unknown
    }

    /// What the person who reads the error can do, where that is known.
    fn hint(&self) -> Option<&'static str> {
        use ErrorKind::*;
        Some(match self.0.kind {
            Authentication => "check the token or session: it may be mistyped, expired or revoked",
            LoginRequired => "a person has to log in again",
            TokenStore => "see to the store of the tokens, then call again",
            Scope => "add the scope of this route to the developer key, then get a new token",
            Masquerade => {
                "the user to act as is unknown, deleted or merged, or this token may not act for it"
            }
            Forbidden => "the user of this token lacks the permission, or an SIS right",
            UserAgent => "the service demands a User-Agent that says who calls",
            Redirect => "use the address that the server itself uses as base URL",
            TooLarge => "raise `max_body` of the client if the answer is meant to be so large",
            Throttled => "the quota is shared by all that use this token: send less at a time",
            _ if self.0.outcome_unknown => {
                "the server may have carried it out, or a part of it: read the records again \
                 before it is sent again"
            }
            _ => return None,
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(context) = inner.context {
            write!(f, "{context}: ")?;
        }
        if let Some(request) = &inner.request {
            write!(f, "{request}: ")?;
        }
        match inner.status {
            Some(status) if inner.message.is_empty() => write!(f, "{status}")?,
            Some(status) => write!(f, "{status}: {}", inner.message)?,
            None => f.write_str(&inner.message)?,
        }
        if let Some(hint) = self.hint() {
            write!(f, " ({hint})")?;
        }
        if inner.attempts > 1 {
            write!(
                f,
                "; {} attempts in {:.1} s",
                inner.attempts,
                inner.elapsed.as_secs_f32()
            )?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("message", &inner.message)
            .field("context", &inner.context)
            .field("request", &inner.request)
            .field("status", &inner.status)
            .field("details", &inner.details)
            .field("request_id", &inner.request_id)
            .field("report_id", &inner.report_id)
            .field("attempts", &inner.attempts)
            .field("outcome_unknown", &inner.outcome_unknown)
            .field("body", &inner.body)
            .field("source", &inner.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as _)
    }
}

/// The beginning of a body as text.
fn excerpt(body: &[u8]) -> String {
    let cut = body.len().min(BODY_LIMIT);
    String::from_utf8_lossy(&body[..cut]).into_owned()
}
