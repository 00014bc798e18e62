//! A progress bar for a job in the background.

use std::time::Duration;

use canvas_groups::{Canvas, Result, progress::Progress};
use indicatif::{ProgressBar, ProgressStyle};

/// Waits for a job, with a bar on stderr if that is a terminal. The bar goes when the job ends.
pub(crate) async fn wait(canvas: &Canvas, job: Progress, what: &'static str) -> Result<()> {
    // Of an unusable style the default one is left.
    let style = ProgressStyle::with_template("{msg} [{bar:40}] {percent:>3} %")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(100).with_style(style).with_message(what);
    bar.tick();
    let mut states = canvas
        .wait(job)
        .interval(Duration::from_millis(200))
        .max_interval(Duration::from_secs(1));
    let outcome = loop {
        match states.try_next().await {
            // As a whole number: a job counts in percent, with fractions.
            Ok(Some(state)) => bar.set_position(state.completion.unwrap_or(0.0) as u64),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    bar.finish_and_clear();
    outcome
}
