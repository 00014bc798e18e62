//! A Canvas that behaves, on a port of this machine, for programs in any language.
//!
//! `cargo run --example fake_canvas --features fake -- --port 8080` prints its address, its tokens
//! and what is in its school, and runs until Ctrl-C. With `--json` it prints all that as one line
//! of JSON, for scripts.

#[path = "shared/end.rs"]
mod end;
#[path = "shared/say.rs"]
mod say;

use std::{process::ExitCode, time::Duration};

use canvas_groups::fake::{FakeCanvas, School};
use clap::Parser;
use say::say;
use serde_json::{Value, json};

/// Runs a Canvas of its own, in memory, with a school in it, until Ctrl-C.
///
/// It prints its address, access tokens, and the ids of what is in the school.
#[derive(Parser)]
struct Arguments {
    /// The port on 127.0.0.1; by default any that is free.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// A course with this many students in groups of five, in the place of the small school.
    #[arg(long)]
    students: Option<usize>,
    /// Makes every answer take this many milliseconds longer.
    #[arg(long, default_value_t = 0)]
    latency: u64,
    /// Never refuses a request for want of quota.
    #[arg(long)]
    no_throttle: bool,
    /// Behaves like a server of some years ago: 401 for a missing right, 403 for throttling.
    #[arg(long)]
    old: bool,
    /// Prints one line of JSON, for scripts.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    end::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> end::Result<()> {
    let (fake, facts) = start(&arguments).await?;
    match arguments.json {
        true => say!("{facts}")?,
        false => tell(&fake, &facts)?,
    }
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// The fake, and what is to be known about it.
async fn start(arguments: &Arguments) -> end::Result<(FakeCanvas, Value)> {
    let (school, small, course, category) = match arguments.students {
        Some(students) => {
            let (school, course, category) = School::generate(students);
            (school, None, course, category)
        }
        None => {
            let (school, ids) = School::small();
            let (course, category) = (ids.course, ids.category);
            (school, Some(ids), course, category)
        }
    };
    let mut builder = FakeCanvas::builder(school)
        .port(arguments.port)
        .latency(Duration::from_millis(arguments.latency))
        .old_server(arguments.old);
    if arguments.no_throttle {
        builder = builder.throttle(None);
    }
    let fake = builder.start().await?;
    let mut facts = json!({
        "url": fake.url(),
        "token": fake.token(),
        "course": course,
        "category": category,
    });
    if let Some(ids) = small {
        facts["teacher"] = json!({ "id": ids.teacher, "token": fake.token_of(ids.teacher) });
        facts["student"] =
            json!({ "id": ids.students[0], "token": fake.token_of(ids.students[0]) });
        facts["students"] = json!(ids.students);
        facts["groups"] = json!(ids.groups);
        facts["tag_category"] = json!(ids.tag_category);
        facts["tags"] = json!(ids.tags);
    }
    Ok((fake, facts))
}

fn tell(fake: &FakeCanvas, facts: &Value) -> end::Result<()> {
    say!("A fake Canvas runs on {}. Ctrl-C ends it.\n", fake.url())?;
    say!("CANVAS_URL={} CANVAS_TOKEN={}\n", fake.url(), fake.token())?;
    for (name, value) in facts.as_object().into_iter().flatten() {
        say!("{name:>12}  {value}")?;
    }
    say!("\nTry: curl -H 'Authorization: Bearer {}' \\", fake.token())?;
    say!(
        "  '{}/api/v1/courses/{}/groups'",
        fake.url(),
        facts["course"]
    )?;
    Ok(())
}
