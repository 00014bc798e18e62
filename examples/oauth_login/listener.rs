//! Waits for the browser to come back from a login. Anybody on this machine can call here, and so
//! can every web page that the person looks at.

use std::{collections::VecDeque, net::SocketAddr, time::Duration};

use canvas_groups::{
    Error, ErrorKind,
    auth::{LoginCode, PendingLogin},
};
use futures::{
    StreamExt,
    future::{AbortHandle, abortable},
    stream::FuturesUnordered,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, sleep_until, timeout},
};

use super::loopback;

/// How long a visitor may take to say what it wants, and to read the answer.
const LIMIT: Duration = Duration::from_secs(5);

/// A visitor is dropped when so many others came after it.
const MAX_VISITORS: usize = 64;

type CodeOrRefusal = canvas_groups::Result<LoginCode>;

/// Answers visitors until one comes back from this login, or the time is over: `None` if nobody said
/// by then how it ended. Browsers like to open connections that they say nothing on, so each is
/// served beside the others.
pub(crate) async fn wait_for_code(
    listener: &TcpListener,
    pending: &PendingLogin,
    wait: Duration,
) -> Option<CodeOrRefusal> {
    let mut visits = FuturesUnordered::new();
    let mut handles = VecDeque::<AbortHandle>::new();
    let mut unconfirmed = None;
    let end = Instant::now() + wait;
    loop {
        tokio::select! {
            connection = listener.accept() => match connection {
                Ok((stream, _)) => {
                    let (visit, handle) = abortable(visit(stream, pending));
                    visits.push(visit);
                    handles.push_back(handle);
                    if handles.len() > MAX_VISITORS && let Some(oldest) = handles.pop_front() {
                        oldest.abort();
                    }
                }
                // It hung up before, or too many files are open: neither ends the login.
                Err(_) => sleep(Duration::from_millis(50)).await,
            },
            // Whatever came of a visit: a pattern that does not match would leave the others alone
            // until somebody else calls.
            Some(visit) = visits.next() => match visit {
                // Any web page can send one: it must not keep out the browser that is still to come.
                Ok(Some(Err(error))) if is_unconfirmed(&error) => {
                    unconfirmed.get_or_insert(error);
                }
                Ok(Some(outcome)) => return Some(outcome),
                Ok(None) | Err(_) => {}
            },
            () = sleep_until(end) => return unconfirmed.map(Err),
        }
    }
}

/// Answers one visitor. Nothing comes of it unless it came back from this login.
async fn visit(mut stream: TcpStream, pending: &PendingLogin) -> Option<CodeOrRefusal> {
    let own = stream.local_addr().ok()?;
    let request = timeout(LIMIT, loopback::read(&mut stream))
        .await
        .ok()?
        .ok()?;
    let (status, words, outcome) = match &request {
        // A page elsewhere whose name was made to point here.
        request if !is_own_host(&request.host, own) => ("421 Misdirected Request", NOT_HERE, None),
        request if request.method != "GET" => ("405 Method Not Allowed", NOT_HERE, None),
        request if !request.target.starts_with("/callback?") => ("404 Not Found", NOT_HERE, None),
        request => match pending.code(&request.target) {
            Ok(code) => (
                "200 OK",
                "You are logged in. You can close this page.",
                Some(Ok(code)),
            ),
            Err(error) if is_foreign(&error) => ("400 Bad Request", FOREIGN, None),
            Err(error) if is_unconfirmed(&error) => ("200 OK", UNCONFIRMED, Some(Err(error))),
            Err(error) => ("200 OK", FAILED, Some(Err(error))),
        },
    };
    let answer = loopback::answer(&mut stream, status, words);
    // Whether the browser reads it or not, the login is what it is.
    let _ = timeout(LIMIT, answer).await;
    outcome
}

const NOT_HERE: &str = "Not here.";
const FOREIGN: &str = "This is not the login that the program waits for.";
const UNCONFIRMED: &str = "The login seems to have failed. The program waits for another answer \
                           until its time is over, and then says why.";
const FAILED: &str = "The login failed. The program that began it says why.";

fn is_own_host(host: &str, own: SocketAddr) -> bool {
    let port = own.port();
    host == format!("127.0.0.1:{port}") || host.eq_ignore_ascii_case(&format!("localhost:{port}"))
}

/// Whether a callback is of another login: then the server gave no reason.
fn is_foreign(error: &Error) -> bool {
    error.kind() == ErrorKind::LoginRequired && error.details().is_empty()
}

/// Whether anybody may have sent a refusal, because it came without a state.
fn is_unconfirmed(error: &Error) -> bool {
    let mut fields = error.details().iter().map(|detail| detail.field.as_deref());
    fields.any(|field| field == Some("state"))
}
