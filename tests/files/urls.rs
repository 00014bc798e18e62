//! Files that the server fetches.

use canvas_groups::{
    ErrorKind, FileId, FolderId, GroupId, ProgressId,
    files::{PendingFile, UploadFromUrl, UploadInstructions, UrlUpload},
    progress::{Progress, ProgressState},
};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path},
};

use crate::support::{self, Ending, Parts, School, TOKEN, school, school_that};

fn request() -> UploadFromUrl {
    let url = "https://files.example.edu/syllabus.pdf";
    UploadFromUrl::new(GroupId::new(17), "syllabus.pdf", url)
}

#[tokio::test]
async fn trap_40_the_answer_is_a_progress() {
    let answer = include_str!("../../fixtures/canvas/files/upload_from_url.json");
    let school = school_that(|_| answer.to_owned(), Ending::Untouched).await;
    let UrlUpload::Progress(progress) = school.canvas.upload_from_url(request()).await.unwrap()
    else {
        panic!("a progress");
    };
    assert_eq!(progress.id.get(), 35);
    let sent = support::only(&school.server, "POST").await;
    assert_eq!(
        sent.body_json::<serde_json::Value>().unwrap(),
        json!({"name": "syllabus.pdf", "url": "https://files.example.edu/syllabus.pdf"})
    );
}

#[tokio::test]
async fn trap_40_the_file_service_is_sent_the_fields_without_a_file_and_without_the_token() {
    let school = school_that(by_the_file_service, Ending::Answered(201, None, "{}")).await;
    let outcome = school.canvas.upload_from_url(request()).await.unwrap();
    assert!(matches!(outcome, UrlUpload::Progress(progress) if progress.completion.is_none()));
    let sent = support::only(&school.store, "POST").await;
    assert!(!sent.headers.contains_key("authorization"));
    let parts = Parts::of(&sent).await;
    assert_eq!(parts.names(), ["filename", "content_type", "target_url"]);
    assert_eq!(
        parts.text("target_url"),
        "https://files.example.edu/syllabus.pdf"
    );
    assert_eq!(
        sent.headers["content-length"],
        sent.body.len().to_string().as_str()
    );
    assert_eq!(school.server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_service_that_refuses_ends_in_step_2() {
    let school = school_that(
        by_the_file_service,
        Ending::Answered(403, None, "{\"error\":\"expired\"}"),
    )
    .await;
    let error = school.canvas.upload_from_url(request()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UploadStore);
    assert!(
        error.to_string().starts_with("step 2 of the upload"),
        "{error}"
    );
    assert!(error.to_string().contains("expired"), "{error}");
}

#[tokio::test]
async fn an_older_server_answers_with_the_file_to_come() {
    let answer = include_str!("../../fixtures/canvas/files/upload_from_url_old.json");
    let school = school_that(|_| answer.to_owned(), Ending::Untouched).await;
    let UrlUpload::Pending(file) = school.canvas.upload_from_url(request()).await.unwrap() else {
        panic!("a file to come");
    };
    assert_eq!(file.id.get(), 1234);
    assert!(file.status_url.unwrap().ends_with("/status"));
}

#[tokio::test]
async fn the_file_is_waited_for_however_the_server_tells_of_it() {
    let school = school().await;
    let done = json!({
        "id": 1, "workflow_state": "completed", "results": { "id": 77 },
    });
    let done = serde_json::from_value(done).unwrap();
    let file = school.canvas.wait_for_file(UrlUpload::Progress(done)).await;
    assert_eq!(file.unwrap().get(), 77);

    let mut untold = Progress::new(ProgressId::new(1));
    untold.workflow_state = Some(ProgressState::Completed);
    let untold = UrlUpload::Progress(untold);
    let error = school.canvas.wait_for_file(untold).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn an_older_server_is_asked_where_it_says_with_the_token_and_nowhere_else() {
    let school = school().await;
    let status = |times, body| {
        Mock::given(method("GET"))
            .and(path("/api/v1/files/5/k3y/status"))
            .and(header("authorization", format!("Bearer {TOKEN}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .up_to_n_times(times)
            .expect(times)
            .mount(&school.server)
    };
    let pending = |status_url: Option<String>| {
        let mut file = PendingFile::new(FileId::new(5));
        file.status_url = status_url;
        UrlUpload::Pending(file)
    };
    let here = Some(format!("{}/api/v1/files/5/k3y/status", school.server.uri()));

    status(1, json!({ "upload_status": "pending" })).await;
    status(
        1,
        json!({ "upload_status": "ready", "attachment": { "id": 5 } }),
    )
    .await;
    let file = school.canvas.wait_for_file(pending(here.clone())).await;
    assert_eq!(file.unwrap().get(), 5);

    status(
        1,
        json!({ "upload_status": "errored", "message": "404 Not Found" }),
    )
    .await;
    let error = school
        .canvas
        .wait_for_file(pending(here.clone()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::JobFailed);
    assert!(error.to_string().contains("404 Not Found"), "{error}");

    // Once it could be something on the way that answers.
    status(2, json!({ "message": "hello" })).await;
    let outcome = school.canvas.wait_for_file(pending(here)).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Decode);

    let elsewhere = Some("https://elsewhere.example/files/5/k3y/status".to_owned());
    let cases = [(elsewhere, ErrorKind::Redirect), (None, ErrorKind::Decode)];
    for (status_url, kind) in cases {
        let outcome = school.canvas.wait_for_file(pending(status_url)).await;
        assert_eq!(outcome.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn what_cannot_go_well_is_refused_before_anything_is_sent() {
    let School { canvas, server, .. } = school().await;
    let named = |name: &str, url: &str| UploadFromUrl::new(GroupId::new(17), name, url);
    let both = request()
        .parent_folder_id(FolderId::new(1))
        .parent_folder_path("x");
    let cases = [
        (
            named(" \t", "https://files.example.edu/x"),
            "name of the file",
        ),
        (named("x", " "), "address to fetch"),
        (both, "not by both"),
        (request().content_type("text/plain\r\nx: y"), "content type"),
    ];
    for (request, said) in cases {
        let error = canvas.upload_from_url(request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request);
        assert!(error.to_string().contains(said), "{error}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_that_names_nothing_is_an_error() {
    let school = school_that(|_| "{}".to_owned(), Ending::Untouched).await;
    let error = school.canvas.upload_from_url(request()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[test]
fn every_documented_answer_of_the_first_step_is_read() {
    let read = |json: &str| serde_json::from_str::<UploadInstructions>(json).unwrap();
    let s3 = read(include_str!("../../fixtures/canvas/files/upload_s3.json"));
    assert_eq!(s3.upload_params.iter().count(), 10);
    assert_eq!(s3.upload_params.iter().next().unwrap().0, "key");
    let local = read(include_str!(
        "../../fixtures/canvas/files/upload_local.json"
    ));
    assert_eq!(
        local.file_param.as_deref(),
        Some("attachment[uploaded_data]")
    );
    let service = read(include_str!(
        "../../fixtures/canvas/files/upload_file_service.json"
    ));
    assert_eq!(service.progress, None);
    assert!(service.upload_url.unwrap().contains("token="));
}

fn by_the_file_service(store: &MockServer) -> String {
    let answer = include_str!("../../fixtures/canvas/files/upload_from_url_file_service.json");
    answer.replace("https://inst-fs.example.com", &store.uri())
}
