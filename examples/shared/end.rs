//! How an example ends, and how its error is told.

#[path = "plain.rs"]
pub(crate) mod plain;

use std::{
    error::Error,
    io::{self, ErrorKind},
    process::ExitCode,
};

pub(crate) type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// Ends an example: an error becomes one line and exit status 1.
pub(crate) fn end(outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            let line = plain::plain(&error.to_string());
            eprintln!("{}: {line}", env!("CARGO_CRATE_NAME"));
            ExitCode::FAILURE
        }
    }
}

/// Whether whoever reads stdout has read enough. Broken connections are errors of other types.
fn is_closed_pipe(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
