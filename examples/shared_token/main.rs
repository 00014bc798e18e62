//! Several processes write with one token: how they share its quota.
//!
//! ```text
//! CANVAS_URL=https://school.instructure.com CANVAS_TOKEN=… \
//!     cargo run --example shared_token -- --category 4 --processes 3
//! ```
//!
//! The example starts itself as often as `--processes` says. Each process makes groups, all of
//! them at once, and deletes them again. They know nothing of each other: each sees in the answers
//! what is left of the quota, and starts calls only as fast as that allows.
//!
//! Each counts what its client did by the events that the client traces.
//!
//! Without `CANVAS_URL` and `CANVAS_TOKEN` they write to a fake Canvas in the process that they
//! come from. It throttles as Canvas does, but what they write costs more, so that the quota is soon
//! used up.

#[path = "../shared/bar.rs"]
mod bar;
#[path = "../shared/end.rs"]
mod end;
mod meter;
#[path = "../shared/place.rs"]
mod place;
#[path = "../shared/say.rs"]
mod say;
#[path = "../shared/table.rs"]
mod table;

use std::{
    process::{ExitCode, Stdio},
    time::{Duration, Instant},
};

use canvas_groups::{
    Canvas, CategoryRef,
    categories::GetCategory,
    groups::{CreateCategoryGroup, DeleteGroup},
};
use canvas_groups_fake::{FakeCanvas, School, Throttle};
use clap::{Parser, value_parser};
use end::Result;
use futures::{StreamExt, future::try_join_all, stream::FuturesUnordered};
use indicatif::ProgressBar;
use meter::Meter;
use place::{Place, or_sample};
use say::say;
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

/// What flows out of the bucket of a token, in units a second.
const OUTFLOW: f64 = 10.0;

/// What a request to the fake costs: six times of what most cost, so that the quota is soon used
/// up.
const COST: f64 = 3.0;

/// How long a request to the fake takes, so that those of the processes meet there.
const LATENCY: Duration = Duration::from_millis(60);

/// Writes with one token from several processes, and shows how they share its quota.
///
/// Each process makes groups and deletes them again, and tells how many of these writes were done,
/// and how many times the server refused one that was then sent again. Without CANVAS_URL and
/// CANVAS_TOKEN they write to a fake Canvas that throttles, for some six seconds.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The group set for the groups: its id, or a form such as sis_group_category_id:PROJECTS. The
    /// fake has one.
    #[arg(long)]
    category: Option<CategoryRef>,
    /// How many processes write, 1 to 10.
    #[arg(long, default_value_t = 2, value_parser = value_parser!(u8).range(1..=10))]
    processes: u8,
    /// How many groups each makes and deletes, 1 to 1000.
    #[arg(long, default_value_t = 40, value_parser = value_parser!(u64).range(1..=1000))]
    groups: u64,
    /// The name of a process that writes. The example gives it to those that it starts.
    #[arg(long, hide = true)]
    writer: Option<String>,
}

/// What became of the writes of a process: the last line that it prints.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Report {
    done: u64,
    failed: u64,
    /// Why the first of those failed.
    reason: Option<String>,
    refused: u64,
    cost: f64,
    seconds: f64,
}

#[tokio::main]
async fn main() -> ExitCode {
    end::end(begin(Arguments::parse()).await)
}

async fn begin(arguments: Arguments) -> Result<()> {
    let meter = Meter::default();
    tracing::subscriber::set_global_default(meter.clone())?;
    match &arguments.writer {
        Some(name) => write(&arguments, name, &meter).await,
        None => run(arguments, &meter).await,
    }
}

async fn run(arguments: Arguments, meter: &Meter) -> Result<()> {
    let (url, token, sample) = match arguments.place.given()? {
        Some((url, token)) => (url.to_owned(), token.to_owned(), None),
        None => {
            let (school, ids) = School::small();
            let mut throttle = Throttle::default();
            throttle.cost = COST;
            let fake = FakeCanvas::builder(school).throttle(throttle);
            let fake = fake.latency(LATENCY).start().await?;
            let (url, token) = (fake.url(), fake.token().to_owned());
            say!("No CANVAS_URL is set, so this is a fake Canvas on {url}.\n")?;
            (url, token, Some((fake, ids)))
        }
    };
    let sampled = sample.as_ref().map(|(_, school)| school.category.into());
    let category = or_sample(arguments.category, "--category", sampled)?;
    // Before and after, so that this is the one request under way, and tells the whole truth.
    let canvas = client(&url, &token)?;
    let look = || canvas.send(GetCategory::new(&category));
    let set = look().await?;
    let before = meter.count().remaining;

    let writes = u64::from(arguments.processes) * arguments.groups * 2;
    let bar = bar::new(writes, "Writing");
    let started = Instant::now();
    let writers = (1..=arguments.processes).map(|number| {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .env("CANVAS_URL", &url)
            .env("CANVAS_TOKEN", &token)
            .args(["--writer", &format!("Writer {number}")])
            .args(["--category", &set.id.to_string()])
            .args(["--groups", &arguments.groups.to_string()]);
        Ok(follow(command, &bar))
    });
    let writers = writers.collect::<Result<Vec<_>>>()?;
    let reports = try_join_all(writers).await?;
    let seconds = started.elapsed().as_secs_f64();
    drop(bar);
    look().await?;
    let taken = before.zip(meter.count().remaining);
    let taken = taken.map(|(before, after)| before - after);
    show(&reports, seconds, taken)
}

/// Runs a process that writes, and moves the bar with each of its writes.
async fn follow(mut command: Command, bar: &ProgressBar) -> Result<Report> {
    command.stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
    let stdout = child.stdout.take().ok_or("a process without stdout")?;
    let (mut lines, mut report) = (BufReader::new(stdout).lines(), None);
    while let Some(line) = lines.next_line().await? {
        match line.is_empty() {
            true => bar.inc(1),
            false => report = Some(serde_json::from_str(&line)?),
        }
    }
    let status = child.wait().await?;
    report.ok_or_else(|| format!("a process ended early: {status}").into())
}

/// Prints the reports, and by what is gone from the quota, how much came back meanwhile.
fn show(reports: &[Report], seconds: f64, taken: Option<f64>) -> Result<()> {
    let rows: Vec<_> = (1..)
        .zip(reports)
        .map(|(number, report): (usize, _)| {
            [
                number.to_string(),
                report.done.to_string(),
                report.failed.to_string(),
                report.refused.to_string(),
                format!("{:.1}", report.cost),
                format!("{:.1} s", report.seconds),
            ]
        })
        .collect();
    let headings = ["Process", "Done", "Failed", "Refused", "Units", "Time"];
    table::print(headings, &rows)?;
    let done: u64 = reports.iter().map(|report| report.done).sum();
    let cost: f64 = reports.iter().map(|report| report.cost).sum();
    let share = match taken {
        Some(taken) => {
            let share = 100.0 * (cost - taken) / (OUTFLOW * seconds);
            format!("{share:.0} % of what can flow out of the bucket did")
        }
        None => "this Canvas tells of no quota".to_owned(),
    };
    say!("\nSummary: {done} writes of {cost:.1} units in {seconds:.1} s; {share}.")?;
    match reports.iter().find_map(|report| report.reason.as_deref()) {
        Some(reason) => Err(format!("not all writes were done: {reason}").into()),
        None => Ok(()),
    }
}

/// Does the writes of one process: prints an empty line for each, and a report at the end.
async fn write(arguments: &Arguments, name: &str, meter: &Meter) -> Result<()> {
    let (url, token) = arguments.place.given()?.ok_or("CANVAS_URL is missing")?;
    let category = arguments.category.as_ref().ok_or("--category is missing")?;
    let canvas = client(url, token)?;
    let started = Instant::now();
    let mut calls: FuturesUnordered<_> = (1..=arguments.groups)
        .map(|number| trial(&canvas, category, format!("{name}, {number}")))
        .collect();
    let mut report = Report::default();
    while let Some((done, outcome)) = calls.next().await {
        report.done += done;
        if let Err(error) = outcome {
            report.failed += 1;
            report.reason.get_or_insert(error.to_string());
        }
    }
    let count = meter.count();
    (report.refused, report.cost) = (count.refused, count.cost);
    report.seconds = started.elapsed().as_secs_f64();
    Ok(say!("{}", serde_json::to_string(&report)?)?)
}

/// Makes a group and deletes it: how many of these two writes were done, and what went wrong.
async fn trial(canvas: &Canvas, category: &CategoryRef, name: String) -> (u64, Result<()>) {
    let create = CreateCategoryGroup::new(category).name(name);
    let group = match canvas.send(create).await {
        Ok(group) => group,
        Err(error) => return (0, Err(error.into())),
    };
    let told = say!("");
    match canvas.send(DeleteGroup::new(group.id)).await {
        Ok(_) => (2, told.and_then(|()| say!("")).map_err(Into::into)),
        Err(error) => (1, Err(error.into())),
    }
}

fn client(url: &str, token: &str) -> Result<Canvas> {
    let builder = Canvas::builder(url).token(token);
    Ok(builder.user_agent("shared_token/1.0").build()?)
}
