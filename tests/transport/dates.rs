//! Waits that are asked for by a date, wherever an answer may ask for one.

use std::time::Duration;

use canvas_groups::{
    Error, ErrorKind, GroupId, RetryPolicy,
    auth::OAuthApp,
    files::{Source, UploadFile},
    groups::{CreateGroup, GetGroup},
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::support::{Server, ok};

const GROUP: GroupId = GroupId::new(7);

/// What each of the places makes of an answer.
async fn errors(answer: &ResponseTemplate) -> [(&'static str, Error); 4] {
    let server = Server::start().await;
    server.on("GET /api/v1/groups/7", answer.clone()).await;
    server.on("POST /api/v1/groups", answer.clone()).await;
    let other = MockServer::start().await;
    Mock::given(any())
        .respond_with(answer.clone())
        .mount(&other)
        .await;
    let announced = format!("{{\"upload_url\":\"{}/store\"}}", other.uri());
    server
        .on("POST /api/v1/groups/7/files", ok(announced))
        .await;
    // Each with a client of its own, since a refusal pauses all calls of one.
    let canvas = || server.canvas().with_retry(RetryPolicy::never());
    let app = OAuthApp::canvas(other.uri(), "1").redirect_uri("https://tool.example/back");
    let app = app.build().unwrap();
    let code = app.login().start().unwrap().1.code_by_hand("c0de");
    let upload = UploadFile::new(GROUP, "a");
    [
        (
            "a read",
            canvas().send(GetGroup::new(GROUP)).await.unwrap_err(),
        ),
        (
            "a write",
            canvas().send(CreateGroup::new()).await.unwrap_err(),
        ),
        ("the token endpoint", app.exchange(code).await.unwrap_err()),
        (
            "the store",
            canvas()
                .upload(upload, Source::bytes("a"))
                .await
                .unwrap_err(),
        ),
    ]
}

#[tokio::test]
async fn a_wait_until_a_date_is_held_against_the_date_of_the_answer_everywhere() {
    const NOON: &str = "Sun, 06 Nov 1994 12:00:00 GMT";
    let in_forms = [
        "Sun, 06 Nov 1994 12:01:30 GMT",
        "Sunday, 06-Nov-94 12:01:30 GMT",
        "Sun Nov  6 12:01:30 1994",
        "Sun, 06 Nov 1994 13:01:30 +0100",
    ];
    let mut cases = vec![
        // Seconds need no date.
        ("90", NOON, Some(90)),
        ("0", NOON, Some(0)),
        // It is over, by the clock of the server.
        ("Sun, 06 Nov 1994 11:59:59 GMT", NOON, Some(0)),
        // The clock of the server is a century ahead.
        (
            "Tue, 06 Nov 2096 12:01:30 GMT",
            "Tue, 06 Nov 2096 12:00:00 GMT",
            Some(90),
        ),
        // Without a date that can be read, the clock of this machine counts.
        (in_forms[0], "now", Some(0)),
        ("soon", NOON, None),
        ("", NOON, None),
        ("-5", NOON, None),
        ("Sun, 31 Feb 1994 12:01:30 GMT", NOON, None),
    ];
    for form in in_forms {
        cases.push((form, NOON, Some(90)));
        cases.push((form, "Sunday, 06-Nov-94 12:00:00 GMT", Some(90)));
        cases.push((form, "Sun Nov  6 12:00:00 1994", Some(90)));
    }
    for (asked, date, seconds) in cases {
        for (status, kind) in [(429, ErrorKind::Throttled), (503, ErrorKind::Server)] {
            let answer = ResponseTemplate::new(status)
                .insert_header("retry-after", asked)
                .insert_header("date", date);
            for (place, error) in errors(&answer).await {
                assert_eq!(error.kind(), kind, "{place}: {error}");
                let expected = seconds.map(Duration::from_secs);
                let case = format!("{place}, {status}: `{asked}` at `{date}`");
                assert_eq!(error.retry_after(), expected, "{case}");
            }
        }
    }
}
