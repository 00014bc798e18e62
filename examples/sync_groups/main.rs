//! A group set kept as a file says: a plan to look at, an apply that a guard watches over, and a
//! dump of what is there to start a file with.
//!
//! ```text
//! export CANVAS_URL=https://school.instructure.com CANVAS_TOKEN=…
//! cargo run --example sync_groups -- dump --set 4 > roster.csv
//! cargo run --example sync_groups -- plan roster.csv --set 4 --out plan.json
//! cargo run --example sync_groups -- apply plan.json
//! ```
//!
//! `plan` changes nothing. `apply` takes a plan, or a roster, which it plans first; it asks before it
//! changes anything, unless `--yes` is given. To resume an apply that was killed, plan and apply
//! again: what is done already is in no plan.
//!
//! Results go to stdout, all else to stderr. The exit status is 0 if all went well, 1 after an error,
//! 3 if the guard refused the plan, 4 if the plan was carried out in part, 130 if a second Ctrl-C ended
//! it without a report; and 2 with `--exit-code` if a plan has changes. Without `CANVAS_URL` and `CANVAS_TOKEN` it works on a fake Canvas in the
//! same process, which is the same at each start.

mod apply;
mod ask;
mod dump;
#[path = "../shared/end.rs"]
mod end;
mod options;
#[path = "../shared/place.rs"]
mod place;
mod plan;
#[path = "../shared/sample.rs"]
mod sample;
mod set;
mod words;

use std::{error::Error, process::ExitCode};

use clap::{Parser, Subcommand};
use place::Place;

/// Keeps a group set as a file says.
///
/// Exit status: 0 well, 1 an error, 3 the guard refused the plan, 4 done in part, 130 ended by a
/// second Ctrl-C; with --exit-code 2 if there are changes.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Shows what a roster would change. Nothing is changed.
    Plan(plan::Arguments),
    /// Carries out a plan, or a roster.
    Apply(apply::Arguments),
    /// Writes who is in which team as CSV, to start a roster with.
    Dump(dump::Arguments),
}

/// How a program ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Well,
    Changes,
    Refused,
    Partly,
    /// The user did not want to wait for what was under way.
    Interrupted,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(told) => {
            // clap's own status for a wrong usage is the one for changes here.
            let _ = told.print();
            return match told.use_stderr() {
                true => ExitCode::FAILURE,
                false => ExitCode::SUCCESS,
            };
        }
    };
    let place = &arguments.place;
    let ended = match arguments.verb {
        Verb::Plan(verb) => plan::run(place, verb).await,
        Verb::Apply(verb) => apply::run(place, verb).await,
        Verb::Dump(verb) => dump::run(place, verb).await,
    };
    match ended {
        Ok(End::Well) => ExitCode::SUCCESS,
        Ok(End::Changes) => ExitCode::from(2),
        Ok(End::Refused) => ExitCode::from(3),
        Ok(End::Partly) => ExitCode::from(4),
        Ok(End::Interrupted) => ExitCode::from(130),
        Err(error) => end::end(Err(in_words(error))),
    }
}

/// An error in the words of the command line.
fn in_words(error: Box<dyn Error + Send + Sync>) -> Box<dyn Error + Send + Sync> {
    match error.is::<canvas_groups::Error>() {
        true => words::of_options(&error.to_string()).into(),
        false => error,
    }
}
