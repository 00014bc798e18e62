//! Jobs in the background.

use std::time::Duration;

use canvas_groups::{Canvas, Result, progress::Progress};

/// Waits for a job, with a bar.
pub(crate) async fn wait(canvas: &Canvas, job: Progress, what: &'static str) -> Result<()> {
    let bar = crate::bar::new(100, what);
    let mut states = canvas
        .wait(job)
        .interval(Duration::from_millis(200))
        .max_interval(Duration::from_secs(1));
    while let Some(state) = states.try_next().await? {
        // As a whole number: a job counts in percent, with fractions.
        bar.set_position(state.completion.unwrap_or(0.0) as u64);
    }
    Ok(())
}
