//! A mock to test against, and what the shared servers are made of.

use std::sync::atomic::{AtomicUsize, Ordering};

use canvas_groups::Canvas;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

pub(crate) use crate::common::{
    client::{TOKEN, builder, groups, quick},
    play::{Play, answer, head, header, line},
    socket::Socket,
};

pub(crate) const OWN_AGENT: &str = concat!("canvas-groups/", env!("CARGO_PKG_VERSION"));

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
