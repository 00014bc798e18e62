//! `apply`: carries a plan out.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write, stderr, stdout},
    path::{Path, PathBuf},
};

use canvas_groups::{
    Canvas, ErrorKind,
    roster::{ApplyEvent, Guard, Plan, Report},
};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    End, ask,
    end::{
        Result,
        plain::{file_on_stdout, plain_lines},
    },
    options::{Limits, RosterFile},
    place::Place,
    plan, sample,
    words::of_options,
};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Does not ask.
    #[arg(long)]
    yes: bool,
    /// Lets a plan from a file through that somebody has looked at, whatever it changes; not if it
    /// has errors or is too old.
    #[arg(long)]
    reviewed: bool,
    /// Writes what came of each step and person to a CSV file.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Prints the report as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    file: RosterFile,
    #[command(flatten)]
    limits: Limits,
}

pub(crate) async fn run(place: &Place, arguments: Arguments) -> Result<End> {
    let stored = stored(&arguments)?;
    if arguments.reviewed && stored.is_none() {
        return Err("--reviewed is for a plan from a file: make one with `plan --out`".into());
    }
    if stored.is_some()
        && let Some(option) = arguments.file.option()
    {
        return Err(format!(
            "{option} is for a roster, and what a stored plan does is settled: leave it out, or \
             make a new plan with it"
        )
        .into());
    }
    // A plan for a fake Canvas is for the port that it had.
    let port = stored.as_ref().and_then(|plan| plan.host.rsplit_once(':'));
    let port = port.and_then(|(_, port)| port.parse().ok()).unwrap_or(0);
    let (canvas, sample) = sample::connect_at(place, port, stderr()).await?;
    let (plan, guard) = match stored {
        Some(plan) if arguments.reviewed => (plan.clone(), Guard::once(&plan)),
        Some(plan) => (plan, Guard::default()),
        None => {
            let plan = plan::of(place, &arguments.file, &canvas, sample.as_ref()).await?;
            (plan, Guard::default())
        }
    };
    let guard = arguments.limits.of(guard);
    // With --yes nobody is at the terminal, and what is printed goes into a log.
    let shown = match arguments.yes {
        true => plan.clone().without_names().to_string(),
        false => plan.to_string(),
    };
    write!(stderr(), "{}", of_options(&shown))?;
    if let Err(refusal) = guard.check(&plan) {
        let refusal = of_options(&refusal.to_string());
        eprintln!("{}: {refusal}", env!("CARGO_CRATE_NAME"));
        return Ok(End::Refused);
    }
    if !plan.is_empty() && !arguments.yes && !ask::whether("Carry this out?")? {
        return Err("nothing was changed".into());
    }
    // A report that cannot be written is told before anything is changed. The last one stays until
    // there is another.
    let table = match &arguments.report {
        None => None,
        Some(path) => {
            let mut options = OpenOptions::new();
            let options = options.write(true).create(true).truncate(false);
            let file = options.open(path);
            Some((path, file.map_err(|error| unwritable(path, &error))?))
        }
    };
    let report = match carry_out(&canvas, &plan, &guard).await {
        Ok(Some(report)) => report,
        Ok(None) => return Ok(End::Interrupted),
        Err(error) if error.kind() == ErrorKind::Guard => {
            let refusal = of_options(&error.to_string());
            eprintln!("{}: {refusal}", env!("CARGO_CRATE_NAME"));
            return Ok(End::Refused);
        }
        Err(error) => return Err(error.into()),
    };
    if let Some((path, file)) = table {
        let written = replace(file, &report.to_csv());
        written.map_err(|error| unwritable(path, &error))?;
    }
    let mut out = stdout().lock();
    match arguments.json {
        true => writeln!(
            out,
            "{}",
            file_on_stdout(&serde_json::to_string_pretty(&report)?)
        )?,
        false => write!(out, "{}", plain_lines(&report.to_string()))?,
    }
    Ok(match report.is_complete() {
        true => End::Well,
        false => End::Partly,
    })
}

/// Writes a text in the place of what a file has.
fn replace(mut file: File, text: &str) -> io::Result<()> {
    // Pipes and terminals have nothing that could be cut off.
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    file.write_all(text.as_bytes())
}

fn unwritable(path: &Path, error: &io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}

/// The plan of a file, if it is one: rosters are CSV.
fn stored(arguments: &Arguments) -> Result<Option<Plan>> {
    let Some(path) = arguments.file.path() else {
        return Ok(None);
    };
    if path.extension().is_none_or(|ending| ending != "json") {
        return Ok(None);
    }
    let told = |error: &dyn std::fmt::Display| format!("cannot read {}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| told(&error))?;
    Ok(Some(
        serde_json::from_str(&text).map_err(|error| told(&error))?,
    ))
}

/// With a bar on stderr if that is a terminal. Ctrl-C ends what is under way, and reports; a second
/// one does not wait for that, and there is no report.
async fn carry_out(
    canvas: &Canvas,
    plan: &Plan,
    guard: &Guard,
) -> canvas_groups::Result<Option<Report>> {
    let style = ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len}");
    // Of an unusable style the default one is left.
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(plan.steps.len() as u64).with_style(style);
    bar.set_message("applying");
    let mut apply = canvas.apply(plan, guard);
    let mut is_stopping = false;
    loop {
        tokio::select! {
            event = apply.try_next() => match event? {
                Some(ApplyEvent::StepEnded { ended, .. }) => bar.set_position(ended),
                Some(ApplyEvent::Verifying) => bar.set_message("verifying"),
                Some(_) => {}
                None => break,
            },
            _ = tokio::signal::ctrl_c() => {
                if is_stopping {
                    return Ok(None);
                }
                is_stopping = true;
                bar.set_message("stopping");
                apply.stop();
            }
        }
    }
    bar.finish_and_clear();
    apply.await.map(Some)
}
