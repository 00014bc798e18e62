//! What can be answered to a revocation, and what becomes of the login.

use canvas_groups::{
    ErrorKind,
    auth::{Credentials, OAuth, OAuthApp, TokenStore, Tokens},
};
use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::{
    answers::{answers, json, page, redirect},
    school::{CLIENT_ID, School},
};

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
