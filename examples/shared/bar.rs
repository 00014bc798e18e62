//! A progress bar.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar on stderr if that is a terminal. It goes when it is dropped.
pub(crate) fn new(length: u64, what: &'static str) -> ProgressBar {
    // Of an unusable style the default one is left.
    let style = ProgressStyle::with_template("{msg} [{bar:40}] {percent:>3} %")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(length);
    let bar = bar.with_style(style).with_message(what);
    bar.tick();
    bar
}
