//! The last step of an upload: where it leads, who is let in, and what it answers.

use canvas_groups::{ErrorKind, GroupId, files::UploadFile};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

use crate::support::{self, Ending, FILE, School, TOKEN, school_that};

fn request() -> UploadFile {
    UploadFile::new(GroupId::new(17), "a.txt")
}

/// A school whose last step answers so, and the requests for it.
async fn confirming(answer: ResponseTemplate) -> School {
    let school = school_that(support::s3, Ending::Redirected).await;
    Mock::given(method("GET"))
        .and(path("/api/v1/files/569/create_success"))
        .respond_with(answer)
        .expect(1)
        .mount(&school.server)
        .await;
    school
}

#[tokio::test]
async fn what_is_not_the_file_that_was_sent_is_not_taken_for_it() {
    for body in [
        r#"{"id":569}"#,
        r#"{"id":569,"name":"a group"}"#,
        r#"{"id":569,"display_name":"a.txt","upload_status":"failed"}"#,
        r#"{"id":569,"display_name":"a.txt","size":6}"#,
        r#"{"id":569,"display_name":"a.txt","size":0}"#,
        r#"{"id":569,"display_name":"a.txt","size":8,"upload_status":"success"}"#,
        r#"{"id":570,"display_name":"a.txt"}"#,
        r#"{"id":10000000000570,"filename":"a.txt"}"#,
        r#"{"ok":true}"#,
        r#"{"display_name":"a.txt"}"#,
        "[]",
        "<html>",
        "",
    ] {
        let answer = ResponseTemplate::new(200).set_body_string(body);
        // What is no JSON is asked for twice.
        let school = school_that(support::s3, Ending::Redirected).await;
        Mock::given(method("GET"))
            .respond_with(answer)
            .mount(&school.server)
            .await;
        let error = school.refusal(request()).await;
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}: {error}");
        // The store has the file.
        assert!(error.outcome_unknown(), "{body}: {error}");
        assert!(
            error.to_string().starts_with("step 3 of the upload"),
            "{error}"
        );
    }
    for body in [
        r#"{"id":569,"display_name":"a.txt"}"#,
        r#"{"id":"569","filename":"a.txt"}"#,
        r#"{"id":10000000000569,"display_name":"a.txt"}"#,
        r#"{"id":569,"display_name":"a.txt","size":7,"upload_status":"success"}"#,
        r#"{"id":569,"display_name":"a.txt","size":null,"upload_status":"pending"}"#,
        r#"{"id":569,"display_name":"a.txt","size":0,"locked_for_user":true}"#,
    ] {
        let school = confirming(ResponseTemplate::new(200).set_body_string(body)).await;
        let file = school.upload(request()).await;
        assert_eq!(file.id.get() % 10_000_000_000_000, 569);
    }
}

#[tokio::test]
async fn an_upload_that_the_store_sends_on_is_not_sent_on_and_nothing_asks_for_a_file() {
    for status in [307, 308] {
        let elsewhere = MockServer::start().await;
        for own in [true, false] {
            let school = school_that(support::s3, Ending::Untouched).await;
            let place = if own {
                school.server.uri()
            } else {
                elsewhere.uri()
            };
            let location = format!("{place}/api/v1/files/569/create_success?uuid=ABCDE");
            support::store_answers(&school.store, status, Some(&location), "").await;
            let error = school.refusal(request()).await;
            assert_eq!(error.kind(), ErrorKind::UploadStore, "{error}");
            assert_eq!(error.status().unwrap().as_u16(), status);
            assert!(
                error.to_string().starts_with("step 2 of the upload"),
                "{error}"
            );
            // The announcement alone.
            assert_eq!(school.server.received_requests().await.unwrap().len(), 1);
            support::only(&school.store, "POST").await;
        }
        assert!(elsewhere.received_requests().await.unwrap().is_empty());
    }
    for status in [300, 304, 305, 399] {
        let school = school_that(support::s3, Ending::Untouched).await;
        let location = format!("{}/api/v1/files/569/create_success", school.server.uri());
        support::store_answers(&school.store, status, Some(&location), "").await;
        assert_eq!(
            school.refusal(request()).await.kind(),
            ErrorKind::UploadStore
        );
        assert_eq!(school.server.received_requests().await.unwrap().len(), 1);
    }
}

const NO_SCOPE: &str = r#"{"errors":[{"message":"Insufficient scopes on access token."}]}"#;

#[tokio::test]
async fn a_confirmation_whose_scope_the_key_lacks_is_repeated_without_the_token() {
    let school = school_that(support::s3, Ending::Redirected).await;
    Mock::given(method("GET"))
        .and(path("/api/v1/files/569/create_success"))
        .respond_with(|request: &wiremock::Request| {
            assert_eq!(request.url.query(), Some("uuid=ABCDE"));
            match request.headers.get("authorization") {
                Some(_) => ResponseTemplate::new(401).set_body_string(NO_SCOPE),
                None => ResponseTemplate::new(200).set_body_string(FILE.as_str()),
            }
        })
        .expect(2)
        .mount(&school.server)
        .await;
    assert_eq!(school.upload(request()).await.id.get(), 569);
    // The token is in no part of the second request.
    let requests = school.server.received_requests().await.unwrap();
    let second = format!("{:?}", requests.last().unwrap());
    assert!(!second.contains(TOKEN), "{second}");
}

#[tokio::test]
async fn a_confirmation_without_scope_and_without_key_is_refused_for_the_scope() {
    // Without a `uuid` nobody is let in; with one, the server may still refuse.
    for (query, requests) in [("", 1), ("?uuid=", 1), ("?uuid=ABCDE", 2)] {
        let school = school_that(support::s3, Ending::Untouched).await;
        let location = format!(
            "{}/api/v1/files/569/create_success{query}",
            school.server.uri()
        );
        support::store_answers(&school.store, 303, Some(&location), "").await;
        Mock::given(method("GET"))
            .respond_with(ResponseTemplate::new(401).set_body_string(NO_SCOPE))
            .expect(requests)
            .mount(&school.server)
            .await;
        let error = school.refusal(request()).await;
        assert_eq!(error.kind(), ErrorKind::Scope, "{query}");
        assert!(error.to_string().contains("add the scope"), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_the_store_shows_needs_no_scope() {
    let school = school_that(support::s3, Ending::Untouched).await;
    let location = format!("{}/api/v1/files/569", school.server.uri());
    support::store_answers(&school.store, 201, Some(&location), &FILE).await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(401).set_body_string(NO_SCOPE))
        .expect(1)
        .mount(&school.server)
        .await;
    assert_eq!(school.upload(request()).await.id.get(), 569);
}
