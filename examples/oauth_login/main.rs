//! Logs a person in by OAuth2 with PKCE, keeps the tokens in a file, and lists the person's groups.
//!
//! By default everything happens on this machine: a stand-in plays Canvas, and the example plays
//! the browser. With a developer key of your own:
//!
//! ```text
//! export CANVAS_URL=https://school.instructure.com
//! export CANVAS_CLIENT_ID=10000000000001 CANVAS_CLIENT_SECRET=…
//! cargo run --example oauth_login -- --port 8910
//! ```
//!
//! The key must have the redirect URI `http://127.0.0.1:8910/callback`.

mod loopback;
mod stand_in;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use canvas_groups::{
    Canvas, Error, ErrorKind,
    auth::{FileStore, LoginCode, OAuth, OAuthApp, PendingLogin},
    groups::ListMyGroups,
};
use clap::Parser;
use futures::{StreamExt, stream::FuturesUnordered};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// Logs in by OAuth2 and lists your groups. Without CANVAS_URL: against a stand-in.
#[derive(Parser)]
struct Arguments {
    /// The address of the institution.
    #[arg(long, env = "CANVAS_URL")]
    url: Option<String>,
    /// The id of the developer key.
    #[arg(long, env = "CANVAS_CLIENT_ID")]
    client_id: Option<String>,
    /// The secret of the developer key. A public client has none.
    #[arg(long, env = "CANVAS_CLIENT_SECRET", hide_env_values = true)]
    client_secret: Option<String>,
    /// The port on this machine that the browser comes back to; 0 for any.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Where the tokens are kept for the next time.
    #[arg(long)]
    tokens: Option<PathBuf>,
    /// How many seconds to wait for the browser.
    #[arg(long, default_value_t = 300)]
    wait: u64,
}

/// How long a browser may take to say what it wants.
const READ_LIMIT: Duration = Duration::from_secs(5);

type CodeOrRefusal = canvas_groups::Result<LoginCode>;
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("oauth_login: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).await?;
    let redirect_uri = format!("http://{}/callback", listener.local_addr()?);
    let is_real = arguments.url.is_some();
    let (url, client_id, client_secret) = match arguments.url {
        Some(url) => {
            let id = arguments.client_id.ok_or("CANVAS_CLIENT_ID is not set")?;
            (url, id, arguments.client_secret)
        }
        None => {
            println!("CANVAS_URL is not set: a stand-in on this machine plays Canvas.");
            let url = stand_in::start().await?;
            (
                url,
                stand_in::CLIENT_ID.into(),
                Some(stand_in::SECRET.into()),
            )
        }
    };
    let mut app = OAuthApp::canvas(&url, client_id).redirect_uri(redirect_uri);
    if let Some(secret) = client_secret {
        app = app.client_secret(secret);
    }
    let app = app.build()?;
    let wait = Duration::from_secs(arguments.wait);

    // The stand-in forgets its logins when it ends, so its tokens go to a folder that does too.
    let scratch = tempfile::tempdir()?;
    let path = match arguments.tokens {
        Some(path) if is_real => path,
        _ => scratch.path().join("tokens.json"),
    };
    let store = FileStore::new(path);
    let oauth = match OAuth::restore(app.clone(), store.clone()).await {
        Ok(oauth) => oauth,
        Err(error) if error.kind() == ErrorKind::LoginRequired => {
            let code = log_in(&app, &listener, is_real, wait).await?;
            let oauth = OAuth::log_in(app.clone(), code, store).await?;
            println!("Logged in as user {}.", name(&oauth));
            oauth
        }
        Err(error) => return Err(error.into()),
    };

    let canvas = Canvas::builder(&url).credentials(oauth.clone()).build()?;
    let outcome = match list_groups(&canvas).await {
        // The kept tokens are of a login that the server has ended since.
        Err(error) if error.kind() == ErrorKind::LoginRequired => {
            println!("The login of the last time has ended.");
            let code = log_in(&app, &listener, is_real, wait).await?;
            oauth.log_in_again(code).await?;
            println!("Logged in again as user {}.", name(&oauth));
            list_groups(&canvas).await
        }
        outcome => outcome,
    };
    oauth.settled().await;
    Ok(outcome?)
}

async fn list_groups(canvas: &Canvas) -> canvas_groups::Result<()> {
    let mut groups = canvas.stream(ListMyGroups::new());
    while let Some(group) = groups.try_next().await? {
        println!("{}: {}", group.id, group.name);
    }
    Ok(())
}

/// Sends the browser to the login and waits for it to come back with a code.
async fn log_in(
    app: &OAuthApp,
    listener: &TcpListener,
    is_real: bool,
    wait: Duration,
) -> Result<LoginCode> {
    let (url, pending) = app.login().purpose("canvas-groups example").start()?;
    if is_real {
        println!("Open this address in a browser and log in:\n\n{url}\n");
    } else {
        tokio::spawn(loopback::browse(url));
    }
    let callback = timeout(wait, callback(listener, &pending)).await;
    callback.map_err(|_| "the browser did not come back in time: begin again")?
}

/// Answers browsers until one comes back from this login. Browsers like to open connections that
/// they say nothing on, so each is served beside the others.
async fn callback(listener: &TcpListener, pending: &PendingLogin) -> Result<LoginCode> {
    let mut visits = FuturesUnordered::new();
    loop {
        tokio::select! {
            connection = listener.accept() => visits.push(visit(connection?.0, pending)),
            Some(Some(outcome)) = visits.next() => return Ok(outcome?),
        }
    }
}

/// Answers one browser. Nothing comes of it unless it came back from this login.
async fn visit(mut stream: TcpStream, pending: &PendingLogin) -> Option<CodeOrRefusal> {
    let request = timeout(READ_LIMIT, loopback::read(&mut stream)).await;
    let request = request.ok()?.ok()?;
    if !request.target.starts_with("/callback?") {
        let answer = loopback::answer(&mut stream, "404 Not Found", "", "Not here.");
        timeout(READ_LIMIT, answer).await.ok()?.ok()?;
        return None;
    }
    let outcome = pending.code(&request.target);
    let words = match &outcome {
        Ok(_) => "You are logged in. You can close this page.",
        Err(_) => "The login failed. The program that began it says why.",
    };
    let answer = loopback::answer(&mut stream, "200 OK", "", words);
    // Whether the browser hears of it or not, the login is what it is.
    timeout(READ_LIMIT, answer).await.ok();
    match outcome {
        // Anyone on this machine can call here: only an answer to this login counts.
        Err(error) if is_foreign(&error) => None,
        outcome => Some(outcome),
    }
}

/// Whether a callback is of another login: then the server gave no reason.
fn is_foreign(error: &Error) -> bool {
    error.kind() == ErrorKind::LoginRequired && error.details().is_empty()
}

fn name(oauth: &OAuth) -> String {
    let user = oauth.tokens().user_id();
    user.map_or_else(|| "unknown".into(), |id| id.to_string())
}
