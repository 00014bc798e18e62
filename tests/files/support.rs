//! A school with a store of its own, and how they answer.

use std::time::Duration;

use canvas_groups::{Canvas, RetryPolicy};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{header, method, path, path_regex},
};

pub(crate) const TOKEN: &str = "7~s3cret-token";
pub(crate) const FILE: &str = include_str!("../../fixtures/canvas/files/file.json");

pub(crate) struct School {
    pub(crate) canvas: Canvas,
    pub(crate) server: MockServer,
    pub(crate) store: MockServer,
}

pub(crate) async fn school() -> School {
    let server = MockServer::start().await;
    School {
        canvas: canvas(&server.uri()),
        store: MockServer::start().await,
        server,
    }
}

pub(crate) fn canvas(url: &str) -> Canvas {
    let retry = RetryPolicy::default().base_delay(Duration::from_millis(1));
    Canvas::builder(url)
        .token(TOKEN)
        .retry(retry)
        .build()
        .unwrap()
}

/// The first step's answer.
pub(crate) async fn announce(server: &MockServer, answer: String) {
    Mock::given(method("POST"))
        .and(path("/api/v1/groups/17/files"))
        .and(header("authorization", format!("Bearer {TOKEN}").as_str()))
        .and(header("content-type", "application/json"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(answer, "application/json"))
        .expect(1)
        .mount(server)
        .await;
}

/// Instructions of the kind of S3, with odd values. As text, since their order counts.
pub(crate) fn s3(store: &MockServer) -> String {
    s3_at(&store.uri())
}

pub(crate) fn s3_at(url: &str) -> String {
    format!(
        r#"{{"upload_url":"{url}/bucket","upload_params":{{"key":"k/a","Filename":"a","acl":"private",
        "Policy":"cG9saWN5LXBvbGljeQ","x-amz-signature":"5ignature-5ignature","number":1.50,"null":null}},
        "file_param":"file"}}"#
    )
}

pub(crate) fn file_service(store: &MockServer) -> String {
    let url = store.uri();
    format!(
        r#"{{"file_param":"file","progress":null,"upload_url":"{url}/files?token=k3y-of-the-store",
        "upload_params":{{"filename":"a.txt","content_type":"text/plain"}}}}"#
    )
}

/// The second step's answer, as a redirect to the third.
pub(crate) async fn store_redirects(store: &MockServer, server: &MockServer) {
    let location = format!(
        "{}/api/v1/files/569/create_success?uuid=ABCDE",
        server.uri()
    );
    store_answers(store, 303, Some(&location), "").await;
}

/// The second step's answer. It comes once.
pub(crate) async fn store_answers(
    store: &MockServer,
    status: u16,
    location: Option<&str>,
    body: &str,
) {
    let mut answer = ResponseTemplate::new(status).set_body_string(body);
    if let Some(location) = location {
        answer = answer.insert_header("location", location);
    }
    Mock::given(method("POST"))
        .and(path_regex("^/(bucket|files|files_api)$"))
        .respond_with(answer)
        .expect(1)
        .mount(store)
        .await;
}

/// The third step's answer: the file.
pub(crate) async fn confirm(server: &MockServer, at: &str) {
    Mock::given(method("GET"))
        .and(path(at))
        .and(header("authorization", format!("Bearer {TOKEN}").as_str()))
        .respond_with(ResponseTemplate::new(200).set_body_raw(FILE, "application/json"))
        .expect(1)
        .mount(server)
        .await;
}

/// The one request with this method that a server got.
pub(crate) async fn only(server: &MockServer, verb: &str) -> Request {
    let mut requests = server.received_requests().await.unwrap();
    requests.retain(|request| request.method.as_str() == verb);
    assert_eq!(requests.len(), 1, "{requests:?}");
    requests.remove(0)
}

/// The parts of a form.
pub(crate) struct Parts(Vec<(String, String, Vec<u8>)>);

impl Parts {
    pub(crate) fn of(request: &Request) -> Self {
        let content_type = request.headers["content-type"].to_str().unwrap();
        let boundary = content_type
            .strip_prefix("multipart/form-data; boundary=")
            .unwrap();
        let body = [b"\r\n", request.body.as_slice()].concat();
        let delimiter = format!("\r\n--{boundary}");
        let mut pieces = split(&body, delimiter.as_bytes());
        assert_eq!(pieces.remove(0), b"");
        assert_eq!(pieces.pop().unwrap(), b"--\r\n");
        let parts = pieces.into_iter().map(|piece| {
            let piece = piece.strip_prefix(b"\r\n").unwrap();
            let end = find(piece, b"\r\n\r\n").unwrap();
            let head = String::from_utf8(piece[..end].to_vec()).unwrap();
            let name = head.split("; name=\"").nth(1).unwrap();
            let name = name.split('"').next().unwrap().to_owned();
            (name, head, piece[end + 4..].to_vec())
        });
        Self(parts.collect())
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, ..)| name.as_str()).collect()
    }

    pub(crate) fn head(&self, name: &str) -> &str {
        &self.0.iter().find(|part| part.0 == name).unwrap().1
    }

    pub(crate) fn bytes(&self, name: &str) -> &[u8] {
        &self.0.iter().find(|part| part.0 == name).unwrap().2
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        std::str::from_utf8(self.bytes(name)).unwrap()
    }
}

fn find(body: &[u8], text: &[u8]) -> Option<usize> {
    body.windows(text.len()).position(|window| window == text)
}

fn split<'a>(mut body: &'a [u8], by: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    while let Some(at) = find(body, by) {
        pieces.push(&body[..at]);
        body = &body[at + by.len()..];
    }
    pieces.push(body);
    pieces
}
