//! The Studio routes.

use canvas_groups::{
    ErrorKind, Studio,
    auth::{OAuth, OAuthApp, Tokens},
    lor,
    studio::*,
};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, body_json, header, method, path},
};

use crate::{
    assert_polite, commons, fixture, header as header_of, json as answer, received, studio_client,
};

fn batch() -> UpdateGroupUsers {
    UpdateGroupUsers::new(GroupId::new(12))
        .add(UserId::new(1), Permission::Manager)
        .remove(UserId::new(2))
}

#[tokio::test]
async fn trap_45_both_routes_send_and_read_what_is_documented() {
    let server = MockServer::start().await;
    let users = fixture("studio/group_users/group_users.json");
    Mock::given(method("GET"))
        .and(path("/api/public/v1/groups/12/users"))
        .and(header("authorization", "Bearer studio-token"))
        .respond_with(answer(200, &users))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(path("/api/public/v1/groups/12/users/batch_update"))
        .and(header("authorization", "Bearer studio-token"))
        .and(header("content-type", "application/json"))
        .and(body_json(json!([
            { "action": "add", "user_id": 1, "permission": "manager" },
            { "action": "remove", "user_id": 2 },
        ])))
        .respond_with(answer(200, &users))
        .expect(1)
        .mount(&server)
        .await;
    let studio = studio_client(&server);
    let listed = studio
        .send(ListGroupUsers::new(GroupId::new(12)))
        .await
        .unwrap()
        .items;
    assert_eq!(listed[0].id, UserId::new(1));
    assert_eq!(listed[0].permission, Some(Permission::Other("text".into())));
    assert_eq!(studio.send(batch()).await.unwrap().group_users, listed);
    for request in received(&server).await {
        assert_polite(&request);
        assert_eq!(header_of(&request, "x-session-id"), None);
        assert_eq!(request.url.query(), None);
    }
}

#[tokio::test]
async fn trap_45_a_batch_of_unknown_outcome_is_not_repeated_and_says_to_read_again() {
    for status in [500, 502, 503, 504] {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(ResponseTemplate::new(status))
            .expect(1)
            .mount(&server)
            .await;
        let error = studio_client(&server).send(batch()).await.unwrap_err();
        assert!(error.outcome_unknown());
        assert!(
            error.to_string().contains("read the records again"),
            "{error}"
        );
    }
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(std::time::Duration::from_secs(1));
    Mock::given(any())
        .respond_with(slow)
        .expect(1)
        .mount(&server)
        .await;
    let hasty = studio_client(&server).with_attempt_timeout(std::time::Duration::from_millis(100));
    let error = hasty.send(batch()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.outcome_unknown());
    assert!(
        error.to_string().contains("read the records again"),
        "{error}"
    );
}

#[tokio::test]
async fn trap_45_a_batch_with_a_dead_token_was_not_run_and_is_sent_with_the_next_one() {
    let server = MockServer::start().await;
    let of = |token: &str| {
        Mock::given(path("/api/public/v1/groups/12/users/batch_update"))
            .and(header("authorization", format!("Bearer {token}")))
    };
    // Studio refuses a token without a challenge.
    of("AT1")
        .respond_with(answer(401, json!({ "error": "Unauthorized" })))
        .expect(1)
        .mount(&server)
        .await;
    of("AT2")
        .respond_with(answer(503, json!({ "error": "later" })))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(path("/api/public/oauth/token"))
        .respond_with(answer(
            200,
            json!({ "access_token": "AT2", "refresh_token": "RT2", "expires_in": 7200 }),
        ))
        .expect(1)
        .mount(&server)
        .await;
    let app = OAuthApp::studio(server.uri(), "id").client_secret("secret");
    let tokens = Tokens::new("AT1").with_refresh_token("RT1");
    let oauth = OAuth::new(app.build().unwrap(), tokens).unwrap();
    let studio = Studio::builder(server.uri()).credentials(oauth);
    let error = studio.build().unwrap().send(batch()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    assert!(error.outcome_unknown());
    assert_eq!(error.attempts(), 2);
}

#[tokio::test]
async fn an_empty_batch_is_not_sent() {
    let server = MockServer::start().await;
    let error = studio_client(&server)
        .send(UpdateGroupUsers::new(GroupId::new(12)))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    assert!(received(&server).await.is_empty());
}

#[tokio::test]
async fn error_bodies_give_their_words_and_the_kind_follows_the_status() {
    for (status, body, kind, words) in [
        (
            401,
            json!({ "error": "Unauthorized" }),
            ErrorKind::Authentication,
            "Unauthorized",
        ),
        (
            403,
            json!({ "error": "Forbidden" }),
            ErrorKind::Forbidden,
            "Forbidden",
        ),
        (
            404,
            json!({ "error": "Group not found" }),
            ErrorKind::NotFound,
            "Group not found",
        ),
        (
            422,
            json!({ "error": "Invalid changes", "changes": [1] }),
            ErrorKind::Invalid,
            "Invalid changes",
        ),
        (422, Value::Null, ErrorKind::Invalid, "422 Unprocessable"),
    ] {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(answer(status, &body))
            .expect(1)
            .mount(&server)
            .await;
        let error = studio_client(&server).send(batch()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{body}");
        // Some of the changes may have been made before one was refused.
        assert_eq!(error.outcome_unknown(), status == 422, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_refusal_does_not_speak_of_rights_that_canvas_alone_has() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(answer(403, json!({ "error": "Forbidden" })))
        .mount(&server)
        .await;
    let studio = studio_client(&server).send(batch()).await.map(drop);
    let commons = commons(&server).send(lor::ListGroups::new()).await;
    for error in [studio.unwrap_err(), commons.map(drop).unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Forbidden);
        let text = error.to_string();
        assert!(text.contains("lacks the permission)"), "{text}");
    }
}
