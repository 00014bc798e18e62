//! What goes wrong on the way, and what is said of it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use canvas_groups::{
    ErrorKind, FolderId, GroupId,
    files::{Source, UploadFile},
};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

use crate::{
    store::raw_store,
    support::{self, Ending, FILE, School, canvas, school, school_that},
};

fn request() -> UploadFile {
    UploadFile::new(GroupId::new(17), "a.txt")
}

#[tokio::test]
async fn a_refusal_of_the_store_is_told_without_its_keys_and_not_repeated() {
    let cases = [
        (403, ErrorKind::UploadStore, false),
        (429, ErrorKind::Throttled, false),
        (503, ErrorKind::Server, true),
    ];
    for (status, kind, unknown) in cases {
        let school = school_that(support::s3, Ending::Untouched).await;
        let body = "<?xml version=\"1.0\"?><Error><Code>SignatureDoesNotMatch</Code>\
                    <Message>The signature does not match.</Message>\
                    <SignatureProvided>5ignature-5ignature</SignatureProvided></Error>";
        support::store_answers(&school.store, status, None, body).await;
        let error = school.refusal(request()).await;
        assert_eq!(error.kind(), kind);
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert_eq!(error.outcome_unknown(), unknown);
        assert_eq!(
            error.details()[0].code.as_deref(),
            Some("SignatureDoesNotMatch")
        );
        let line = error.to_string();
        let start = format!(
            "step 2 of the upload, sending the file: POST {}: {status}",
            school.store.uri()
        );
        assert!(line.starts_with(&start), "{line}");
        assert!(line.contains("The signature does not match."), "{line}");
        assert!(error.body().unwrap().contains("SignatureProvided"));
        assert!(!format!("{error:?} {error}").contains("5ignature-5ignature"));
        support::only(&school.store, "POST").await;
    }
}

#[tokio::test]
async fn a_refusal_of_canvas_ends_the_upload_in_step_1() {
    let School {
        canvas,
        server,
        store,
    } = school().await;
    Mock::given(method("POST"))
        .respond_with(
            ResponseTemplate::new(400)
                .set_body_string(r#"{"message":"file size exceeds quota limits"}"#),
        )
        .expect(1)
        .mount(&server)
        .await;
    let error = canvas
        .upload(request(), Source::bytes("x"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(
        error.to_string(),
        "step 1 of the upload, announcing the file: POST /api/v1/groups/17/files: \
         400 Bad Request: file size exceeds quota limits"
    );
    assert!(store.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_anything_is() {
    let School { canvas, server, .. } = school().await;
    let cases = [
        (UploadFile::new(GroupId::new(17), " "), "blank"),
        (request().content_type("text/plain\r\nX: y"), "content type"),
        (
            request()
                .parent_folder_id(FolderId::new(1))
                .parent_folder_path("a"),
            "not by both",
        ),
        (request().size(3), "3 bytes, but the source has 1"),
    ];
    for (request, said) in cases {
        let error = canvas
            .upload(request, Source::bytes("x"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request);
        assert!(error.to_string().contains(said), "{error}");
    }
    let nowhere = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("is not there");
    for path in [nowhere.as_path(), nowhere.parent().unwrap()] {
        let error = canvas.upload(request(), path).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UploadSource);
        assert!(
            error.to_string().contains(&path.display().to_string()),
            "{error}"
        );
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn instructions_that_name_no_store_are_an_error_of_step_1() {
    for answer in [
        "{}",
        r#"{"ok":true}"#,
        r#"{"upload_url":""}"#,
        r#"{"upload_url":"http://[","upload_params":{}}"#,
        // What the server answers where it fetches the file itself.
        r#"{"progress":{"id":5,"workflow_state":"queued"}}"#,
        r#"{"id":569,"upload_status":"pending"}"#,
    ] {
        let school = school_that(|_| answer.to_owned(), Ending::Untouched).await;
        let error = school.refusal(request()).await;
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(
            error.to_string().starts_with("step 1 of the upload"),
            "{error}"
        );
        let line = "POST /api/v1/groups/17/files";
        assert_eq!(error.request(), Some(line), "{answer}");
        assert!(error.outcome_unknown(), "{answer}: {error}");
    }
}

#[tokio::test]
async fn an_answer_that_announces_nothing_is_none_of_the_first_step() {
    for answer in [
        "{}",
        r#"{"ok":true}"#,
        r#"{"status":"queued"}"#,
        r#"{"upload_url":null,"upload_params":{"key":"a"}}"#,
    ] {
        let school = school_that(|_| answer.to_owned(), Ending::Untouched).await;
        let error = school.canvas.send(request()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{answer}");
        assert!(error.outcome_unknown(), "{answer}: {error}");
    }
}

/// Gives some bytes, then fails.
struct Failing(usize);

impl AsyncRead for Failing {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.0 == 0 {
            return Poll::Ready(Err(io::Error::other("the disk is gone")));
        }
        let now = self.0.min(buffer.remaining());
        buffer.put_slice(&vec![b'x'; now]);
        self.0 -= now;
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_source_that_fails_or_has_another_length_makes_no_file() {
    assert!(is_whole(
        b"content-type: x; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"
    ));
    let cases = [
        (
            Source::reader_with_length(Failing(300_000), 400_000),
            "cannot be read",
        ),
        (Source::reader(Failing(300_000)), "cannot be read"),
        (
            Source::reader_with_length(tokio::io::repeat(b'x').take(300_000), 400_000),
            "ended after 300000 of the 400000 bytes",
        ),
        (
            Source::reader_with_length(tokio::io::repeat(b'x'), 400_000),
            "goes on after the 400000 bytes",
        ),
        (
            Source::reader_with_length(&b"x"[..], 0),
            "goes on after the 0 bytes",
        ),
    ];
    for (source, said) in cases {
        let server = MockServer::start().await;
        let (url, got) = raw_store(None).await;
        support::announce(&server, support::s3_at(&url)).await;
        let error = canvas(&server.uri())
            .upload(request(), source)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UploadSource, "{error}");
        assert!(
            error.to_string().starts_with("step 2 of the upload"),
            "{error}"
        );
        assert!(error.to_string().contains(said), "{error}");
        assert!(!error.outcome_unknown());
        assert!(!is_whole(&got.await.unwrap()), "the store got a whole form");
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
    }
}

/// Whether a form was sent to its closing boundary.
fn is_whole(sent: &[u8]) -> bool {
    let sent = String::from_utf8_lossy(sent);
    let boundary = sent.split("boundary=").nth(1).unwrap_or_default();
    let boundary = boundary.lines().next().unwrap_or_default();
    sent.contains(&format!("--{boundary}--"))
}

#[tokio::test]
async fn the_size_said_in_the_request_is_the_length_of_a_reader() {
    let school = school_that(support::file_service, Ending::Confirmed).await;
    let source = Source::reader(&b"content"[..]);
    school
        .canvas
        .upload(request().size(7), source)
        .await
        .unwrap();
    let step_2 = support::only(&school.store, "POST").await;
    assert_eq!(
        step_2.headers["content-length"],
        step_2.body.len().to_string().as_str()
    );
}

#[tokio::test]
async fn a_store_that_refuses_at_once_is_heard() {
    let server = MockServer::start().await;
    let refusal = "HTTP/1.1 413 Content Too Large\r\ncontent-length: 3\r\n\r\nno!".to_owned();
    let (url, _got) = raw_store(Some(refusal)).await;
    support::announce(&server, support::s3_at(&url)).await;
    let source = Source::reader_with_length(tokio::io::repeat(b'x'), 1 << 40);
    let error = canvas(&server.uri())
        .upload(request(), source)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UploadStore);
    assert_eq!(error.status().unwrap().as_u16(), 413);
    assert_eq!(error.body(), Some("no!"));
}

#[tokio::test]
async fn a_store_that_says_done_before_it_has_the_file_is_not_believed() {
    let server = MockServer::start().await;
    let location = format!("{}/api/v1/files/569/create_success", server.uri());
    let done =
        format!("HTTP/1.1 303 See Other\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
    let (url, _got) = raw_store(Some(done)).await;
    support::announce(&server, support::s3_at(&url)).await;
    let source = Source::reader_with_length(tokio::io::repeat(b'x'), 1 << 40);
    let error = canvas(&server.uri())
        .upload(request(), source)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UploadStore);
    assert!(
        error.to_string().contains("before it had the whole file"),
        "{error}"
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn no_connection_to_the_store_is_tried_again_even_with_a_reader() {
    let server = MockServer::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    support::announce(&server, support::s3_at(&url)).await;
    let source = Source::reader(&b"content"[..]);
    let error = canvas(&server.uri())
        .upload(request(), source)
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 4));
    assert!(!error.outcome_unknown());
}

#[tokio::test]
async fn a_broken_connection_to_the_store_is_not_tried_again() {
    let server = MockServer::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let store = tokio::spawn(async move {
        let mut connections = 0;
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            connections += 1;
            let mut some = [0; 100];
            socket.read_exact(&mut some).await.unwrap();
            drop(socket);
            if tokio::time::timeout(std::time::Duration::from_millis(300), listener.accept())
                .await
                .is_err()
            {
                return connections;
            }
            connections += 1;
        }
    });
    support::announce(&server, support::s3_at(&url)).await;
    let error = canvas(&server.uri())
        .upload(request(), Source::bytes("x"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Interrupted, 1)
    );
    assert!(error.outcome_unknown());
    assert_eq!(store.await.unwrap(), 1);
}

#[tokio::test]
async fn a_confirmation_is_asked_for_again_and_one_that_was_lost_counts() {
    let school = school_that(support::s3, Ending::Redirected).await;
    let confirmation = "/api/v1/files/569/create_success";
    let answer = |status| {
        Mock::given(method("GET"))
            .and(path(confirmation))
            .respond_with(ResponseTemplate::new(status))
    };
    answer(502)
        .up_to_n_times(1)
        .expect(1)
        .mount(&school.server)
        .await;
    answer(400).expect(1).mount(&school.server).await;
    Mock::given(method("GET"))
        .and(path("/api/v1/files/569"))
        .respond_with(ResponseTemplate::new(200).set_body_string(FILE.as_str()))
        .expect(1)
        .mount(&school.server)
        .await;
    let file = school
        .canvas
        .upload(request(), Source::bytes("x"))
        .await
        .unwrap();
    assert_eq!(file.id.get(), 569);
}

#[tokio::test]
async fn a_confirmation_that_is_refused_at_once_is_an_error_of_step_3() {
    let school = school_that(support::s3, Ending::Redirected).await;
    Mock::given(method("GET"))
        .and(path("/api/v1/files/569/create_success"))
        .respond_with(ResponseTemplate::new(400))
        .expect(1)
        .mount(&school.server)
        .await;
    let error = school.refusal(request()).await;
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(
        error.to_string().starts_with("step 3 of the upload"),
        "{error}"
    );
}
