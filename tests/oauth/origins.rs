//! Tokens go to the school that issued them, and to no other.

use std::{fs, path::Path, sync::Arc};

use canvas_groups::{
    Canvas, ErrorKind, Studio,
    auth::{Credentials, FileStore, MemoryStore, OAuth, OAuthApp, TokenStore, Tokens},
};
use futures::future::BoxFuture;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::school::{School, get};

async fn two_schools() -> (School, School) {
    (School::open().await, School::open().await)
}

/// Writes the tokens of a school without an origin, as another program may.
fn write_unbound(path: &Path) {
    let json = json!({"access_token": "a0", "refresh_token": "r0"});
    fs::write(path, json.to_string()).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

fn stored(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn assert_untouched(school: &School) {
    assert_eq!((school.token_calls(), school.calls()), (0, vec![]));
}

#[tokio::test]
async fn a_token_file_is_bound_to_the_school_that_issued_its_tokens() {
    let (mine, other) = two_schools().await;
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("tokens.json"));
    OAuth::keep(mine.app(), &School::old_tokens(), store.clone())
        .await
        .unwrap();
    assert_eq!(stored(store.path())["origin"], mine.url());
    let error = OAuth::restore(other.app(), store.clone())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    let line = error.to_string();
    assert!(
        line.contains(&mine.url()) && line.contains(&other.url()),
        "{line}"
    );
    assert!(line.contains("allow_origin"), "{line}");
    assert_untouched(&other);
    // Renewed tokens are bound as well.
    let oauth = OAuth::restore(mine.app(), store.clone()).await.unwrap();
    mine.canvas(&oauth).send(get(1)).await.unwrap();
    let renewed = stored(store.path());
    assert_eq!(
        (&renewed["access_token"], &renewed["origin"]),
        (&json!("a1"), &json!(mine.url()))
    );
}

#[tokio::test]
async fn the_first_use_binds_a_token_file_without_an_origin() {
    let (mine, other) = two_schools().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    write_unbound(&path);
    // What a killed process left behind goes too.
    fs::write(folder.path().join(".tokens.json.0123456789abcdef"), "{").unwrap();
    fs::write(folder.path().join(".tokens.json.bak"), "{").unwrap();
    OAuth::restore(mine.app(), FileStore::new(&path))
        .await
        .unwrap();
    assert_eq!(
        stored(&path),
        json!({"access_token": "a0", "refresh_token": "r0", "origin": mine.url()})
    );
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|it| it.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, [".tokens.json.bak", "tokens.json"]);
    let error = OAuth::restore(other.app(), FileStore::new(&path))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_untouched(&other);
}

#[tokio::test]
async fn a_file_is_not_bound_to_tokens_that_another_process_replaced_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("tokens.json"));
    write_unbound(store.path());
    let loaded = store.load().await.unwrap().unwrap();
    let newer = Tokens::new("a1").with_refresh_token("r1");
    store.save(&newer).await.unwrap();
    store
        .bind(&loaded.with_origin("https://school.example"))
        .await
        .unwrap();
    assert_eq!(
        stored(store.path()),
        json!({"access_token": "a1", "refresh_token": "r1"})
    );
}

#[tokio::test]
async fn tokens_of_another_school_that_turn_up_in_the_store_are_not_used() {
    let (mine, other) = two_schools().await;
    let store = Arc::new(MemoryStore::new());
    let oauth = OAuth::keep(mine.app(), &School::tokens(), store.clone())
        .await
        .unwrap();
    let theirs = Tokens::new("theirs")
        .with_refresh_token("theirs")
        .with_origin(other.url());
    store.save(&theirs).await.unwrap();
    mine.kill_token();
    let error = mine.canvas(&oauth).send(get(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(mine.calls(), ["a0: 401"]);
    assert_eq!(mine.token_calls(), 0);
    assert_eq!(oauth.tokens().access_token().expose_secret(), "a0");
}

#[tokio::test]
async fn tokens_of_another_school_are_no_login() {
    let (mine, other) = two_schools().await;
    let theirs = School::tokens().with_origin(other.url());
    let oauth = OAuth::new(mine.app(), School::tokens()).unwrap();
    for error in [
        OAuth::new(mine.app(), theirs.clone()).unwrap_err(),
        OAuth::keep(mine.app(), &theirs, MemoryStore::new())
            .await
            .unwrap_err(),
        oauth.replace(theirs).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Configuration);
    }
    assert_eq!(oauth.tokens().origin(), Some(&*mine.url()));
    oauth.authorization().await.unwrap();
}

#[tokio::test]
async fn a_login_is_for_clients_of_its_school_alone() {
    let (mine, other) = two_schools().await;
    let oauth = OAuth::new(mine.app(), School::tokens()).unwrap();
    let error = Canvas::builder(other.url())
        .credentials(oauth.clone())
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("allow_origin"), "{error}");
    // Shared, and through a pointer, they are the same.
    let shared: Arc<dyn Credentials> = Arc::new(oauth.clone());
    assert!(
        Studio::builder(other.url())
            .credentials(shared)
            .build()
            .is_err()
    );
    for own in [
        mine.url(),
        format!("{}/api/v1/", mine.url()),
        format!("{}/lms", mine.url()),
    ] {
        Canvas::builder(own)
            .credentials(oauth.clone())
            .build()
            .unwrap();
    }
    let another_port = mine.url().replace("http://127.0.0.1", "http://localhost");
    assert!(
        Canvas::builder(another_port)
            .credentials(oauth)
            .build()
            .is_err()
    );
}

#[tokio::test]
async fn an_origin_that_is_allowed_is_as_good_as_the_own_one() {
    let (mine, former) = two_schools().await;
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("tokens.json"));
    OAuth::keep(former.app(), &School::tokens(), store.clone())
        .await
        .unwrap();
    let app = mine
        .app_builder()
        .allow_origin(format!("{}/api/v1", former.url()));
    let oauth = OAuth::restore(app.build().unwrap(), store).await.unwrap();
    for school in [&mine, &former] {
        school.canvas(&oauth).send(get(1)).await.unwrap();
    }
    for wrong in [
        "",
        "school.example",
        "ftp://school.example",
        "http://school.example",
        "https://a:b@c.example",
    ] {
        let app = mine.app_builder().allow_origin(wrong).build();
        assert_eq!(app.unwrap_err().kind(), ErrorKind::Configuration, "{wrong}");
    }
}

#[tokio::test]
async fn a_login_comes_back_once_for_all_that_know_its_state() {
    let school = School::open().await;
    let app = school.app();
    let (_, pending) = app.login().start().unwrap();
    let state = pending.state().expose_secret();
    let callback = format!("/back?code=c0de&state={state}");
    // As a web server that keeps the parts in its sessions.
    let again = || {
        canvas_groups::auth::PendingLogin::new(state, None)
            .code(&callback)
            .unwrap()
    };
    let (first, second) = (again(), again());
    app.exchange(first).await.unwrap_err();
    assert_eq!(school.token_calls(), 1);
    let error = app.clone().exchange(second).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoginRequired);
    assert!(error.to_string().contains("only once"), "{error}");
    assert_eq!(school.token_calls(), 1, "the code was not sent");
}

#[tokio::test]
async fn a_code_of_another_issuer_is_sent_nowhere() {
    let school = School::open().await;
    let app = school.app();
    let named = school
        .app_builder()
        .issuer("https://sso.example")
        .build()
        .unwrap();
    let come_back = |app: &OAuthApp, iss: &str, is_restored: bool| {
        let (_, mut pending) = app.login().start().unwrap();
        if is_restored {
            pending = canvas_groups::auth::PendingLogin::new(pending.state().clone(), None);
        }
        let mut url = url::Url::parse("https://tool.example/back").unwrap();
        url.query_pairs_mut()
            .append_pair("code", "c0de")
            .append_pair("state", pending.state().expose_secret())
            .append_pair("iss", iss);
        pending.code(url.as_str())
    };
    for (app, good, bad) in [
        (&app, school.url(), "https://evil.example".to_owned()),
        (&named, "https://sso.example".to_owned(), school.url()),
    ] {
        let refused = come_back(app, &bad, false).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::LoginRequired);
        let before = school.token_calls();
        let late = app
            .exchange(come_back(app, &bad, true).unwrap())
            .await
            .unwrap_err();
        assert_eq!(late.kind(), ErrorKind::LoginRequired);
        assert!(late.to_string().contains("issuer"), "{late}");
        assert_eq!(school.token_calls(), before);
        // The school knows no codes, but it was asked.
        for is_restored in [false, true] {
            let code = come_back(app, &good, is_restored).unwrap();
            app.exchange(code).await.unwrap_err();
        }
        assert_eq!(school.token_calls(), before + 2);
    }
}

/// A store of earlier days, which knows nothing of origins.
#[derive(Debug, Default)]
struct Old(MemoryStore);

impl TokenStore for Old {
    fn load(&self) -> BoxFuture<'_, canvas_groups::Result<Option<Tokens>>> {
        self.0.load()
    }
    fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, canvas_groups::Result<()>> {
        self.0.save(tokens)
    }
    fn clear(&self) -> BoxFuture<'_, canvas_groups::Result<()>> {
        self.0.clear()
    }
}

#[tokio::test]
async fn a_store_that_cannot_bind_has_the_origin_with_the_next_renewal() {
    let school = School::open().await;
    let store = Arc::new(Old::default());
    store.save(&School::old_tokens()).await.unwrap();
    let oauth = OAuth::restore(school.app(), store.clone()).await.unwrap();
    assert_eq!(oauth.tokens().origin(), Some(&*school.url()));
    assert_eq!(store.load().await.unwrap().unwrap().origin(), None);
    oauth.authorization().await.unwrap();
    assert_eq!(
        store.load().await.unwrap().unwrap().origin(),
        Some(&*school.url())
    );
}
