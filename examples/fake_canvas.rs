//! A Canvas that behaves, on a port of this machine, for programs in any language; and beside it a
//! Commons of its users, and a Studio.
//!
//! `cargo run --example fake_canvas -- --port 8080` prints their addresses, their
//! tokens and what is in them, and runs until Ctrl-C. With `--json` it prints all that as one line
//! of JSON, for scripts. With `--key` it also prints a developer key of Canvas and one of Studio, so
//! that applications can log users in by OAuth2; the person at the browser is the administrator, and
//! agrees. With `--control` it takes commands on stdin, to see what a program does
//! when its server fails or it is killed in the middle.

#[path = "shared/end.rs"]
mod end;
#[path = "shared/say.rs"]
mod say;

use std::{
    io::BufRead,
    process::ExitCode,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use canvas_groups::UserId;
use canvas_groups_fake::{
    DeveloperKey, FakeCanvas, FakeLor, FakeStudio, Fault, Institution, NewKey, School,
};
use clap::Parser;
use say::say;
use serde_json::{Value, json};

/// How long the printed session of Commons is good: for a day of work.
const SESSION: Duration = Duration::from_secs(24 * 3600);

/// How long requests that waited may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The redirect URI of applications that have no server of their own.
const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

/// Runs a Canvas of its own, in memory, with a school in it; and a Commons and a Studio.
///
/// It prints their addresses, access tokens, and the ids of what is in them, and runs until Ctrl-C.
#[derive(Parser)]
struct Arguments {
    /// The port of Canvas on 127.0.0.1; by default any that is free.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The port of Commons; by default any that is free.
    #[arg(long, default_value_t = 0)]
    commons_port: u16,
    /// The port of Studio; by default any that is free.
    #[arg(long, default_value_t = 0)]
    studio_port: u16,
    /// A course with this many students in groups of five, in the place of the small school.
    #[arg(long)]
    students: Option<usize>,
    /// Makes every answer take this many milliseconds longer.
    #[arg(long, default_value_t = 0)]
    latency: u64,
    /// Never refuses a request for lack of quota.
    #[arg(long)]
    no_throttle: bool,
    /// Behaves like a server of some years ago: 401 for a missing right, 403 for throttling.
    #[arg(long)]
    old: bool,
    /// Makes developer keys for logins by OAuth2, to which browsers return at this address; by
    /// default at none, and the code is shown instead.
    #[arg(long, value_name = "REDIRECT_URI", num_args = 0..=1, default_missing_value = OUT_OF_BAND)]
    key: Option<String>,
    /// Prints one line of JSON, for scripts.
    #[arg(long)]
    json: bool,
    /// Takes commands on stdin, one a line.
    ///
    /// `stop N`: stands still from the Nth request of Canvas on, and prints `stopped` then.
    /// `do` or `drop`: goes on, with or without what waits. `fail N ROUTE`: answers the next N
    /// requests to a route such as `POST groups/:group_id/memberships` with 403. `requests`: prints
    /// how many there were. Prints `ok` and the command when it is in force: after `do` and `drop`
    /// that is when what waited has ended. The end of stdin changes nothing.
    #[arg(long)]
    control: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    end::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> end::Result<()> {
    let (canvas, teacher, mut facts) = canvas(&arguments).await?;
    let (_commons, about) = commons(&arguments, &canvas, teacher).await?;
    facts["commons"] = about;
    let (_studio, about) = studio(&arguments).await?;
    facts["studio"] = about;
    let canvas = Arc::new(canvas);
    if arguments.control {
        let canvas = canvas.clone();
        thread::spawn(move || control(&canvas));
    }
    match arguments.json {
        true => say!("{facts}")?,
        false => tell(&facts)?,
    }
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// Carries out commands until stdin ends. What is no command is told on stderr.
fn control(canvas: &Arc<FakeCanvas>) {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let obeyed = obey(canvas, &line).and_then(|()| Ok(say!("ok {line}")?));
        if let Err(error) = obeyed {
            eprintln!("{line:?}: {error}");
        }
    }
}

fn obey(canvas: &Arc<FakeCanvas>, command: &str) -> end::Result<()> {
    match *command.splitn(3, ' ').collect::<Vec<_>>() {
        ["stop", nth] => {
            canvas.stand_still(nth.parse()?);
            let canvas = canvas.clone();
            thread::spawn(move || {
                while !canvas.is_standing_still() {
                    thread::sleep(Duration::from_millis(1));
                }
                say!("stopped")
            });
        }
        ["do" | "drop"] => {
            canvas.go_on(command == "do");
            let in_flight = || canvas.requests().iter().any(|it| it.ended.is_none());
            let began = Instant::now();
            while in_flight() {
                if began.elapsed() > PATIENCE {
                    return Err("a request does not end".into());
                }
                thread::sleep(Duration::from_millis(1));
            }
        }
        ["fail", times, route] => {
            let fault = Fault::status(http::StatusCode::FORBIDDEN);
            canvas.fail(times.parse()?, route, fault)?;
        }
        ["requests"] => say!("{}", canvas.requests().len())?,
        _ => return Err("unknown command".into()),
    }
    Ok(())
}

/// A fake Canvas, its teacher, if there is one, and what is to be known about it.
async fn canvas(arguments: &Arguments) -> end::Result<(FakeCanvas, Option<UserId>, Value)> {
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
    if let Some(redirect_uri) = &arguments.key {
        facts["key"] = key(fake.add_key(NewKey::new(redirect_uri)));
    }
    let teacher = small.as_ref().map(|ids| ids.teacher);
    if let Some(ids) = small {
        let person = |id| json!({ "id": id, "token": fake.token_of(id) });
        facts["teacher"] = person(ids.teacher);
        facts["student"] = person(ids.students[0]);
        facts["students"] = json!(ids.students);
        facts["groups"] = json!(ids.groups);
        facts["tag_category"] = json!(ids.tag_category);
        facts["tags"] = json!(ids.tags);
    }
    Ok((fake, teacher, facts))
}

/// A fake Commons that knows the administrator and the teacher, and has no group.
async fn commons(
    arguments: &Arguments,
    canvas: &FakeCanvas,
    teacher: Option<UserId>,
) -> end::Result<(FakeLor, Value)> {
    let mut builder = FakeLor::builder()
        .port(arguments.commons_port)
        .latency(Duration::from_millis(arguments.latency))
        .session_lifetime(SESSION);
    if arguments.no_throttle {
        builder = builder.hourly_limit(None);
    }
    let fake = builder.start(canvas).await?;
    let mut facts = json!({ "url": fake.url(), "session": fake.session() });
    if let Some(teacher) = teacher {
        let id = fake.add_user(teacher)?;
        facts["teacher"] = json!({ "session": fake.session_of(&id), "id": id });
    }
    Ok((fake, facts))
}

async fn studio(arguments: &Arguments) -> end::Result<(FakeStudio, Value)> {
    let (institution, ids) = Institution::small();
    let fake = FakeStudio::builder(institution)
        .port(arguments.studio_port)
        .latency(Duration::from_millis(arguments.latency))
        .start()
        .await?;
    let person = |id| json!({ "id": id, "token": fake.token_of(id) });
    let mut facts = json!({
        "url": fake.url(),
        "token": fake.token(),
        "group": ids.group,
        "manager": person(ids.manager),
        "member": person(ids.member),
        "outsider": person(ids.outsider),
    });
    if let Some(redirect_uri) = &arguments.key {
        facts["key"] = key(fake.add_key(NewKey::new(redirect_uri)));
    }
    Ok((fake, facts))
}

/// What an application has to know of its key.
fn key(key: DeveloperKey) -> Value {
    json!({
        "client_id": key.client_id,
        "client_secret": key.client_secret,
        "redirect_uri": key.redirect_uri,
    })
}

/// What a person reads, with calls that can be tried as they stand.
fn tell(facts: &Value) -> end::Result<()> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let [canvas, commons, studio] = [facts, &facts["commons"], &facts["studio"]];
    let [url, token] = [text(&canvas["url"]), text(&canvas["token"])];
    say!("A fake Canvas runs on {url}, with a Commons and a Studio. Ctrl-C ends them.")?;
    say!("\nCANVAS_URL={url} CANVAS_TOKEN={token}")?;
    list(canvas)?;
    say!("  curl -H 'Authorization: Bearer {token}' \\")?;
    say!("    '{url}/api/v1/courses/{}/groups'", canvas["course"])?;
    if let Some(client) = canvas["key"]["client_id"].as_str() {
        let redirect = text(&canvas["key"]["redirect_uri"]);
        say!("  a login begins at")?;
        say!(
            "    {url}/login/oauth2/auth?client_id={client}&response_type=code&redirect_uri={redirect}"
        )?;
    }

    let [url, session] = [text(&commons["url"]), text(&commons["session"])];
    say!("\nCOMMONS_URL={url} COMMONS_SESSION={session}")?;
    list(commons)?;
    say!("  curl -H 'X-Session-ID: {session}' \\")?;
    say!(
        "    -H 'Content-Type: application/json' -d '{{\"name\": \"Algebra I\"}}' '{url}/groups'"
    )?;

    let [url, token] = [text(&studio["url"]), text(&studio["token"])];
    say!("\nSTUDIO_URL={url} STUDIO_TOKEN={token}")?;
    list(studio)?;
    say!("  curl -H 'Authorization: Bearer {token}' \\")?;
    say!("    '{url}/api/public/v1/groups/{}/users'", studio["group"])?;
    Ok(())
}

/// What is in a service.
fn list(facts: &Value) -> end::Result<()> {
    let apart = ["url", "token", "session", "commons", "studio"];
    for (name, value) in facts.as_object().into_iter().flatten() {
        if !apart.contains(&&**name) {
            say!("{name:>12}  {value}")?;
        }
    }
    Ok(())
}
