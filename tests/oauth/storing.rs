//! No token is used before it is stored, none is lost, and those of other processes are found.

use std::{
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use canvas_groups::{
    ErrorKind, Result,
    auth::{Credentials, FileStore, MemoryStore, OAuth, TokenStore, Tokens},
};
use futures::future::BoxFuture;
use secrecy::ExposeSecret;
use serde_json::json;
use tokio::time::sleep;
use wiremock::ResponseTemplate;

use crate::{
    school::{School, get, value},
    vault::Vault,
};

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
async fn an_empty_store_says_where_it_is_if_it_knows() {
    let school = School::open().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens of amy.json");
    let shown = path.to_str().unwrap();
    let file = FileStore::new(&path);
    for error in [
        OAuth::restore(school.app(), file.clone()).await,
        OAuth::restore(school.app(), Arc::new(file)).await,
    ] {
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LoginRequired);
        assert!(error.to_string().contains(shown), "{error}");
    }
    let silent = OAuth::restore(school.app(), MemoryStore::new()).await;
    let silent = silent.unwrap_err().to_string();
    assert!(silent.starts_with("the token store is empty"), "{silent}");
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

/// A store that some loads find as it was, since what another process saves is not there yet.
#[derive(Debug)]
struct Late {
    store: Arc<MemoryStore>,
    before: Mutex<Vec<Tokens>>,
}

impl TokenStore for Late {
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>>> {
        match self.before.lock().unwrap().pop() {
            Some(tokens) => Box::pin(async { Ok(Some(tokens)) }),
            None => self.store.load(),
        }
    }

    fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<()>> {
        self.store.save(tokens)
    }

    fn clear(&self) -> BoxFuture<'_, Result<()>> {
        self.store.clear()
    }
}

#[tokio::test]
async fn a_refresh_token_that_another_process_just_used_is_no_end_of_the_login() {
    // Loads before the refresh, and after its refusal.
    for loads in [1, 2, 3] {
        let school = School::open().await;
        school.books().rotates = true;
        let store = Arc::new(MemoryStore::new());
        let one = OAuth::keep(school.app(), &School::tokens(), store.clone())
            .await
            .unwrap();
        let late = Arc::new(Late {
            store,
            before: Mutex::default(),
        });
        let other = OAuth::restore(school.app(), late.clone()).await.unwrap();
        school.kill_token();
        school.canvas(&one).send(get(1)).await.unwrap();
        *late.before.lock().unwrap() = vec![School::tokens(); loads];
        school.canvas(&other).send(get(2)).await.unwrap();
        let sent: Vec<_> = school
            .books()
            .forms
            .iter()
            .map(|form| value(form, "refresh_token").unwrap().to_owned())
            .collect();
        assert_eq!(sent, ["r0", "r0"], "the second was refused");
        assert_eq!(school.calls(), ["a0: 401", "a1: 200", "a0: 401", "a1: 200"]);
    }
}

#[tokio::test]
async fn a_rotated_refresh_token_is_kept_although_no_access_token_came_with_it() {
    for access in [json!(null), json!(""), json!("a b"), json!(7)] {
        let school = School::open().await;
        let answer = json!({"access_token": access, "refresh_token": "r1"});
        school.books().token_failure = Some(ResponseTemplate::new(200).set_body_json(answer));
        school.books().mends_after = Some(1);
        let store = Vault::with(&School::old_tokens(), 9);
        let oauth = OAuth::restore(school.app(), store.clone()).await.unwrap();
        oauth.authorization().await.unwrap_err();
        assert_eq!(store.refresh_token().await, "r1", "{access}");
        school.books().refresh = "r1".into();
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(2)).await;
        tokio::time::resume();
        school.canvas(&oauth).send(get(1)).await.unwrap();
        assert_eq!(school.calls(), ["a2: 200"]);
    }
}

#[tokio::test]
async fn the_call_after_a_login_that_the_store_did_not_take_saves_it() {
    let school = School::open().await;
    school.books().refresh = "nobody's".into();
    let vault = Vault::with(&School::old_tokens(), 9);
    let oauth = OAuth::restore(school.app(), vault.clone()).await.unwrap();
    let error = oauth.authorization().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoginRequired);
    vault.broken.store(true, Ordering::SeqCst);
    school.books().access = "b0".into();
    let fresh = Tokens::new("b0").with_refresh_token("fresh");
    let error = oauth.replace(fresh).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenStore);
    vault.broken.store(false, Ordering::SeqCst);
    school.canvas(&oauth).send(get(1)).await.unwrap();
    assert_eq!(vault.refresh_token().await, "fresh");
}

#[tokio::test]
async fn a_good_token_of_another_process_is_used_although_nothing_renews_it() {
    let school = School::open().await;
    let end = jiff::Timestamp::now() + Duration::from_secs(3600);
    let due = School::tokens().with_expires_at(end);
    let store = Arc::new(MemoryStore::new());
    let oauth = OAuth::keep(school.app(), &due, store.clone()).await;
    let canvas = school.canvas(&oauth.unwrap());
    school.books().access = "b0".into();
    let stored = Tokens::new("b0").with_expires_at(end);
    store.save(&stored).await.unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(3550)).await;
    tokio::time::resume();
    canvas.send(get(1)).await.unwrap();
    assert_eq!(school.calls(), ["b0: 200"]);
}
