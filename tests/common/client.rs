//! Clients, and bodies for them.

use std::time::Duration;

use canvas_groups::{Canvas, ClientBuilder, RetryPolicy, service};

pub(crate) const TOKEN: &str = "7~s3cretT0kenOfTheTests";

/// Retries as always, but without the waits.
pub(crate) fn quick() -> RetryPolicy {
    RetryPolicy::default()
        .base_delay(Duration::from_millis(1))
        .max_delay(Duration::from_millis(1))
}

/// A client to be, with the token and without waits.
pub(crate) fn builder(url: &str) -> ClientBuilder<service::Canvas> {
    Canvas::builder(url).token(TOKEN).retry(quick())
}

/// Groups with these ids, as a body.
pub(crate) fn groups(ids: impl IntoIterator<Item = u64>) -> String {
    let groups: Vec<_> = ids
        .into_iter()
        .map(|id| format!("{{\"id\":{id}}}"))
        .collect();
    format!("[{}]", groups.join(","))
}
