//! Sessions through Canvas over time: one for all, replaced when it ends, and no more of them.

use std::time::{Duration, Instant};

use canvas_groups::{
    Canvas, ErrorKind, Lor,
    auth::{Carrier, Credentials, LorSession},
    lor::*,
};
use futures::future;
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{any, path},
};

use crate::{
    fixture, hasty, json as answer, received,
    sign_in::{canvas, canvas_server, commons, commons_server, count},
};

/// Lets a session grow so old that its refusal can mean its end.
async fn grow_old() {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(3600)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn trap_15_a_session_that_ended_is_replaced_once_for_all_who_wait() {
    let (canvas_server, commons_server) = (canvas_server().await, commons_server(2).await);
    let commons = commons(&commons_server, &canvas(&canvas_server));
    commons.send(ListGroups::new()).await.unwrap_err();
    grow_old().await;
    let calls = (0..8).map(|_| commons.send(ListGroups::new()));
    for outcome in future::join_all(calls).await {
        outcome.unwrap();
    }
    assert_eq!(count(&commons_server, "/sessions").await, 2);
    assert_eq!(count(&canvas_server, "/jwt_token").await, 2);
    // Calls that start after the sign-in come through at once.
    assert!((10..=17).contains(&count(&commons_server, "/groups").await));
}

#[tokio::test]
async fn trap_16_refusals_of_young_sessions_open_no_others() {
    let (canvas_server, commons_server) = (canvas_server().await, commons_server(99).await);
    let commons = commons(&commons_server, &canvas(&canvas_server));
    let sent = async || {
        (
            count(&commons_server, "/groups").await,
            count(&commons_server, "/sessions").await,
        )
    };
    let refused = async || {
        let error = commons.send(ListGroups::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert!(!format!("{error} {error:?} {commons:?}").contains("s3cret"));
    };
    let started = Instant::now();
    refused().await;
    assert_eq!(sent().await, (1, 1));
    grow_old().await;
    refused().await;
    assert_eq!(sent().await, (3, 2), "the new one is refused too");
    for _ in 0..20 {
        refused().await;
    }
    // One more after a second, three seconds, seven …
    let more = (started.elapsed().as_secs() + 1).ilog2() as usize;
    let (calls, sessions) = sent().await;
    assert!((2..=2 + more).contains(&sessions), "{sessions} sessions");
    assert_eq!(calls, 21 + sessions);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn trap_15_one_session_is_opened_for_64_tasks() {
    let (canvas_server, commons_server) = (canvas_server().await, commons_server(1).await);
    let commons = commons(&commons_server, &canvas(&canvas_server));
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let commons = commons.clone();
            tokio::spawn(async move { commons.send(ListGroups::new()).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(count(&canvas_server, "/jwt_token").await, 1);
    assert_eq!(count(&commons_server, "/sessions").await, 1);
    assert_eq!(count(&commons_server, "/groups").await, 64);
}

#[test]
fn outside_a_runtime_there_is_an_error_and_no_panic() {
    let canvas = Canvas::new("http://127.0.0.1:9", "token").unwrap();
    let session = LorSession::from_canvas(&canvas, Lor::builder("http://127.0.0.1:9")).unwrap();
    let error = futures::executor::block_on(session.authorization()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

/// A Canvas that gives out no launch tokens, and its client.
async fn dead_canvas(status: u16) -> (MockServer, Canvas) {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(status))
        .mount(&server)
        .await;
    let canvas = canvas(&server);
    (server, canvas)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_failing_sign_in_is_tried_once_a_pause_for_all_calls_with_their_retries() {
    let (canvas_server, canvas) = dead_canvas(503).await;
    let commons_server = commons_server(1).await;
    let commons = commons(&commons_server, &canvas).with_retry(hasty().max_attempts(2));
    let started = Instant::now();
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let commons = commons.clone();
            tokio::spawn(async move { commons.send(ListGroups::new()).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap_err().kind(), ErrorKind::Server);
    }
    let error = commons.send(AddMember::new("1", "u:1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(error.retry_after().is_some_and(|wait| !wait.is_zero()));
    // One at once, one more after a second, three seconds, seven …
    let allowed = 1 + (started.elapsed().as_secs() + 1).ilog2() as usize;
    let asked = received(&canvas_server).await.len();
    assert!((2..=allowed).contains(&asked), "{asked} launch tokens");
    assert!(received(&commons_server).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_session_is_not_created_twice_where_the_first_try_may_have_worked() {
    let (canvas_server, server) = (canvas_server().await, MockServer::start().await);
    Mock::given(path("/api/sessions"))
        .respond_with(ResponseTemplate::new(502))
        .mount(&server)
        .await;
    let commons = commons(&server, &canvas(&canvas_server));
    let error = commons.send(AddMember::new("1", "u:1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(!error.outcome_unknown(), "{error}");
    assert_eq!(count(&server, "/sessions").await, 1);
    assert_eq!(count(&canvas_server, "/jwt_token").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sign_in_goes_on_when_the_call_that_began_it_is_given_up() {
    let canvas_server = canvas_server().await;
    let server = MockServer::start().await;
    let (heard, mut hearing) = tokio::sync::mpsc::unbounded_channel();
    Mock::given(path("/api/sessions"))
        .respond_with(move |_: &Request| {
            heard.send(()).unwrap();
            answer(201, fixture("lor/sessions/session_created.json"))
                .set_delay(Duration::from_millis(200))
        })
        .mount(&server)
        .await;
    Mock::given(path("/api/groups"))
        .respond_with(answer(200, fixture("lor/groups/groups.json")))
        .mount(&server)
        .await;
    let commons = commons(&server, &canvas(&canvas_server));
    tokio::select! {
        outcome = commons.send(ListGroups::new()) => panic!("{outcome:?}"),
        _ = hearing.recv() => {}
    }
    commons.send(ListGroups::new()).await.unwrap();
    assert_eq!(count(&server, "/sessions").await, 1);
    assert_eq!(count(&canvas_server, "/jwt_token").await, 1);
    assert_eq!(count(&server, "/groups").await, 1);
}

#[tokio::test]
async fn clones_share_their_session_wherever_they_carry_it() {
    let (canvas_server, server) = (canvas_server().await, commons_server(1).await);
    let session =
        LorSession::from_canvas(&canvas(&canvas_server), Lor::builder(server.uri())).unwrap();
    for carrier in [Carrier::Header, Carrier::Cookie, Carrier::Query] {
        let session = session.clone().carrier(carrier);
        session.authorization().await.unwrap();
    }
    assert_eq!(count(&server, "/sessions").await, 1);
    let elsewhere = session.clone().tool_launch_url("https://lor.example/lti");
    elsewhere.authorization().await.unwrap();
    assert_eq!(count(&server, "/sessions").await, 2);
    session.authorization().await.unwrap();
    assert_eq!(count(&server, "/sessions").await, 2);
}

#[tokio::test]
async fn a_refusal_of_a_session_counts_wherever_it_was_carried() {
    let (canvas_server, server) = (canvas_server().await, commons_server(1).await);
    let session =
        LorSession::from_canvas(&canvas(&canvas_server), Lor::builder(server.uri())).unwrap();
    let session = session.carrier(Carrier::Query);
    let old = session.authorization().await.unwrap();
    grow_old().await;
    assert!(session.refused(&old).await.unwrap());
    let new = session.authorization().await.unwrap();
    assert!(!new.is_same(&old));
    assert!(session.refused(&old).await.unwrap(), "replaced meanwhile");
    assert!(!session.refused(&new).await.unwrap(), "too young");
    assert_eq!(count(&server, "/sessions").await, 2);
}
