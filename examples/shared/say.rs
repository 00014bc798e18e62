//! Lines on stdout.

use crate::end::plain::plain;
use std::{
    fmt::Arguments,
    io::{Result, Write, stdout},
};

/// Prints a line on stdout, as `println!` does, but gives an error where that panics: where stdout
/// is a pipe that nobody reads from any more, as in `quickstart | head -1`. What servers say is
/// printed as plain text in one line.
macro_rules! say {
    ($($arguments:tt)*) => {
        crate::say::line(format_args!($($arguments)*))
    };
}
pub(crate) use say;

pub(crate) fn line(text: Arguments<'_>) -> Result<()> {
    let text = text.to_string();
    // Empty lines around it are the example's own.
    let begin = text.len() - text.trim_start_matches('\n').len();
    let end = text.trim_end_matches('\n').len().max(begin);
    let line = plain(&text[begin..end]);
    writeln!(stdout().lock(), "{}{line}{}", &text[..begin], &text[end..])
}
