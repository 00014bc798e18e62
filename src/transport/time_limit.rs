//! How long an attempt may take, and which setting says so.

use std::time::Duration;

use tokio::time::Instant;

use super::saturating_add;
use crate::error::{Error, ErrorKind};

/// The end of an attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimeLimit {
    pub(super) end: Instant,
    length: Duration,
    setting: Setting,
}

/// The setting that an attempt ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Setting {
    AttemptTimeout,
    Deadline,
    /// The one limit of a request to a token endpoint.
    Timeout,
}

impl TimeLimit {
    /// The limit of an attempt that begins now, in a call that ends at `deadline`, which is
    /// `longest` after its start.
    pub(super) fn of_attempt(length: Duration, deadline: Instant, longest: Duration) -> Self {
        let end = saturating_add(Instant::now(), length);
        match deadline < end {
            true => Self {
                end: deadline,
                length: longest,
                setting: Setting::Deadline,
            },
            false => Self {
                end,
                length,
                setting: Setting::AttemptTimeout,
            },
        }
    }

    pub(super) fn of_token_request(length: Duration) -> Self {
        Self {
            end: saturating_add(Instant::now(), length),
            length,
            setting: Setting::Timeout,
        }
    }

    /// The error of an attempt that took longer.
    pub(super) fn exceeded(self) -> Error {
        let length = self.length;
        let message = match self.setting {
            Setting::AttemptTimeout => format!(
                "no complete answer within {length:?}: raise `attempt_timeout` if the server \
                 needs longer"
            ),
            Setting::Deadline => format!(
                "no complete answer before the `deadline` of {length:?}: raise it, and \
                 `attempt_timeout`, if the server needs longer"
            ),
            Setting::Timeout => format!(
                "no complete answer within {length:?}: raise `timeout` of the login if the server \
                 needs longer"
            ),
        };
        Error::new(ErrorKind::Timeout, message).with_may_have_run(true)
    }
}
