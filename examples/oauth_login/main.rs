//! Logs a person in by OAuth2 with PKCE, keeps the tokens in a file, and lists the person's groups.
//!
//! By default everything happens on this machine: in a fake Canvas in the same process, and the
//! example plays the browser. With a developer key of your own:
//!
//! ```text
//! export CANVAS_URL=https://school.instructure.com
//! export CANVAS_CLIENT_ID=10000000000001 CANVAS_CLIENT_SECRET=…
//! cargo run --example oauth_login -- --port 8910
//! ```
//!
//! The key must have the redirect URI `http://127.0.0.1:8910/callback`.

#[path = "../shared/end.rs"]
mod end;
mod listener;
mod loopback;
#[path = "../shared/say.rs"]
mod say;
#[path = "../shared/table.rs"]
mod table;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use canvas_groups::{
    Canvas, ErrorKind,
    auth::{FileStore, LoginCode, OAuth, OAuthApp},
    groups::{Group, ListMyGroups},
};
use canvas_groups_fake::{DeveloperKey, FakeCanvas, NewKey};
use clap::Parser;
use end::Result;
use say::say;
use tokio::net::TcpListener;

/// Logs in by OAuth2 and lists your groups.
///
/// Without CANVAS_URL it brings a fake Canvas with a developer key, and plays the browser itself.
/// For a real one it takes a developer key with the redirect URI http://127.0.0.1:PORT/callback.
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

#[tokio::main]
async fn main() -> ExitCode {
    end::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).await?;
    let redirect_uri = format!("http://{}/callback", listener.local_addr()?);
    let is_real = arguments.url.is_some();
    // Held until the end: it stops when dropped.
    let fake = match is_real {
        true => None,
        false => Some(fake(&redirect_uri).await?),
    };
    let (url, client_id, client_secret) = match &fake {
        Some((fake, key)) => {
            let (id, secret) = (key.client_id.clone(), key.client_secret.clone());
            say!(
                "CANVAS_URL is not set, so this is a fake Canvas on {}.\n",
                fake.url()
            )?;
            (fake.url(), id, secret)
        }
        None => {
            let id = arguments
                .client_id
                .ok_or("CANVAS_CLIENT_ID is missing: set it to the id of a developer key")?;
            let url = arguments.url.unwrap_or_default();
            (url, id, arguments.client_secret)
        }
    };
    let mut app = OAuthApp::canvas(&url, client_id).redirect_uri(redirect_uri);
    if let Some(secret) = client_secret {
        app = app.client_secret(secret);
    }
    let app = app.build()?;
    let wait = Duration::from_secs(arguments.wait);

    // The fake forgets its logins when it ends, so its tokens go to a folder that does too.
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
            say!("Logged in as user {}.\n", name(&oauth))?;
            oauth
        }
        Err(error) => return Err(error.into()),
    };

    let canvas = Canvas::builder(&url).credentials(oauth.clone()).build()?;
    let list = || canvas.stream(ListMyGroups::new()).try_collect::<Vec<_>>();
    let groups = match list().await {
        // The kept tokens are of a login that the server has ended since.
        Err(error) if error.kind() == ErrorKind::LoginRequired => {
            say!("The login of the last time has ended.")?;
            let code = log_in(&app, &listener, is_real, wait).await?;
            oauth.log_in_again(code).await?;
            say!("Logged in again as user {}.\n", name(&oauth))?;
            list().await
        }
        groups => groups,
    };
    // What was renewed meanwhile is to be stored, whatever became of the list.
    oauth.settled().await;
    show(&groups?)
}

/// A fake Canvas with a student before the browser, and a developer key in it.
async fn fake(redirect_uri: &str) -> canvas_groups::Result<(FakeCanvas, DeveloperKey)> {
    let (fake, school) = FakeCanvas::start().await?;
    fake.log_in_as(school.students[0]);
    let key = fake.add_key(NewKey::new(redirect_uri));
    Ok((fake, key))
}

fn show(groups: &[Group]) -> Result<()> {
    let rows: Vec<_> = groups
        .iter()
        .map(|group| [group.id.to_string(), group.name.clone()])
        .collect();
    table::print(["Id", "Group"], &rows)?;
    Ok(say!("\nSummary: groups: {}.", rows.len())?)
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
        say!("Open this address in a browser and log in:\n\n{url}\n")?;
    }
    let browser = async {
        match is_real {
            true => Ok(()),
            false => loopback::browse(url).await,
        }
    };
    tokio::select! {
        code = listener::wait_for_code(listener, &pending, wait) => {
            Ok(code.ok_or("the browser did not come back in time: begin again")??)
        }
        Err(error) = browser => Err(error.into()),
    }
}

fn name(oauth: &OAuth) -> String {
    let user = oauth.tokens().user_id();
    user.map_or_else(|| "unknown".into(), |id| id.to_string())
}
