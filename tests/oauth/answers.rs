//! What the token endpoint can answer, and what becomes of the login and of the call.

use std::time::Duration;

use canvas_groups::{
    ErrorKind,
    auth::{Credentials, OAuth, OAuthApp},
    groups::CreateGroup,
};
use serde_json::{Value, json};
use tokio::time::advance;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::school::{CLIENT_ID, School, get};

fn refused(error: &str) -> Value {
    json!({"error": error, "error_description": "in words"})
}

pub(crate) fn page(status: u16) -> ResponseTemplate {
    let page = "<!DOCTYPE html><html><title>Welcome to the campus network</title></html>";
    ResponseTemplate::new(status).set_body_raw(page, "text/html")
}

pub(crate) fn json(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

pub(crate) fn redirect(status: u16, location: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).insert_header("location", location)
}

const BACK: &str = "https://tool.example/back";

/// Every answer of the token endpoint, and what it means for a renewal.
pub(crate) fn answers() -> Vec<(&'static str, ResponseTemplate, ErrorKind)> {
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
