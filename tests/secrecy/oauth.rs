//! OAuth2.

use super::*;

pub(crate) fn app_builder(url: &str) -> OAuthAppBuilder {
    OAuthApp::canvas(url, CLIENT_ID)
        .client_secret(CLIENT_SECRET)
        .redirect_uri("https://tool.example/back")
        .timeout(Duration::from_secs(5))
}

/// A Canvas that gives out rotating tokens, and has the first ones die.
pub(crate) async fn canvas_with_logins(good: Arc<Mutex<&'static str>>) -> MockServer {
    let server = MockServer::start().await;
    let token_path = "/login/oauth2/token";
    let tokens = good.clone();
    Mock::given(method("POST"))
        .and(path(token_path))
        .respond_with(move |request: &Request| {
            let form: Vec<_> = url::form_urlencoded::parse(&request.body)
                .into_owned()
                .collect();
            let value = |name: &str| {
                let mut pairs = form.iter().filter(|(key, _)| key == name);
                pairs.next().map(|(_, value)| value.clone())
            };
            let (access, refresh) = match (value("code"), value("refresh_token").as_deref()) {
                (Some(code), _) => {
                    assert_eq!(code, CODE);
                    assert!(value("code_verifier").is_some_and(|it| it.len() == 43));
                    (ACCESS, REFRESH)
                }
                (None, Some(REFRESH)) => (ACCESS_2, REFRESH_2),
                (None, Some(REFRESH_2)) => (ACCESS_3, REFRESH_3),
                (None, other) => {
                    let all = words(request).join(" ");
                    let words = format!("refresh_token not found: {other:?} {all}");
                    let body = json!({"error": "invalid_request", "error_description": words});
                    return ResponseTemplate::new(400).set_body_json(body);
                }
            };
            *tokens.lock().unwrap() = access;
            let answer = ResponseTemplate::new(200).set_body_json(json!({
                "access_token": access, "refresh_token": refresh, "expires_in": 3600,
                "token_type": "Bearer", "user": {"id": 42, "name": "Ada"},
            }));
            with_headers(answer, &words(request))
        })
        .mount(&server)
        .await;
    Mock::given(any())
        .respond_with(move |request: &Request| {
            match bearer_of(request) == Some(*good.lock().unwrap()) {
                true if request.method == "DELETE" => ResponseTemplate::new(200),
                true => ResponseTemplate::new(200).set_body_json(json!({"id": 1})),
                false => unauthenticated(request),
            }
        })
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn trap_18_oauth_from_the_login_to_the_revocation() {
    let mut shown = shown();
    let good = Arc::new(Mutex::new(ACCESS));
    let server = canvas_with_logins(good.clone()).await;
    let builder = app_builder(&server.uri());
    shown.debug("app builder", &builder);
    let app = builder.build().unwrap();
    let login = app.login().purpose("test");
    shown.debug("app and login", &(&app, &login));
    let (_, pending) = login.start().unwrap();
    let verifier = pending.verifier().unwrap().expose_secret().to_owned();
    let state = pending.state().expose_secret().to_owned();
    shown.hide(&verifier);
    shown.hide(&state);
    shown.debug("pending", &pending);
    let escaped: String = url::form_urlencoded::byte_serialize(CODE.as_bytes()).collect();
    for callback in [
        format!("/back?code={escaped}&state=other"),
        format!("/back?code={escaped}&code={escaped}&state={state}"),
        format!("/back?code={escaped}&state={state}&state={state}"),
        format!("/back/{escaped}"),
        format!("/back?code=&state={state}&x={escaped}"),
    ] {
        shown.failure("callback", pending.code(&callback));
    }
    let code = pending.code(&format!("/back?code={escaped}&state={state}"));
    let code = code.unwrap();
    shown.debug("code", &code);
    let tokens = app.exchange(code).await.unwrap();
    shown.debug("tokens", &tokens);
    shown.debug("tokens as JSON", &tokens.to_json());
    shown.failure(
        "damaged tokens",
        Tokens::from_json(&format!("[\"{ACCESS}\"]")),
    );
    shown.failure(
        "bad tokens",
        OAuth::new(app.clone(), Tokens::new(format!("{ACCESS}\n"))),
    );

    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("tokens.json"));
    let memory = MemoryStore::new();
    memory.save(&tokens).await.unwrap();
    shown.debug("stores", &(&store, &memory));
    let oauth = OAuth::keep(app.clone(), &tokens, store.clone())
        .await
        .unwrap();
    let builder = Canvas::builder(server.uri()).credentials(oauth.clone());
    shown.debug("builder with OAuth", &builder);
    let canvas = builder.retry(never()).build().unwrap();
    shown.debug("client with OAuth", &(&canvas, &oauth));

    // Good, then renewed once, then dead.
    let get = || GetGroup::new(GroupId::new(1));
    canvas.send(get()).await.unwrap();
    *good.lock().unwrap() = "nobody's";
    canvas.send(get()).await.unwrap();
    assert_eq!(
        oauth.tokens().refresh_token().unwrap().expose_secret(),
        REFRESH_2
    );
    shown.debug("renewed", &(oauth.tokens(), oauth.authorization().await));
    // So soon after a renewal there is no other.
    *good.lock().unwrap() = "nobody's";
    let error = shown.failure("refused again", canvas.send(get()).await);
    assert_eq!(error.kind(), ErrorKind::Authentication);
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    canvas.send(get()).await.unwrap();
    *good.lock().unwrap() = "nobody's";
    tokio::time::sleep(Duration::from_millis(4_100)).await;
    let error = shown.failure("dead refresh token", canvas.send(get()).await);
    assert_eq!(error.kind(), ErrorKind::LoginRequired);
    let error = shown.failure("still dead", canvas.send(get()).await);
    assert_eq!(error.kind(), ErrorKind::LoginRequired);
    shown.debug("dead", &(&canvas, &oauth, oauth.tokens(), &store));

    // A new login, and the end of it.
    *good.lock().unwrap() = ACCESS;
    oauth
        .replace(Tokens::new(ACCESS).with_refresh_token(REFRESH))
        .await
        .unwrap();
    canvas.send(get()).await.unwrap();
    shown.debug("revoked", &oauth.revoke().await.unwrap());
    shown.failure("after the end", canvas.send(get()).await);
    shown.failure("an empty store", OAuth::restore(app.clone(), store).await);

    // A store that cannot be written to.
    let nowhere = FileStore::new(folder.path().join("no/folder/tokens.json"));
    shown.failure(
        "no folder",
        OAuth::keep(app.clone(), &tokens, nowhere).await,
    );
    let torn = folder.path().join("torn.json");
    std::fs::write(&torn, format!("{{\"access_token\":\"{ACCESS}\",\"refr")).unwrap();
    shown.failure(
        "a torn file",
        OAuth::restore(app, FileStore::new(torn)).await,
    );
    shown.check();
    assert!(traces().text().contains("renewing the access token"));
    assert!(traces().text().contains("no new access token"));
}

#[tokio::test]
async fn trap_18_token_endpoints_that_echo_whatever_they_are_sent() {
    let mut shown = shown();
    let (server, echo) = echoing().await;
    for how in [ClientAuthentication::Body, ClientAuthentication::Basic] {
        let app = app_builder(&server.uri()).client_authentication(how);
        let app = app.build().unwrap();
        for (status, way) in echo.ways() {
            let place = |what: &str| format!("{what} {way} {how:?}");
            let (_, pending) = app.login().start().unwrap();
            shown.hide(pending.verifier().unwrap().expose_secret());
            let outcome = app.exchange(pending.code_by_hand(CODE)).await;
            shown.failure(&place("exchange"), outcome);
            let tokens = Tokens::new(ACCESS).with_refresh_token(REFRESH);
            let over = tokens.clone().with_expires_at(jiff::Timestamp::now());
            let oauth = OAuth::keep(app.clone(), &over, MemoryStore::new()).await;
            let oauth = oauth.unwrap();
            shown.failure(&place("refresh"), oauth.authorization().await);
            let canvas = Canvas::builder(server.uri()).credentials(oauth.clone());
            let canvas = canvas.retry(never()).build().unwrap();
            let outcome = canvas.send(GetGroup::new(GroupId::new(1))).await;
            shown.failure(&place("call"), outcome);
            shown.debug(&place("client"), &(&canvas, &oauth));
            let oauth = OAuth::new(app.clone(), tokens).unwrap();
            match oauth.revoke().await {
                Err(error) => shown.error(&place("revocation"), &error),
                Ok(_) => assert!(matches!(status, 200 | 302 | 400 | 401), "{status}"),
            }
        }
    }
    for (url, timeout) in [(rude(), 5_000), (nobody(), 5_000), (silent(), 50)] {
        let app = app_builder(&url).timeout(Duration::from_millis(timeout));
        let app = app.build().unwrap();
        let over = Tokens::new(ACCESS)
            .with_refresh_token(REFRESH)
            .with_expires_at(jiff::Timestamp::now());
        let oauth = OAuth::new(app.clone(), over).unwrap();
        shown.failure("no answer to a refresh", oauth.authorization().await);
        let (_, pending) = app.login().start().unwrap();
        let outcome = app.exchange(pending.code_by_hand(CODE)).await;
        shown.failure("no answer to an exchange", outcome);
    }
    shown.check();
}
