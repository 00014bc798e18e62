//! One renewal at a time, when it is due and when a token is refused, and no more of them than that.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use canvas_groups::{
    Canvas, ErrorKind, GroupId, Result,
    auth::{Authorization, Credentials, OAuth, OAuthApp, TokenStore, Tokens},
    groups::CreateGroup,
};
use futures::future::BoxFuture;
use tokio::time::timeout;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path},
};

use crate::school::{School, get, unauthenticated};

/// Has 64 tasks make 10 calls each, every fourth a POST. Returns how many POSTs were asked for.
async fn rush(canvas: &Canvas) -> usize {
    let tasks: Vec<_> = (0..64)
        .map(|task| {
            let canvas = canvas.clone();
            tokio::spawn(async move {
                let mut posts = 0;
                for call in 0..10 {
                    if (task + call) % 4 == 0 {
                        canvas.send(CreateGroup::new().name("x")).await.unwrap();
                        posts += 1;
                    } else {
                        let id = task * 100 + call + 1;
                        assert_eq!(canvas.send(get(id)).await.unwrap().id, GroupId::new(id));
                    }
                }
                posts
            })
        })
        .collect();
    let mut posts = 0;
    for task in tasks {
        posts += task.await.unwrap();
    }
    // So many ready results use up what a task may do before it yields; the mock server's end
    // would then wait for ever.
    tokio::task::yield_now().await;
    posts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn trap_15_64_tasks_whose_token_dies_midway_renew_it_once_and_lose_no_call() {
    let school = School::open().await;
    school.books().dies_after = Some(250);
    let oauth = OAuth::new(school.app(), School::tokens()).unwrap();
    let posts = rush(&school.canvas(&oauth)).await;
    assert_eq!(school.token_calls(), 1);
    assert_eq!(school.books().created, posts);
    let calls = school.calls();
    let answered = |end: &str| calls.iter().filter(|call| call.ends_with(end)).count();
    assert_eq!(answered(": 200"), 64 * 10);
    assert!(
        (1..=64).contains(&answered("a0: 401")),
        "{}",
        answered("a0: 401")
    );
    assert_eq!(answered("a1: 401"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn trap_15_64_tasks_whose_token_is_over_renew_it_once_before_they_call() {
    let school = School::open().await;
    let oauth = OAuth::new(school.app(), School::old_tokens()).unwrap();
    // Clients of their own share the credentials too.
    let (one, other) = (school.canvas(&oauth), school.canvas(&oauth.clone()));
    tokio::join!(rush(&one), rush(&other));
    assert_eq!(school.token_calls(), 1);
    assert_eq!(school.calls_with("a0"), 0);
    assert_eq!(school.calls_with("a1"), 2 * 64 * 10);
}

#[tokio::test]
async fn trap_15_a_401_for_a_token_replaced_meanwhile_just_retries() {
    let school = School::open().await;
    let oauth = OAuth::new(school.app(), School::tokens()).unwrap();
    let used = oauth.authorization().await.unwrap();
    school.kill_token();
    school.canvas(&oauth).send(get(1)).await.unwrap();
    assert_eq!(school.token_calls(), 1);
    assert!(oauth.refused(&used).await.unwrap());
    assert_eq!(school.token_calls(), 1);
    assert!(!oauth.authorization().await.unwrap().is_same(&used));
}

#[tokio::test]
async fn trap_16_a_401_without_a_challenge_renews_nothing() {
    let (api, school) = (MockServer::start().await, School::open().await);
    let refused = ResponseTemplate::new(401).set_body_string(r#"{"status":"unauthorized"}"#);
    Mock::given(path("/api/v1/groups/1"))
        .respond_with(refused)
        .expect(1)
        .mount(&api)
        .await;
    let oauth = OAuth::new(school.app_for(&api.uri()), School::tokens()).unwrap();
    let canvas = Canvas::builder(api.uri())
        .credentials(oauth)
        .build()
        .unwrap();
    let error = canvas.send(get(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(school.token_calls(), 0);
}

#[tokio::test]
async fn trap_16_a_server_that_takes_no_token_at_all_is_not_asked_for_one_after_another() {
    let (api, school) = (MockServer::start().await, School::open().await);
    Mock::given(method("GET"))
        .respond_with(unauthenticated())
        .mount(&api)
        .await;
    let oauth = OAuth::new(school.app_for(&api.uri()), School::tokens()).unwrap();
    let canvas = Canvas::builder(api.uri())
        .credentials(oauth)
        .build()
        .unwrap();
    let started = std::time::Instant::now();
    for _ in 0..30 {
        let error = canvas.send(get(1)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication);
    }
    // One at once, one more after a second, three seconds, seven …
    let allowed = 1 + (started.elapsed().as_secs() + 1).ilog2() as usize;
    assert!(
        school.token_calls() <= allowed,
        "{} renewals",
        school.token_calls()
    );
    assert_eq!(
        api.received_requests().await.unwrap().len(),
        30 + school.token_calls()
    );
}

#[tokio::test]
async fn trap_19_the_api_token_goes_to_the_api_and_the_secret_to_the_token_endpoint_alone() {
    let (api, school) = (MockServer::start().await, School::open().await);
    Mock::given(method("GET"))
        .and(path("/api/v1/groups/1"))
        .and(header("authorization", "Bearer a1"))
        .respond_with(ResponseTemplate::new(200).set_body_string(r#"{"id":1}"#))
        .expect(1)
        .mount(&api)
        .await;
    let oauth = OAuth::new(school.app_for(&api.uri()), School::old_tokens()).unwrap();
    let canvas = Canvas::builder(api.uri())
        .credentials(oauth)
        .build()
        .unwrap();
    canvas.send(get(1)).await.unwrap();
    let form = school.books().forms[0].clone();
    assert_eq!(form.len(), 4, "{form:?}");
}

/// Tokens of an hour of which less than a minute is left.
async fn due_tokens() -> Tokens {
    let hour = jiff::Timestamp::now() + Duration::from_secs(3600);
    let tokens = School::tokens().with_expires_at(hour);
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(3550)).await;
    tokio::time::resume();
    tokens
}

#[tokio::test]
async fn a_token_is_renewed_before_its_end_and_calls_go_out_with_the_new_one() {
    let school = School::open().await;
    school.books().token_delay = Duration::from_millis(100);
    let oauth = OAuth::new(school.app(), due_tokens().await).unwrap();
    let canvas = school.canvas(&oauth);
    let calls = (1..=8).map(|id| canvas.send(get(id)));
    for call in futures::future::join_all(calls).await {
        call.unwrap();
    }
    assert_eq!((school.token_calls(), school.calls_with("a1")), (1, 8));
    assert_eq!(school.calls().len(), 8);
}

#[tokio::test]
async fn a_token_endpoint_that_hangs_holds_up_no_call_whose_token_is_good() {
    let school = School::open().await;
    school.books().token_failure = Some(ResponseTemplate::new(503));
    school.books().token_delay = Duration::from_secs(3600);
    let oauth = OAuth::new(school.app(), due_tokens().await).unwrap();
    let canvas = school.canvas(&oauth);
    let calls = async {
        for id in 1..=8 {
            canvas.send(get(id)).await.unwrap();
        }
    };
    timeout(Duration::from_secs(12), calls).await.unwrap();
    assert_eq!((school.token_calls(), school.calls_with("a0")), (1, 8));
}

/// A store that never answers, but for the first time.
#[derive(Debug, Default)]
struct Silent(AtomicBool);

impl TokenStore for Silent {
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>>> {
        Box::pin(std::future::pending())
    }

    fn save<'a>(&'a self, _: &'a Tokens) -> BoxFuture<'a, Result<()>> {
        match self.0.swap(true, Ordering::SeqCst) {
            true => Box::pin(std::future::pending()),
            false => Box::pin(async { Ok(()) }),
        }
    }

    fn clear(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn an_early_renewal_is_waited_for_two_seconds_and_a_late_one_to_its_end() {
    let app = OAuthApp::canvas("https://school.example.edu", "1");
    let hour = jiff::Timestamp::now() + Duration::from_secs(3600);
    let tokens = Tokens::new("a0").with_refresh_token("r0");
    let tokens = tokens.with_expires_at(hour);
    let oauth = OAuth::keep(app.build().unwrap(), &tokens, Silent::default())
        .await
        .unwrap();
    tokio::time::advance(Duration::from_secs(3550)).await;
    let mut waits = Vec::new();
    for _ in 0..3 {
        let started = tokio::time::Instant::now();
        let authorization = oauth.authorization().await.unwrap();
        assert!(authorization.is_same(&Authorization::bearer("a0").unwrap()));
        waits.push(started.elapsed().as_secs());
    }
    assert_eq!(waits, [2, 0, 0]);
    tokio::time::advance(Duration::from_secs(60)).await;
    let late = timeout(Duration::from_secs(3600), oauth.authorization());
    assert!(late.await.is_err(), "there is no other token to give");
}

#[tokio::test]
async fn a_token_that_another_process_overwrote_right_after_its_renewal_costs_no_call() {
    let school = School::open().await;
    let oauth = OAuth::new(school.app(), School::old_tokens()).unwrap();
    oauth.authorization().await.unwrap();
    // It had the same tokens, so it found them due at the same moment.
    school.kill_token();
    school.canvas(&oauth).send(get(1)).await.unwrap();
    assert_eq!(school.calls(), ["a1: 401", "a2: 200"]);
}
