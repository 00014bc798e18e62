//! Time: long uploads live, dead ones end.

use std::time::{Duration, Instant};

use canvas_groups::{
    Canvas, ErrorKind, GroupId,
    files::{Source, UploadFile},
};
use tokio::io::AsyncWriteExt;
use wiremock::MockServer;

use crate::{
    store::raw_store,
    support::{self, Ending, Parts, TOKEN, school_that},
};

fn request() -> UploadFile {
    UploadFile::new(GroupId::new(17), "a.txt")
}

#[tokio::test]
async fn an_upload_may_take_longer_than_a_call() {
    let school = school_that(support::file_service, Ending::Confirmed).await;
    let canvas = Canvas::builder(school.server.uri())
        .token(TOKEN)
        .attempt_timeout(Duration::from_secs(2))
        .deadline(Duration::from_secs(2))
        .build()
        .unwrap();
    let (mut writer, reader) = tokio::io::duplex(64);
    let writing = tokio::spawn(async move {
        for _ in 0..25 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            writer.write_all(b"0123456789").await.unwrap();
        }
    });
    let started = Instant::now();
    canvas
        .upload(request(), Source::reader(reader))
        .stall_timeout(Duration::from_secs(2))
        .await
        .unwrap();
    assert!(started.elapsed() > Duration::from_millis(2400));
    writing.await.unwrap();
    let step_2 = support::only(&school.store, "POST").await;
    assert_eq!(
        Parts::of(&step_2).await.text("file"),
        "0123456789".repeat(25)
    );
}

#[tokio::test]
async fn an_upload_may_stand_still_without_a_limit() {
    let school = school_that(support::file_service, Ending::Confirmed).await;
    let upload = school
        .canvas
        .upload(request(), Source::bytes("x"))
        .stall_timeout(Duration::MAX);
    assert_eq!(upload.await.unwrap().id.get(), 569);
}

#[tokio::test]
async fn trap_14_an_upload_in_which_nothing_moves_ends() {
    let stalled = async |source: Source| {
        let server = MockServer::start().await;
        let (url, _got) = raw_store(None).await;
        support::announce(&server, support::s3_at(&url)).await;
        let upload = support::canvas(&server.uri())
            .upload(request(), source)
            .stall_timeout(Duration::from_millis(200));
        tokio::time::timeout(Duration::from_secs(10), upload)
            .await
            .expect("the upload ends by itself")
            .unwrap_err()
    };
    let (_writer, silent) = tokio::io::duplex(64);
    let error = stalled(Source::reader(silent)).await;
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(
        error.to_string().contains("nothing came from the source"),
        "{error}"
    );
    assert!(!error.outcome_unknown());

    let error = stalled(Source::bytes("x")).await;
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1));
    assert!(
        error.to_string().contains("the store did not answer"),
        "{error}"
    );
    assert!(error.outcome_unknown());
}

#[tokio::test]
async fn trap_14_a_store_that_takes_nothing_ends_the_upload() {
    let server = MockServer::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let holding = tokio::spawn(async move {
        let connection = listener.accept().await.unwrap();
        tokio::time::sleep(Duration::from_secs(20)).await;
        drop(connection);
    });
    support::announce(&server, support::s3_at(&url)).await;
    let source = Source::reader_with_length(tokio::io::repeat(b'x'), 1 << 40);
    let error = support::canvas(&server.uri())
        .upload(request(), source)
        .stall_timeout(Duration::from_millis(300))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(
        error.to_string().contains("the store took nothing"),
        "{error}"
    );
    holding.abort();
}
