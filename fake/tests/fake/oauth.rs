//! Logins to Canvas by OAuth2.

use std::time::Duration;

use canvas_groups::{
    Canvas, ErrorKind, RetryPolicy,
    auth::{
        ClientAuthentication, LoginCode, LoginRequest, MemoryStore, OAuth, OAuthApp,
        OAuthAppBuilder, PendingLogin, Tokens,
    },
    groups::{GetGroup, ListMyGroups},
    http::StatusCode,
};
use canvas_groups_fake::{DeveloperKey, FakeCanvas, NewKey, SmallSchool};
use futures::future;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::{browser, code_in};

pub(crate) const CALLBACK: &str = "https://tool.example/back?app=1";

pub(crate) fn builder(fake: &FakeCanvas, key: &DeveloperKey) -> OAuthAppBuilder {
    let builder = OAuthApp::canvas(fake.url(), &key.client_id).redirect_uri(&key.redirect_uri);
    match &key.client_secret {
        Some(secret) => builder.client_secret(secret.as_str()),
        None => builder,
    }
}

pub(crate) async fn started() -> (FakeCanvas, SmallSchool, OAuthApp) {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let key = fake.add_key(NewKey::new(CALLBACK));
    let app = builder(&fake, &key).build().unwrap();
    (fake, ids, app)
}

/// Sends a browser to the login and reads what it comes back with.
pub(crate) async fn come_back(login: LoginRequest) -> canvas_groups::Result<LoginCode> {
    let (url, pending) = login.start()?;
    pending.code(&browser(url.as_str()).await)
}

pub(crate) async fn log_in(app: &OAuthApp) -> Tokens {
    let code = come_back(app.login()).await.unwrap();
    app.exchange(code).await.unwrap()
}

pub(crate) fn client(fake: &FakeCanvas, oauth: &OAuth) -> Canvas {
    let builder = Canvas::builder(fake.url()).credentials(oauth.clone());
    builder.retry(RetryPolicy::never()).build().unwrap()
}

/// The kind of an error and the code that the server gave it.
fn reason<T>(outcome: canvas_groups::Result<T>) -> (ErrorKind, String) {
    let error = outcome.err().expect("an error");
    let code = error
        .details()
        .iter()
        .find_map(|detail| detail.code.clone());
    (error.kind(), code.unwrap_or_default())
}

/// Later, without waiting for it.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_person_logs_in_and_the_application_acts_as_that_person() {
    let (fake, ids, app) = started().await;
    fake.log_in_as(ids.students[0]);
    let tokens = log_in(&app).await;
    assert_eq!(tokens.user_id(), Some(ids.students[0]));
    let left = tokens.expires_at().unwrap().as_second() - jiff::Timestamp::now().as_second();
    assert!((3590..=3600).contains(&left), "{left}");
    let oauth = OAuth::new(app, tokens).unwrap();
    let mine = client(&fake, &oauth).send(ListMyGroups::new()).await;
    assert_eq!(mine.unwrap().items[0].id, ids.groups[0]);
}

#[tokio::test]
async fn trap_15_one_refresh_for_all_and_it_kills_the_old_token() {
    let (fake, ids, app) = started().await;
    let first = log_in(&app).await;
    let oauth = OAuth::keep(app.clone(), &first, MemoryStore::new())
        .await
        .unwrap();
    let canvas = client(&fake, &oauth);
    fake.expire(first.access_token().expose_secret());
    fake.forget_requests();
    let calls = (0..8).map(|_| canvas.send(GetGroup::new(ids.groups[0])));
    for outcome in future::join_all(calls).await {
        outcome.unwrap();
    }
    let refreshes = fake.requests().into_iter();
    let refreshes = refreshes.filter(|sent| sent.route == Some("/login/oauth2/token"));
    assert_eq!(refreshes.count(), 1);
    // The key is that of an application with a secret: its refresh token stays.
    let second = oauth.tokens();
    let text = |tokens: &Tokens| tokens.refresh_token().unwrap().expose_secret().to_owned();
    assert_eq!(text(&first), text(&second));

    // Whoever else has the same login renews it for themselves alone.
    let theirs = client(&fake, &OAuth::new(app, first).unwrap());
    theirs.send(GetGroup::new(ids.groups[0])).await.unwrap();
    let old = Canvas::new(fake.url(), second.access_token().clone()).unwrap();
    let outcome = old.send(GetGroup::new(ids.groups[0])).await;
    assert_eq!(reason(outcome).0, ErrorKind::Authentication);
}

#[tokio::test]
async fn a_code_lives_ten_minutes_and_works_once() {
    let (fake, _, app) = started().await;
    let (url, pending) = app.login().start().unwrap();
    let callback = browser(url.as_str()).await;
    app.exchange(pending.code(&callback).unwrap())
        .await
        .unwrap();
    let again = pending.code_by_hand(code_in(&callback));
    let again = app.exchange(again).await;
    let dead = (ErrorKind::LoginRequired, "invalid_grant".to_owned());
    assert_eq!(reason(again), dead);

    let fresh = come_back(app.login()).await.unwrap();
    let late = come_back(app.login()).await.unwrap();
    pass(Duration::from_secs(590)).await;
    app.exchange(fresh).await.unwrap();
    pass(Duration::from_secs(20)).await;
    assert_eq!(reason(app.exchange(late).await), dead);
    assert_eq!(
        fake.requests().last().unwrap().status,
        Some(StatusCode::BAD_REQUEST)
    );
}

#[tokio::test]
async fn a_verifier_is_tried_once() {
    let (_fake, _, app) = started().await;
    let (url, pending) = app.login().start().unwrap();
    let callback = browser(url.as_str()).await;
    let wrong = PendingLogin::new(pending.state().clone(), Some("wrong".into()));
    let dead = (ErrorKind::LoginRequired, "invalid_grant".to_owned());
    assert_eq!(
        reason(app.exchange(wrong.code(&callback).unwrap()).await),
        dead
    );
    // The challenge is gone, though the verifier is the right one now.
    let right = pending.code_by_hand(code_in(&callback));
    assert_eq!(reason(app.exchange(right).await), dead);
}

#[tokio::test]
async fn a_public_application_has_no_secret_and_its_refresh_tokens_rotate() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let key = fake.add_key(NewKey::new(CALLBACK).public());
    assert_eq!(key.client_secret, None);
    let app = builder(&fake, &key).build().unwrap();
    let without = come_back(app.login().pkce(false)).await.unwrap();
    let refused = (ErrorKind::Configuration, "invalid_client".to_owned());
    assert_eq!(reason(app.exchange(without).await), refused);

    let first = log_in(&app).await;
    let oauth = OAuth::keep(app.clone(), &first, MemoryStore::new())
        .await
        .unwrap();
    let canvas = client(&fake, &oauth);
    fake.expire(first.access_token().expose_secret());
    canvas.send(GetGroup::new(ids.groups[0])).await.unwrap();
    let second = oauth.tokens();
    let text = |tokens: &Tokens| tokens.refresh_token().unwrap().expose_secret().to_owned();
    assert_ne!(text(&first), text(&second));
    let old = client(&fake, &OAuth::new(app, first).unwrap());
    let outcome = old.send(GetGroup::new(ids.groups[0])).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::LoginRequired);

    // Two hours without use end it.
    pass(Duration::from_secs(7201)).await;
    let outcome = canvas.send(GetGroup::new(ids.groups[0])).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::LoginRequired);
}

#[tokio::test]
async fn what_a_revocation_leaves_behind() {
    let (fake, ids, app) = started().await;
    let tokens = log_in(&app).await;
    let oauth = OAuth::new(app.clone(), tokens.clone()).unwrap();
    oauth.revoke().await.unwrap();
    let again = client(&fake, &OAuth::new(app, tokens).unwrap());
    let error = again.send(GetGroup::new(ids.groups[0])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoginRequired);

    let http = reqwest::Client::builder().user_agent("t").build().unwrap();
    let url = format!("{}/login/oauth2/token", fake.url());
    let answer = http.delete(&url).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let body: Value = answer.json().await.unwrap();
    assert!(
        body["message"]
            .as_str()
            .unwrap()
            .starts_with("can't delete OAuth")
    );
}

#[tokio::test]
async fn no_refresh_helps_where_the_login_is_over() {
    for end in [FakeCanvas::revoke, FakeCanvas::expire_for_good] {
        let (fake, ids, app) = started().await;
        let tokens = log_in(&app).await;
        end(&fake, tokens.access_token().expose_secret());
        let canvas = client(&fake, &OAuth::new(app, tokens).unwrap());
        let error = canvas.send(GetGroup::new(ids.groups[0])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LoginRequired);
        let statuses: Vec<_> = fake.requests().iter().map(|sent| sent.status).collect();
        let last = [StatusCode::UNAUTHORIZED, StatusCode::BAD_REQUEST].map(Some);
        assert_eq!(statuses[2..], last);
    }
}

#[tokio::test]
async fn a_person_may_say_no() {
    let (fake, _, app) = started().await;
    fake.refuse_logins(true);
    let denied = (ErrorKind::LoginRequired, "access_denied".to_owned());
    assert_eq!(reason(come_back(app.login()).await), denied);
    let silent = come_back(app.login().prompt("none")).await;
    assert_eq!(reason(silent).1, "interaction_required");
    fake.refuse_logins(false);
    come_back(app.login().prompt("none")).await.unwrap();
    let odd = come_back(app.login().prompt("consent")).await;
    assert_eq!(reason(odd).1, "unsupported_prompt_type");
}

#[tokio::test]
async fn a_key_gives_no_scopes_but_its_own() {
    const GET_GROUP: &str = "url:GET|/api/v1/groups/:group_id";
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let key = fake.add_key(NewKey::new(CALLBACK).scopes([GET_GROUP, "/auth/userinfo"]));
    let app = builder(&fake, &key).build().unwrap();
    let login = app.login().scopes([GET_GROUP]);
    let tokens = app.exchange(come_back(login).await.unwrap()).await.unwrap();
    let canvas = client(&fake, &OAuth::new(app.clone(), tokens).unwrap());
    canvas.send(GetGroup::new(ids.groups[0])).await.unwrap();
    let other = canvas.send(ListMyGroups::new()).await.unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Scope);

    let more = app.login().scopes(["url:DELETE|/api/v1/groups/:group_id"]);
    let refused = (ErrorKind::Configuration, "invalid_scope".to_owned());
    assert_eq!(reason(come_back(more).await), refused);
    let identity = come_back(app.login().scopes(["/auth/userinfo"])).await;
    let nothing = app.exchange(identity.unwrap()).await.unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::Scope);
}

#[tokio::test]
async fn applications_that_are_not_what_they_say_are_refused() {
    let (fake, _, ours) = started().await;
    let other = fake.add_key(NewKey::new(CALLBACK));
    let code = || come_back(ours.login());
    let unknown = OAuthApp::canvas(fake.url(), "7").client_secret("any");
    let unknown = unknown.redirect_uri(CALLBACK).build().unwrap();
    let wrong = builder(&fake, &other)
        .client_secret("wrong")
        .build()
        .unwrap();
    let invalid_client = (ErrorKind::Configuration, "invalid_client".to_owned());
    for app in [unknown, wrong] {
        let error = app.exchange(code().await.unwrap()).await.unwrap_err();
        assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED));
        assert_eq!(reason(Err::<(), _>(error)), invalid_client);
    }
    let basic = builder(&fake, &other).client_authentication(ClientAuthentication::Basic);
    let basic = basic.build().unwrap();
    let foreign = basic.exchange(code().await.unwrap()).await;
    let dead = (ErrorKind::LoginRequired, "invalid_grant".to_owned());
    assert_eq!(reason(foreign), dead);
    log_in(&basic).await;
    let moved = builder(&fake, &other)
        .redirect_uri("https://evil.example/")
        .build();
    // Where the browser should come back to is not asked here.
    let code = come_back(basic.login()).await.unwrap();
    moved.unwrap().exchange(code).await.unwrap();
}

#[tokio::test]
async fn without_a_server_of_its_own_the_code_is_read_off_a_page() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let key = fake.add_key(NewKey::new("urn:ietf:wg:oauth:2.0:oob"));
    let app = builder(&fake, &key).build().unwrap();
    let (url, pending) = app.login().start().unwrap();
    let page = browser(url.as_str()).await;
    assert!(page.starts_with(&format!("{}/login/oauth2/auth?code=", fake.url())));
    let http = reqwest::Client::builder().user_agent("t").build().unwrap();
    let shown = http.get(&page).send().await.unwrap().text().await.unwrap();
    let tokens = app.exchange(pending.code_by_hand(shown)).await.unwrap();
    assert_eq!(tokens.user_id(), Some(ids.admin));
}

#[tokio::test]
async fn a_login_is_browsed_as_by_a_browser() {
    let (fake, ids, app) = started().await;
    fake.log_in_as(ids.students[1]);
    let (url, pending) = app.login().start().unwrap();
    let state = format!("state={}", pending.state().expose_secret());
    let from_outside = browser(url.as_str()).await;
    let back = fake.browse(&url).await.unwrap();
    for address in [&from_outside, &back] {
        assert!(address.starts_with(CALLBACK), "{address}");
        assert!(address.contains(&state), "{address}");
    }
    let tokens = app.exchange(pending.code(&back).unwrap()).await.unwrap();
    assert_eq!(tokens.user_id(), Some(ids.students[1]));
    let [seen, browsed, _] = &fake.requests()[..] else {
        panic!("{:?}", fake.requests());
    };
    assert_eq!(
        (&browsed.path, browsed.route, browsed.status),
        (&seen.path, seen.route, seen.status)
    );
    assert_eq!(browsed.query, seen.query);

    fake.refuse_logins(true);
    let (url, pending) = app.login().start().unwrap();
    let refused = pending.code(&fake.browse(url).await.unwrap());
    assert_eq!(
        reason(refused),
        (ErrorKind::LoginRequired, "access_denied".to_owned())
    );
}

#[tokio::test]
async fn a_page_that_leads_nowhere_is_an_error_of_the_browser() {
    let (fake, _, app) = started().await;
    let (url, _) = app.login().start().unwrap();
    let unknown = url.as_str().replace("client_id=1", "client_id=7");
    let error = fake.browse(unknown).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED));
    assert!(error.to_string().contains("unknown client"), "{error}");
    let requests = fake.requests().len();
    for elsewhere in [
        "https://school.example/login/oauth2/auth",
        "/login/oauth2/auth",
        "",
    ] {
        let error = fake.browse(elsewhere).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request, "{elsewhere}");
        assert!(error.to_string().contains(&fake.url()), "{error}");
    }
    assert_eq!(fake.requests().len(), requests);
    let route = "GET /login/oauth2/auth";
    fake.fail(1, route, canvas_groups_fake::Fault::Drop)
        .unwrap();
    let error = fake.browse(&url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    fake.browse(&url).await.unwrap();
}
