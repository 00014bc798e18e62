//! What is sent again, how often, and what never is.

use std::time::{Duration, Instant};

use canvas_groups::{
    Canvas, Deleted, Error, ErrorKind, GroupId, RetryPolicy,
    groups::{CreateGroup, DeleteGroup, GetGroup, InviteToGroup, UpdateGroup},
};

use crate::support::{Play, Server, Socket, answer, builder, head, line, ok, quick, status};

const GROUP: GroupId = GroupId::new(7);

/// One call of each method that may be repeated: its request line and its error.
async fn failure(canvas: &Canvas, method: &str) -> Error {
    match method {
        "GET" => canvas.send(GetGroup::new(GROUP)).await.unwrap_err(),
        "PUT" => canvas
            .send(UpdateGroup::new(GROUP).name("x"))
            .await
            .unwrap_err(),
        "DELETE" => canvas.send(DeleteGroup::new(GROUP)).await.unwrap_err(),
        "POST" => canvas.send(CreateGroup::new().name("x")).await.unwrap_err(),
        _ => unreachable!(),
    }
}

#[tokio::test]
async fn trap_10_a_post_is_not_repeated_after_a_server_error() {
    for code in [500, 502, 503, 504, 599] {
        let server = Server::start().await;
        server
            .on("POST /api/v1/groups", status(code, "<html>"))
            .await;
        let error = failure(&server.canvas(), "POST").await;
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 1));
        assert!(error.outcome_unknown() && error.is_transient());
        assert!(
            error.to_string().contains("may have carried it out"),
            "{error}"
        );
        assert_eq!(server.requests().await.len(), 1);
    }
}

#[tokio::test]
async fn trap_10_a_post_is_not_repeated_when_its_answer_is_lost() {
    let created = answer("200 OK", &[], "{\"id\":1}");
    let scripts = [
        vec![Play::Hear, Play::Reset],
        vec![Play::Hear],
        vec![Play::Hear, Play::Say(created[..20].to_vec())],
        vec![Play::Hear, Play::Say(created[..created.len() - 1].to_vec())],
        vec![
            Play::Hear,
            Play::Say(created[..created.len() - 1].to_vec()),
            Play::Reset,
        ],
        vec![Play::Hear, Play::Say(b"garbage\r\n\r\n".to_vec())],
        vec![Play::Hear, Play::Stall],
    ];
    for script in scripts {
        let socket = Socket::start(vec![script]).await;
        let canvas = socket
            .canvas()
            .with_attempt_timeout(Duration::from_millis(200));
        let error = failure(&canvas, "POST").await;
        assert!(
            matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::Timeout),
            "{error}"
        );
        assert_eq!(error.attempts(), 1);
        assert!(error.outcome_unknown());
        assert_eq!(socket.heard().await.len(), 1);
    }
}

#[tokio::test]
async fn trap_10_a_post_on_a_connection_that_the_server_gave_up_is_not_sent_twice() {
    let kept = b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{\"id\":1}".to_vec();
    let socket = Socket::start(vec![vec![
        Play::Hear,
        Play::Say(kept),
        Play::Hear,
        Play::Reset,
    ]])
    .await;
    let canvas = socket.canvas();
    canvas.send(GetGroup::new(GROUP)).await.unwrap();
    let error = failure(&canvas, "POST").await;
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Interrupted, 1)
    );
    assert!(error.outcome_unknown());
    let heard = socket.heard().await;
    let lines: Vec<_> = heard.iter().map(|request| line(request)).collect();
    assert_eq!(lines, ["GET /api/v1/groups/7", "POST /api/v1/groups"]);
}

#[tokio::test]
async fn trap_10_no_kind_of_refusal_is_repeated() {
    let codes = [400, 401, 403, 404, 406, 409, 418, 422, 304];
    for method in ["GET", "PUT", "DELETE", "POST"] {
        let server = Server::start().await;
        let path = if method == "POST" {
            "groups"
        } else {
            "groups/7"
        };
        let refusals = codes.map(|code| status(code, "{}")).to_vec();
        server
            .on_each(&format!("{method} /api/v1/{path}"), refusals)
            .await;
        let canvas = server.canvas();
        for code in codes {
            let error = failure(&canvas, method).await;
            assert_eq!(error.attempts(), 1, "{method} {code}");
            assert_eq!(error.status().unwrap(), code);
            assert!(
                !error.outcome_unknown() && !error.is_transient(),
                "{method} {code}"
            );
        }
    }
}

#[tokio::test]
async fn trap_11_both_forms_of_the_throttle_are_waited_out_by_every_method() {
    let refused = || {
        vec![
            status(429, "429 Too Many Requests (Rate Limit Exceeded)\n"),
            status(403, "403 Forbidden (Rate Limit Exceeded)\n")
                .insert_header("x-rate-limit-remaining", "40.0"),
            status(429, "<html>slow down</html>"),
            status(
                403,
                "{\"status\":\"throttled\",\"message\":\"rate limit exceeded\"}",
            ),
        ]
    };
    let server = Server::start().await;
    for line in [
        "GET /api/v1/groups/7",
        "PUT /api/v1/groups/7",
        "DELETE /api/v1/groups/7",
    ] {
        server
            .on_each(line, [refused(), vec![ok("{\"id\":7}")]].concat())
            .await;
    }
    let posted = [refused(), vec![status(201, "{\"id\":7}")]].concat();
    server.on_each("POST /api/v1/groups", posted).await;
    let invited = [refused(), vec![ok("[]")]].concat();
    server
        .on_each("POST /api/v1/groups/7/invite", invited)
        .await;

    let canvas = server.canvas();
    assert_eq!(canvas.send(GetGroup::new(GROUP)).await.unwrap().id, GROUP);
    let renamed = canvas
        .send(UpdateGroup::new(GROUP).name("x"))
        .await
        .unwrap();
    assert_eq!(renamed.id, GROUP);
    let deleted = canvas.send(DeleteGroup::new(GROUP)).await.unwrap();
    assert!(matches!(deleted, Deleted::Record(group) if group.id == GROUP));
    assert_eq!(
        canvas.send(CreateGroup::new().name("x")).await.unwrap().id,
        GROUP
    );
    let addresses = ["a@example.com"];
    assert!(
        canvas
            .send(InviteToGroup::new(GROUP, addresses))
            .await
            .unwrap()
            .invited
            .is_empty()
    );

    // Each time the whole request, body included.
    for request in server.requests().await {
        let body = String::from_utf8(request.body.clone()).unwrap();
        let expected = match (request.method.as_str(), request.url.path()) {
            ("POST", "/api/v1/groups") | ("PUT", _) => "{\"name\":\"x\"}",
            ("POST", _) => "{\"invitees\":[\"a@example.com\"]}",
            _ => "",
        };
        assert_eq!(body, expected);
    }
}

#[tokio::test]
async fn trap_11_a_throttle_without_end_is_given_up() {
    let server = Server::start().await;
    let refusal = status(429, "").insert_header("x-rate-limit-remaining", "0.0");
    server
        .on_each("POST /api/v1/groups", vec![refusal; 12])
        .await;
    let error = failure(&server.canvas(), "POST").await;
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Throttled, 12));
    assert!(error.is_transient() && !error.outcome_unknown());
    assert!(error.to_string().contains("12 attempts"), "{error}");
}

#[tokio::test]
async fn trap_12_a_permission_refused_comes_back_at_once() {
    let server = Server::start().await;
    let body = r#"{"status":"unauthorized","errors":[{"message":"user not authorized to perform that action"}]}"#;
    let refusal = status(403, body).insert_header("x-rate-limit-remaining", "-3.5");
    server.on("GET /api/v1/groups/7", refusal).await;
    let error = failure(&server.canvas(), "GET").await;
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Forbidden, 1));
    assert!(!error.is_transient());
}

#[tokio::test]
async fn what_may_be_repeated_is_repeated_a_bounded_number_of_times() {
    for method in ["GET", "PUT", "DELETE"] {
        let server = Server::start().await;
        let line = format!("{method} /api/v1/groups/7");
        server.on_each(&line, vec![status(503, "{}"); 4]).await;
        let error = failure(&server.canvas(), method).await;
        assert_eq!(
            (error.kind(), error.attempts()),
            (ErrorKind::Server, 4),
            "{method}"
        );
        assert_eq!(error.outcome_unknown(), method != "GET", "{method}");
        assert_eq!(server.requests().await.len(), 4);

        let socket = Socket::start(vec![vec![Play::Hear, Play::Reset]; 3]).await;
        let canvas = socket.canvas().with_retry(quick().max_attempts(3));
        let error = failure(&canvas, method).await;
        assert_eq!(
            (error.kind(), error.attempts()),
            (ErrorKind::Interrupted, 3),
            "{method}"
        );
        assert_eq!(error.outcome_unknown(), method != "GET", "{method}");
        assert_eq!(socket.heard().await.len(), 3);
    }
}

#[tokio::test]
async fn a_failure_that_passes_leaves_no_trace() {
    let lost = [head("200 OK", &[], 8), b"{\"id\"".to_vec()].concat();
    let cut = vec![Play::Hear, Play::Say(lost)];
    let whole = |body: &str| vec![Play::Hear, Play::Say(answer("200 OK", &[], body))];
    let socket = Socket::start(vec![
        vec![Play::Hear, Play::Reset],
        cut.clone(),
        whole("{\"id\":7}"),
        cut,
        whole("{\"id\":7,\"name\":\"x\"}"),
    ])
    .await;
    let canvas = socket.canvas();
    assert_eq!(canvas.send(GetGroup::new(GROUP)).await.unwrap().id, GROUP);
    let group = canvas
        .send(UpdateGroup::new(GROUP).name("x"))
        .await
        .unwrap();
    assert_eq!(group.name, "x");
    let heard = socket.heard().await;
    assert_eq!(heard[0], heard[2]);
    assert!(heard[3] == heard[4] && heard[4].ends_with("{\"name\":\"x\"}"));
}

#[tokio::test]
async fn a_policy_of_never_sends_once() {
    let server = Server::start().await;
    server.on("GET /api/v1/groups/7", status(503, "")).await;
    server.on("POST /api/v1/groups", status(429, "")).await;
    let canvas = server.canvas().with_retry(RetryPolicy::never());
    assert_eq!(failure(&canvas, "GET").await.attempts(), 1);
    assert_eq!(failure(&canvas, "POST").await.attempts(), 1);
}

#[tokio::test]
async fn no_connection_is_tried_again_and_is_no_unknown_outcome() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let canvas = builder(&address).build().unwrap();
    for method in ["GET", "POST"] {
        let error = failure(&canvas, method).await;
        assert_eq!(
            (error.kind(), error.attempts()),
            (ErrorKind::Connect, 4),
            "{method}"
        );
        assert!(!error.outcome_unknown() && error.is_transient());
        assert_eq!(error.status(), None);
    }
}

#[tokio::test]
async fn the_wait_that_the_server_asks_for_is_kept() {
    let server = Server::start().await;
    let throttled = status(429, "{}").insert_header("retry-after", "1");
    let answers = vec![throttled, status(201, "{\"id\":7}")];
    server.on_each("POST /api/v1/groups", answers).await;
    let started = Instant::now();
    server.canvas().send(CreateGroup::new()).await.unwrap();
    assert!(
        started.elapsed() >= Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_not_begun() {
    let waits = [
        "3600",
        "18446744073709551615",
        "99999999999999999999",
        "Fri, 01 Jan 9999 00:00:00 GMT",
    ];
    for (method, code) in [("POST", 429), ("GET", 503)] {
        for wait in waits {
            let server = Server::start().await;
            let path = if method == "POST" {
                "groups"
            } else {
                "groups/7"
            };
            let refusal = status(code, "").insert_header("retry-after", wait);
            let is_known = wait.parse::<u64>().is_ok() || wait.ends_with("GMT");
            let times = if is_known { 1 } else { 2 };
            server
                .on_each(&format!("{method} /api/v1/{path}"), vec![refusal; times])
                .await;
            let policy = quick().max_attempts(2).max_throttled_attempts(2);
            let canvas = server.canvas().with_retry(policy);
            let started = Instant::now();
            let error = failure(&canvas, method).await;
            assert!(started.elapsed() < Duration::from_secs(5));
            assert_eq!(error.attempts() as usize, times, "{wait}");
            assert_eq!(error.status().unwrap(), code);
            assert_eq!(error.retry_after().is_some(), is_known, "{wait}");
        }
    }
}

#[tokio::test]
async fn a_dead_server_is_not_hammered_by_many_calls() {
    let server = Server::start().await;
    // 500 units of budget, 5 for each of the 3 repetitions of a call: 100 repetitions in all.
    let calls = 60;
    server
        .on_each("GET /api/v1/groups/7", vec![status(503, ""); calls + 100])
        .await;
    let canvas = server.canvas();
    for _ in 0..calls {
        assert_eq!(failure(&canvas, "GET").await.kind(), ErrorKind::Server);
    }
}
