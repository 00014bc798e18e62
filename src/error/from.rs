//! What errors are made of outside this crate: the errors of timestamps, and tests.

use http::StatusCode;

use super::{Error, ErrorDetail, ErrorKind};

/// A timestamp that cannot be read or calculated with. A parameter with it could not be sent, so the
/// kind is [`ErrorKind::Request`].
impl From<jiff::Error> for Error {
    fn from(error: jiff::Error) -> Self {
        Self::new(ErrorKind::Request, error.to_string())
    }
}

impl Error {
    /// Adds the status that a server answered with, for tests of your own.
    #[must_use]
    pub fn answered_with(self, status: StatusCode) -> Self {
        self.with_status(status)
    }

    /// Adds the problems that a server found, for tests of your own.
    #[must_use]
    pub fn with_details(mut self, details: impl IntoIterator<Item = ErrorDetail>) -> Self {
        self.0.details = details.into_iter().collect();
        self
    }

    /// Makes this the error of a write that may have been carried out, for tests of your own:
    /// [`outcome_unknown`](Self::outcome_unknown) is true.
    #[must_use]
    pub fn after_a_write(self, method: &http::Method, path: &str) -> Self {
        self.of_call(method, format!("{method} {path}"))
            .with_may_have_run(true)
    }
}

impl ErrorDetail {
    /// A problem with a field, such as `("name", "too_long")`.
    pub fn new(field: impl Into<String>, code: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            code: Some(code.into()),
            message: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Method;
    use jiff::Timestamp;

    use super::*;
    use crate::Result;

    #[test]
    fn a_timestamp_that_cannot_be_read_becomes_an_error_by_a_question_mark() {
        fn due(text: &str) -> Result<Timestamp> {
            Ok(text.parse::<Timestamp>()?)
        }
        assert_eq!(
            due("2026-09-01T08:00:00Z").unwrap().as_second(),
            1_788_249_600
        );
        let error = due("tomorrow").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request);
        assert!(error.to_string().contains("tomorrow"), "{error}");
    }

    #[test]
    fn what_a_handler_of_errors_looks_at_can_be_made_in_a_test() {
        let error = Error::new(ErrorKind::Invalid, "the name is too long")
            .answered_with(StatusCode::UNPROCESSABLE_ENTITY)
            .with_details([ErrorDetail::new("name", "too_long")])
            .after_a_write(&Method::POST, "/api/v1/groups");
        assert_eq!(error.status().unwrap(), 422);
        assert_eq!(error.details()[0].code.as_deref(), Some("too_long"));
        assert_eq!(error.request(), Some("POST /api/v1/groups"));
        assert!(error.outcome_unknown());
        let read = Error::new(ErrorKind::Timeout, "no answer").after_a_write(&Method::GET, "/x");
        assert!(!read.outcome_unknown());
    }
}
