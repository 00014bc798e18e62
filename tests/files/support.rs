//! A school with a store of its own, and how they answer.

use std::{sync::LazyLock, time::Duration};

use canvas_groups::{
    Canvas, Error, RetryPolicy,
    files::{File, Source, UploadFile},
};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{header, method, path, path_regex},
};

pub(crate) const TOKEN: &str = "7~s3cret-token";
/// The file as the server shows it, without its size: that is checked, and each test sends another
/// content.
pub(crate) static FILE: LazyLock<String> = LazyLock::new(|| {
    let file = include_str!("../../fixtures/canvas/files/file.json");
    file.replace("\"size\": 43451,", "")
});

pub(crate) struct School {
    pub(crate) canvas: Canvas,
    pub(crate) server: MockServer,
    pub(crate) store: MockServer,
}

impl School {
    /// Uploads some content.
    pub(crate) async fn upload(&self, request: UploadFile) -> File {
        let upload = self.canvas.upload(request, Source::bytes("content"));
        upload.await.unwrap()
    }

    /// Uploads some content, which fails.
    pub(crate) async fn refusal(&self, request: UploadFile) -> Error {
        let upload = self.canvas.upload(request, Source::bytes("x"));
        upload.await.unwrap_err()
    }
}

pub(crate) async fn school() -> School {
    let server = MockServer::start().await;
    School {
        canvas: canvas(&server.uri()),
        store: MockServer::start().await,
        server,
    }
}

/// What happens once a file was announced.
pub(crate) enum Ending<'a> {
    /// The store sends the client to the confirmation, which answers with the file.
    Confirmed,
    /// The store sends the client to the confirmation, which the test sets up.
    Redirected,
    /// The store answers so: a status, a location and a body.
    Answered(u16, Option<&'a str>, &'a str),
    /// The test sets all of it up, or nothing happens.
    Untouched,
}

/// A school that gives these instructions for its store, and what happens then.
pub(crate) async fn school_that(
    instructions: impl FnOnce(&MockServer) -> String,
    ending: Ending<'_>,
) -> School {
    let school = school().await;
    let (server, store) = (&school.server, &school.store);
    announce(server, instructions(store)).await;
    match ending {
        Ending::Confirmed => {
            store_redirects(store, server).await;
            confirm(server, "/api/v1/files/569/create_success").await;
        }
        Ending::Redirected => store_redirects(store, server).await,
        Ending::Answered(status, location, body) => {
            store_answers(store, status, location, body).await;
        }
        Ending::Untouched => {}
    }
    school
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
        .respond_with(ResponseTemplate::new(200).set_body_raw(FILE.as_str(), "application/json"))
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

/// The parts of a form: the name, the head and the content of each.
pub(crate) struct Parts(Vec<(String, String, Vec<u8>)>);

impl Parts {
    pub(crate) async fn of(request: &Request) -> Self {
        let content_type = request.headers["content-type"].to_str().unwrap();
        let boundary = multer::parse_boundary(content_type).unwrap();
        let end = format!("\r\n--{boundary}--\r\n");
        assert!(request.body.ends_with(end.as_bytes()));
        let body = Ok::<_, std::io::Error>(request.body.clone());
        let mut form = multer::Multipart::new(futures::stream::iter([body]), boundary);
        let mut parts = Vec::new();
        while let Some(part) = form.next_field().await.unwrap() {
            let head = |name: &str| {
                let value = part.headers().get(name.to_lowercase())?;
                let value = std::str::from_utf8(value.as_bytes()).unwrap();
                Some(format!("{name}: {value}"))
            };
            let head = ["Content-Disposition", "Content-Type"].map(head);
            let head: Vec<_> = head.into_iter().flatten().collect();
            assert_eq!(part.headers().len(), head.len());
            let name = part.name().unwrap().to_owned();
            parts.push((name, head.join("\r\n"), part.bytes().await.unwrap().into()));
        }
        Self(parts)
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
