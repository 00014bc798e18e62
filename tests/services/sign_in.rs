//! Sessions that are opened through Canvas.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use canvas_groups::{
    Canvas, ErrorKind, Lor, RetryPolicy, UserRef,
    auth::{Carrier, LorSession},
    lor::*,
};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{any, body_json, header, method, path, query_param},
};

use crate::{assert_polite, fixture, hasty, header as header_of, json as answer, received};

/// A Canvas that gives out numbered launch tokens.
pub(crate) async fn canvas_server() -> MockServer {
    let server = MockServer::start().await;
    let count = AtomicUsize::new(0);
    Mock::given(method("GET"))
        .and(path("/prefix/api/lti/accounts/self/jwt_token"))
        .and(header("authorization", "Bearer canvas-token"))
        .respond_with(move |_: &Request| {
            let number = count.fetch_add(1, Ordering::SeqCst) + 1;
            answer(200, json!({ "jwt_token": format!("jwt-s3cret-{number}") }))
        })
        .mount(&server)
        .await;
    server
}

pub(crate) fn canvas(server: &MockServer) -> Canvas {
    Canvas::builder(format!("{}/prefix", server.uri()))
        .token("canvas-token")
        .retry(hasty())
        .build()
        .unwrap()
}

/// A Commons in which each sign-in makes the next session, `session-s3cret-N` from `jwt-s3cret-N`,
/// and only the sessions from `valid` on are good.
pub(crate) async fn commons_server(valid: usize) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/api/sessions"))
        .respond_with(|request: &Request| {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let jwt = body["jwt_token"].as_str().unwrap();
            assert_eq!(body, json!({ "jwt_token": jwt }));
            let number = jwt.strip_prefix("jwt-s3cret-").unwrap();
            let session =
                json!({ "sessionId": format!("session-s3cret-{number}"), "locale": "en" });
            answer(201, session).set_delay(Duration::from_millis(30))
        })
        .mount(&server)
        .await;
    Mock::given(path("/api/groups"))
        .respond_with(move |request: &Request| {
            let id = header_of(request, "x-session-id").unwrap();
            let number: usize = id.strip_prefix("session-s3cret-").unwrap().parse().unwrap();
            match number >= valid {
                true => answer(200, fixture("lor/groups/groups.json")),
                false => answer(
                    401,
                    json!({ "statusCode": 401, "message": format!("{id} ended") }),
                ),
            }
        })
        .mount(&server)
        .await;
    server
}

pub(crate) fn commons(server: &MockServer, canvas: &Canvas) -> Lor {
    let builder = || Lor::builder(server.uri()).retry(hasty());
    let session = LorSession::from_canvas(canvas, builder()).unwrap();
    builder().credentials(session).build().unwrap()
}

pub(crate) async fn count(server: &MockServer, wanted: &str) -> usize {
    let requests = received(server).await;
    requests
        .iter()
        .filter(|request| request.url.path().ends_with(wanted))
        .count()
}

#[tokio::test]
async fn a_session_is_opened_when_it_is_first_needed_and_then_kept() {
    let (canvas_server, commons_server) = (canvas_server().await, commons_server(1).await);
    let canvas = canvas(&canvas_server);
    let commons = commons(&commons_server, &canvas);
    assert!(received(&canvas_server).await.is_empty());
    for _ in 0..3 {
        commons.send(ListGroups::new()).await.unwrap();
    }

    let asked = received(&canvas_server).await;
    let [asked] = &asked[..] else {
        panic!("{asked:?}")
    };
    let tool = format!("{}/api/lti", commons_server.uri());
    let query: Vec<_> = asked.url.query_pairs().collect();
    assert_eq!(query, [("tool_launch_url".into(), tool.into())]);
    assert_polite(asked);

    let requests = received(&commons_server).await;
    assert_eq!(requests.len(), 4);
    for request in &requests {
        assert_polite(request);
        // The Canvas token is for Canvas alone.
        assert_eq!(header_of(request, "authorization"), None);
        let text = format!("{} {:?} {:?}", request.url, request.headers, request.body);
        assert!(!text.contains("canvas-token"));
    }
    assert_eq!(header_of(&requests[0], "x-session-id"), None);
    assert_eq!(
        header_of(&requests[1], "x-session-id"),
        Some("session-s3cret-1")
    );
}

#[tokio::test]
async fn the_tool_can_be_named_and_any_place_carries_the_session() {
    let canvas_server = MockServer::start().await;
    let tool = "https://lor.instructure.com/api/lti";
    Mock::given(query_param("tool_launch_url", tool))
        .respond_with(answer(200, json!({ "jwt_token": "jwt" })))
        .expect(1)
        .mount(&canvas_server)
        .await;
    let commons_server = MockServer::start().await;
    Mock::given(path("/api/sessions"))
        .and(body_json(json!({ "jwt_token": "jwt" })))
        .respond_with(answer(201, fixture("lor/sessions/session_created.json")))
        .expect(1)
        .mount(&commons_server)
        .await;
    Mock::given(path("/api/groups"))
        .and(query_param("session-id", "0123456789"))
        .respond_with(answer(200, fixture("lor/groups/groups.json")))
        .expect(1)
        .mount(&commons_server)
        .await;
    let session =
        LorSession::from_canvas(&canvas(&canvas_server), Lor::builder(commons_server.uri()))
            .unwrap()
            .tool_launch_url(tool)
            .carrier(Carrier::Query);
    let commons = Lor::builder(commons_server.uri())
        .credentials(session)
        .build()
        .unwrap();
    commons.send(ListGroups::new()).await.unwrap();
}

#[tokio::test]
async fn the_session_is_that_of_the_user_whom_the_client_acts_as() {
    let (canvas_server, server) = (canvas_server().await, commons_server(1).await);
    let canvas = canvas(&canvas_server).as_user(UserRef::sis("S-1")).unwrap();
    commons(&server, &canvas)
        .send(ListGroups::new())
        .await
        .unwrap();
    let asked = received(&canvas_server).await;
    let mut pairs = asked[0].url.query_pairs();
    let pair = ("as_user_id".into(), "sis_user_id:S-1".into());
    assert!(pairs.any(|it| it == pair), "{}", asked[0].url);
}

/// The error of a write, where signing in fails with these answers.
async fn failure(jwt: ResponseTemplate, session: ResponseTemplate) -> canvas_groups::Error {
    failure_with(hasty(), jwt, session).await
}

async fn failure_with(
    retry: RetryPolicy,
    jwt: ResponseTemplate,
    session: ResponseTemplate,
) -> canvas_groups::Error {
    let (canvas_server, commons_server) = (MockServer::start().await, MockServer::start().await);
    Mock::given(any())
        .respond_with(jwt)
        .mount(&canvas_server)
        .await;
    Mock::given(path("/api/sessions"))
        .respond_with(session)
        .mount(&commons_server)
        .await;
    let commons = commons(&commons_server, &canvas(&canvas_server)).with_retry(retry);
    let error = commons.send(AddMember::new("1", "u:1")).await.unwrap_err();
    assert_eq!(
        count(&commons_server, "/members").await,
        0,
        "nothing was sent"
    );
    assert!(!error.outcome_unknown(), "{error}");
    let shown = format!("{error} {error:?} {:?} {:?}", error.body(), error.details());
    assert!(
        !shown.contains("s3cret") && !shown.contains("canvas-token"),
        "{shown}"
    );
    error
}

#[tokio::test]
async fn a_failed_sign_in_is_no_answer_to_the_call_and_tells_where_it_failed() {
    let jwt = || answer(200, json!({ "jwt_token": "jwt-s3cret" }));
    let session = || answer(201, json!({ "sessionId": "session-s3cret" }));
    let echo = json!({ "message": "jwt-s3cret is not known" });

    for (jwt, session, place) in [
        (ResponseTemplate::new(404), session(), "/jwt_token"),
        (
            answer(200, json!({ "jwt": "jwt-s3cret" })),
            session(),
            "/jwt_token",
        ),
        (
            answer(200, json!({ "jwt_token": ["jwt-s3cret"] })),
            session(),
            "/jwt_token",
        ),
        (
            answer(200, json!({ "jwt_token": {"token": "jwt-s3cret"} })),
            session(),
            "/jwt_token",
        ),
        (
            answer(200, json!({ "jwt_token": null })),
            session(),
            "/jwt_token",
        ),
        (
            jwt(),
            answer(201, json!({ "sessionId": 7 })),
            "POST /api/sessions",
        ),
        (
            answer(200, json!({ "jwt_token": "" })),
            session(),
            "launch token",
        ),
        (
            answer(200, json!({ "jwt_token": "jwt s3cret" })),
            session(),
            "launch token",
        ),
        (
            jwt(),
            answer(201, json!({ "sessionId": "" })),
            "session id that Commons gave",
        ),
        (jwt(), answer(404, &echo), "POST /api/sessions"),
        (jwt(), answer(400, &echo), "accepted its terms"),
        (jwt(), answer(401, &echo), "POST /api/sessions"),
        (
            jwt(),
            answer(201, json!({ "id": "session-s3cret" })),
            "POST /api/sessions",
        ),
        (
            jwt(),
            answer(201, json!("session-s3cret")),
            "POST /api/sessions",
        ),
    ] {
        let error = failure(jwt, session).await;
        assert_eq!(error.kind(), ErrorKind::Authentication, "{error}");
        assert!(error.to_string().contains(place), "{error}");
        assert!(error.to_string().matches("(check").count() == 1, "{error}");
    }
    let dead = ResponseTemplate::new(401).insert_header("www-authenticate", "Bearer");
    let error = failure(dead, session()).await;
    assert_eq!(error.kind(), ErrorKind::Authentication);
    let text = error.to_string();
    assert!(text.contains("Canvas does not vouch"), "{text}");
    assert!(!text.contains("accepted its terms"), "{text}");
    let error = failure(jwt(), ResponseTemplate::new(503)).await;
    assert_eq!(error.kind(), ErrorKind::Server, "worth trying later");
}

#[tokio::test]
async fn what_answers_in_the_place_of_a_sign_in_says_nothing_about_the_session() {
    let jwt = || answer(200, json!({ "jwt_token": "jwt-s3cret" }));
    let text = |status, body: &str| ResponseTemplate::new(status).set_body_string(body);
    let moved = |status| {
        ResponseTemplate::new(status).insert_header(
            "location",
            "https://portal.example/login?error=access_denied",
        )
    };
    for other in [
        text(200, "<html><title>Welcome</title> s3cret</html>"),
        text(200, "Please log in: s3cret"),
        text(200, ""),
        text(202, "<html>"),
        text(304, ""),
        text(400, "<html>"),
        text(403, "\u{feff} <!DOCTYPE html>"),
        text(418, "teapot"),
        text(451, "<html>"),
        moved(301),
        moved(302),
        moved(303),
        moved(307),
        moved(308),
    ] {
        for error in [
            failure_with(RetryPolicy::never(), other.clone(), jwt()).await,
            failure_with(RetryPolicy::never(), jwt(), other).await,
        ] {
            assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
            assert!(error.is_transient(), "{error}");
            let text = error.to_string();
            assert!(text.contains("something else answered"), "{text}");
            assert!(!text.contains("terms") && !text.contains("vouch"), "{text}");
        }
    }
}

/// A wrong base URL, or a server that does not have the route.
#[tokio::test]
async fn a_route_that_the_server_does_not_have_stays_a_failed_sign_in() {
    let jwt = || answer(200, json!({ "jwt_token": "jwt-s3cret" }));
    let text = |status, body: &str| ResponseTemplate::new(status).set_body_string(body);
    for unknown in [
        text(404, "<html><title>Page Not Found</title></html>"),
        text(404, "\u{feff}\n <!DOCTYPE html>"),
        text(405, "<html>"),
        text(405, "Method Not Allowed"),
        text(405, ""),
        answer(405, json!({ "message": "Method Not Allowed" })),
    ] {
        for (error, place) in [
            (failure(unknown.clone(), jwt()).await, "/jwt_token"),
            (failure(jwt(), unknown).await, "POST /api/sessions"),
        ] {
            assert_eq!(error.kind(), ErrorKind::Authentication, "{error}");
            assert!(!error.is_transient(), "{error}");
            let text = error.to_string();
            assert!(
                text.contains("(check the base URL, ") && text.contains(place),
                "{text}"
            );
            assert!(!text.contains("something else answered"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_session_is_for_the_commons_that_opens_it_alone() {
    let (canvas_server, server, other) = (
        canvas_server().await,
        commons_server(1).await,
        MockServer::start().await,
    );
    let session =
        LorSession::from_canvas(&canvas(&canvas_server), Lor::builder(server.uri())).unwrap();
    let error = Lor::builder(other.uri())
        .credentials(session.clone())
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    let line = error.to_string();
    assert!(
        line.contains(&server.uri()) && line.contains(&other.uri()),
        "{line}"
    );
    Lor::builder(server.uri())
        .credentials(session)
        .build()
        .unwrap();
    // A session that is given by its id goes where the client goes.
    let given = LorSession::new("session-s3cret-1").unwrap();
    Lor::builder(other.uri())
        .credentials(given)
        .build()
        .unwrap();
    assert_eq!(canvas_server.received_requests().await.unwrap().len(), 0);
}
