//! Moments in the far future.

use std::time::Duration;

use tokio::time::Instant;

/// The moment after a wait. It is capped at a century, because a sum that no clock can hold panics.
pub(crate) fn saturating_add(moment: Instant, wait: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    moment + wait.min(CENTURY)
}
