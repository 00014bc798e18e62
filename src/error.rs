//! What can go wrong, as one type.

mod body;
mod build;
mod from;
mod kind;
mod source;

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use http::{Method, StatusCode};
use serde::Serialize;

use crate::lenient::is_invisible;

pub(crate) use body::{Diagnosis, one_line};
pub use kind::ErrorKind;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How many bytes of a server's answer an error keeps.
pub(crate) const BODY_LIMIT: usize = 2048;

/// Why a call failed.
///
/// Match on [`kind`](Error::kind) to decide what to do; [`status`](Error::status),
/// [`details`](Error::details) and the rest tell more. `Display` is one line that names the call,
/// the status, what the server said and, if it is known, what to do about it. It never contains a
/// credential or the query of a URL.
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
    /// The method of the call that failed; unset until the call is known.
    method: Option<Method>,
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
    /// What the endpoint says of a refusal for which the server gives no reason.
    advice: Option<&'static str>,
    /// Whether the server may have carried out the call, in this attempt or one before it.
    may_have_run: bool,
    /// Whether an earlier attempt, which may have been carried out, got no answer.
    follows_a_lost_attempt: bool,
    /// What to do, where that is not the same for all of its kind.
    hint: Option<&'static str>,
    /// Whether it stays until somebody changes something.
    is_lasting: bool,
    /// Whether the answer has the form of the server's own errors.
    is_of_server: bool,
    /// Whether the server saw no token.
    is_token_lost: bool,
    /// Whether the server knows rights to SIS ids.
    has_sis: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// One problem that the server found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
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
    /// An error of this kind, with a message that says what to do.
    ///
    /// For code outside this crate that returns this type: endpoints, credentials and stores of
    /// your own, and tests of how your program handles errors. Write the message as one line in
    /// lower case without a full stop. It must not contain a secret.
    ///
    /// ```
    /// use canvas_groups::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Configuration, "the roster has no column `login_id`");
    /// assert_eq!(error.kind(), ErrorKind::Configuration);
    /// assert_eq!(error.to_string(), "the roster has no column `login_id`");
    /// ```
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
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

    /// An error for credentials that cannot be obtained or used.
    ///
    /// For [`Credentials`](crate::auth::Credentials) written outside this crate. The message must
    /// not contain the secret.
    pub fn authentication(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Authentication, message)
    }

    /// An error for tokens that cannot be loaded or saved.
    ///
    /// For a [`TokenStore`](crate::auth::TokenStore) written outside this crate. The message must
    /// not contain a token.
    pub fn token_store(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::TokenStore, message)
    }

    /// An error for credentials that are unavailable for the moment.
    ///
    /// For [`Credentials`](crate::auth::Credentials) written outside this crate. Its kind is
    /// [`ErrorKind::Connect`]: calls are repeated as if the server could not be reached. The
    /// message must not contain a token.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Connect, message)
    }

    /// Adds the error that caused this one.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// The kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status, if the server answered at all.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The problems that the server found; empty if it gave no reason.
    pub fn details(&self) -> &[ErrorDetail] {
        &self.0.details
    }

    /// The call, such as `PUT /api/v1/groups/7`, without its query.
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

    pub(crate) fn merged_into(&self) -> Option<u64> {
        self.0.merged_into_user_id
    }

    /// How long to wait before the next attempt: what the server asked for, or what remains of the
    /// pause after a failed renewal of the credentials.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How often the client tried to send the request; 0 if it never got that far.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long the call took, including waits.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// The beginning of the server's answer, at most 2,048 bytes of it.
    pub fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    /// Whether the same call may succeed later, because it was throttled, timed out, could not
    /// connect, lost its connection, or met a failure of the server. A connection that a certificate
    /// or a proxy forbids does not come about later either. Check
    /// [`outcome_unknown`](Self::outcome_unknown) before you repeat a write.
    pub fn is_transient(&self) -> bool {
        use ErrorKind::*;
        let passes = matches!(
            self.0.kind,
            Connect | Timeout | Interrupted | Throttled | Server
        );
        passes && !self.0.is_lasting
    }

    /// Whether the server may have carried out a write even though the call failed.
    ///
    /// If so, read the records again before you repeat the call.
    pub fn outcome_unknown(&self) -> bool {
        self.0.may_have_run && self.0.method.as_ref().is_some_and(|it| *it != Method::GET)
    }

    /// What the person who reads the error can do, if that is known.
    fn hint(&self) -> Option<&'static str> {
        use ErrorKind::*;
        if self.0.hint.is_some() {
            return self.0.hint;
        }
        Some(match self.0.kind {
            Authentication if self.0.is_token_lost => {
                "the server saw no token, or the token's user is gone: check whether a proxy or \
                 gateway on the way removes the Authorization header"
            }
            Connect if self.0.status == Some(StatusCode::PROXY_AUTHENTICATION_REQUIRED) => {
                "the proxy in between demands a login: put user and password into its address, as \
                 in HTTP_PROXY=http://user:password@proxy.example:8080"
            }
            Authentication => "check the token or session: it may be mistyped, expired or revoked",
            LoginRequired => "a person has to log in again",
            TokenStore => "repair the store of the tokens, then try again",
            Scope => "add the scope of this route to the developer key, then get a new token",
            Masquerade => {
                "the user to act as is unknown, deleted or merged, or this token may not act as \
                 that user; the server says the same if no token arrived, so check with a call of \
                 your own that it does"
            }
            Forbidden if self.outcome_unknown() => {
                "the user of these credentials lacks a permission, and the server may have carried \
                 out a part of the request: read the records again before it is sent again"
            }
            Forbidden if self.0.has_sis => {
                "the user of this token lacks the permission, or an SIS right"
            }
            Forbidden => "the user of these credentials lacks the permission",
            UserAgent => "the service demands a User-Agent that identifies the caller",
            Redirect if !self.outcome_unknown() => "use the server's own address as the base URL",
            TooLarge => "raise `max_body` of the client if such a large answer is expected",
            Throttled => {
                "everything that uses this token shares its quota: send fewer requests at a time"
            }
            _ if self.outcome_unknown() => {
                "the server may have carried it out, or a part of it: read the records again \
                 before sending it again"
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
            // Servers that throttle begin their text with the status.
            Some(status) if inner.message.starts_with(&status.to_string()) => {
                Visible(&inner.message).fmt(f)?;
            }
            Some(status) => write!(f, "{status}: {}", Visible(&inner.message))?,
            None => Visible(&inner.message).fmt(f)?,
        }
        match (inner.advice, self.hint()) {
            (Some(advice), Some(hint)) if self.outcome_unknown() => {
                write!(f, " ({advice}; {hint})")?;
            }
            (Some(text), _) | (None, Some(text)) => write!(f, " ({text})")?,
            (None, None) => {}
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

/// A text in one line, without marks that nobody sees.
struct Visible<'a>(&'a str);

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_odd = |c: char| c.is_control() || is_invisible(c);
        if !self.0.contains(is_odd) {
            return f.write_str(self.0);
        }
        let seen = self.0.chars().filter(|c| !is_invisible(*c));
        let line: String = seen.map(|c| if c.is_control() { ' ' } else { c }).collect();
        f.write_str(&line)
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
            .field("outcome_unknown", &self.outcome_unknown())
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
