//! How a call goes: its attempts, what became of them, and whether there is to be another.

use std::time::Duration;

use http::Method;
use tokio::time::Instant;

use super::{CallOptions, Target, after, is_safe};
use crate::error::{Error, ErrorKind};

/// How a call has gone so far.
pub(super) struct Course<'a> {
    target: &'a Target,
    pub(super) options: &'a CallOptions,
    pub(super) started: Instant,
    pub(super) deadline: Instant,
    pub(super) attempts: u32,
    /// How many of them lacked credentials, so that there was nothing to send.
    unsent: u32,
    /// How many of them the throttle refused, and how many failed otherwise.
    refusals: u32,
    pub(super) failures: u32,
    /// Whether one may have been carried out without an answer.
    pub(super) lost: bool,
    pub(super) renewed: bool,
}

impl<'a> Course<'a> {
    pub(super) fn new(target: &'a Target, options: &'a CallOptions) -> Self {
        let started = Instant::now();
        Self {
            target,
            options,
            started,
            deadline: after(started, options.deadline),
            attempts: 0,
            unsent: 0,
            refusals: 0,
            failures: 0,
            lost: false,
            renewed: false,
        }
    }

    /// Counts a failed attempt; gives back its error as that of the call.
    pub(super) fn fail(&mut self, error: Error, was_sent: bool) -> Error {
        match error.kind() {
            ErrorKind::Throttled => self.refusals += 1,
            _ => self.failures += 1,
        }
        self.unsent += u32::from(!was_sent);
        self.describe(error, was_sent)
    }

    /// The same for what kept the credentials of that attempt from being renewed.
    pub(super) fn fail_instead(&mut self, error: Error) -> Error {
        self.failures = self.failures.saturating_sub(1);
        self.fail(error, true)
    }

    pub(super) fn describe(&self, error: Error, was_sent: bool) -> Error {
        let method = &self.target.method;
        let unknown = error.outcome_unknown() || (self.lost && !is_safe(method));
        error
            .with_request(self.target.line())
            .with_attempts(self.sent(), self.started.elapsed())
            .with_outcome_unknown(unknown)
            .with_lost_attempt(self.lost && was_sent, *method == Method::DELETE)
    }

    /// How often it was sent, or tried to be sent.
    pub(super) fn sent(&self) -> u32 {
        self.attempts - self.unsent
    }

    /// Whether the call may be sent again after a failure and a pause.
    pub(super) fn allows(&self, error: &Error, pause: Duration) -> bool {
        let count = match error.kind() {
            ErrorKind::Throttled => self.refusals,
            _ => self.failures,
        };
        let left = self.deadline.saturating_duration_since(Instant::now());
        pause < left && self.options.retry.allows(count, &self.target.method, error)
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::{groups::ListMyGroups, outgoing::Outgoing, transport::RetryPolicy};

    #[test]
    fn a_renewal_that_fails_counts_in_the_place_of_the_refusal_it_was_to_cure() {
        let root = Url::parse("https://school.example.edu/api/v1/").unwrap();
        let outgoing = Outgoing::of(&ListMyGroups::new()).unwrap();
        let target = Target::new(&root, outgoing).unwrap();
        let options = CallOptions {
            as_user: None,
            attempt_timeout: Duration::ZERO,
            deadline: Duration::MAX,
            retry: RetryPolicy::default(),
        };
        let mut course = Course::new(&target, &options);
        for (kind, limit) in [(ErrorKind::Throttled, 12), (ErrorKind::Server, 4)] {
            let mut rounds = 0;
            let allows = |course: &mut Course<'_>| {
                course.attempts += 1;
                drop(course.fail(Error::authentication("dead"), true));
                let error = course.fail_instead(Error::new(kind, "no"));
                course.allows(&error, Duration::ZERO)
            };
            while allows(&mut course) {
                rounds += 1;
                assert!(rounds < limit, "{kind:?} goes on and on");
            }
            assert_eq!(rounds, limit - 1, "{kind:?}");
        }
    }
}
