//! Lines on stdout.

use std::{
    fmt::Arguments,
    io::{Result, Write, stdout},
};

/// Prints a line on stdout, as `println!` does, but gives an error where that panics: where stdout
/// is a pipe that nobody reads from any more, as in `quickstart | head -1`.
macro_rules! say {
    ($($arguments:tt)*) => {
        crate::say::line(format_args!($($arguments)*))
    };
}
pub(crate) use say;

pub(crate) fn line(text: Arguments<'_>) -> Result<()> {
    writeln!(stdout().lock(), "{text}")
}
