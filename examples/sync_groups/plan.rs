//! `plan`: what a roster would change.

use std::{
    io::{Write, stderr, stdout},
    path::PathBuf,
};

use canvas_groups::{
    Canvas,
    roster::{Guard, Plan},
};
use clap::Args;

use crate::{
    End,
    end::{Result, plain::file_on_stdout},
    options::{Limits, RosterFile},
    place::Place,
    sample::{self, Sample},
    words::of_options,
};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Writes the plan to a file, too, for `apply`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Prints the plan as JSON.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Prints the plan as a table in Markdown.
    #[arg(long)]
    markdown: bool,
    /// Ends with status 2 if there are changes.
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    file: RosterFile,
    #[command(flatten)]
    limits: Limits,
}

pub(crate) async fn run(place: &Place, arguments: Arguments) -> Result<End> {
    let (canvas, sample) = sample::connect(place, stderr()).await?;
    let plan = of(place, &arguments.file, &canvas, sample.as_ref()).await?;
    if let Some(path) = &arguments.out {
        let json = serde_json::to_string_pretty(&plan)? + "\n";
        std::fs::write(path, json)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    let mut out = stdout().lock();
    match (arguments.json, arguments.markdown) {
        (true, _) => writeln!(
            out,
            "{}",
            file_on_stdout(&serde_json::to_string_pretty(&plan)?)
        )?,
        (_, true) => write!(out, "{}", of_options(&plan.to_markdown()))?,
        _ => write!(out, "{}", of_options(&plan.to_string()))?,
    }
    // What would be refused is told now, and not at night.
    if let Err(refusal) = arguments.limits.of(Guard::default()).check(&plan) {
        let refusal = of_options(&refusal.to_string());
        eprintln!("{}: {refusal}", env!("CARGO_CRATE_NAME"));
        return Ok(End::Refused);
    }
    Ok(match arguments.exit_code && !plan.is_empty() {
        true => End::Changes,
        false => End::Well,
    })
}

/// The plan for a roster.
pub(crate) async fn of(
    place: &Place,
    file: &RosterFile,
    canvas: &Canvas,
    sample: Option<&Sample>,
) -> Result<Plan> {
    let roster = file.read(place, sample)?;
    let snapshot = canvas.snapshot(&roster).await?;
    Ok(Plan::new(&roster, &snapshot, &file.policy.policy()))
}
