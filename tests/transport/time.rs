//! Limits of time.

use std::time::{Duration, Instant};

use canvas_groups::{
    Canvas, ErrorKind, GroupId, Result, RetryPolicy,
    auth::{Authorization, Credentials},
    groups::{CreateGroup, DeleteGroup, GetGroup, ListMyGroups, UpdateGroup},
};
use futures::future::BoxFuture;

use crate::support::{Play, Server, Socket, TOKEN, answer, builder, groups, head, quick, status};

const GROUP: GroupId = GroupId::new(7);
const SHORT: Duration = Duration::from_millis(150);
/// Far less than the default limits, far more than the short ones.
const SOON: Duration = Duration::from_secs(5);

fn hasty(socket: &Socket) -> Canvas {
    socket
        .canvas()
        .with_attempt_timeout(SHORT)
        .with_retry(RetryPolicy::never())
}

#[tokio::test]
async fn trap_14_a_silent_socket_ends_at_the_timeout() {
    let socket = Socket::start(vec![vec![Play::Stall]]).await;
    let started = Instant::now();
    let error = hasty(&socket).send(CreateGroup::new()).await.unwrap_err();
    assert!(
        (SHORT..SOON).contains(&started.elapsed()),
        "{:?}",
        started.elapsed()
    );
    assert_eq!((error.kind(), error.status()), (ErrorKind::Timeout, None));
    assert!(error.outcome_unknown() && error.is_transient());
    assert_eq!(error.request(), Some("POST /api/v1/groups"));
    assert!(error.elapsed() >= SHORT);
    // The request was sent, and its connection is given up.
    let heard = socket.heard().await;
    assert_eq!(heard.len(), 1);
    assert!(heard[0].starts_with("unexpected: POST /api/v1/groups HTTP/1.1\r\n"));
}

#[tokio::test]
async fn trap_14_a_body_that_does_not_come_ends_at_the_timeout() {
    let half = [head("200 OK", &[], 8), b"{\"id".to_vec()].concat();
    for (begun, status) in [
        (b"HTTP/1.1 200 OK\r\ncontent-le".to_vec(), None),
        (head("200 OK", &[], 8), Some(200)),
        (half, Some(200)),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{\"\r\n".to_vec(),
            Some(200),
        ),
    ] {
        let socket = Socket::start(vec![vec![Play::Hear, Play::Say(begun), Play::Stall]]).await;
        let started = Instant::now();
        let error = hasty(&socket).send(GetGroup::new(GROUP)).await.unwrap_err();
        assert!((SHORT..SOON).contains(&started.elapsed()));
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_eq!(error.status().map(|status| status.as_u16()), status);
        assert!(!error.outcome_unknown());
        assert_eq!(socket.heard().await.len(), 1);
    }
}

#[tokio::test]
async fn trap_14_bytes_that_drip_for_ever_end_at_the_timeout() {
    let slow = Play::Drip(
        answer("200 OK", &[], "{\"id\":7}"),
        Duration::from_millis(20),
    );
    let socket = Socket::start(vec![vec![Play::Hear, slow]]).await;
    let started = Instant::now();
    let error = hasty(&socket).send(GetGroup::new(GROUP)).await.unwrap_err();
    assert!((SHORT..SOON).contains(&started.elapsed()));
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(socket.heard().await.len(), 1);
}

#[tokio::test]
async fn bytes_that_drip_within_the_time_limit_are_an_answer() {
    let slow = Play::Drip(
        answer("200 OK", &[], "{\"id\":7}"),
        Duration::from_millis(1),
    );
    let socket = Socket::start(vec![vec![Play::Hear, slow]]).await;
    assert_eq!(
        socket.canvas().send(GetGroup::new(GROUP)).await.unwrap().id,
        GROUP
    );
    assert_eq!(socket.heard().await.len(), 1);
}

#[tokio::test]
async fn trap_14_a_failure_whose_body_stalls_keeps_its_status() {
    let begun = r#"{"errors":[{"message":"half a se"#;
    for (line, kind) in [
        ("404 Not Found", ErrorKind::NotFound),
        ("403 Forbidden", ErrorKind::Forbidden),
        ("422 Unprocessable Content", ErrorKind::Invalid),
        ("429 Too Many Requests", ErrorKind::Throttled),
        ("502 Bad Gateway", ErrorKind::Server),
    ] {
        let bytes = [
            head(line, &["x-request-context-id: r-1"], 100),
            begun.into(),
        ]
        .concat();
        let socket = Socket::start(vec![vec![Play::Hear, Play::Say(bytes), Play::Stall]]).await;
        let started = Instant::now();
        let error = hasty(&socket).send(CreateGroup::new()).await.unwrap_err();
        assert!(started.elapsed() < SOON);
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.status().unwrap().as_str(), &line[..3]);
        assert_eq!(
            (error.body(), error.request_id()),
            (Some(begun), Some("r-1"))
        );
        assert_eq!(socket.heard().await.len(), 1);
    }
}

#[tokio::test]
async fn trap_14_a_tls_handshake_that_does_not_come_ends() {
    let socket = Socket::start(vec![vec![Play::Stall]]).await;
    let canvas = builder(&socket.address().replace("http:", "https:"))
        .connect_timeout(SHORT)
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let started = Instant::now();
    let error = canvas.send(CreateGroup::new()).await.unwrap_err();
    assert!(started.elapsed() < SOON);
    assert_eq!(error.kind(), ErrorKind::Connect, "{error:?}");
    assert!(!error.outcome_unknown());
}

#[tokio::test]
async fn trap_14_a_page_that_stalls_ends_the_list_with_an_error() {
    let next = "link: </api/v1/users/self/groups?page=2>; rel=\"next\"";
    let socket = Socket::start(vec![
        vec![
            Play::Hear,
            Play::Say(answer("200 OK", &[next], groups([1]))),
        ],
        vec![Play::Hear, Play::Stall],
    ])
    .await;
    let mut list = hasty(&socket).stream(ListMyGroups::new());
    assert!(list.try_next().await.unwrap().is_some());
    assert_eq!(
        list.try_next().await.unwrap_err().kind(),
        ErrorKind::Timeout
    );
    assert!(list.try_next().await.unwrap().is_none());
    assert_eq!(socket.heard().await.len(), 2);
}

#[tokio::test]
async fn the_deadline_bounds_all_attempts() {
    let deadline = Duration::from_millis(400);
    let policy = quick().max_attempts(1_000);
    // Each attempt stalls until its own limit; the deadline cuts the last one short.
    let socket = Socket::start(vec![vec![Play::Hear, Play::Stall]; 3]).await;
    let canvas = builder(&socket.address())
        .attempt_timeout(SHORT)
        .deadline(deadline)
        .retry(policy)
        .build()
        .unwrap();
    let started = Instant::now();
    let error = canvas.send(UpdateGroup::new(GROUP)).await.unwrap_err();
    assert!(
        (deadline..SOON).contains(&started.elapsed()),
        "{:?}",
        started.elapsed()
    );
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 3));
    assert!(error.outcome_unknown());
    assert_eq!(socket.heard().await.len(), 3);

    // A single attempt with more time than there is.
    let socket = Socket::start(vec![vec![Play::Hear, Play::Stall]]).await;
    let started = Instant::now();
    let error = socket
        .canvas()
        .with_deadline(SHORT)
        .send(DeleteGroup::new(GROUP))
        .await;
    assert!((SHORT..SOON).contains(&started.elapsed()));
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(socket.heard().await.len(), 1);
}

#[tokio::test]
async fn a_read_that_took_too_long_is_given_twice_the_time() {
    // Each attempt of a `GET` may take longer than the one before it: 200, 400, 800 ms. So the
    // third gets an answer that takes 600, and a `PUT` does not.
    let limit = Duration::from_millis(200);
    let slow = vec![
        Play::Hear,
        Play::Pause(limit * 3),
        Play::Say(answer("200 OK", &[], "{\"id\":7}")),
    ];
    let socket = Socket::start(vec![slow.clone(); 3]).await;
    let canvas = socket.canvas().with_attempt_timeout(limit);
    canvas.send(GetGroup::new(GROUP)).await.unwrap();
    assert_eq!(socket.connections(), 3);
    let socket = Socket::start(vec![slow; 4]).await;
    let canvas = socket.canvas().with_attempt_timeout(limit);
    let error = canvas.send(UpdateGroup::new(GROUP)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 4));
    assert!(
        error.to_string().contains("200ms: raise `attempt_timeout`"),
        "{error}"
    );
}

#[tokio::test]
async fn the_message_names_the_limit_that_was_met() {
    for (attempt, deadline, words) in [
        (SHORT, SHORT * 4, "within 150ms: raise `attempt_timeout`"),
        (
            SHORT * 4,
            SHORT,
            "before the `deadline` of 150ms: raise it, and `attempt_timeout`",
        ),
    ] {
        for start in [Vec::new(), head("200 OK", &[], 100)] {
            let socket = Socket::start(vec![vec![Play::Hear, Play::Say(start), Play::Stall]]).await;
            let canvas = hasty(&socket)
                .with_attempt_timeout(attempt)
                .with_deadline(deadline);
            let error = canvas.send(GetGroup::new(GROUP)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Timeout);
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}

#[tokio::test]
async fn limits_without_end_are_limits_too() {
    let server = Server::start().await;
    server
        .on("GET /api/v1/groups/7", crate::support::ok("{\"id\":7}"))
        .await;
    let canvas = builder(&server.address())
        .attempt_timeout(Duration::MAX)
        .deadline(Duration::MAX)
        .connect_timeout(Duration::MAX)
        .retry(
            RetryPolicy::default()
                .base_delay(Duration::MAX)
                .max_delay(Duration::MAX),
        )
        .build()
        .unwrap();
    assert_eq!(canvas.send(GetGroup::new(GROUP)).await.unwrap().id, GROUP);
    server.on("GET /api/v1/groups/8", status(503, "")).await;
    let canvas = canvas.with_deadline(Duration::from_secs(60));
    let error = canvas
        .send(GetGroup::new(GroupId::new(8)))
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 1));
}

/// Credentials that never come, or never come again.
#[derive(Debug)]
struct Stuck {
    from_the_start: bool,
}

impl Credentials for Stuck {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        match self.from_the_start {
            true => Box::pin(std::future::pending()),
            false => Box::pin(async { Authorization::bearer(TOKEN) }),
        }
    }

    fn refused<'a>(&'a self, _: &'a Authorization) -> BoxFuture<'a, Result<bool>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn rounds_in_which_no_credentials_came_are_no_attempts() {
    let canvas = Canvas::builder("http://127.0.0.1:9")
        .credentials(Stuck {
            from_the_start: true,
        })
        .attempt_timeout(Duration::from_millis(10))
        .retry(RetryPolicy::default().base_delay(Duration::ZERO))
        .build()
        .unwrap();
    let error = canvas.send(GetGroup::new(GROUP)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 0));
}

#[tokio::test]
async fn the_deadline_bounds_credentials_that_do_not_come() {
    let server = Server::start().await;
    let dead = status(401, "{}").insert_header("www-authenticate", "Bearer realm=\"canvas-lms\"");
    server.on("GET /api/v1/groups/7", dead).await;
    for from_the_start in [true, false] {
        let canvas = Canvas::builder(server.address())
            .credentials(Stuck { from_the_start })
            .deadline(SHORT)
            .build()
            .unwrap();
        let call = canvas.send(GetGroup::new(GROUP));
        let error = tokio::time::timeout(SOON, call)
            .await
            .expect("it ends")
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_eq!(error.request(), Some("GET /api/v1/groups/7"));
        let status = error.status().map(|status| status.as_u16());
        let (answered, sent) = if from_the_start {
            (None, 0)
        } else {
            (Some(401), 1)
        };
        assert_eq!((status, error.attempts()), (answered, sent));
    }
}
