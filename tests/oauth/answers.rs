//! What the token endpoint can answer, and what becomes of the login and of the call.

use std::{sync::Arc, time::Duration};

use canvas_groups::{
    ErrorKind,
    auth::{Credentials, MemoryStore, OAuth, OAuthApp, TokenStore, Tokens},
    groups::CreateGroup,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::time::advance;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::school::{CLIENT_ID, School, get};

fn refused(error: &str) -> Value {
    json!({"error": error, "error_description": "in words"})
}

fn page(status: u16) -> ResponseTemplate {
    let page = "<!DOCTYPE html><html><title>Welcome to the campus network</title></html>";
    ResponseTemplate::new(status).set_body_raw(page, "text/html")
}

fn json(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

fn redirect(status: u16, location: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).insert_header("location", location)
}

const BACK: &str = "https://tool.example/back";

/// Every answer of the token endpoint, and what it means for a renewal.
fn answers() -> Vec<(&'static str, ResponseTemplate, ErrorKind)> {
    use ErrorKind::*;
    let challenge = "Canvas OAuth 2.0";
    let dead_at_api = json!({"errors": [{"message": "Invalid access token."}]});
    let scope = json!({"errors": [{"message": "Insufficient scopes on access token."}]});
    let moved = |status: u16, to: &str, error: &str| {
        redirect(status, &format!("{to}?error={error}&error_description=x"))
    };
    let portal = "https://portal.example/login";
    vec![
        // Only these say that a person has to log in again.
        (
            "revoked",
            json(400, &refused("invalid_grant")),
            LoginRequired,
        ),
        (
            "revoked, 401",
            json(401, &refused("invalid_grant")),
            LoginRequired,
        ),
        (
            "revoked, old",
            json(400, &refused("invalid_request")),
            LoginRequired,
        ),
        (
            "denied",
            json(400, &refused("access_denied")),
            LoginRequired,
        ),
        // The application is at fault.
        (
            "client",
            json(401, &refused("invalid_client")).insert_header("www-authenticate", challenge),
            Configuration,
        ),
        (
            "client, old",
            json(400, &refused("invalid_client")),
            Configuration,
        ),
        (
            "not for it",
            json(400, &refused("unauthorized_client")),
            Configuration,
        ),
        (
            "grant",
            json(400, &refused("unsupported_grant_type")),
            Configuration,
        ),
        ("scope", json(400, &refused("invalid_scope")), Configuration),
        (
            "target",
            json(400, &refused("invalid_target")),
            Configuration,
        ),
        (
            "agent",
            json(403, &json!({"message": "send a user agent"})),
            UserAgent,
        ),
        // The server is, for now.
        ("says so", json(400, &refused("server_error")), Server),
        (
            "for now",
            json(400, &refused("temporarily_unavailable")),
            Server,
        ),
        ("failed", page(500), Server),
        ("gateway", page(502), Server),
        ("maintenance", page(503), Server),
        ("slow gateway", page(504), Server),
        ("network", page(511), Server),
        (
            "failed, with a code",
            json(500, &refused("invalid_grant")),
            Server,
        ),
        ("slow down", page(429), Throttled),
        (
            "quota",
            ResponseTemplate::new(403).set_body_string("403 Forbidden (Rate Limit Exceeded)"),
            Throttled,
        ),
        ("too slow", page(408), Timeout),
        // Something else answered.
        ("portal", page(200), Connect),
        ("portal, empty", ResponseTemplate::new(200), Connect),
        ("portal, no content", ResponseTemplate::new(204), Connect),
        ("portal, json", json(200, &json!({"status": "ok"})), Connect),
        ("portal, list", json(200, &json!(["a", "b"])), Connect),
        (
            "portal, endless",
            ResponseTemplate::new(200).set_body_bytes(vec![b' '; 2_000_000]),
            Connect,
        ),
        (
            "portal, code in a success",
            json(200, &refused("invalid_grant")),
            Connect,
        ),
        (
            "portal, moved",
            redirect(302, "https://portal.example/login"),
            Connect,
        ),
        ("portal, moved 303", redirect(303, "/login"), Connect),
        (
            "portal, moved 307",
            redirect(307, "https://portal.example/login?error_code=7"),
            Connect,
        ),
        (
            "portal, moved 308",
            redirect(308, "https://portal.example/"),
            Connect,
        ),
        // A renewal names no address of the application, so no redirect is an answer to it.
        ("revoked, back", moved(302, BACK, "invalid_grant"), Connect),
        (
            "revoked, back to more",
            redirect(302, &format!("{BACK}?x=1&error=invalid_grant#x")),
            Connect,
        ),
        ("client, back", moved(302, BACK, "invalid_client"), Connect),
        (
            "denied by a portal",
            moved(302, portal, "access_denied"),
            Connect,
        ),
        (
            "revoked, at a portal",
            moved(302, portal, "invalid_grant"),
            Connect,
        ),
        (
            "client, at a portal",
            moved(303, portal, "invalid_client"),
            Connect,
        ),
        ("revoked, 301", moved(301, BACK, "invalid_grant"), Connect),
        ("revoked, 303", moved(303, BACK, "invalid_grant"), Connect),
        ("revoked, 307", moved(307, BACK, "invalid_grant"), Connect),
        (
            "revoked, beside",
            moved(302, &format!("{BACK}/more"), "invalid_grant"),
            Connect,
        ),
        (
            "revoked, here",
            moved(302, "/login", "invalid_grant"),
            Connect,
        ),
        (
            "revoked, in the body of a redirect",
            redirect(302, portal).set_body_json(refused("invalid_grant")),
            Connect,
        ),
        (
            "revoked, redirected nowhere",
            json(302, &refused("invalid_grant")),
            Connect,
        ),
        ("not modified", ResponseTemplate::new(304), Connect),
        ("page 400", page(400), Connect),
        ("page 401", page(401), Connect),
        ("page 403", page(403), Connect),
        ("page 404", page(404), Connect),
        ("method", page(405), Connect),
        ("proxy", page(407), Connect),
        ("conflict", page(409), Connect),
        ("teapot", page(418), Connect),
        ("parameters", json(422, &json!({})), Connect),
        ("law", page(451), Connect),
        (
            "api",
            json(401, &dead_at_api).insert_header("www-authenticate", "Bearer realm=\"x\""),
            Connect,
        ),
        ("api, scope", json(401, &scope), Connect),
        (
            "api, masquerade",
            json(401, &json!({"errors": "Invalid as_user_id"})),
            Connect,
        ),
        (
            "api, rights",
            json(401, &json!({"status": "unauthorized"})),
            Connect,
        ),
        (
            "another code",
            json(400, &refused("quota_exceeded")),
            Connect,
        ),
        (
            "no code",
            json(400, &json!({"error": {"code": "invalid_grant"}})),
            Connect,
        ),
        (
            "code elsewhere",
            json(404, &refused("invalid_grant")),
            Connect,
        ),
        ("a text", json(400, &json!("invalid_grant")), Connect),
    ]
}

#[tokio::test]
async fn only_the_codes_of_oauth_say_that_a_person_has_to_log_in_again() {
    for (name, answer, expected) in answers() {
        let school = School::open().await;
        school.books().token_failure = Some(answer);
        school.books().mends_after = Some(1);
        let oauth = OAuth::new(school.app(), School::old_tokens()).unwrap();
        let error = oauth.authorization().await.unwrap_err();
        assert_eq!(error.kind(), expected, "{name}: {error}");
        let is_final = matches!(
            expected,
            ErrorKind::LoginRequired | ErrorKind::Configuration | ErrorKind::UserAgent
        );
        // A proxy's demand for a login stays until somebody meets it, but ends nothing.
        let is_final = is_final || name == "proxy";
        assert_eq!(error.is_transient(), !is_final, "{name}: {error}");
        assert!(!error.outcome_unknown(), "{name}: the call was not sent");
        let line = error.to_string();
        assert_eq!(
            line.contains("log in again"),
            expected == ErrorKind::LoginRequired,
            "{name}: {line}"
        );
        assert!(!line.contains("permission"), "{name}: {line}");
        assert!(line.contains("POST /login/oauth2/token"), "{name}: {line}");
        // What is over in a moment ended nothing: the same tokens are renewed after it.
        tokio::time::pause();
        advance(Duration::from_secs(61)).await;
        tokio::time::resume();
        let later = oauth.authorization().await;
        assert_eq!(
            later.is_ok(),
            expected != ErrorKind::LoginRequired,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_call_of_any_method_outlives_a_page_in_the_place_of_the_token_endpoint() {
    for answer in [
        page(200),
        page(404),
        redirect(307, "https://portal.example/"),
    ] {
        let school = School::open().await;
        school.books().token_failure = Some(answer.clone());
        school.books().mends_after = Some(1);
        let oauth = OAuth::new(school.app(), School::old_tokens()).unwrap();
        let canvas = school.canvas(&oauth);
        canvas.send(CreateGroup::new().name("x")).await.unwrap();
        canvas.send(get(1)).await.unwrap();
        assert_eq!(school.token_calls(), 2);
        assert_eq!(school.calls(), ["a2: 200", "a2: 200"]);
    }
}

/// The same answers to the exchange of a code, which is told as it is.
#[tokio::test]
async fn no_answer_to_a_code_is_taken_for_one_of_the_api() {
    for (name, answer, renewal) in answers() {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let app = OAuthApp::canvas(server.uri(), CLIENT_ID).redirect_uri(BACK);
        let app = app.build().unwrap();
        let code = app.login().start().unwrap().1.code_by_hand("c0de");
        let error = app.exchange(code).await.unwrap_err();
        match (name, renewal) {
            ("revoked, old", _) | ("client, back", _) => {
                assert_eq!(error.kind(), ErrorKind::Configuration, "{name}: {error}");
            }
            ("revoked, back" | "revoked, back to more", _) => {
                assert_eq!(error.kind(), ErrorKind::LoginRequired, "{name}: {error}");
            }
            ("proxy", _) => {
                assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
                assert!(!error.is_transient(), "{error}");
            }
            (_, ErrorKind::Connect) => assert!(
                matches!(
                    error.kind(),
                    ErrorKind::Status
                        | ErrorKind::Redirect
                        | ErrorKind::Decode
                        | ErrorKind::TooLarge
                ),
                "{name}: {error}"
            ),
            _ => assert_eq!(error.kind(), renewal, "{name}: {error}"),
        }
    }
}

/// A renewal that is sent at each of these seconds, for half an hour of calls.
async fn seconds_of_renewals(
    app: impl Fn(&School) -> OAuthApp,
    failure: ResponseTemplate,
) -> Vec<u64> {
    let school = School::open().await;
    school.books().token_failure = Some(failure);
    let oauth = OAuth::new(app(&school), School::old_tokens()).unwrap();
    let mut seconds = Vec::new();
    for second in 0..1800 {
        let before = school.token_calls();
        oauth.authorization().await.unwrap_err();
        if school.token_calls() > before {
            seconds.push(second);
        }
        tokio::time::pause();
        advance(Duration::from_secs(1)).await;
        tokio::time::resume();
    }
    seconds
}

fn public(school: &School) -> OAuthApp {
    OAuthApp::canvas(school.url(), CLIENT_ID).build().unwrap()
}

fn studio(school: &School) -> OAuthApp {
    let app = OAuthApp::studio(school.url(), CLIENT_ID).client_secret("secret");
    let token_url = format!("{}/login/oauth2/token", school.url());
    app.token_url(token_url).build().unwrap()
}

#[tokio::test]
async fn a_renewal_that_may_have_replaced_the_refresh_token_is_sent_once_more_and_later() {
    for status in [500, 502, 503, 504] {
        assert_eq!(seconds_of_renewals(public, page(status)).await, [0, 30]);
    }
    assert_eq!(seconds_of_renewals(studio, page(500)).await, [0, 30]);
    // A success without usable tokens may have replaced it too.
    for answer in [
        page(200),
        ResponseTemplate::new(204),
        json(200, &json!({"access_token": 7})),
    ] {
        assert_eq!(seconds_of_renewals(public, answer).await, [0, 30]);
    }
    // With a secret the refresh token stays as it is, and can be sent as often as one likes.
    let often = seconds_of_renewals(School::app, page(500)).await;
    assert_eq!(often[..7], [0, 1, 3, 7, 15, 31, 63]);
    // A server that refused it has not replaced it.
    let often = seconds_of_renewals(public, page(429)).await;
    assert_eq!(often[..4], [0, 1, 3, 7]);
}

#[tokio::test]
async fn a_call_sends_a_renewal_that_was_lost_once_more_at_most() {
    let school = School::open().await;
    school.books().token_failure = Some(page(500));
    let oauth = OAuth::new(public(&school), School::old_tokens()).unwrap();
    let canvas = school.canvas(&oauth);
    // Within a real second or two, no call of any kind sends another.
    for _ in 0..3 {
        let call = canvas.send(get(1));
        let _ = tokio::time::timeout(Duration::from_millis(700), call).await;
    }
    assert_eq!(school.token_calls(), 1);
}

#[tokio::test]
async fn a_lost_answer_that_came_to_nothing_costs_no_login() {
    let school = School::open().await;
    school.books().rotates = true;
    school.books().token_failure = Some(page(500));
    school.books().mends_after = Some(1);
    let oauth = OAuth::new(studio_like(&school), School::old_tokens()).unwrap();
    oauth.authorization().await.unwrap_err();
    tokio::time::pause();
    advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    oauth.authorization().await.unwrap();
    let newest = oauth.tokens();
    assert_eq!(newest.refresh_token().unwrap().expose_secret(), "r2");
}

/// Two renewals whose answers are lost, half a minute apart.
async fn lose_two_answers(oauth: &OAuth) -> canvas_groups::Error {
    oauth.authorization().await.unwrap_err();
    pass(31).await;
    oauth.authorization().await.unwrap_err();
    pass(3600).await;
    oauth.authorization().await.unwrap_err()
}

async fn pass(seconds: u64) {
    tokio::time::pause();
    advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_refresh_token_that_may_be_dead_says_what_to_do_and_other_tokens_end_that() {
    let school = School::open().await;
    school.books().rotates = true;
    school.books().token_failure = Some(page(500));
    let oauth = OAuth::new(studio_like(&school), School::old_tokens()).unwrap();
    let error = lose_two_answers(&oauth).await;
    // The login may be alive: nobody knows.
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(error.retry_after(), None);
    assert!(!error.outcome_unknown());
    assert!(error.to_string().contains("log in again"), "{error}");
    assert_eq!(school.token_calls(), 2);

    oauth.replace(School::old_tokens()).await.unwrap();
    school.books().token_failure = None;
    oauth.authorization().await.unwrap();
    assert_eq!(school.token_calls(), 3);
}

#[tokio::test]
async fn tokens_that_another_process_stored_end_the_wait_for_a_refresh_token_that_may_be_dead() {
    let school = School::open().await;
    school.books().token_failure = Some(page(500));
    let store = Arc::new(MemoryStore::new());
    let old = School::old_tokens();
    let oauth = OAuth::keep(public(&school), &old, store.clone()).await;
    let oauth = oauth.unwrap();
    let error = lose_two_answers(&oauth).await;
    assert_eq!(error.kind(), ErrorKind::Server);
    assert_eq!(school.token_calls(), 2);

    let others = Tokens::new("b0").with_refresh_token("s0");
    store.save(&others).await.unwrap();
    pass(61).await;
    oauth.authorization().await.unwrap();
    assert_eq!(oauth.tokens().access_token().expose_secret(), "b0");
    assert_eq!(school.token_calls(), 2);
}

/// With the secret that the school knows.
fn studio_like(school: &School) -> OAuthApp {
    let app = OAuthApp::studio(school.url(), CLIENT_ID).client_secret(crate::school::SECRET);
    let token_url = format!("{}/login/oauth2/token", school.url());
    app.token_url(token_url).build().unwrap()
}

#[tokio::test]
async fn only_web_pages_are_handed_on_to_send_a_browser_to() {
    for (url, is_kept) in [
        ("https://idp.example/out", true),
        ("http://idp.example/out", true),
        ("javascript:alert(1)", false),
        ("data:text/html,<script>alert(1)</script>", false),
        ("file:///etc/passwd", false),
        ("ftp://idp.example/", false),
        ("/out", false),
        ("", false),
    ] {
        let server = MockServer::start().await;
        let answer = json(200, &json!({"forward_url": url}));
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let app = OAuthApp::canvas(server.uri(), CLIENT_ID).build().unwrap();
        let oauth = OAuth::new(app, Tokens::new("a")).unwrap();
        let revoked = oauth.revoke().await.unwrap();
        assert_eq!(revoked.forward_url.is_some(), is_kept, "{url}");
    }
}

/// Every answer to a revocation.
#[tokio::test]
async fn a_revocation_renews_a_dead_token_and_tells_all_else_as_it_is() {
    let dead = json!({"errors": [{"message": "Invalid access token."}]});
    let not_oauth =
        json!({"message": "can't delete OAuth access token when not using an OAuth access token"});
    let cases = [
        (page(401), ErrorKind::Authentication, 1),
        (json(401, &dead), ErrorKind::Authentication, 1),
        (
            json(401, &dead).insert_header("www-authenticate", "Bearer realm=\"canvas-lms\""),
            ErrorKind::Authentication,
            1,
        ),
        (json(400, &not_oauth), ErrorKind::Invalid, 0),
        (page(429), ErrorKind::Throttled, 0),
        (page(503), ErrorKind::Server, 0),
        (
            redirect(302, "https://portal.example/"),
            ErrorKind::Redirect,
            0,
        ),
    ];
    for (answer, expected, renewals) in cases {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let school = School::open().await;
        let app = school.app_builder().revocation_url(server.uri());
        let oauth = OAuth::new(app.build().unwrap(), School::tokens()).unwrap();
        let error = oauth.revoke().await.unwrap_err();
        assert_eq!(error.kind(), expected, "{error}");
        assert_eq!(school.token_calls(), renewals, "{error}");
        let sent = server.received_requests().await.unwrap();
        assert_eq!(sent.len(), renewals + 1);
        // The login is still there.
        oauth.authorization().await.unwrap();
    }
}

#[tokio::test]
async fn a_revocation_ends_no_login_whose_renewal_something_else_answers() {
    for (name, answer, expected) in answers() {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(page(401))
            .mount(&server)
            .await;
        let school = School::open().await;
        school.books().token_failure = Some(answer);
        let app = school.app_builder().revocation_url(server.uri());
        let vault = crate::vault::Vault::with(&School::tokens(), 9);
        let oauth = OAuth::restore(app.build().unwrap(), vault.clone());
        let outcome = oauth.await.unwrap().revoke().await;
        // A login that is dead needs no revocation.
        let is_over = expected == ErrorKind::LoginRequired;
        assert_eq!(outcome.is_ok(), is_over, "{name}: {outcome:?}");
        assert_eq!(vault.load().await.unwrap().is_none(), is_over, "{name}");
    }
}

#[tokio::test]
async fn only_what_says_that_a_login_was_revoked_ends_it() {
    let text = |status, body: &str| ResponseTemplate::new(status).set_body_string(body);
    let cases = [
        (text(200, ""), true),
        (text(204, ""), true),
        (text(200, " \n"), true),
        (text(200, "{}"), true),
        (text(200, "\u{feff}{}"), true),
        (text(200, r#"{"forward_url": null}"#), true),
        (
            text(200, r#"{"forward_url": "https://idp.example/", "x": 1}"#),
            true,
        ),
        (page(200), false),
        (text(200, r#"{"status": "ok"}"#), false),
        (text(200, "[]"), false),
        (text(200, "null"), false),
        (text(200, "ok"), false),
        (text(202, ""), false),
        (text(203, "{}"), false),
        (text(206, "{}"), false),
    ];
    for (case, (answer, is_revoked)) in cases.into_iter().enumerate() {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let school = School::open().await;
        let app = school.app_builder().revocation_url(server.uri());
        let vault = crate::vault::Vault::with(&School::tokens(), 9);
        let oauth = OAuth::restore(app.build().unwrap(), vault.clone());
        let oauth = oauth.await.unwrap();
        let outcome = oauth.revoke().await;
        assert_eq!(outcome.is_ok(), is_revoked, "{case}");
        assert_eq!(oauth.authorization().await.is_err(), is_revoked, "{case}");
        assert_eq!(vault.load().await.unwrap().is_none(), is_revoked, "{case}");
        if let Err(error) = outcome {
            assert_eq!(error.kind(), ErrorKind::Decode, "{case}: {error}");
            assert!(error.outcome_unknown(), "{case}: {error}");
        }
    }
}
