//! The token goes to its server, and nowhere else.

use std::{
    error::Error as StdError,
    fmt,
    sync::{Arc, Mutex},
};

use canvas_groups::{
    Canvas, Error, ErrorKind, GroupId, RetryPolicy,
    auth::{Authorization, StaticToken},
    groups::{CreateGroup, DeleteGroup, GetGroup, ListMyGroups, UpdateGroup},
};
use tracing::{Event, Metadata, Subscriber, field, span};

use crate::support::{Play, Server, Socket, TOKEN, answer, builder, groups, header, ok, status};

const GROUP: GroupId = GroupId::new(7);

/// All that an error shows in any way.
fn shown(error: &Error) -> String {
    let mut text = format!("{error}\n{error:?}\n{error:#?}\n{:?}\n", error.details());
    for part in [error.body(), error.request(), error.request_id()] {
        text.push_str(part.unwrap_or_default());
    }
    let mut source = StdError::source(error);
    while let Some(cause) = source {
        text.push_str(&format!("\n{cause}\n{cause:?}"));
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn trap_18_clients_requests_and_lists_show_no_token() {
    let server = Server::start().await;
    let builder = builder(&server.address()).user_agent("x/1");
    assert!(!format!("{builder:?} {builder:#?}").contains(TOKEN));
    let canvas = builder.build().unwrap();
    assert!(!format!("{canvas:?} {canvas:#?}").contains(TOKEN));
    let list = canvas.stream(ListMyGroups::new());
    assert!(!format!("{list:?} {:?}", list).contains(TOKEN));
    assert!(!format!("{:?}", list.pages()).contains(TOKEN));
    let token = StaticToken::new(TOKEN).unwrap();
    let header = Authorization::bearer(TOKEN).unwrap();
    assert!(!format!("{token:?} {token:#?} {header:?} {header:#?}").contains(TOKEN));
    let requests = format!(
        "{:?} {:?}",
        GetGroup::new(GROUP),
        UpdateGroup::new(GROUP).name("x")
    );
    assert!(requests.contains("GetGroup") && !requests.contains(TOKEN));
}

#[tokio::test]
async fn trap_18_a_server_that_echoes_the_token_does_not_put_it_into_an_error() {
    let escaped: String = TOKEN.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let long = format!("{}{TOKEN}{}", "x".repeat(2_040), "y".repeat(2_040));
    let echo = format!("Authorization: Bearer {TOKEN}");
    let bodies = [
        echo.clone(),
        format!(
            "{{\"errors\":[{{\"message\":\"{echo}\",\"field\":\"{TOKEN}\",\"type\":\"{TOKEN}\"}}]}}"
        ),
        format!("{{\"errors\":{{\"{TOKEN}\":[\"{TOKEN}{TOKEN}\"]}}}}"),
        format!("<html><title>{echo}</title>"),
        format!("{{\"message\":\"{escaped}\"}}"),
        long,
        TOKEN.repeat(10_000),
    ];
    let codes = [400, 401, 403, 404, 429, 500];
    let cases = || {
        bodies
            .iter()
            .flat_map(|body| codes.map(|code| (code, body)))
    };
    let request_id = format!("id-{TOKEN}");
    let answers = cases()
        .map(|(code, body)| status(code, body).insert_header("x-request-context-id", &*request_id));
    let server = Server::start().await;
    server
        .on_each("POST /api/v1/groups", answers.collect())
        .await;
    let canvas = server.canvas().with_retry(RetryPolicy::never());
    for (code, body) in cases() {
        let error = canvas.send(CreateGroup::new()).await.unwrap_err();
        assert_eq!(error.status().unwrap(), code);
        assert_eq!(error.request_id(), Some("id-[redacted]"));
        assert!(
            !shown(&error).contains(TOKEN),
            "{code} {body}: {}",
            shown(&error)
        );
        assert!(
            !shown(&error).contains(&escaped),
            "{code} {body}: {}",
            shown(&error)
        );
    }
}

#[tokio::test]
async fn trap_18_a_success_that_echoes_the_token_and_cannot_be_read_does_not_show_it() {
    for body in [
        format!("{{\"id\":\"{TOKEN}\"}}"),
        format!("{{\"id\":7,\"permissions\":{{\"{TOKEN}\":3}}}}"),
        format!("{{\"id\":7,\"users\":\"{TOKEN}\"}}"),
        format!("<html>{TOKEN}"),
        TOKEN.to_owned(),
    ] {
        let server = Server::start().await;
        server.on("GET /api/v1/groups/7", ok(&body)).await;
        let canvas = server.canvas().with_retry(RetryPolicy::never());
        let error = canvas.send(GetGroup::new(GROUP)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(!shown(&error).contains(TOKEN), "{body}: {}", shown(&error));
    }
}

#[tokio::test]
async fn trap_18_addresses_that_echo_the_token_do_not_show_it() {
    let target = format!("https://other.example/{TOKEN}?access_token={TOKEN}");
    let link = format!("link: <{target}>; rel=next");
    let request_id = format!("x-request-context-id: {TOKEN}");
    let location = format!("location: {target}");
    let socket = Socket::answering([
        answer("302 Found", &[&location, &request_id], ""),
        answer("200 OK", &[&link, &request_id], "[]"),
    ])
    .await;
    let canvas = socket.canvas();
    for kind in [ErrorKind::Redirect, ErrorKind::Pagination] {
        let error = canvas.send(ListMyGroups::new()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.request_id()),
            (kind, Some("[redacted]"))
        );
        assert!(
            error.to_string().contains("https://other.example"),
            "{error}"
        );
        assert!(!shown(&error).contains(TOKEN), "{}", shown(&error));
    }
    assert_eq!(socket.heard().await.len(), 2);
}

#[tokio::test]
async fn trap_18_a_body_that_breaks_off_within_the_token_does_not_show_its_beginning() {
    let (beginning, _) = TOKEN.split_at(TOKEN.len() - 2);
    let body = format!("Authorization: Bearer {beginning}");
    let socket = Socket::answering([answer("400 Bad Request", &[], &body)]).await;
    let error = socket.canvas().send(CreateGroup::new()).await.unwrap_err();
    assert_eq!(error.body(), Some("Authorization: Bearer [redacted]"));
    assert!(!shown(&error).contains(beginning));
    assert_eq!(socket.heard().await.len(), 1);
}

/// Keeps every span and event, as text.
struct Log(Arc<Mutex<String>>);

impl field::Visit for Log {
    fn record_debug(&mut self, field: &field::Field, value: &dyn fmt::Debug) {
        self.0
            .lock()
            .unwrap()
            .push_str(&format!(" {field}={value:?}"));
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        self.0
            .lock()
            .unwrap()
            .push_str(&format!("\n{}", attributes.metadata().name()));
        attributes.record(&mut Log(self.0.clone()));
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Log(self.0.clone()));
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event<'_>) {
        self.0
            .lock()
            .unwrap()
            .push_str(&format!("\n{}", event.metadata().target()));
        event.record(&mut Log(self.0.clone()));
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn trap_18_traces_show_neither_token_nor_query_nor_filled_path() {
    // For all threads and tests: what one thread has no listener for is switched off for others.
    let log = Arc::new(Mutex::new(String::new()));
    tracing::subscriber::set_global_default(Log(log.clone())).unwrap();
    let server = Server::start().await;
    let line = "GET /api/v1/users/self/groups?context_type=Private&per_page=100";
    server.on(line, ok(groups([1]))).await;
    let echo = format!("{{\"message\":\"{TOKEN}\"}}");
    let failures = vec![status(503, echo); 4];
    server.on_each("GET /api/v1/groups/4711", failures).await;
    let canvas = server.canvas();
    let list = ListMyGroups::new().context_type("Private");
    canvas.stream(list).try_collect::<Vec<_>>().await.unwrap();
    let group = GetGroup::new(GroupId::new(4711));
    canvas.send(group).await.unwrap_err();

    let log = log.lock().unwrap().clone();
    let own = |line: &&str| line.starts_with("canvas_groups");
    assert!(
        log.lines()
            .filter(own)
            .any(|line| line.contains("users/self/groups"))
    );
    assert!(
        log.lines()
            .filter(own)
            .any(|line| line.contains("attempt ended"))
    );
    let told = |line: &&str| {
        ["Private", "4711"]
            .iter()
            .any(|secret| line.contains(secret))
    };
    assert_eq!(log.lines().filter(own).find(told), None);
    assert_eq!(log.lines().find(|line| line.contains(TOKEN)), None);
}

#[tokio::test]
async fn trap_19_a_redirect_to_another_origin_is_not_followed() {
    let elsewhere = Socket::start(vec![]).await;
    for line in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary",
        "308 Permanent",
    ] {
        let to = format!(
            "location: {}/api/v1/groups/7?verifier=private",
            elsewhere.address()
        );
        let socket = Socket::answering(vec![answer(line, &[&to], ""); 3]).await;
        let canvas = socket.canvas();
        let errors = [
            canvas.send(GetGroup::new(GROUP)).await.unwrap_err(),
            canvas.send(CreateGroup::new()).await.unwrap_err(),
            canvas.send(DeleteGroup::new(GROUP)).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Redirect, 1));
            assert_eq!(error.status().unwrap().as_str(), &line[..3]);
            assert!(error.to_string().contains(&elsewhere.address()), "{error}");
            assert!(!shown(&error).contains("private"));
        }
        assert_eq!(socket.heard().await.len(), 3);
    }
    assert_eq!(elsewhere.heard().await, [""; 0]);
}

#[tokio::test]
async fn trap_19_a_redirect_of_a_page_or_to_the_same_host_is_not_followed_either() {
    let elsewhere = Socket::start(vec![]).await;
    let next = "link: </api/v1/users/self/groups?page=2>; rel=\"next\"";
    let to = format!(
        "location: {}/api/v1/users/self/groups?page=2",
        elsewhere.address()
    );
    let socket = Socket::answering([
        answer("200 OK", &[next], groups([1])),
        answer("302 Found", &[&to], ""),
        answer("302 Found", &["location: /login"], "<html>"),
    ])
    .await;
    let canvas = socket.canvas();
    let mut list = canvas.stream(ListMyGroups::new());
    assert!(list.try_next().await.unwrap().is_some());
    assert_eq!(
        list.try_next().await.unwrap_err().kind(),
        ErrorKind::Redirect
    );
    assert!(list.try_next().await.unwrap().is_none());
    let error = canvas.send(GetGroup::new(GROUP)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Redirect);
    assert_eq!(socket.heard().await.len(), 3);
    assert_eq!(elsewhere.heard().await, [""; 0]);
}

#[tokio::test]
async fn trap_29_line_breaks_in_token_or_product_are_refused_when_built() {
    for bad in ["a\r\nHost: evil", "a\nb", "a\rb", "a\0b", "a\u{7f}b"] {
        let build = Canvas::builder("https://school.edu").token(bad).build();
        let error = build.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(!shown(&error).contains(bad));
        let error = builder("https://school.edu")
            .user_agent(bad)
            .build()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("product"), "{error}");
        assert_eq!(
            Authorization::bearer(bad).unwrap_err().kind(),
            ErrorKind::Configuration
        );
    }
    for bad in ["", " ", "abc\n", "abc\r\n", " abc", "a b", "tökén"] {
        let error = Canvas::new("https://school.edu", bad).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{bad:?}");
    }
    let error = Canvas::builder("https://school.edu").build().unwrap_err();
    assert!(error.to_string().contains("call `token`"), "{error}");
}

#[tokio::test]
async fn trap_29_white_space_around_a_product_does_not_reach_the_wire() {
    let socket = Socket::start(vec![vec![
        Play::Hear,
        Play::Say(answer("200 OK", &[], "{\"id\":7}")),
    ]])
    .await;
    let canvas = builder(&socket.address())
        .user_agent(" sync/1\r\n")
        .build()
        .unwrap();
    canvas.send(GetGroup::new(GROUP)).await.unwrap();
    let heard = socket.heard().await;
    assert!(header(&heard[0], "user-agent")[0].starts_with("sync/1 canvas-groups/"));
}
