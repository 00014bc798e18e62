//! What was begun goes on to its end, whoever gives up on it.

use std::time::Duration;

use canvas_groups::{
    ErrorKind,
    auth::{Credentials, FileStore, OAuth, TokenStore, Tokens},
};
use futures::future::BoxFuture;
use tokio::{
    sync::{Semaphore, mpsc},
    time::{sleep, timeout},
};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

use crate::{
    school::{School, get},
    vault::Vault,
};

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
fn trap_17_a_renewal_is_waited_for_before_the_runtime_ends() {
    let server = tokio::runtime::Runtime::new().unwrap();
    let school = server.block_on(School::open());
    school.books().rotates = true;
    school.books().token_delay = Duration::from_millis(300);
    let vault = Vault::with(&School::old_tokens(), 1);
    let first = tokio::runtime::Runtime::new().unwrap();
    first.block_on(async {
        let oauth = OAuth::restore(school.app(), vault.clone()).await.unwrap();
        oauth.settled().await;
        assert_eq!(school.token_calls(), 0);
        let call = oauth.authorization();
        assert!(timeout(Duration::from_millis(100), call).await.is_err());
        oauth.settled().await;
    });
    drop(first);
    assert_eq!(server.block_on(vault.refresh_token()), "r1");
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

/// Waits for what must come by itself.
async fn await_one(of: &Semaphore) {
    let permit = timeout(Duration::from_secs(20), of.acquire()).await;
    permit.expect("it goes on by itself").unwrap().forget();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_revocation_clears_the_store_when_its_caller_is_gone() {
    let school = School::open().await;
    let vault = Vault::with(&School::tokens(), 0);
    let oauth = OAuth::restore(school.app(), vault.clone()).await.unwrap();
    tokio::select! {
        outcome = oauth.revoke() => panic!("{outcome:?}"),
        () = await_one(&vault.asked) => {}
    }
    assert!(school.books().is_revoked);
    vault.doors.add_permits(1);
    await_one(&vault.done).await;
    assert!(vault.inner.load().await.unwrap().is_none());
    let error = oauth.authorization().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoginRequired);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_tokens_of_a_code_are_stored_when_its_caller_is_gone() {
    let server = MockServer::start().await;
    let (heard, mut hearing) = mpsc::unbounded_channel();
    Mock::given(any())
        .respond_with(move |_: &Request| {
            heard.send(()).unwrap();
            ResponseTemplate::new(200)
                .set_body_string(r#"{"access_token":"new","refresh_token":"new"}"#)
                .set_delay(Duration::from_millis(200))
        })
        .mount(&server)
        .await;
    let school = School::open().await;
    let app = school.app_builder().token_url(server.uri());
    let app = app.build().unwrap();
    let code = || app.login().start().unwrap().1.code_by_hand("c0de");

    // Given up while the code is exchanged, and while its tokens are saved.
    let vault = Vault::with(&School::tokens(), 1);
    tokio::select! {
        outcome = OAuth::log_in(app.clone(), code(), vault.clone()) => panic!("{outcome:?}"),
        _ = hearing.recv() => {}
    }
    await_one(&vault.done).await;
    assert_eq!(vault.refresh_token().await, "new");

    let vault = Vault::with(&School::tokens(), 0);
    let oauth = OAuth::restore(app.clone(), vault.clone()).await.unwrap();
    tokio::select! {
        outcome = oauth.log_in_again(code()) => panic!("{outcome:?}"),
        () = await_one(&vault.asked) => {}
    }
    vault.doors.add_permits(1);
    await_one(&vault.done).await;
    assert_eq!(vault.refresh_token().await, "new");
    oauth.authorization().await.unwrap();

    let vault = Vault::with(&School::tokens(), 0);
    let kept = Tokens::new("kept");
    tokio::select! {
        outcome = OAuth::keep(app.clone(), &kept, vault.clone()) => panic!("{outcome:?}"),
        () = await_one(&vault.asked) => {}
    }
    vault.doors.add_permits(1);
    await_one(&vault.done).await;
    let kept = vault.inner.load().await.unwrap().unwrap();
    assert!(kept.refresh_token().is_none());
}

#[tokio::test]
async fn a_code_opens_a_login_that_is_stored_and_replaces_one_that_ended() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_string(r#"{"access_token":"a0","refresh_token":"r0"}"#),
        )
        .mount(&server)
        .await;
    let school = School::open().await;
    let app = school.app_builder().token_url(server.uri());
    let app = app.build().unwrap();
    let code = || app.login().start().unwrap().1.code_by_hand("c0de");
    let vault = Vault::with(&Tokens::new("old"), 9);
    let oauth = OAuth::log_in(app.clone(), code(), vault.clone())
        .await
        .unwrap();
    assert_eq!(vault.refresh_token().await, "r0");
    school.canvas(&oauth).send(get(1)).await.unwrap();

    let ended = OAuth::new(app.clone(), Tokens::new("dead")).unwrap();
    let canvas = school.canvas(&ended);
    let error = canvas.send(get(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoginRequired);
    ended.log_in_again(code()).await.unwrap();
    canvas.send(get(1)).await.unwrap();
    assert_eq!(school.calls(), ["a0: 200", "dead: 401", "a0: 200"]);
}

#[test]
fn a_file_store_outside_a_runtime_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("tokens"));
    let (block_on, tokens) = (
        futures::executor::block_on::<BoxFuture<'_, _>>,
        School::tokens(),
    );
    for outcome in [
        block_on(Box::pin(async { store.load().await.map(drop) })),
        block_on(store.save(&tokens)),
        block_on(store.clear()),
    ] {
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Configuration);
    }
}

/// A logout and a login at the same time: the login is not the one that was logged out.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_login_that_comes_during_a_revocation_stays() {
    let server = MockServer::start().await;
    let (heard, mut hearing) = mpsc::unbounded_channel();
    Mock::given(any())
        .respond_with(move |_: &Request| {
            heard.send(()).unwrap();
            ResponseTemplate::new(200)
                .set_body_string("{}")
                .set_delay(Duration::from_millis(300))
        })
        .mount(&server)
        .await;
    let school = School::open().await;
    let app = school.app_builder().revocation_url(server.uri());
    let vault = Vault::with(&School::tokens(), 9);
    let oauth = OAuth::restore(app.build().unwrap(), vault.clone());
    let oauth = oauth.await.unwrap();
    let (revoked, replaced) = tokio::join!(oauth.revoke(), async {
        hearing.recv().await.unwrap();
        oauth
            .replace(Tokens::new("new").with_refresh_token("new"))
            .await
    });
    revoked.unwrap();
    replaced.unwrap();
    oauth.authorization().await.unwrap();
    assert_eq!(vault.refresh_token().await, "new");
}
