//! What several subjects share.

use canvas_groups::{Canvas, Error};
use canvas_groups_fake::{FakeCanvas, School, SmallSchool};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The small school, and clients of its teacher and of a student.
pub(crate) struct TestSchool {
    pub(crate) fake: FakeCanvas,
    pub(crate) ids: SmallSchool,
    pub(crate) admin: Canvas,
    pub(crate) teacher: Canvas,
    pub(crate) student: Canvas,
    http: reqwest::Client,
}

impl TestSchool {
    pub(crate) async fn new() -> Self {
        Self::with(|_, _| ()).await
    }

    /// With this more in the school.
    pub(crate) async fn with(seed: impl FnOnce(&mut School, &SmallSchool)) -> Self {
        let (mut school, ids) = School::small();
        seed(&mut school, &ids);
        let fake = FakeCanvas::builder(school)
            .throttle(None)
            .job_duration(std::time::Duration::from_secs(4))
            .start()
            .await
            .unwrap();
        Self {
            admin: fake.client(),
            teacher: fake.client_of(ids.teacher).unwrap(),
            student: fake.client_of(ids.students[0]).unwrap(),
            fake,
            ids,
            http: reqwest::Client::new(),
        }
    }

    /// A request of the administrator that no type of the crate can express.
    pub(crate) fn raw(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.raw_with(self.fake.token(), method, path)
    }

    /// The same, with a token.
    pub(crate) fn raw_with(
        &self,
        token: &str,
        method: &str,
        path: &str,
    ) -> reqwest::RequestBuilder {
        let url = format!("{}/api/v1/{path}", self.fake.url());
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        self.http
            .request(method, url)
            .bearer_auth(token)
            .header("user-agent", "tests")
    }

    /// Sends it, and gives the status and the body.
    pub(crate) async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.text().await.unwrap();
        (status, serde_json::from_str(&body).unwrap_or(body.into()))
    }
}

/// The status and the body of a refusal.
pub(crate) fn refusal<T: std::fmt::Debug>(outcome: Result<T, Error>) -> (u16, Value) {
    let error = outcome.unwrap_err();
    let status = error.status().unwrap().as_u16();
    let body = error.body().unwrap_or_default();
    (status, serde_json::from_str(body).unwrap_or(body.into()))
}

/// What is answered where a field of a record is wrong.
pub(crate) fn fault(field: &str, message: &str) -> (u16, Value) {
    let fault = json!({ "attribute": field, "type": message, "message": message });
    (400, json!({ "errors": { field: [fault] } }))
}

/// Lets time go by, at once.
pub(crate) async fn pass(seconds: f64) {
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs_f64(seconds)).await;
    tokio::time::resume();
}

/// A connection over which requests go as they are written.
pub(crate) struct Connection(TcpStream);

impl Connection {
    pub(crate) async fn to(url: &str) -> Self {
        let address = url.strip_prefix("http://").unwrap();
        Self(TcpStream::connect(address).await.unwrap())
    }

    /// Sends a request, and gives the status and the body of its answer.
    pub(crate) async fn ask(&mut self, request: &str) -> (u16, Value) {
        self.0.write_all(request.as_bytes()).await.unwrap();
        loop {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(self.0.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap().to_lowercase();
            let status = head[9..12].parse().unwrap();
            let mut lines = head.lines();
            let length = lines.find_map(|line| line.strip_prefix("content-length: "));
            let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
            self.0.read_exact(&mut body).await.unwrap();
            if status != 100 {
                return (status, serde_json::from_slice(&body).unwrap_or_default());
            }
        }
    }
}
