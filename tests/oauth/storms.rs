//! What fails is not asked again and again.

use std::time::{Duration, Instant};

use canvas_groups::{
    ErrorKind, RetryPolicy,
    auth::{Credentials, OAuth, Tokens},
    groups::CreateGroup,
};
use serde_json::json;
use tokio::time::sleep;
use wiremock::ResponseTemplate;

use crate::school::{School, get};

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_failing_token_endpoint_is_asked_a_few_times_by_64_tasks() {
    let school = School::open().await;
    school.books().token_failure = Some(ResponseTemplate::new(503));
    let oauth = OAuth::new(school.app(), School::old_tokens()).unwrap();
    let canvas = school.canvas(&oauth).with_retry(RetryPolicy::never());
    let started = Instant::now();
    let tasks: Vec<_> = (0..64)
        .map(|id| {
            let canvas = canvas.clone();
            tokio::spawn(async move {
                let mut kinds = Vec::new();
                for _ in 0..20 {
                    kinds.push(canvas.send(get(id + 1)).await.unwrap_err().kind());
                }
                kinds
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), [ErrorKind::Server; 20]);
    }
    tokio::task::yield_now().await;
    // One at once, one more after a second, three seconds, seven …
    let allowed = 1 + (started.elapsed().as_secs() + 1).ilog2() as usize;
    assert!(
        (1..=allowed).contains(&school.token_calls()),
        "{} calls",
        school.token_calls()
    );
    assert_eq!(school.calls().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn calls_that_are_retried_get_through_when_the_token_endpoint_is_back() {
    let school = School::open().await;
    school.books().token_failure = Some(ResponseTemplate::new(502));
    let oauth = OAuth::new(school.app(), School::old_tokens()).unwrap();
    let canvas = school.canvas(&oauth);
    let tasks: Vec<_> = (0..8)
        .map(|id| {
            let canvas = canvas.clone();
            tokio::spawn(async move { canvas.send(get(id + 1)).await })
        })
        .collect();
    sleep(Duration::from_millis(500)).await;
    school.books().token_failure = None;
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(school.token_calls(), 2);
}

#[tokio::test]
async fn a_throttled_token_endpoint_is_left_alone_as_long_as_it_asks() {
    let school = School::open().await;
    let throttled = ResponseTemplate::new(429).insert_header("retry-after", "30");
    school.books().token_failure = Some(throttled);
    let oauth = OAuth::new(school.app(), School::old_tokens()).unwrap();
    for _ in 0..5 {
        let error = oauth.authorization().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Throttled);
        let wait = error.retry_after().unwrap();
        assert!((28..=30).contains(&wait.as_secs()), "{wait:?}");
        sleep(Duration::from_millis(300)).await;
    }
    assert_eq!(school.token_calls(), 1);
}

#[tokio::test]
async fn calls_wait_as_long_as_a_throttled_token_endpoint_asks() {
    let school = School::open().await;
    let throttled = ResponseTemplate::new(429).insert_header("retry-after", "1");
    school.books().token_failure = Some(throttled);
    school.books().mends_after = Some(1);
    let oauth = OAuth::new(school.app(), School::old_tokens()).unwrap();
    let canvas = school.canvas(&oauth);
    canvas.send(CreateGroup::new().name("x")).await.unwrap();
    assert_eq!(school.token_calls(), 2);
}

#[tokio::test]
async fn a_renewal_that_fails_after_a_refusal_is_tried_again_as_the_policy_permits() {
    let school = School::open().await;
    school.books().token_failure = Some(ResponseTemplate::new(503));
    school.books().mends_after = Some(1);
    let oauth = OAuth::new(school.app(), School::tokens()).unwrap();
    school.kill_token();
    school.canvas(&oauth).send(get(1)).await.unwrap();
    assert_eq!(school.token_calls(), 2);
    assert_eq!(school.calls(), ["a0: 401", "a0: 401", "a2: 200"]);
}

#[tokio::test]
async fn a_dead_refresh_token_means_log_in_again_and_is_not_sent_twice() {
    for (status, error) in [
        (400, "invalid_request"),
        (400, "invalid_grant"),
        (401, "invalid_grant"),
    ] {
        let school = School::open().await;
        let body = json!({"error": error, "error_description": "nicht gefunden"});
        school.books().token_failure = Some(ResponseTemplate::new(status).set_body_json(body));
        let oauth = OAuth::new(school.app(), School::old_tokens()).unwrap();
        let canvas = school.canvas(&oauth);
        for _ in 0..5 {
            let error = canvas.send(CreateGroup::new().name("x")).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::LoginRequired);
            assert_eq!(error.status().unwrap().as_u16(), status);
            assert_eq!(error.request(), Some("POST /login/oauth2/token"));
            assert!(error.to_string().contains("log in again"), "{error}");
            assert!(!error.is_transient() && !error.outcome_unknown());
            assert_eq!(error.retry_after(), None, "no time mends that");
        }
        sleep(Duration::from_millis(1_100)).await;
        assert_eq!(
            oauth.authorization().await.unwrap_err().kind(),
            ErrorKind::LoginRequired
        );
        assert_eq!((school.token_calls(), school.calls().len()), (1, 0));

        school.books().access = "new".into();
        oauth
            .replace(Tokens::new("new").with_refresh_token("r0"))
            .await
            .unwrap();
        canvas.send(get(1)).await.unwrap();
        assert_eq!(
            (school.token_calls(), school.calls()),
            (1, vec!["new: 200".to_owned()])
        );
    }
}

#[tokio::test]
async fn a_login_by_another_process_revives_a_dead_one_without_a_call() {
    let school = School::open().await;
    school.books().refresh = "nobody's".into();
    let folder = tempfile::tempdir().unwrap();
    let store = canvas_groups::auth::FileStore::new(folder.path().join("tokens"));
    let oauth = OAuth::keep(school.app(), &School::old_tokens(), store.clone())
        .await
        .unwrap();
    let error = oauth.authorization().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoginRequired);
    let fresh = Tokens::new("new").with_refresh_token("new");
    OAuth::keep(school.app(), &fresh, store).await.unwrap();
    school.books().access = "new".into();
    sleep(Duration::from_millis(1_050)).await;
    school.canvas(&oauth).send(get(1)).await.unwrap();
    assert_eq!(school.token_calls(), 1);
}

#[tokio::test]
async fn without_a_refresh_token_a_dead_token_means_log_in_again() {
    let school = School::open().await;
    let oauth = OAuth::new(school.app(), Tokens::new("a0")).unwrap();
    school.canvas(&oauth).send(get(1)).await.unwrap();
    school.kill_token();
    let error = school.canvas(&oauth).send(get(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoginRequired);
    assert_eq!(error.request(), Some("GET /api/v1/groups/1"));
    assert_eq!((school.token_calls(), school.calls().len()), (0, 2));
}

#[tokio::test]
async fn a_call_that_got_no_token_was_not_carried_out() {
    let school = School::open().await;
    school.books().token_failure = Some(ResponseTemplate::new(500));
    let oauth = OAuth::new(school.app(), School::old_tokens()).unwrap();
    let error = school
        .canvas(&oauth)
        .send(CreateGroup::new().name("x"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(!error.outcome_unknown(), "{error}");
    assert_eq!(school.calls().len(), 0);
}
