//! What several subjects share.

use canvas_groups::{
    Canvas, Error,
    fake::{FakeCanvas, School, SmallSchool},
};
use serde_json::{Value, json};

/// The small school, and clients of its teacher and of a student.
pub(crate) struct Place {
    pub(crate) fake: FakeCanvas,
    pub(crate) ids: SmallSchool,
    pub(crate) admin: Canvas,
    pub(crate) teacher: Canvas,
    pub(crate) student: Canvas,
    http: reqwest::Client,
}

impl Place {
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
        let url = format!("{}/api/v1/{path}", self.fake.url());
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        self.http
            .request(method, url)
            .bearer_auth(self.fake.token())
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
