//! What goes to the token endpoint, and what its answers mean.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose};
use canvas_groups::{
    Error, ErrorKind, Result,
    auth::{
        ClientAuthentication, Credentials, FileStore, LoginCode, OAuth, OAuthApp, OAuthAppBuilder,
        PendingLogin, TokenStore, Tokens,
    },
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{any, method, path},
};

use crate::school::{CLIENT_ID, SECRET, School, value};

const BACK: &str = "https://tool.example/back";
const TOKENS: &str = r#"{"access_token":"a","refresh_token":"r","expires_in":3600}"#;

fn app(url: &str) -> OAuthAppBuilder {
    OAuthApp::canvas(url, CLIENT_ID)
        .client_secret(SECRET)
        .redirect_uri(BACK)
        .user_agent("roster-sync/2.1")
}

/// A code that came back from a login, and the challenge that the server saw at first.
fn log_in(app: &OAuthApp) -> (LoginCode, String) {
    let (url, pending) = app.login().start().unwrap();
    let (_, challenge) = url
        .query_pairs()
        .find(|(name, _)| name == "code_challenge")
        .unwrap();
    let state = pending.state().expose_secret();
    let code = pending
        .code(&format!("{BACK}?code=c0de&state={state}"))
        .unwrap();
    (code, challenge.into_owned())
}

/// A token endpoint that answers everything in one way.
async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

async fn only_request(server: &MockServer) -> Request {
    let mut requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1, "{requests:?}");
    requests.remove(0)
}

fn form(request: &Request) -> Vec<(String, String)> {
    url::form_urlencoded::parse(&request.body)
        .into_owned()
        .collect()
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    Some(request.headers.get(name)?.to_str().unwrap())
}

async fn exchange(app: OAuthAppBuilder) -> Result<Tokens> {
    let app = app.build().unwrap();
    let (code, _) = log_in(&app);
    app.exchange(code).await
}

#[tokio::test]
async fn trap_13_an_exchange_is_one_form_with_a_user_agent_and_no_cookie() {
    let ok = ResponseTemplate::new(200)
        .insert_header("set-cookie", "canvas_session=1")
        .set_body_string(TOKENS);
    let server = answering(ok).await;
    let app = app(&server.uri()).build().unwrap();
    let (code, challenge) = log_in(&app);
    let tokens = app.exchange(code).await.unwrap();
    assert_eq!(tokens.access_token().expose_secret(), "a");
    assert_eq!(tokens.refresh_token().unwrap().expose_secret(), "r");
    let request = only_request(&server).await;
    assert_eq!(
        (request.method.as_str(), request.url.path()),
        ("POST", "/login/oauth2/token")
    );
    assert_eq!(request.url.query(), None);
    let agent = header(&request, "user-agent").unwrap();
    assert!(
        agent.starts_with("roster-sync/2.1 canvas-groups/"),
        "{agent}"
    );
    let form_type = "application/x-www-form-urlencoded";
    assert_eq!(header(&request, "content-type"), Some(form_type));
    assert_eq!(header(&request, "authorization"), None);
    let form = form(&request);
    let verifier = value(&form, "code_verifier").unwrap();
    let digest = Sha256::digest(verifier);
    assert_eq!(general_purpose::URL_SAFE_NO_PAD.encode(digest), challenge);
    assert_eq!(form.len(), 6, "{form:?}");
    for (name, expected) in [
        ("grant_type", "authorization_code"),
        ("redirect_uri", BACK),
        ("code", "c0de"),
        ("client_id", CLIENT_ID),
        ("client_secret", SECRET),
    ] {
        assert_eq!(value(&form, name), Some(expected));
    }
    // The cookie does not come back.
    app.exchange(log_in(&app).0).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    assert!(
        requests
            .iter()
            .all(|request| header(request, "cookie").is_none())
    );
}

#[tokio::test]
async fn id_and_secret_go_into_the_header_if_so_said() {
    let server = answering(ResponseTemplate::new(200).set_body_string(TOKENS)).await;
    exchange(app(&server.uri()).client_authentication(ClientAuthentication::Basic))
        .await
        .unwrap();
    let request = only_request(&server).await;
    let pair = general_purpose::STANDARD.encode(format!("{CLIENT_ID}:{SECRET}"));
    assert_eq!(
        header(&request, "authorization"),
        Some(&*format!("Basic {pair}"))
    );
    let form = form(&request);
    assert!(value(&form, "client_id").is_none() && value(&form, "client_secret").is_none());
}

#[tokio::test]
async fn a_public_client_sends_its_id_and_no_secret() {
    let server = answering(ResponseTemplate::new(200).set_body_string(TOKENS)).await;
    exchange(OAuthApp::canvas(server.uri(), CLIENT_ID).redirect_uri(BACK))
        .await
        .unwrap();
    let form = form(&only_request(&server).await);
    assert_eq!(value(&form, "client_id"), Some(CLIENT_ID));
    assert!(form.iter().all(|(name, _)| name != "client_secret"));
}

#[tokio::test]
async fn studio_has_its_own_endpoints_and_renews_both_tokens() {
    let server = answering(ResponseTemplate::new(200).set_body_string(
        r#"{"access_token":"AT2","token_type":"Bearer","expires_in":7200,"refresh_token":"RT2","created_at":1700000000}"#,
    ))
    .await;
    let app = OAuthApp::studio(server.uri(), "id")
        .client_secret("secret")
        .redirect_uri(BACK);
    let app = app.build().unwrap();
    let (url, _) = app.login().start().unwrap();
    assert_eq!(url.path(), "/api/public/oauth/authorize");
    let over = Tokens::new("AT1")
        .with_refresh_token("RT1")
        .with_expires_at(jiff::Timestamp::now());
    let oauth = OAuth::new(app, over).unwrap();
    oauth.authorization().await.unwrap();
    assert_eq!(
        oauth.tokens().refresh_token().unwrap().expose_secret(),
        "RT2"
    );
    let request = only_request(&server).await;
    assert_eq!(request.url.path(), "/api/public/oauth/token");
    assert_eq!(
        String::from_utf8(request.body).unwrap(),
        "grant_type=refresh_token&refresh_token=RT1&client_id=id&client_secret=secret"
    );
    let error = oauth.revoke().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn trap_19_the_302_of_a_failed_exchange_is_read_and_not_followed() {
    let server = MockServer::start().await;
    let back = format!("{}/back", server.uri());
    let target =
        format!("{back}?x=1&error=invalid_grant&error_description=authorization_code+not+found");
    let moved = ResponseTemplate::new(302).insert_header("location", target.as_str());
    Mock::given(method("POST"))
        .respond_with(moved)
        .mount(&server)
        .await;
    Mock::given(path("/back"))
        .respond_with(ResponseTemplate::new(200))
        .expect(0)
        .mount(&server)
        .await;
    let error = exchange(app(&server.uri()).redirect_uri(back))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoginRequired);
    assert_eq!(error.details()[0].code.as_deref(), Some("invalid_grant"));
    assert!(
        error.to_string().contains("authorization_code not found"),
        "{error}"
    );
    only_request(&server).await;
}

#[tokio::test]
async fn a_302_without_an_error_in_it_is_a_redirect_and_not_followed() {
    let server = MockServer::start().await;
    let moved = ResponseTemplate::new(307).insert_header("location", "/elsewhere");
    Mock::given(method("POST"))
        .respond_with(moved)
        .mount(&server)
        .await;
    let error = exchange(app(&server.uri())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Redirect);
    only_request(&server).await;
}

#[tokio::test]
async fn a_refusal_says_whether_the_person_or_the_settings_are_at_fault() {
    let refused = |error: &str| json!({"error": error, "error_description": "in words"});
    let page = Value::String("<html>".into());
    for (status, body, expected) in [
        (400, refused("invalid_grant"), ErrorKind::LoginRequired),
        (401, refused("invalid_client"), ErrorKind::Configuration),
        (400, refused("invalid_client"), ErrorKind::Configuration),
        (400, refused("invalid_request"), ErrorKind::Configuration),
        (400, refused("invalid_scope"), ErrorKind::Configuration),
        (
            403,
            json!({"error": "Forbidden", "message": "send a user agent"}),
            ErrorKind::UserAgent,
        ),
        (429, page.clone(), ErrorKind::Throttled),
        (502, page, ErrorKind::Server),
    ] {
        let answer = ResponseTemplate::new(status)
            .insert_header("www-authenticate", "Canvas OAuth 2.0")
            .set_body_json(&body);
        let server = answering(answer).await;
        let error = exchange(app(&server.uri())).await.unwrap_err();
        assert_eq!(error.kind(), expected, "{status} {body}");
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert_eq!(error.request(), Some("POST /login/oauth2/token"));
        only_request(&server).await;
    }
}

#[tokio::test]
async fn a_login_without_access_to_the_api_is_an_error_that_says_so() {
    let body = r#"{"access_token":null,"token_type":"Bearer","user":{"id":42}}"#;
    let server = answering(ResponseTemplate::new(200).set_body_string(body)).await;
    let error = exchange(app(&server.uri())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Scope);
    assert!(
        error.to_string().contains("no access to the API"),
        "{error}"
    );
}

#[tokio::test]
async fn trap_27_an_endless_token_answer_is_cut() {
    let body = vec![b' '; 3 * 1024 * 1024];
    let server = answering(ResponseTemplate::new(200).set_body_bytes(body)).await;
    let error = exchange(app(&server.uri())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

/// A server that does something with each connection once a request has come in.
async fn raw<F, D>(act: F) -> (String, Arc<AtomicUsize>)
where
    F: Fn(TcpStream) -> D + Send + 'static,
    D: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let seen = count.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut start = [0; 4096];
            if stream.read(&mut start).await.unwrap_or(0) > 0 {
                seen.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(act(stream));
            }
        }
    });
    (url, count)
}

#[tokio::test]
async fn an_exchange_that_was_sent_is_never_sent_again() {
    let (url, count) = raw(|stream| async move { drop(stream) }).await;
    let error = exchange(app(&url)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert!(error.outcome_unknown());
    sleep(Duration::from_millis(1_200)).await;
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn trap_14_a_silent_token_endpoint_and_one_that_stops_midway_end_in_a_timeout() {
    let start = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"access_token\":";
    for head in ["", start] {
        let (url, count) = raw(move |mut stream| async move {
            stream.write_all(head.as_bytes()).await.unwrap();
            sleep(Duration::from_secs(60)).await;
        })
        .await;
        let call = exchange(app(&url).timeout(Duration::from_millis(300)));
        let error = timeout(Duration::from_secs(5), call)
            .await
            .unwrap()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn an_exchange_waits_for_a_server_that_is_not_up_yet() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let late = tokio::spawn(async move {
        sleep(Duration::from_millis(200)).await;
        let listener = std::net::TcpListener::bind(address).unwrap();
        let server = MockServer::builder().listener(listener).start().await;
        let ok = ResponseTemplate::new(200).set_body_string(TOKENS);
        Mock::given(method("POST"))
            .respond_with(ok)
            .expect(1)
            .mount(&server)
            .await;
        server
    });
    exchange(app(&format!("http://{address}"))).await.unwrap();
    drop(late.await.unwrap());
}

#[tokio::test]
async fn no_connection_at_all_ends_after_three_tries() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error: Error = exchange(app(&url)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(!error.outcome_unknown());
}

#[tokio::test]
async fn a_revoked_login_is_gone_on_the_server_and_from_the_store() {
    let school = School::open().await;
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path().join("tokens"));
    let oauth = OAuth::keep(school.app(), &School::tokens(), store.clone())
        .await
        .unwrap();
    // The access token is dead, as after its hour: another is needed to revoke the login.
    school.kill_token();
    let revoked = oauth.revoke().await.unwrap();
    assert_eq!(
        revoked.forward_url.unwrap().as_str(),
        "https://idp.example/out"
    );
    assert!(school.books().is_revoked);
    assert!(store.load().await.unwrap().is_none());
    assert_eq!(school.token_calls(), 1);
    for _ in 0..3 {
        let error = oauth.authorization().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LoginRequired);
    }
    assert_eq!(school.token_calls(), 1);
}

#[tokio::test]
async fn a_login_that_is_dead_already_counts_as_revoked() {
    let school = School::open().await;
    school.books().refresh = "nobody's".into();
    school.kill_token();
    let oauth = OAuth::new(school.app(), School::old_tokens()).unwrap();
    oauth.revoke().await.unwrap();
    assert!(!school.books().is_revoked);
    assert_eq!(
        oauth.authorization().await.unwrap_err().kind(),
        ErrorKind::LoginRequired
    );
    assert_eq!(school.token_calls(), 1);
}

#[tokio::test]
async fn a_login_kept_in_a_session_goes_on_from_its_parts() {
    let server = answering(ResponseTemplate::new(200).set_body_string(TOKENS)).await;
    let app = app(&server.uri()).build().unwrap();
    let (_, pending) = app.login().start().unwrap();
    let verifier = pending.verifier().unwrap().clone();
    let again = PendingLogin::new(pending.state().clone(), Some(verifier.clone()));
    let state = pending.state().expose_secret();
    let code = again
        .code(&format!("/back?state={state}&code=c0de"))
        .unwrap();
    app.exchange(code).await.unwrap();
    let form = form(&only_request(&server).await);
    assert_eq!(
        value(&form, "code_verifier"),
        Some(verifier.expose_secret())
    );
}
