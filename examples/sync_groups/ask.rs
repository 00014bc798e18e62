//! A question to whoever sits at the terminal.

use std::io::{IsTerminal, Write, stderr, stdin};

use crate::end::Result;

/// Whether to go on. Where nobody can be asked, that is an error.
pub(crate) fn whether(question: &str) -> Result<bool> {
    if !stdin().is_terminal() || !stderr().is_terminal() {
        return Err("nobody can be asked here: look at the plan, and give --yes".into());
    }
    write!(stderr(), "{question} [y/N] ")?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
