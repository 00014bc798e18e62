//! One renewal at a time, and nothing lost on the way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use canvas_groups::{
    Canvas, Error, ErrorKind, GroupId, Result,
    auth::{Credentials, MemoryStore, OAuth, TokenStore, Tokens},
    groups::{CreateGroup, GetGroup},
};
use futures::future::BoxFuture;
use secrecy::ExposeSecret;
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path},
};

use crate::school::{School, unauthenticated, value};

fn get(id: u64) -> GetGroup {
    GetGroup::new(GroupId::new(id))
}

/// A store whose doors can be shut, and that can be broken.
#[derive(Debug)]
struct Vault {
    inner: MemoryStore,
    doors: Semaphore,
    broken: AtomicBool,
    asked: Semaphore,
}

impl Vault {
    fn with(tokens: &Tokens, open: usize) -> Arc<Self> {
        let inner = MemoryStore::new();
        futures::executor::block_on(inner.save(tokens)).unwrap();
        Arc::new(Self {
            inner,
            doors: Semaphore::new(open),
            broken: AtomicBool::new(false),
            asked: Semaphore::new(0),
        })
    }

    async fn refresh_token(&self) -> String {
        let tokens = self.inner.load().await.unwrap().unwrap();
        tokens.refresh_token().unwrap().expose_secret().to_owned()
    }
}

impl TokenStore for Vault {
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>>> {
        self.inner.load()
    }

    fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<()>> {
        Box::pin(async {
            self.asked.add_permits(1);
            self.doors.acquire().await.unwrap().forget();
            if self.broken.load(Ordering::SeqCst) {
                return Err(Error::token_store("the vault is broken"));
            }
            self.inner.save(tokens).await
        })
    }

    fn clear(&self) -> BoxFuture<'_, Result<()>> {
        self.inner.clear()
    }
}

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
    let oauth = OAuth::new(school.app(), School::tokens()).unwrap();
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
    let oauth = OAuth::new(school.app(), School::tokens()).unwrap();
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
async fn trap_17_a_new_token_is_not_used_before_it_is_stored() {
    let school = School::open().await;
    school.books().rotates = true;
    let vault = Vault::with(&School::old_tokens(), 0);
    let oauth = OAuth::restore(school.app(), vault.clone()).await.unwrap();
    let canvas = school.canvas(&oauth);
    let calls: Vec<_> = (1..=8)
        .map(|id| {
            let canvas = canvas.clone();
            tokio::spawn(async move { canvas.send(get(id)).await })
        })
        .collect();
    vault.asked.acquire().await.unwrap().forget();
    sleep(Duration::from_millis(300)).await;
    assert_eq!((school.token_calls(), school.calls()), (1, vec![]));
    assert_eq!(vault.refresh_token().await, "r0");
    vault.doors.add_permits(1);
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(vault.refresh_token().await, "r1");
    assert_eq!((school.token_calls(), school.calls_with("a1")), (1, 8));
}

#[tokio::test]
async fn trap_17_a_renewal_goes_on_when_its_caller_is_gone() {
    let school = School::open().await;
    school.books().rotates = true;
    school.books().token_delay = Duration::from_millis(200);
    let vault = Vault::with(&School::old_tokens(), 0);
    let oauth = OAuth::restore(school.app(), vault.clone()).await.unwrap();
    let canvas = school.canvas(&oauth);
    // Dropped while the token endpoint thinks.
    let call = canvas.send(get(1));
    assert!(timeout(Duration::from_millis(100), call).await.is_err());
    vault.asked.acquire().await.unwrap().forget();
    // Dropped while the store writes.
    let call = canvas.send(get(1));
    assert!(timeout(Duration::from_millis(100), call).await.is_err());
    vault.doors.add_permits(1);
    canvas.send(get(1)).await.unwrap();
    assert_eq!(vault.refresh_token().await, "r1");
    assert_eq!(school.token_calls(), 1);
    assert_eq!(school.calls(), ["a1: 200"]);
}

#[tokio::test]
async fn trap_17_tokens_that_the_store_did_not_take_are_kept_and_stored_later() {
    let school = School::open().await;
    school.books().rotates = true;
    let vault = Vault::with(&School::old_tokens(), 9);
    vault.broken.store(true, Ordering::SeqCst);
    let oauth = OAuth::restore(school.app(), vault.clone()).await.unwrap();
    let canvas = school.canvas(&oauth);
    let error = canvas.send(get(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenStore);
    assert!(error.to_string().contains("not stored"), "{error}");
    let cause = std::error::Error::source(&error).unwrap();
    assert!(cause.to_string().contains("the vault is broken"), "{cause}");
    let newest = oauth.tokens();
    assert_eq!(newest.refresh_token().unwrap().expose_secret(), "r1");
    assert_eq!(school.calls().len(), 0);
    vault.broken.store(false, Ordering::SeqCst);
    sleep(Duration::from_millis(1_050)).await;
    canvas.send(get(1)).await.unwrap();
    assert_eq!(vault.refresh_token().await, "r1");
    assert_eq!((school.token_calls(), school.calls_with("a1")), (1, 1));
}

#[tokio::test]
async fn the_tokens_of_a_login_are_stored_before_they_can_be_used() {
    let school = School::open().await;
    let vault = Vault::with(&School::tokens(), 9);
    vault.broken.store(true, Ordering::SeqCst);
    let tokens = School::tokens();
    let error = OAuth::keep(school.app(), &tokens, vault.clone())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenStore);
    vault.broken.store(false, Ordering::SeqCst);
    let fresh = Tokens::new("a0").with_refresh_token("fresh");
    OAuth::keep(school.app(), &fresh, vault.clone())
        .await
        .unwrap();
    assert_eq!(vault.refresh_token().await, "fresh");
    let empty = OAuth::restore(school.app(), MemoryStore::new())
        .await
        .unwrap_err();
    assert_eq!(empty.kind(), ErrorKind::LoginRequired);
}

#[tokio::test]
async fn a_refresh_token_is_kept_until_there_is_a_new_one() {
    let school = School::open().await;
    school.books().expires_in = None;
    let oauth = OAuth::new(school.app(), School::old_tokens()).unwrap();
    let canvas = school.canvas(&oauth);
    canvas.send(get(1)).await.unwrap();
    assert_eq!(oauth.tokens().expires_at(), None);
    assert_eq!(
        oauth.tokens().user_id(),
        Some(canvas_groups::UserId::new(42))
    );
    sleep(Duration::from_millis(1_050)).await;
    school.books().rotates = true;
    school.kill_token();
    canvas.send(get(1)).await.unwrap();
    sleep(Duration::from_millis(1_050)).await;
    assert_eq!(
        oauth.tokens().refresh_token().unwrap().expose_secret(),
        "r2"
    );
    let forms = school.books().forms.clone();
    let sent: Vec<_> = forms
        .iter()
        .map(|form| value(form, "refresh_token").unwrap())
        .collect();
    assert_eq!(sent, ["r0", "r0"]);
}

#[tokio::test]
async fn what_another_process_stored_is_used_without_a_renewal() {
    let school = School::open().await;
    school.books().rotates = true;
    let store = Arc::new(MemoryStore::new());
    let one = OAuth::keep(school.app(), &School::tokens(), store.clone())
        .await
        .unwrap();
    let other = OAuth::restore(school.app(), store.clone()).await.unwrap();
    school.kill_token();
    school.canvas(&one).send(get(1)).await.unwrap();
    school.canvas(&other).send(get(1)).await.unwrap();
    assert_eq!(school.token_calls(), 1);
    assert_eq!(school.calls(), ["a0: 401", "a1: 200", "a0: 401", "a1: 200"]);
}

/// A store that does not survive being asked.
#[derive(Debug)]
struct Bomb;

impl TokenStore for Bomb {
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>>> {
        Box::pin(async { Ok(None) })
    }

    fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<()>> {
        Box::pin(async {
            let is_first = tokens.access_token().expose_secret() == "a0";
            assert!(is_first, "boom");
            Ok(())
        })
    }

    fn clear(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn a_store_that_panics_neither_hangs_the_callers_nor_loses_the_tokens() {
    let school = School::open().await;
    school.books().rotates = true;
    let oauth = OAuth::keep(school.app(), &School::old_tokens(), Bomb)
        .await
        .unwrap();
    let canvas = school.canvas(&oauth);
    let (one, other) = tokio::join!(canvas.send(get(1)), canvas.send(get(2)));
    for error in [one.unwrap_err(), other.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert!(error.to_string().contains("cut off"), "{error}");
    }
    assert_eq!(
        oauth.tokens().refresh_token().unwrap().expose_secret(),
        "r1"
    );
}

#[test]
fn a_renewal_whose_runtime_ends_neither_hangs_nor_poisons_the_next() {
    let server = tokio::runtime::Runtime::new().unwrap();
    let school = server.block_on(School::open());
    school.books().token_delay = Duration::from_secs(60);
    let oauth = OAuth::new(school.app(), School::old_tokens()).unwrap();
    let build = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let first = build.unwrap();
    first.block_on(async {
        let call = oauth.authorization();
        assert!(timeout(Duration::from_millis(200), call).await.is_err());
    });
    drop(first);
    school.books().token_delay = Duration::ZERO;
    server.block_on(async {
        let error = oauth.authorization().await.unwrap_err();
        assert!(error.to_string().contains("cut off"), "{error}");
        sleep(Duration::from_millis(1_050)).await;
        oauth.authorization().await.unwrap();
    });
}

#[test]
fn outside_a_runtime_there_is_an_error_and_no_panic() {
    let server = tokio::runtime::Runtime::new().unwrap();
    let school = server.block_on(School::open());
    let oauth = OAuth::new(school.app(), School::tokens()).unwrap();
    let error = futures::executor::block_on(oauth.authorization()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    let code = school.app().login().start().unwrap().1.code_by_hand("x");
    let error = futures::executor::block_on(school.app().exchange(code)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn a_call_waits_for_a_stuck_store_no_longer_than_for_a_stuck_server() {
    let school = School::open().await;
    let vault = Vault::with(&School::tokens(), 0);
    let oauth = OAuth::restore(school.app(), vault).await.unwrap();
    school.kill_token();
    let canvas = school
        .canvas(&oauth)
        .with_deadline(Duration::from_millis(300));
    let call = timeout(Duration::from_secs(5), canvas.send(get(1)));
    let error = call.await.expect("it ends by itself").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(
        error
            .to_string()
            .contains("no credentials within the time limit"),
        "{error}"
    );
    assert_eq!(error.request(), Some("GET /api/v1/groups/1"));
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
    let oauth = OAuth::new(school.app(), School::old_tokens()).unwrap();
    let canvas = Canvas::builder(api.uri())
        .credentials(oauth)
        .build()
        .unwrap();
    canvas.send(get(1)).await.unwrap();
    let form = school.books().forms[0].clone();
    assert_eq!(form.len(), 4, "{form:?}");
}
