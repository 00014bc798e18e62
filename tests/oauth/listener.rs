//! The listener of the example `oauth_login`, which anybody on the machine can call.

#[path = "../../examples/oauth_login/loopback.rs"]
#[allow(dead_code, reason = "the example also plays the browser")]
mod loopback;
#[path = "../../examples/oauth_login/listener.rs"]
mod served;

use std::{net::SocketAddr, time::Duration};

use canvas_groups::{
    ErrorKind, Result,
    auth::{LoginCode, PendingLogin},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

struct Listening {
    own: SocketAddr,
    login: JoinHandle<Option<Result<LoginCode>>>,
}

impl Listening {
    async fn start() -> Self {
        Self::start_for(Duration::from_secs(300)).await
    }

    async fn start_for(wait: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap();
        let pending = PendingLogin::new("st4te", None);
        let login =
            tokio::spawn(async move { served::wait_for_code(&listener, &pending, wait).await });
        Self { own, login }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.own).await.unwrap()
    }

    fn get(&self, target: &str) -> String {
        format!("GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", self.own)
    }

    /// Sends something and reads the answer to its end.
    async fn say(&self, request: &str) -> String {
        answer(self.connect().await, request).await
    }

    /// The login is still waited for, and comes back now.
    async fn comes_back(self) {
        assert!(!self.login.is_finished());
        let page = self.say(&self.get("/callback?code=c0de&state=st4te")).await;
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
        assert!(page.contains("You are logged in"), "{page}");
        self.ends().await.unwrap();
    }

    async fn ends(self) -> Result<LoginCode> {
        let outcome = timeout(Duration::from_secs(30), self.login).await;
        let outcome = outcome.expect("the login ends").unwrap();
        outcome.expect("somebody said how it ended")
    }
}

async fn answer(mut stream: TcpStream, request: &str) -> String {
    // It may have hung up before it read everything.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let reading = timeout(Duration::from_secs(30), stream.read_to_end(&mut answer));
    let _ = reading.await.expect("it answers or hangs up");
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_visit_that_comes_to_nothing_holds_up_none_that_came_before() {
    let listening = Listening::start().await;
    // The connection that the browser will come back on is open, but silent.
    let early = listening.connect().await;
    sleep(Duration::from_millis(100)).await;
    let icon = listening.say(&listening.get("/favicon.ico")).await;
    assert!(icon.starts_with("HTTP/1.1 404 "), "{icon}");
    // Nobody else calls from now on.
    let page = answer(early, &listening.get("/callback?code=c0de&state=st4te")).await;
    assert!(page.contains("You are logged in"), "{page}");
    listening.ends().await.unwrap();
}

#[tokio::test]
async fn silent_visitors_are_hung_up_on() {
    let listening = Listening::start().await;
    let started = Instant::now();
    let mut silent = listening.connect().await;
    let mut drips = listening.connect().await;
    let dripping = async {
        // A byte now and then is no request either.
        while drips.write_all(b"G").await.is_ok() {
            sleep(Duration::from_millis(100)).await;
        }
    };
    let reading = async {
        let mut nothing = Vec::new();
        silent.read_to_end(&mut nothing).await.unwrap();
        assert!(nothing.is_empty());
    };
    let both = async { tokio::join!(reading, dripping) };
    timeout(Duration::from_secs(20), both).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(4));
    listening.comes_back().await;
}

#[tokio::test]
async fn many_visitors_do_not_keep_the_browser_out() {
    let listening = Listening::start().await;
    let mut silent = Vec::new();
    for _ in 0..300 {
        silent.push(listening.connect().await);
    }
    let started = Instant::now();
    listening.comes_back().await;
    // Not after the limits of those before it, one row after another.
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "{:?}",
        started.elapsed()
    );
    drop(silent);
}

#[tokio::test]
async fn a_page_under_another_name_is_turned_away_whatever_it_knows() {
    let listening = Listening::start().await;
    let port = listening.own.port();
    let ask =
        |host: &str| format!("GET /callback?code=c0de&state=st4te HTTP/1.1\r\n{host}\r\n\r\n");
    for host in [
        "Host: evil.example".to_owned(),
        format!("Host: evil.example:{port}"),
        format!("Host: 127.0.0.1.evil.example:{port}"),
        "Host: 127.0.0.1".to_owned(),
        "Host: 127.0.0.1:1".to_owned(),
        format!("Host: 127.0.0.1:{port}@evil.example"),
        "Host:".to_owned(),
        format!("X-Forwarded-Host: 127.0.0.1:{port}"),
    ] {
        let page = listening.say(&ask(&host)).await;
        assert!(page.starts_with("HTTP/1.1 421 "), "{host}: {page}");
    }
    assert!(!listening.login.is_finished());
    let page = listening
        .say(&ask(&format!("host: LOCALHOST:{port}")))
        .await;
    assert!(page.contains("You are logged in"), "{page}");
    listening.ends().await.unwrap();
}

#[tokio::test]
async fn a_wrong_state_is_answered_and_waited_past() {
    let listening = Listening::start().await;
    for target in [
        "/callback?code=c0de",
        "/callback?code=c0de&state=",
        "/callback?code=c0de&state=st4t",
        "/callback?code=c0de&state=st4te2",
        "/callback?code=c0de&state=st4te&state=st4te",
        "/callback?error=access_denied&state=other",
        "/callback?state=st4te",
        "/callback?",
    ] {
        let page = listening.say(&listening.get(target)).await;
        assert!(page.starts_with("HTTP/1.1 400 "), "{target}: {page}");
        assert!(!page.contains("c0de"), "{page}");
    }
    listening.comes_back().await;
}

#[tokio::test]
async fn what_is_no_request_of_a_browser_ends_nothing() {
    let listening = Listening::start().await;
    let own = listening.own;
    let target = "/callback?code=c0de&state=st4te";
    for (request, status) in [
        (
            format!("POST {target} HTTP/1.1\r\nHost: {own}\r\n\r\n"),
            "405",
        ),
        (listening.get("/"), "404"),
        (listening.get("/callback"), "404"),
        (listening.get("/callback/?code=c0de&state=st4te"), "404"),
        (
            listening.get("/elsewhere/callback?code=c0de&state=st4te"),
            "404",
        ),
        ("\r\n\r\n".to_owned(), "421"),
        ("\u{fffd}\u{0}\r\n\r\n".to_owned(), "421"),
    ] {
        let page = listening.say(&request).await;
        assert!(
            page.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request}: {page}"
        );
    }
    // Without an end, or hung up in the middle, there is no answer.
    let endless = listening
        .say(&format!("GET /{} HTTP/1.1", "a".repeat(100_000)))
        .await;
    assert!(endless.is_empty(), "{endless}");
    let mut halved = listening.connect().await;
    halved.write_all(b"GET /callb").await.unwrap();
    drop(halved);
    listening.comes_back().await;
}

#[tokio::test]
async fn a_refusal_ends_the_login_with_the_reason_of_the_server() {
    let listening = Listening::start().await;
    let target = "/callback?error=access_denied&error_description=no&state=st4te";
    let page = listening.say(&listening.get(target)).await;
    assert!(page.contains("The login failed"), "{page}");
    let error = listening.ends().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoginRequired);
    assert_eq!(error.details()[0].code.as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn a_refusal_without_a_state_is_told_when_the_time_is_over_unless_the_browser_comes_back() {
    let refuse = async |listening: &Listening, code: &str| {
        let target = format!("/callback?error={code}");
        let page = listening.say(&listening.get(&target)).await;
        assert!(page.contains("seems to have failed"), "{page}");
    };
    let listening = Listening::start().await;
    for _ in 0..3 {
        refuse(&listening, "client_not_allowed_for_user").await;
    }
    // Longer than any grace that a web page could wait for.
    sleep(Duration::from_secs(12)).await;
    listening.comes_back().await;

    let wait = Duration::from_secs(3);
    let started = Instant::now();
    let listening = Listening::start_for(wait).await;
    // The first one is told, and nobody puts off the end.
    refuse(&listening, "client_not_allowed_for_user").await;
    let login = listening.own;
    let puts_off = tokio::spawn(async move {
        loop {
            sleep(Duration::from_millis(300)).await;
            let Ok(stream) = TcpStream::connect(login).await else {
                return;
            };
            let request = format!("GET /callback?error=made_up HTTP/1.1\r\nHost: {login}\r\n\r\n");
            answer(stream, &request).await;
        }
    });
    let error = listening.ends().await.unwrap_err();
    puts_off.abort();
    assert!(started.elapsed() >= wait);
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    let line = error.to_string();
    assert!(
        line.contains("client_not_allowed_for_user") && line.contains("unconfirmed"),
        "{line}"
    );
}

#[tokio::test]
async fn a_login_that_nobody_comes_back_from_ends_with_its_time() {
    let listening = Listening::start_for(Duration::from_millis(500)).await;
    let icon = listening.say(&listening.get("/favicon.ico")).await;
    assert!(icon.starts_with("HTTP/1.1 404 "), "{icon}");
    let outcome = timeout(Duration::from_secs(30), listening.login).await;
    assert!(outcome.unwrap().unwrap().is_none());
}
