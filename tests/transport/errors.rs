//! What errors tell.

use std::time::Duration;

use canvas_groups::{
    Error, ErrorKind, GroupId,
    groups::{CreateGroup, GetGroup, ListGroupUsers, UpdateGroup},
};
use wiremock::ResponseTemplate;

use crate::support::{Server, Socket, answer, quick, status};

const GROUP: GroupId = GroupId::new(7);

/// The errors of calls that are never repeated, one for each answer.
async fn errors(answers: Vec<ResponseTemplate>) -> Vec<Error> {
    let server = Server::start().await;
    let times = answers.len();
    server.on_each("POST /api/v1/groups", answers).await;
    let canvas = server
        .canvas()
        .with_retry(quick().max_attempts(1).max_throttled_attempts(1));
    let mut errors = Vec::new();
    for _ in 0..times {
        errors.push(canvas.send(CreateGroup::new()).await.unwrap_err());
    }
    errors
}

async fn error(answer: ResponseTemplate) -> Error {
    errors(vec![answer]).await.remove(0)
}

#[tokio::test]
async fn a_status_that_the_server_says_too_is_said_once() {
    let same = [
        (403, "403 Forbidden (Rate Limit Exceeded)\n"),
        (429, "429 Too Many Requests (Rate Limit Exceeded)\n"),
        (500, "500 Internal Server Error"),
        (404, "{\"message\":\"404 Not Found\"}"),
    ];
    let others = [(403, "Forbidden"), (500, "404 Not Found"), (404, "")];
    let answers = same.iter().chain(&others);
    let answers = answers.map(|(code, body)| status(*code, *body)).collect();
    let cases = same.iter().chain(&others).zip(errors(answers).await);
    for (at, ((code, body), error)) in cases.enumerate() {
        let (line, said) = (error.to_string(), error.status().unwrap().to_string());
        assert_eq!(line.matches(&said).count(), 1, "{line}");
        let text = body
            .trim_start_matches("{\"message\":\"")
            .trim_end_matches("\"}");
        assert!(line.contains(text.trim()), "{line}");
        assert_eq!(error.status().unwrap(), *code);
        assert_eq!(
            line.contains(&format!("{said}: ")),
            at == 4 || at == 5,
            "{line}"
        );
    }
}

#[tokio::test]
async fn trap_1_kind_and_status_survive_any_body() {
    let bodies: [&[u8]; 8] = [
        b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
        b"",
        b"\xff\xfe\x00",
        b"{\"errors\":",
        b"[]",
        b"\"text\"",
        b"{\"errors\":{\"a\":{\"b\":{\"c\":[null,[[7]]]}}},\"error_report_id\":-1}",
        b"0",
    ];
    let statuses = [
        (400, ErrorKind::Invalid),
        (404, ErrorKind::NotFound),
        (409, ErrorKind::Conflict),
        (422, ErrorKind::Invalid),
        (429, ErrorKind::Throttled),
        (500, ErrorKind::Server),
        (502, ErrorKind::Server),
        (503, ErrorKind::Server),
        (410, ErrorKind::Status),
        (413, ErrorKind::Status),
    ];
    for (code, kind) in statuses {
        let answers = bodies.iter().flat_map(|body| {
            ["text/html", "application/json"]
                .map(|mime| ResponseTemplate::new(code).set_body_raw(*body, mime))
        });
        for error in errors(answers.collect()).await {
            assert_eq!(
                (error.kind(), error.status().unwrap().as_u16()),
                (kind, code)
            );
            assert!(error.to_string().contains(&code.to_string()), "{error}");
            assert!(!error.to_string().contains('\n'));
        }
    }
}

#[tokio::test]
async fn trap_1_a_web_page_is_named_by_its_title() {
    let page = "<html>\n<head><title>502 Bad\nGateway</title></head>\n<body>secret details</body>";
    let error = error(ResponseTemplate::new(502).set_body_raw(page, "text/html")).await;
    assert!(
        error.to_string().contains("502 Bad Gateway: a web page"),
        "{error}"
    );
    assert!(!error.to_string().contains("secret details"));
    assert_eq!(error.body(), Some(page));
    assert!(error.details().is_empty());
}

#[tokio::test]
async fn trap_1_a_failure_whose_body_breaks_off_keeps_its_status() {
    let full = answer("409 Conflict", &[], r#"{"errors":[{"message":"stale"}]}"#);
    let socket = Socket::answering([full[..full.len() - 6].to_vec()]).await;
    let error = socket.canvas().send(CreateGroup::new()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status().unwrap().as_u16()),
        (ErrorKind::Conflict, 409)
    );
    assert_eq!(socket.heard().await.len(), 1);
}

#[tokio::test]
async fn all_that_a_failure_tells_is_there() {
    let body = r#"{"errors":{"name":[{"attribute":"name","type":"too_long","message":"Enter a shorter group name"}],"base":[{"type":"limit","message":"Full"}]},"error_report_id":"9007199254740993"}"#;
    let failure = status(400, body)
        .insert_header("X-Request-Context-Id", "9f2c-1")
        .insert_header("Retry-After", "17");
    let error = error(failure).await;
    assert_eq!(
        (error.kind(), error.status().unwrap().as_u16()),
        (ErrorKind::Invalid, 400)
    );
    assert_eq!(error.request(), Some("POST /api/v1/groups"));
    assert_eq!(error.request_id(), Some("9f2c-1"));
    assert_eq!(error.report_id(), Some(9_007_199_254_740_993));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(17)));
    assert_eq!((error.attempts(), error.body()), (1, Some(body)));
    let details: Vec<_> = error
        .details()
        .iter()
        .map(|detail| {
            (
                detail.field.as_deref(),
                detail.code.as_deref(),
                detail.message.as_deref(),
            )
        })
        .collect();
    let name = (
        Some("name"),
        Some("too_long"),
        Some("Enter a shorter group name"),
    );
    let base = (Some("base"), Some("limit"), Some("Full"));
    assert!(details.len() == 2 && details.contains(&name) && details.contains(&base));
    assert!(
        error
            .to_string()
            .starts_with("POST /api/v1/groups: 400 Bad Request: "),
        "{error}"
    );
}

#[tokio::test]
async fn the_request_in_an_error_has_no_query() {
    let server = Server::start().await;
    let request = ListGroupUsers::new(GROUP).search_term("Meyer, private");
    let line = "GET /api/v1/groups/7/users?search_term=Meyer%2C+private&per_page=100";
    server.on(line, status(400, "{}")).await;
    let error = server.canvas().send(request).await.unwrap_err();
    assert_eq!(error.request(), Some("GET /api/v1/groups/7/users"));
    let shown = format!("{error} {error:?}");
    assert!(
        !shown.contains("Meyer") && !shown.contains("per_page"),
        "{shown}"
    );

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let canvas = crate::support::builder(&address).build().unwrap();
    let error = canvas
        .send(ListGroupUsers::new(GROUP).search_term("Meyer"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    let mut shown = format!("{error} {error:?}");
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        shown.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    assert!(!shown.contains("Meyer"), "{shown}");
}

#[tokio::test]
async fn a_401_with_a_challenge_is_about_the_token_and_any_other_is_not() {
    let token = r#"{"errors":[{"message":"Invalid access token."}]}"#;
    let unauthorized = r#"{"status":"unauthorized","errors":[{"message":"user not authorized to perform that action"}]}"#;
    let scope = r#"{"errors":[{"message":"Insufficient scopes on access token."}]}"#;
    let challenge = "Bearer realm=\"canvas-lms\"";
    for (header, body, kind, hint) in [
        (
            Some(challenge),
            token,
            ErrorKind::Authentication,
            "check the token",
        ),
        (
            Some(challenge),
            "",
            ErrorKind::Authentication,
            "check the token",
        ),
        (
            None,
            token,
            ErrorKind::Forbidden,
            "lacks the permission, or an SIS right",
        ),
        (
            None,
            unauthorized,
            ErrorKind::Forbidden,
            "lacks the permission, or an SIS right",
        ),
        (None, scope, ErrorKind::Scope, "developer key"),
        (
            None,
            // The call names no user to act as.
            r#"{"errors":"Invalid as_user_id"}"#,
            ErrorKind::Forbidden,
            "Invalid as_user_id",
        ),
        (
            None,
            r#"{"errors":"Cannot change masquerade"}"#,
            ErrorKind::Masquerade,
            "masquerade",
        ),
    ] {
        let mut answer = status(401, body);
        if let Some(challenge) = header {
            answer = answer.insert_header("WWW-Authenticate", challenge);
        }
        let error = error(answer).await;
        assert_eq!(error.kind(), kind, "{body}");
        assert_eq!(
            (error.status().unwrap().as_u16(), error.attempts()),
            (401, 1)
        );
        assert!(error.to_string().contains(hint), "{error}");
    }
}

#[tokio::test]
async fn a_403_is_a_permission_the_throttle_or_a_missing_user_agent() {
    let agent = r#"{"error":"Forbidden","message":"Please send a valid user agent."}"#;
    let refused = r#"{"status":"unauthorized","errors":[{"message":"not permitted"}]}"#;
    for (body, kind, hint) in [
        (agent, ErrorKind::UserAgent, "demands a User-Agent"),
        (
            "A User-Agent header is required",
            ErrorKind::UserAgent,
            "demands a User-Agent",
        ),
        (
            refused,
            ErrorKind::Forbidden,
            "lacks the permission, or an SIS right",
        ),
        (
            "",
            ErrorKind::Forbidden,
            "lacks the permission, or an SIS right",
        ),
        (
            "403 Forbidden (Rate Limit Exceeded)\n",
            ErrorKind::Throttled,
            "quota",
        ),
    ] {
        let error = error(status(403, body)).await;
        assert_eq!(error.kind(), kind, "{body}");
        assert!(error.to_string().contains(hint), "{error}");
    }
}

#[tokio::test]
async fn nothing_of_one_call_is_in_the_error_of_the_next() {
    let server = Server::start().await;
    let first = status(404, "{\"message\":\"first\"}").insert_header("x-request-context-id", "1");
    server.on("GET /api/v1/groups/7", first).await;
    server.on("PUT /api/v1/groups/7", status(422, "{}")).await;
    let canvas = server.canvas();
    assert_eq!(
        canvas
            .send(GetGroup::new(GROUP))
            .await
            .unwrap_err()
            .request_id(),
        Some("1")
    );
    let error = canvas.send(UpdateGroup::new(GROUP)).await.unwrap_err();
    assert_eq!((error.request_id(), error.retry_after()), (None, None));
    assert_eq!(error.request(), Some("PUT /api/v1/groups/7"));
    assert!(error.details().is_empty() && !error.to_string().contains("first"));
}
