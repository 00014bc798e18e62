//! The quota as a client reports it.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// What a client knows of the quota of its login: what [`Client::quota`](crate::Client::quota)
/// returns.
///
/// As JSON the times are in seconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[doc(alias = "throttle")]
#[doc(alias = "rate limit")]
#[non_exhaustive]
pub struct Quota {
    /// What remained of the quota by the last answer that said so. Canvas adds 10 units a second, up
    /// to 600 or more, and takes 50 for each request while it runs.
    pub remaining: Option<f64>,
    /// How long ago that answer came.
    #[serde(serialize_with = "optional_seconds")]
    pub told_ago: Option<Duration>,
    /// How many requests are in flight.
    pub in_flight: usize,
    /// How many may be in flight at most.
    pub max_in_flight: usize,
    /// How many calls wait for their turn.
    pub waiting: usize,
    /// For how long the throttle still keeps all calls back, if it refused one.
    #[serde(serialize_with = "optional_seconds")]
    pub paused_for: Option<Duration>,
}

fn optional_seconds<S: Serializer>(
    time: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_secs_f64()).serialize(serializer)
}
