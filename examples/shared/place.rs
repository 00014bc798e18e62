//! What the examples begin and end with: where Canvas is, and how an error is told.

use std::{error::Error, process::ExitCode};

pub(crate) type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

/// The Canvas to talk to.
#[derive(clap::Args)]
pub(crate) struct Place {
    /// The address of Canvas; its access token comes from CANVAS_TOKEN.
    ///
    /// Such as https://school.instructure.com. The token is read from the environment alone, so
    /// that it stays out of the shell's history. With neither of them set, the example brings a
    /// stand-in of Canvas.
    #[arg(long, env = "CANVAS_URL")]
    url: Option<String>,
    #[arg(skip = std::env::var("CANVAS_TOKEN").ok())]
    token: Option<String>,
}

impl Place {
    /// Address and token of a real Canvas, or `None` for a stand-in.
    ///
    /// A token without an address is an error: it must not go to a stand-in.
    pub(crate) fn given(&self) -> Result<Option<(&str, &str)>> {
        match (filled(&self.url), filled(&self.token)) {
            (Some(url), Some(token)) => Ok(Some((url, token))),
            (None, None) => Ok(None),
            (None, _) => Err("CANVAS_URL is missing: set it too, or unset CANVAS_TOKEN".into()),
            (_, None) => Err("CANVAS_TOKEN is missing: set it to an access token".into()),
        }
    }

    /// An option that may be left out for a stand-in alone, which has a sample of its own.
    pub(crate) fn or_sample<T>(&self, given: Option<T>, name: &str, sample: T) -> Result<T> {
        match given {
            Some(value) => Ok(value),
            None if filled(&self.url).is_none() => Ok(sample),
            None => Err(format!("there is no sample for a real Canvas: give {name}").into()),
        }
    }
}

fn filled(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// Ends an example: an error becomes one line and exit status 1.
pub(crate) fn end(outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", env!("CARGO_CRATE_NAME"));
            ExitCode::FAILURE
        }
    }
}
