//! The second and third step of an upload by hand, as the SDK would not do them.

use std::time::Duration;

use canvas_groups::{
    ErrorKind, GroupId, RetryPolicy,
    files::{UploadFile, UploadInstructions},
    http::StatusCode,
};
use canvas_groups_fake::{FakeCanvas, Fault, UploadEnding};
use serde_json::Value;

use crate::files::{kind, started, steps, upload};

/// A multipart body.
struct Form(String);

impl Form {
    fn of(fields: &[(String, String)]) -> Self {
        let fields = fields.iter();
        fields.fold(Self(String::new()), |form, (name, value)| {
            form.text(name, value)
        })
    }

    fn text(self, name: &str, value: &str) -> Self {
        self.part(&format!("name=\"{name}\""), value)
    }

    fn file(self, name: &str) -> Self {
        self.part(&format!("name=\"{name}\"; filename=\"x.txt\""), "content")
    }

    fn part(mut self, disposition: &str, content: &str) -> Self {
        self.0 += &format!(
            "--limit\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n"
        );
        self
    }
}

/// Sends what the SDK would not: the second step by hand.
struct Store {
    http: reqwest::Client,
    instructions: UploadInstructions,
}

impl Store {
    async fn of(fake: &FakeCanvas, group: GroupId) -> Self {
        let request = UploadFile::new(group, "x.txt");
        Self {
            http: reqwest::Client::builder()
                .user_agent("t")
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            instructions: fake.client().send(request).await.unwrap(),
        }
    }

    fn fields(&self) -> Vec<(String, String)> {
        let fields = self.instructions.upload_params.iter();
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        fields.collect()
    }

    fn post(&self, form: Form) -> reqwest::RequestBuilder {
        let url = self.instructions.upload_url.as_deref().unwrap();
        let request = self.http.post(url).body(form.0 + "--limit--\r\n");
        request.header("content-type", "multipart/form-data; boundary=limit")
    }

    async fn status(&self, form: Form) -> u16 {
        self.post(form).send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn the_store_takes_no_form_that_was_touched() {
    let (fake, ids) = started(UploadEnding::Created).await;
    let store = Store::of(&fake, ids.groups[0]).await;
    let fields = store.fields();
    for at in 0..fields.len() {
        let mut dropped = fields.clone();
        dropped.remove(at);
        let mut changed = fields.clone();
        changed[at].1.push('x');
        for fields in [dropped, changed] {
            let form = Form::of(&fields).file("file");
            assert_eq!(store.status(form).await, 400, "{fields:?}");
        }
    }
    let mut more = fields.clone();
    more.push(("extra".to_owned(), "1".to_owned()));
    let more = Form::of(&more).file("file");
    assert_eq!(store.status(more).await, 400);
    let misnamed = Form::of(&fields).file("upload");
    assert_eq!(store.status(misnamed).await, 400);
    let first = Form(String::new()).file("file");
    let first = fields
        .iter()
        .fold(first, |form, (name, value)| form.text(name, value));
    assert_eq!(store.status(first).await, 400);
    assert_eq!(store.status(Form::of(&fields)).await, 400);

    let good = || Form::of(&fields).file("file");
    assert_eq!(store.status(good()).await, 201);
    assert_eq!(store.status(good()).await, 400, "a second time");
}

#[tokio::test]
async fn trap_19_the_store_takes_nothing_that_comes_with_a_token() {
    let (fake, ids) = started(UploadEnding::Created).await;
    let store = Store::of(&fake, ids.groups[0]).await;
    let form = || Form::of(&store.fields()).file("file");
    let leaky = store.post(form()).bearer_auth(fake.token());
    let answer = leaky.send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(
        answer
            .text()
            .await
            .unwrap()
            .contains("<Code>InvalidArgument</Code>")
    );
    assert_eq!(store.status(form()).await, 201);
}

#[tokio::test]
async fn the_store_waits_half_an_hour() {
    let (fake, ids) = started(UploadEnding::Created).await;
    let store = Store::of(&fake, ids.groups[0]).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(1801)).await;
    tokio::time::resume();
    let form = Form::of(&store.fields()).file("file");
    assert_eq!(store.status(form).await, 400);
}

#[tokio::test]
async fn a_file_is_invisible_until_it_is_confirmed_and_confirmed_once() {
    let (fake, ids) = started(UploadEnding::Redirect).await;
    let store = Store::of(&fake, ids.groups[0]).await;
    let form = Form::of(&store.fields()).file("attachment[uploaded_data]");
    let answer = store.post(form).send().await.unwrap();
    assert_eq!(answer.status(), 303);
    let next = answer.headers()["location"].to_str().unwrap().to_owned();
    let call = async |url: &str| {
        let request = store.http.get(url).bearer_auth(fake.token());
        request.send().await.unwrap()
    };
    let (file, _) = next.split_once("/create_success").unwrap();
    assert_eq!(call(file).await.status(), 404);
    assert_eq!(fake.school(|school| school.files_of(ids.groups[0])), []);
    let wrong = call(&next.replace("uuid=", "uuid=x")).await;
    assert_eq!(
        (wrong.status().as_u16(), wrong.text().await.unwrap()),
        (400, String::new())
    );
    let shown: Value = call(&next).await.json().await.unwrap();
    assert_eq!(
        (&shown["filename"], shown.get("canvadoc_session_url")),
        (&"x.txt".into(), Some(&Value::Null))
    );
    assert_eq!(call(&next).await.status(), 400);
    assert_eq!(call(file).await.status(), 200);
    let stranger = fake.token_of(ids.students[8]);
    let refused = store
        .http
        .get(file)
        .bearer_auth(stranger)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 403);
}

#[tokio::test]
async fn a_confirmation_whose_answer_is_lost_is_found_out_about() {
    let (fake, ids) = started(UploadEnding::Redirect).await;
    fake.fail(1, "GET files/:id/create_success", Fault::Lose)
        .unwrap();
    let request = UploadFile::new(ids.groups[0], "x.txt");
    let file = upload(&fake.client(), request, "x").await.unwrap();
    assert_eq!(
        fake.school(|school| school.files_of(ids.groups[0])),
        [file.id]
    );
}

#[tokio::test]
async fn a_store_that_fails_is_not_asked_again() {
    let (fake, ids) = started(UploadEnding::Created).await;
    let outage = Fault::status(StatusCode::SERVICE_UNAVAILABLE);
    fake.fail(1, "POST /files_api", outage).unwrap();
    let canvas = fake.client().with_retry(RetryPolicy::default());
    let request = UploadFile::new(ids.groups[0], "x.txt");
    assert_eq!(kind(upload(&canvas, request, "x").await), ErrorKind::Server);
    assert_eq!(
        steps(&fake),
        [("groups/:group_id/files", 200), ("/files_api", 503)]
    );
}
