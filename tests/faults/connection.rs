//! Connections that are refused, reset, closed, or go silent at every point of an answer.

use std::{net::TcpListener, time::Duration};

use canvas_groups::{
    ErrorKind,
    groups::{CreateGroup, UpdateGroup},
};
use tokio::time::timeout;

use crate::{
    calls::{ATTEMPTS, Again, Fault, GROUP, LONG, SOON, VERBS, strike},
    common::{
        client::{builder, quick},
        play::Play,
        socket::Socket,
    },
};

/// Ends soon, but not before what is said has been read, on a busy machine too.
const SHORT: Duration = Duration::from_millis(400);
const LONGER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n";
const LENGTH: &str = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n";

/// The points at which an answer can end too early, and the status if it was read by then.
const POINTS: [(&str, &str, Option<u16>); 9] = [
    ("before the answer", "", None),
    ("in the status line", "HTTP/1.1 20", None),
    (
        "in the headers",
        "HTTP/1.1 200 OK\r\ncontent-type: appl",
        None,
    ),
    ("after the headers", LENGTH, Some(200)),
    (
        "in the body",
        "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{\"id\"",
        Some(200),
    ),
    (
        "one byte before the end",
        "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\n{\"id\":7",
        Some(200),
    ),
    (
        "in the size of a chunk",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8",
        Some(200),
    ),
    (
        "in a chunk",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8\r\n{\"id\"",
        Some(200),
    ),
    (
        "before the last chunk",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8\r\n{\"id\":7}\r\n",
        Some(200),
    ),
];

fn interrupted(name: &'static str, script: Vec<Play>, status: Option<u16>) -> Fault {
    Fault {
        name,
        script,
        kind: ErrorKind::Interrupted,
        status,
        again: Again::AllButPost,
        may_have_run: true,
    }
}

fn timed_out(name: &'static str, script: Vec<Play>, status: Option<u16>) -> Fault {
    Fault {
        kind: ErrorKind::Timeout,
        ..interrupted(name, script, status)
    }
}

/// Says the text, and then does what comes next.
fn said(text: &str, then: impl IntoIterator<Item = Play>) -> Vec<Play> {
    let said = [Play::Hear, Play::Say(text.into())];
    said.into_iter().chain(then).collect()
}

#[tokio::test]
async fn no_connection_is_tried_again_by_every_method_and_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let policy = quick().max_attempts(ATTEMPTS as u32);
    let canvas = builder(&address).retry(policy).build().unwrap();
    for verb in VERBS {
        let outcome = timeout(SOON, verb.send(&canvas, "x")).await;
        let error = outcome.expect("it ends").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect, "{verb:?}");
        assert_eq!(error.attempts() as usize, ATTEMPTS, "{verb:?}");
        assert!(!error.outcome_unknown() && error.is_transient(), "{verb:?}");
    }
}

#[tokio::test]
async fn a_connection_reset_before_the_request_was_read_may_have_carried_it() {
    let fault = interrupted("reset at once", vec![Play::Reset], None);
    strike(&[fault], LONG).await;
}

#[tokio::test]
async fn a_reset_at_any_point_of_an_answer_is_no_answer() {
    let faults = POINTS.map(|(name, text, status)| {
        // What was said should arrive before the reset, which overtakes it otherwise.
        let then = [Play::Pause(SHORT / 2), Play::Reset];
        interrupted(name, said(text, then), status)
    });
    strike(&faults, LONG).await;
}

#[tokio::test]
async fn a_hang_up_at_any_point_of_an_answer_is_no_answer() {
    let faults = POINTS.map(|(name, text, status)| interrupted(name, said(text, []), status));
    strike(&faults, LONG).await;
}

#[tokio::test]
async fn silence_at_any_point_of_an_answer_ends_at_the_time_limit() {
    let faults =
        POINTS.map(|(name, text, status)| timed_out(name, said(text, [Play::Stall]), status));
    strike(&faults, SHORT).await;
}

#[tokio::test]
async fn a_byte_now_and_then_does_not_stretch_the_time_limit() {
    // Longer in all than the last attempt of a `GET` may take, which is four times as long as the
    // first.
    let drip = |text: &str| Play::Drip(text.into(), SHORT / 2);
    let in_the_head = vec![Play::Hear, drip(LENGTH)];
    let in_the_body = said(LONGER, [drip("{\"id\":7}        ")]);
    let faults = [
        timed_out("in the head", in_the_head, None),
        timed_out("in the body", in_the_body, Some(200)),
    ];
    strike(&faults, SHORT).await;
}

#[tokio::test]
async fn a_request_that_nobody_reads_to_its_end_ends_at_the_time_limit() {
    // More than the sockets' buffers hold.
    let long = "x".repeat(48 << 20);
    for sent in [1, ATTEMPTS] {
        let deaf = vec![Play::Pause(SOON), Play::Close];
        let socket = Socket::start(vec![deaf; sent]).await;
        let policy = quick().max_attempts(ATTEMPTS as u32);
        let canvas = socket.canvas().with_retry(policy);
        let canvas = canvas.with_attempt_timeout(SHORT);
        let call = async {
            let update = UpdateGroup::new(GROUP).description(&long);
            match sent {
                1 => canvas.send(CreateGroup::new().description(&long)).await,
                _ => canvas.send(update).await,
            }
        };
        let outcome = timeout(SOON, call).await;
        let error = outcome.expect("it ends").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        assert_eq!(error.attempts() as usize, sent);
        assert!(error.outcome_unknown());
        assert_eq!(socket.connections(), sent);
    }
}
