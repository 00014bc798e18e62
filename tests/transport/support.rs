//! Servers to test against, and clients of them.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use canvas_groups::{Canvas, ClientBuilder, RetryPolicy, service};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

pub(crate) const TOKEN: &str = "7~s3cretT0kenOfTheTests";

pub(crate) const OWN_AGENT: &str = concat!("canvas-groups/", env!("CARGO_PKG_VERSION"));

/// Retries as always, but without the waits.
pub(crate) fn quick() -> RetryPolicy {
    RetryPolicy::default()
        .base_delay(Duration::from_millis(1))
        .max_delay(Duration::from_millis(1))
}

/// A client to be, with the token and without waits.
pub(crate) fn builder(url: &str) -> ClientBuilder<service::Canvas> {
    Canvas::builder(url).token(TOKEN).retry(quick())
}

/// Groups with these ids, as a body.
pub(crate) fn groups(ids: impl IntoIterator<Item = u64>) -> String {
    let groups: Vec<_> = ids
        .into_iter()
        .map(|id| format!("{{\"id\":{id}}}"))
        .collect();
    format!("[{}]", groups.join(","))
}

pub(crate) fn ok(body: impl Into<String>) -> ResponseTemplate {
    // As Canvas does on every page of a list; elsewhere nobody looks at it.
    status(200, body).insert_header("link", "</api/v1/this>; rel=\"current\"")
}

pub(crate) fn status(status: u16, body: impl Into<String>) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body.into().into_bytes(), "application/json")
}

/// A mock that takes the requests that it was told of, each as often as it was told, and fails the
/// test for every other one. All of them must carry the token and name their sender.
pub(crate) struct Server(MockServer);

impl Server {
    pub(crate) async fn start() -> Self {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(ResponseTemplate::new(418))
            .with_priority(u8::MAX)
            .expect(0)
            .named("requests that nobody expects")
            .mount(&server)
            .await;
        Self(server)
    }

    pub(crate) fn address(&self) -> String {
        self.0.uri()
    }

    pub(crate) fn canvas(&self) -> Canvas {
        builder(&self.0.uri()).build().unwrap()
    }

    /// The full address of a path below the API root.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.0.uri())
    }

    /// Answers one request with exactly this method, path and query.
    pub(crate) async fn on(&self, line: &str, answer: ResponseTemplate) {
        self.on_each(line, vec![answer]).await;
    }

    /// Answers as many requests as there are answers, in their order.
    pub(crate) async fn on_each(&self, line: &str, answers: Vec<ResponseTemplate>) {
        let (expected, count) = (line.to_owned(), AtomicUsize::new(0));
        let times = answers.len() as u64;
        Mock::given(move |request: &Request| is_signed(request) && line_of(request) == expected)
            .respond_with(move |_: &Request| {
                let turn = count.fetch_add(1, Ordering::SeqCst);
                let answer = answers.get(turn).cloned();
                answer.unwrap_or_else(|| ResponseTemplate::new(418))
            })
            .expect(times)
            .named(line)
            .mount(&self.0)
            .await;
    }

    pub(crate) async fn requests(&self) -> Vec<Request> {
        self.0.received_requests().await.unwrap()
    }

    /// Method, path and query of what came, in order.
    pub(crate) async fn lines(&self) -> Vec<String> {
        self.requests().await.iter().map(line_of).collect()
    }
}

fn line_of(request: &Request) -> String {
    let query = request.url.query().map(|query| format!("?{query}"));
    let (method, path) = (&request.method, request.url.path());
    format!("{method} {path}{}", query.unwrap_or_default())
}

fn is_signed(request: &Request) -> bool {
    let is = |name: &str, value: &str| request.headers.get(name).is_some_and(|have| have == value);
    let agent = request.headers.get("user-agent");
    is("authorization", &format!("Bearer {TOKEN}"))
        && agent.is_some_and(|agent| agent.to_str().unwrap().ends_with(OWN_AGENT))
}

/// What a bare socket does next.
#[derive(Clone)]
pub(crate) enum Play {
    /// Reads a whole request and notes it.
    Hear,
    /// Writes bytes.
    Say(Vec<u8>),
    /// Lets time pass.
    Pause(Duration),
    /// Writes one byte of it after the other, with a pause before each.
    Drip(Vec<u8>, Duration),
    /// Writes the same over and over until the client has enough.
    Repeat(Vec<u8>),
    /// Does nothing until the client hangs up.
    Stall,
    /// Breaks the connection off.
    Reset,
}

/// A bare socket that plays one script for each connection, in their order, and notes what it
/// heard. When a script ends, its connection is closed.
pub(crate) struct Socket {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
    expected: usize,
    serving: JoinHandle<()>,
    ended: Arc<tokio::sync::Notify>,
}

impl Socket {
    pub(crate) async fn start(scripts: Vec<Vec<Play>>) -> Self {
        Self::start_as(|_| scripts).await
    }

    /// As `start`, for scripts that name the socket's own address.
    pub(crate) async fn start_as(scripts: impl FnOnce(&str) -> Vec<Vec<Play>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let scripts = scripts(&format!("http://{address}"));
        let (heard, connections) = (Arc::default(), Arc::new(AtomicUsize::new(0)));
        let ended = Arc::new(tokio::sync::Notify::new());
        let expected = scripts.len();
        let serving = tokio::spawn({
            let (heard, connections, ended) =
                (Arc::clone(&heard), connections.clone(), ended.clone());
            async move {
                let mut playing = JoinSet::new();
                for script in scripts {
                    let (stream, _) = listener.accept().await.unwrap();
                    connections.fetch_add(1, Ordering::SeqCst);
                    playing.spawn(play(stream, script, Arc::clone(&heard)));
                }
                let strangers = async {
                    loop {
                        let _stranger = listener.accept().await.unwrap();
                        connections.fetch_add(1, Ordering::SeqCst);
                    }
                };
                let all = async {
                    while playing.join_next().await.is_some() {}
                    ended.notify_one();
                    std::future::pending::<()>().await;
                };
                tokio::join!(strangers, all);
            }
        });
        Self {
            address,
            heard,
            connections,
            expected,
            serving,
            ended,
        }
    }

    /// One connection for each answer.
    pub(crate) async fn answering(answers: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self::answering_as(|_| answers.into_iter().collect()).await
    }

    /// As `answering`, for answers that name the socket's own address.
    pub(crate) async fn answering_as(answers: impl FnOnce(&str) -> Vec<Vec<u8>>) -> Self {
        let script = |answer| vec![Play::Hear, Play::Say(answer)];
        Self::start_as(|own| answers(own).into_iter().map(script).collect()).await
    }

    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn canvas(&self) -> Canvas {
        builder(&self.address()).build().unwrap()
    }

    /// What was heard by now.
    pub(crate) fn so_far(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// What was heard in all. Checks that every script was played to its end and nobody else came.
    pub(crate) async fn heard(self) -> Vec<String> {
        let ended = timeout(Duration::from_secs(5), self.ended.notified()).await;
        sleep(Duration::from_millis(20)).await;
        self.serving.abort();
        assert_eq!(
            self.connections.load(Ordering::SeqCst),
            self.expected,
            "connections"
        );
        assert!(ended.is_ok(), "a script was not played to its end");
        self.so_far()
    }
}

async fn play(mut stream: TcpStream, script: Vec<Play>, heard: Arc<Mutex<Vec<String>>>) {
    let mut buffer = Vec::new();
    for step in script {
        // A client that hung up is a matter for the assertions on what it got.
        let _ = match step {
            Play::Hear => {
                let request = hear(&mut stream, &mut buffer).await;
                heard.lock().unwrap().extend(request);
                Ok(())
            }
            Play::Say(bytes) => stream.write_all(&bytes).await,
            Play::Pause(time) => {
                sleep(time).await;
                Ok(())
            }
            Play::Drip(bytes, pause) => drip(&mut stream, &bytes, pause).await,
            Play::Repeat(bytes) => loop {
                if stream.write_all(&bytes).await.is_err() {
                    break Ok(());
                }
            },
            Play::Stall => {
                note_rest(&mut stream, &heard).await;
                Ok(())
            }
            Play::Reset => {
                stream.set_zero_linger().unwrap();
                return;
            }
        };
    }
    let _ = stream.shutdown().await;
    note_rest(&mut stream, &heard).await;
}

/// A request with its head and body, as text; nothing if the client hung up.
async fn hear(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(head) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
            let length = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let end = head + 4 + length.map_or(0, |length| length.parse().unwrap());
            if buffer.len() >= end {
                let request: Vec<u8> = buffer.drain(..end).collect();
                return Some(String::from_utf8(request).unwrap());
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

async fn drip(stream: &mut TcpStream, bytes: &[u8], pause: Duration) -> std::io::Result<()> {
    for byte in bytes {
        sleep(pause).await;
        stream.write_all(&[*byte]).await?;
        stream.flush().await?;
    }
    Ok(())
}

/// Waits until the client hangs up, and notes whatever else it says.
async fn note_rest(stream: &mut TcpStream, heard: &Mutex<Vec<String>>) {
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    if !rest.is_empty() {
        let rest = String::from_utf8_lossy(&rest).into_owned();
        heard.lock().unwrap().push(format!("unexpected: {rest}"));
    }
}

/// An answer with its exact length, after which the connection ends.
pub(crate) fn answer(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = head(status, headers, body.len());
    bytes.extend_from_slice(body);
    bytes
}

/// The head of an answer whose body should have a length.
pub(crate) fn head(status: &str, headers: &[&str], length: usize) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status}\r\nconnection: close\r\n");
    for header in headers {
        head.push_str(&format!("{header}\r\n"));
    }
    head.push_str(&format!("content-length: {length}\r\n\r\n"));
    head.into_bytes()
}

/// The request line of what a socket heard.
pub(crate) fn line(request: &str) -> &str {
    request
        .lines()
        .next()
        .unwrap()
        .strip_suffix(" HTTP/1.1")
        .unwrap()
}

/// The values of a header in what a socket heard.
pub(crate) fn header<'a>(request: &'a str, name: &str) -> Vec<&'a str> {
    let lines = request.lines().take_while(|line| !line.is_empty());
    let fields = lines.filter_map(|line| line.split_once(": "));
    fields
        .filter(|(have, _)| have.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
        .collect()
}
