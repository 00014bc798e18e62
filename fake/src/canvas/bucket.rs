//! The leaky bucket of each token.

use std::collections::HashMap;

use http::{HeaderName, StatusCode};
use tokio::time::Instant;

use crate::reply::Reply;

const COST: HeaderName = HeaderName::from_static("x-request-cost");
const REMAINING: HeaderName = HeaderName::from_static("x-rate-limit-remaining");

/// How a fake Canvas throttles: one leaky bucket for each token.
///
/// A request takes [`reserve`](Self::reserve) units while it runs and [`cost`](Self::cost) for
/// good; it is refused where that would reach [`mark`](Self::mark). The bucket leaks.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Throttle {
    /// The level at which a request is refused, in units. Default: 600.
    pub mark: f64,
    /// What flows out, in units a second. Default: 10.
    pub outflow: f64,
    /// What a request takes while it runs, in units. Default: 50.
    pub reserve: f64,
    /// What a request costs, in units. Default: 0.5.
    pub cost: f64,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            mark: 600.0,
            outflow: 10.0,
            reserve: 50.0,
            cost: 0.5,
        }
    }
}

/// The level that no bucket exceeds, in units above its mark.
const OVERFLOW: f64 = 200.0;

#[derive(Debug, Default)]
pub(crate) struct Buckets(HashMap<String, Bucket>);

#[derive(Debug)]
struct Bucket {
    level: f64,
    at: Instant,
}

/// A request in flight, by the name of its bucket.
#[derive(Debug)]
pub(crate) struct Reservation(pub(crate) Option<String>);

impl Buckets {
    /// Reserves the place of a request, or refuses it.
    pub(crate) fn reserve(
        &mut self,
        name: &str,
        rules: &Throttle,
        old: bool,
    ) -> Result<Reservation, Reply> {
        let bucket = self.leaked(name, rules);
        if bucket.level + rules.reserve >= rules.mark {
            // What was added is returned at once, but not what the maximum cut off.
            let cut = (bucket.level + rules.reserve).min(rules.mark + OVERFLOW);
            bucket.level = (cut - rules.reserve).max(0.0);
            let remaining = rules.mark - bucket.level;
            return Err(refusal(old, remaining));
        }
        bucket.level += rules.reserve;
        Ok(Reservation(Some(name.to_owned())))
    }

    /// Returns the reservation, less what the request has cost.
    pub(crate) fn release(
        &mut self,
        reservation: &Reservation,
        rules: &Throttle,
        reply: Reply,
    ) -> Reply {
        let Some(name) = &reservation.0 else {
            return reply;
        };
        let bucket = self.leaked(name, rules);
        let level = (bucket.level - rules.reserve).max(0.0) + rules.cost;
        bucket.level = level.min(rules.mark + OVERFLOW);
        tell(reply, rules.cost, rules.mark - bucket.level)
    }

    /// Fills a bucket to its maximum.
    pub(crate) fn fill(&mut self, name: &str, rules: &Throttle) {
        self.leaked(name, rules).level = rules.mark + OVERFLOW;
    }

    fn leaked(&mut self, name: &str, rules: &Throttle) -> &mut Bucket {
        let now = Instant::now();
        let bucket = self.0.entry(name.to_owned()).or_insert(Bucket {
            level: 0.0,
            at: now,
        });
        let leaked = now.duration_since(bucket.at).as_secs_f64() * rules.outflow;
        bucket.level = (bucket.level - leaked).max(0.0);
        bucket.at = now;
        bucket
    }
}

/// What a server tells that does not throttle: nothing of its quota is ever used up.
pub(crate) fn untouched(reply: Reply) -> Reply {
    let rules = Throttle::default();
    tell(reply, rules.cost, rules.mark)
}

fn tell(reply: Reply, cost: f64, remaining: f64) -> Reply {
    reply
        .header(COST, &cost.to_string())
        .header(REMAINING, &remaining.to_string())
}

/// The two forms of a refusal. Neither says when to try again.
pub(crate) fn refusal(old: bool, remaining: f64) -> Reply {
    let reply = match old {
        true => Reply::text(
            StatusCode::FORBIDDEN,
            "403 Forbidden (Rate Limit Exceeded)\n",
        ),
        false => Reply::text(
            StatusCode::TOO_MANY_REQUESTS,
            "429 Too Many Requests (Rate Limit Exceeded)\n",
        ),
    };
    reply.header(REMAINING, &remaining.to_string())
}
