//! Where the file and the token may go.

use canvas_groups::{
    Canvas, ErrorKind, GroupId,
    files::{Source, UploadFile},
};
use wiremock::MockServer;

use crate::support::{self, Ending, School, TOKEN, school, school_that};

fn request() -> UploadFile {
    UploadFile::new(GroupId::new(17), "a.txt")
}

#[tokio::test]
async fn trap_19_the_store_cannot_send_the_token_elsewhere() {
    for status in [201, 301, 302, 303] {
        let elsewhere = MockServer::start().await;
        let school = school_that(support::s3, Ending::Untouched).await;
        let location = format!("{}/api/v1/files/569/create_success", elsewhere.uri());
        support::store_answers(&school.store, status, Some(&location), "").await;

        let error = school.refusal(request()).await;
        assert_eq!(error.kind(), ErrorKind::Redirect, "{status}");
        let line = error.to_string();
        assert!(line.starts_with("step 3 of the upload"), "{line}");
        assert!(
            line.contains(&elsewhere.uri()) && line.contains(&school.server.uri()),
            "{line}"
        );
        assert!(!format!("{error:?} {line}").contains(TOKEN));
        assert!(elsewhere.received_requests().await.unwrap().is_empty());
        assert_eq!(school.server.received_requests().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn trap_19_a_path_as_location_is_one_of_the_store() {
    let school = school_that(
        support::s3,
        Ending::Answered(303, Some("/api/v1/files/569/create_success"), ""),
    )
    .await;
    let error = school.refusal(request()).await;
    assert_eq!(error.kind(), ErrorKind::Redirect);
    support::only(&school.store, "POST").await;
    assert_eq!(school.server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_store_that_is_not_reached_by_https_gets_nothing() {
    for url in ["http://store.example", "ftp://store.example", "file:///tmp"] {
        let school = school_that(|_| support::s3_at(url), Ending::Untouched).await;
        let error = school.refusal(request()).await;
        assert_eq!(error.kind(), ErrorKind::UploadStore, "{error}");
        assert!(error.to_string().contains("https"), "{error}");
    }
}

/// The same machine by an address that is not one of its own to a client: one that seems elsewhere.
fn elsewhere(server: &MockServer) -> String {
    server.uri().replace("127.0.0.1", "0.0.0.0")
}

#[cfg(unix)]
#[tokio::test]
async fn a_store_is_reached_by_http_where_that_is_allowed() {
    for allow in [false, true] {
        let School { server, store, .. } = school().await;
        let canvas = Canvas::builder(server.uri())
            .token(TOKEN)
            .allow_http(allow)
            .build()
            .unwrap();
        support::announce(&server, support::s3_at(&elsewhere(&store))).await;
        if allow {
            support::store_redirects(&store, &server).await;
            support::confirm(&server, "/api/v1/files/569/create_success").await;
        }
        let outcome = canvas.upload(request(), Source::bytes("x")).await;
        assert_eq!(
            outcome.as_ref().map_err(canvas_groups::Error::kind).err(),
            (!allow).then_some(ErrorKind::UploadStore)
        );
        let sent = store.received_requests().await.unwrap();
        assert_eq!(sent.len(), usize::from(allow));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_elsewhere_cannot_have_a_file_sent_to_this_machine() {
    let school = school_that(support::s3, Ending::Untouched).await;
    let canvas = Canvas::builder(elsewhere(&school.server))
        .token(TOKEN)
        .allow_http(true)
        .build()
        .unwrap();
    let error = canvas
        .upload(request(), Source::bytes("x"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UploadStore);
    assert!(error.to_string().contains("on this machine"), "{error}");
    assert!(school.store.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_store_that_does_not_say_where_to_go_on_is_an_error() {
    for (status, body) in [(200, ""), (204, ""), (201, "{\"id\":5}"), (200, "<html>")] {
        let school = school_that(support::s3, Ending::Answered(status, None, body)).await;
        let error = school.refusal(request()).await;
        assert_eq!(error.kind(), ErrorKind::UploadStore);
        assert!(error.to_string().contains("where to go on"), "{error}");
    }
}
