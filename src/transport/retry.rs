//! When a failed attempt is worth another.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use http::Method;

use crate::error::{Error, ErrorKind};

/// When and how often a call is repeated by itself.
///
/// | failure | repeated |
/// |---|---|
/// | throttled (429, or 403 with the throttle's text): the server ran nothing | any method |
/// | no connection: nothing was sent | any method |
/// | timeout, broken connection, 5xx: the server may have run it | `GET`, `PUT`, `DELETE` |
/// | everything else | never |
///
/// A `POST` is thus never sent twice where the first may have worked. The wait before an attempt
/// is random between nothing and a bound that doubles each time, or what the server asks for with
/// `Retry-After`. A call gives up when its attempts or its deadline are used up, or when many
/// calls of the client failed lately.
///
/// ```
/// use std::time::Duration;
/// use canvas_groups::RetryPolicy;
///
/// let patient = RetryPolicy::default().max_attempts(8).max_delay(Duration::from_secs(60));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    max_attempts: u32,
    max_throttled: u32,
    base_delay: Duration,
    max_delay: Duration,
}

impl Default for RetryPolicy {
    /// 4 attempts, 12 where the failure is the throttle; waits of at most 1 s at first, 30 s later.
    fn default() -> Self {
        Self {
            max_attempts: 4,
            max_throttled: 12,
            base_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    /// One attempt, whatever happens.
    pub fn never() -> Self {
        Self::default().max_attempts(1).max_throttled_attempts(1)
    }

    /// How often a call is sent at most, the first time included. 0 counts as 1.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// How often a call is sent at most as long as the throttle refuses it.
    pub fn max_throttled_attempts(mut self, attempts: u32) -> Self {
        self.max_throttled = attempts;
        self
    }

    /// The bound of the first wait. It doubles with each attempt.
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// The bound of every wait, but for one that the server asks for.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// How long to wait before attempt `attempt + 1`; `None` to give up. `jitter` is from 0 to 1.
    pub(crate) fn delay(
        &self,
        attempt: u32,
        method: &Method,
        error: &Error,
        jitter: f64,
    ) -> Option<Duration> {
        let limit = match error.kind() {
            ErrorKind::Throttled => self.max_throttled,
            ErrorKind::Connect => self.max_attempts,
            ErrorKind::Timeout | ErrorKind::Interrupted | ErrorKind::Server
                if is_idempotent(method) =>
            {
                self.max_attempts
            }
            _ => return None,
        };
        if attempt >= limit {
            return None;
        }
        let doubled = self
            .base_delay
            .saturating_mul(1_u32 << (attempt - 1).min(20));
        let backoff = doubled.min(self.max_delay).mul_f64(jitter.clamp(0.0, 1.0));
        Some(error.retry_after().unwrap_or(backoff))
    }
}

/// Whether a repetition of a request that was already carried out does no harm.
fn is_idempotent(method: &Method) -> bool {
    [Method::GET, Method::PUT, Method::DELETE].contains(method)
}

/// What a client may still spend on repeating failed calls, so that a dead server is not hammered.
///
/// A repetition costs, a success gives back. Refusals by the throttle cost nothing: the server
/// lives, and waiting is what it asks for.
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
            (Decode, &[]),
            (Pagination, &[]),
            (Source, &[]),
            (Store, &[]),
        ];
        for (kind, repeated) in table {
            for method in &any {
                let delay = RetryPolicy::default().delay(1, method, &Error::new(*kind, ""), 1.0);
                assert_eq!(
                    delay.is_some(),
                    repeated.contains(method),
                    "{method} {kind:?}"
                );
            }
        }
    }

    #[test]
    fn waits_double_up_to_the_cap_and_end() {
        let policy = RetryPolicy::default();
        let error = Error::new(Throttled, "");
        let seconds: Vec<_> = (1..12)
            .map(|attempt| {
                policy
                    .delay(attempt, &Method::POST, &error, 1.0)
                    .unwrap()
                    .as_secs()
            })
            .collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30]);
        assert_eq!(policy.delay(12, &Method::POST, &error, 1.0), None);
        assert_eq!(
            policy.delay(4, &Method::GET, &Error::new(Connect, ""), 1.0),
            None
        );
        assert_eq!(
            RetryPolicy::never().delay(1, &Method::GET, &error, 1.0),
            None
        );
    }

    #[test]
    fn retry_after_wins() {
        let asked = Duration::from_secs(90);
        let error = Error::new(Throttled, "").with_answer_headers(None, Some(asked));
        assert_eq!(
            RetryPolicy::default().delay(1, &Method::POST, &error, 0.0),
            Some(asked)
        );
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
