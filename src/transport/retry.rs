//! When a failed attempt is repeated.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use http::Method;

use crate::error::{Error, ErrorKind};

/// When and how often a client repeats a call.
///
/// | failure | repeated |
/// |---|---|
/// | throttled (429, or 403 with the throttle's text): the server ran nothing | any method |
/// | no connection: nothing was sent, and neither a certificate nor a proxy forbids it | any method |
/// | expired or revoked credentials that could be renewed: the server ran nothing | any method, once |
/// | timeout, 408, broken connection, 5xx: the server may have run it | `GET`, `PUT`, `DELETE` |
/// | a success that cannot be read: a status that the route does not have, another encoding, a web page, half an answer | `GET`, once |
/// | everything else | never |
///
/// So a `POST` is never sent again if the first one may have been carried out. The wait before an
/// attempt is random, between zero and a bound that doubles each time; after a refusal by the
/// throttle, between half of the bound and all of it. It is at least as long as the server asks for
/// with `Retry-After`. A call gives up when its attempts or its deadline are used up, or when many
/// calls of the client have failed recently.
///
/// ```
/// use std::time::Duration;
/// use canvas_groups::RetryPolicy;
///
/// let patient = RetryPolicy::default().max_attempts(8).max_delay(Duration::from_secs(60));
/// ```
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[doc(alias = "throttle")]
#[doc(alias = "backoff")]
pub struct RetryPolicy {
    max_attempts: u32,
    max_throttled: u32,
    base_delay: Duration,
    max_delay: Duration,
    repeats_lost: bool,
}

impl Default for RetryPolicy {
    /// 4 attempts, or 12 if the throttle refuses the call; waits of at most 1 second at first and
    /// 30 seconds later.
    fn default() -> Self {
        Self {
            max_attempts: 4,
            max_throttled: 12,
            base_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(30),
            repeats_lost: true,
        }
    }
}

impl RetryPolicy {
    /// One attempt, and a second one only after a renewal of the credentials.
    pub fn never() -> Self {
        Self::default().only_once()
    }

    pub(crate) fn only_once(self) -> Self {
        self.max_attempts(1).max_throttled_attempts(1)
    }

    /// Limits how often a call is sent, including the first time. 0 counts as 1.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Limits how often a call is sent while the throttle refuses it.
    pub fn max_throttled_attempts(mut self, attempts: u32) -> Self {
        self.max_throttled = attempts;
        self
    }

    /// Sets the bound of the first wait. It doubles with each attempt.
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// Sets the bound of every wait, except one that the server asks for.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// This policy for a request that must not run twice, whatever its method.
    pub(crate) fn for_unrepeatable(mut self) -> Self {
        self.repeats_lost = false;
        self
    }

    /// Whether a call may be sent again after its attempt number `attempt` failed.
    pub(crate) fn allows(&self, attempt: u32, method: &Method, error: &Error) -> bool {
        let limit = match error.kind() {
            _ if error.is_lasting() => 0,
            ErrorKind::Throttled => self.max_throttled,
            ErrorKind::Connect => self.max_attempts,
            ErrorKind::Timeout | ErrorKind::Interrupted | ErrorKind::Server
                if self.repeats_lost && is_idempotent(method) =>
            {
                self.max_attempts
            }
            ErrorKind::Decode if *method == Method::GET => self.max_attempts.min(2),
            _ => 0,
        };
        attempt < limit
    }

    /// The wait after `step` failures in a row. `jitter` is from 0 to 1.
    pub(crate) fn pause(&self, step: u32, error: &Error, jitter: f64) -> Duration {
        let doubled = self
            .base_delay
            .saturating_mul(1_u32 << step.saturating_sub(1).min(20));
        let bound = doubled.min(self.max_delay);
        let backoff = bound.as_secs_f64() * jitter.clamp(0.0, 1.0);
        // Rounding up the longest possible duration overflows.
        let backoff = Duration::try_from_secs_f64(backoff).unwrap_or(bound);
        // A longer wait that the server asks for wins. A shorter one does not: it may be no wait at
        // all.
        error
            .retry_after()
            .map_or(backoff, |asked| asked.max(backoff))
    }
}

/// Whether it does no harm to repeat a request that was already carried out.
fn is_idempotent(method: &Method) -> bool {
    [Method::GET, Method::PUT, Method::DELETE].contains(method)
}

/// A budget for repeating failed calls, so that a server that is down is not flooded with requests.
///
/// A repetition spends some of it, and a success pays some back. Refusals by the throttle cost
/// nothing: the server is up, and the client waits as asked.
#[derive(Debug)]
pub(crate) struct Budget(AtomicU32);

impl Budget {
    const FULL: u32 = 500;
    const COST: u32 = 5;

    pub(crate) fn full() -> Self {
        Self(AtomicU32::new(Self::FULL))
    }

    /// Takes the cost of a repetition after `error`; false if there is not enough left.
    pub(crate) fn spend(&self, error: &Error) -> bool {
        error.kind() == ErrorKind::Throttled || self.change(|left| left.checked_sub(Self::COST))
    }

    pub(crate) fn earn(&self) {
        self.change(|left| (left < Self::FULL).then(|| left + 1));
    }

    fn change(&self, step: impl Fn(u32) -> Option<u32>) -> bool {
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, step)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ErrorKind::*;

    #[test]
    fn the_policy_as_a_table() {
        let any = [Method::GET, Method::PUT, Method::DELETE, Method::POST];
        let table: &[(ErrorKind, &[Method])] = &[
            (Throttled, &any),
            (Connect, &any),
            (Timeout, &any[..3]),
            (Interrupted, &any[..3]),
            (Server, &any[..3]),
            (Configuration, &[]),
            (Request, &[]),
            (TooLarge, &[]),
            (Redirect, &[]),
            (Authentication, &[]),
            (Scope, &[]),
            (Masquerade, &[]),
            (Forbidden, &[]),
            (UserAgent, &[]),
            (NotFound, &[]),
            (Invalid, &[]),
            (Conflict, &[]),
            (Status, &[]),
            (Decode, &any[..1]),
            (Pagination, &[]),
            (Guard, &[]),
            (JobFailed, &[]),
            (UploadSource, &[]),
            (UploadStore, &[]),
        ];
        for (kind, repeated) in table {
            for method in &any {
                let error = Error::new(*kind, "");
                let allowed = RetryPolicy::default().allows(1, method, &error);
                assert_eq!(allowed, repeated.contains(method), "{method} {kind:?}");
            }
        }
    }

    #[test]
    fn what_must_not_run_twice_is_repeated_only_if_it_never_ran() {
        let policy = RetryPolicy::default().for_unrepeatable();
        for kind in [Timeout, Interrupted, Server, Throttled, Connect] {
            assert_eq!(
                policy.allows(1, &Method::PUT, &Error::new(kind, "")),
                [Throttled, Connect].contains(&kind),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn attempts_end() {
        let last_allowed = |policy: RetryPolicy, kind| {
            let error = Error::new(kind, "");
            (1..100)
                .take_while(|attempt| policy.allows(*attempt, &Method::GET, &error))
                .count()
        };
        assert_eq!(last_allowed(RetryPolicy::default(), Throttled), 11);
        assert_eq!(last_allowed(RetryPolicy::default(), Server), 3);
        assert_eq!(last_allowed(RetryPolicy::never(), Throttled), 0);
        assert_eq!(last_allowed(RetryPolicy::never(), Connect), 0);
    }

    #[test]
    fn waits_double_up_to_the_cap() {
        let policy = RetryPolicy::default();
        let error = Error::new(Throttled, "");
        let seconds = |jitter| {
            (0..9)
                .map(|step| policy.pause(step, &error, jitter).as_secs_f32())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            seconds(1.0),
            [1.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
        );
        assert_eq!(seconds(0.5)[..4], [0.5, 0.5, 1.0, 2.0]);
        assert_eq!(seconds(0.0), [0.0; 9]);
    }

    #[test]
    fn retry_after_wins() {
        let asked = Duration::from_secs(90);
        let error = Error::new(Throttled, "").with_answer_headers(None, Some(asked));
        assert_eq!(RetryPolicy::default().pause(1, &error, 0.0), asked);
    }

    #[test]
    fn the_budget_ends_and_recovers() {
        let budget = Budget::full();
        let error = Error::new(Server, "");
        assert_eq!((0..1000).filter(|_| budget.spend(&error)).count(), 100);
        assert!(budget.spend(&Error::new(Throttled, "")));
        (0..5).for_each(|_| budget.earn());
        assert!(budget.spend(&error) && !budget.spend(&error));
    }
}
