//! How this crate makes errors, and what it adds to them on their way to the caller.
//!
//! An error passes several places on its way, and each adds what it knows, so the order counts:
//!
//! * `with_request` keeps the first line, which is that of the call that failed; `of_call` sets the
//!   method anew all the same.
//! * `with_may_have_run` only adds: what may have been carried out is not taken back, except by
//!   `not_sent`.
//! * `with_kind` forgets `lasting`, which was decided for the old kind: it comes before `lasting`.
//! * All others replace what was there, if need be by nothing.

use std::{error::Error as StdError, sync::Arc, time::Duration};

use http::{Method, StatusCode};

use super::{Diagnosis, Error, ErrorDetail, ErrorKind, Inner, body, excerpt, source};

impl ErrorDetail {
    fn texts(&mut self) -> [&mut Option<String>; 3] {
        [&mut self.field, &mut self.code, &mut self.message]
    }

    /// Passes every text through `clean`, as [`Error::scrubbed`] does.
    pub(crate) fn cleaned(mut self, clean: impl Fn(&str) -> Option<String>) -> Self {
        for text in self.texts().into_iter().flatten() {
            if let Some(cleaned) = clean(text) {
                *text = cleaned;
            }
        }
        self
    }
}

impl Error {
    /// An error for settings that do not work.
    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, message)
    }

    /// An error for an answer with a status, as `diagnosis` reads it.
    pub(crate) fn answered(kind: ErrorKind, status: StatusCode, diagnosis: Diagnosis) -> Self {
        Self::diagnosed(kind, diagnosis).with_status(status)
    }

    /// An error that the server reported by other means than the status of an answer.
    pub(crate) fn diagnosed(kind: ErrorKind, diagnosis: Diagnosis) -> Self {
        Self(Box::new(Inner {
            kind,
            message: diagnosis.summary(),
            details: diagnosis.details.into_iter().map(body::seen).collect(),
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
            details: vec![body::seen(ErrorDetail {
                field: None,
                code: Some(state.to_owned()),
                message: message.map(str::to_owned),
            })],
            ..Inner::default()
        }))
    }

    /// A copy of the error, for everyone who waited for the same result.
    pub(crate) fn share(&self) -> Self {
        Self(self.0.clone())
    }

    /// The same without what it has of the answer, which may be names of people: its beginning, and
    /// a value that could not be read.
    pub(crate) fn without_body(mut self) -> Self {
        self.0.body = None;
        if self.0.kind == ErrorKind::Decode {
            self.0.source = None;
        }
        self
    }

    pub(crate) fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        // Whether an error is lasting was decided for the old kind.
        self.0.is_lasting = false;
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: impl Into<Option<Duration>>) -> Self {
        self.0.retry_after = wait.into();
        self
    }

    pub(crate) fn with_request(mut self, line: impl Into<String>) -> Self {
        self.0.request.get_or_insert_with(|| line.into());
        self
    }

    /// Names the call that failed. Its method replaces that of a call made on behalf of this one;
    /// its line does not, since that call is where it failed.
    pub(crate) fn of_call(mut self, method: &Method, line: impl Into<String>) -> Self {
        self.0.method = Some(method.clone());
        self.with_request(line)
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

    /// Passes every text of the error through `clean`, which returns the text without its secrets if
    /// there are any.
    pub(crate) fn scrubbed(mut self, clean: impl Fn(&str) -> Option<String>) -> Self {
        let inner = &mut *self.0;
        let of_call = [&mut inner.request, &mut inner.request_id];
        for text in of_call.into_iter().flatten() {
            if let Some(cleaned) = clean(text) {
                *text = cleaned;
            }
        }
        self.said_without(clean)
    }

    /// Passes through `clean` what the error tells of the answer, as [`scrubbed`](Self::scrubbed)
    /// does.
    pub(crate) fn said_without(mut self, clean: impl Fn(&str) -> Option<String>) -> Self {
        let inner = &mut *self.0;
        let details = inner.details.iter_mut().flat_map(ErrorDetail::texts);
        let texts = details.chain([&mut inner.body]).flatten();
        let texts = texts.chain([&mut inner.message]);
        for text in texts {
            if let Some(cleaned) = clean(text) {
                *text = cleaned;
            }
        }
        let source = inner.source.as_deref();
        if let Some(cleaned) = source.and_then(|source| source::cleaned(source, &clean)) {
            inner.source = Some(Arc::from(Box::<dyn StdError + Send + Sync>::from(cleaned)));
        }
        self
    }

    /// Leaves out what the answer said, which is itself a secret.
    pub(crate) fn without_quotes(mut self) -> Self {
        self.0.body = None;
        self.0.source = None;
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

    /// Notes what the endpoint knows of its own refusals: the statuses of those that may come after
    /// a write, and what to check where the server gives no reason. Every status of 400 to 499 can
    /// be one, unless it is about the credentials or the quota.
    pub(crate) fn of_endpoint(
        mut self,
        after_write: &[u16],
        advice: &[(u16, &'static str)],
    ) -> Self {
        use ErrorKind::{Authentication, Connect, Masquerade, Scope, Throttled, UserAgent};
        let is_of_client = self.0.status.is_some_and(|status| status.is_client_error());
        // These come before the endpoint is reached.
        let is_refusal = is_of_client
            && !matches!(
                self.0.kind,
                Authentication | Connect | Masquerade | Scope | Throttled | UserAgent
            );
        let status = self.0.status.map_or(0, |status| status.as_u16());
        if is_refusal && self.0.details.is_empty() {
            let advice = advice.iter().find(|(of, _)| *of == status);
            self.0.advice = advice.map(|(_, advice)| *advice);
        }
        self.with_may_have_run(is_refusal && after_write.contains(&status))
    }

    /// Says what to do, instead of what is said of all errors of the kind.
    pub(crate) fn with_hint(mut self, hint: &'static str) -> Self {
        self.0.hint = Some(hint);
        self
    }

    /// Notes that it stays until somebody changes something.
    pub(crate) fn lasting(mut self) -> Self {
        self.0.is_lasting = true;
        self
    }

    pub(crate) fn is_lasting(&self) -> bool {
        self.0.is_lasting
    }

    /// Notes that the server saw no token.
    pub(crate) fn with_token_lost(mut self) -> Self {
        self.0.is_token_lost = true;
        self
    }

    pub(crate) fn is_token_lost(&self) -> bool {
        self.0.is_token_lost
    }

    /// Notes that the answer is one of Canvas, which knows rights to SIS ids.
    pub(crate) fn with_sis(mut self, has_sis: bool) -> Self {
        self.0.has_sis = has_sis;
        self
    }

    /// Notes whether the answer has the form of the server's own errors.
    pub(crate) fn with_form_of_server(mut self, is_of_server: bool) -> Self {
        self.0.is_of_server = is_of_server;
        self
    }

    /// Notes that the server may have carried out the call. For a method that changes something
    /// its outcome is then unknown.
    pub(crate) fn with_may_have_run(mut self, may_have_run: bool) -> Self {
        self.0.may_have_run |= may_have_run;
        self
    }

    pub(crate) fn may_have_run(&self) -> bool {
        self.0.may_have_run
    }

    /// Notes whether an earlier attempt, which may have been carried out, got no answer.
    pub(crate) fn with_lost_attempt(mut self, lost: bool) -> Self {
        self.0.follows_a_lost_attempt = lost;
        self
    }

    /// For a failure on the way to the credentials: however that ended, the call itself was not
    /// carried out.
    pub(crate) fn not_sent(mut self) -> Self {
        self.0.may_have_run = false;
        self.0.follows_a_lost_attempt = false;
        self
    }

    /// Turns the failure of a call for credentials into one of the call that needs them. It says
    /// nothing about what the caller asked for, so it must not look like an answer to that; an answer
    /// that could not be read may hold the secret; and what is no answer of that server says nothing
    /// about the credentials.
    pub(crate) fn into_credentials_error(mut self, context: &str) -> Self {
        use ErrorKind::*;
        let body = self.0.body.as_deref().map(start_of);
        let is_page = body.is_some_and(|start| start.starts_with('<'));
        let is_json = body.is_none_or(|start| start.starts_with(['{', '[', '"']));
        // Servers answer what they do not know by a page: it comes from a wrong base URL, or from
        // one without that route, and stays.
        let is_unknown_route = match self.0.kind {
            NotFound => is_page,
            _ => self.0.status == Some(StatusCode::METHOD_NOT_ALLOWED),
        };
        let kind = match self.0.kind {
            _ if is_unknown_route => Authentication,
            // Something else answered, such as the login page of a network.
            Redirect | Status | TooLarge => Connect,
            Invalid | Conflict | Forbidden if is_page => Connect,
            Decode if !is_json => Connect,
            NotFound | Invalid | Conflict | Forbidden | Decode => Authentication,
            kind => kind,
        };
        let context = match kind {
            _ if is_unknown_route => Some("the server does not have this route"),
            Authentication => Some(context),
            Connect if self.0.kind != Connect => Some(
                "something else answered: check for a proxy or portal on the way to the server",
            ),
            _ => None,
        };
        if self.0.kind == Decode {
            self = self.without_body();
        }
        if kind != self.0.kind {
            self = self.with_kind(kind);
        }
        if is_unknown_route {
            self = self.with_hint("check the base URL, and whether the server has this route");
        }
        if let Some(context) = context {
            self.0.message = match self.0.message.as_str() {
                "" => context.to_owned(),
                message => format!("{message}; {context}"),
            };
        }
        self
    }

    /// Whether an earlier attempt, which may have been carried out, got no answer.
    pub(crate) fn follows_a_lost_attempt(&self) -> bool {
        self.0.follows_a_lost_attempt
    }

    /// Whether this is the 404 of a deletion whose earlier attempt got no answer. A proxy that cannot
    /// find the server says 404 too, by a page or a text.
    pub(crate) fn is_gone_after_a_lost_attempt(&self) -> bool {
        let was_deletion = self.0.method == Some(Method::DELETE);
        let is_missing = self.0.kind == ErrorKind::NotFound && self.0.is_of_server;
        is_missing && was_deletion && self.0.follows_a_lost_attempt
    }
}

/// A body without the marks and the white space before it.
fn start_of(body: &str) -> &str {
    body.trim_start_matches('\u{feff}').trim_start()
}
