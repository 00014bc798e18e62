//! How one finds the users that groups of Commons and Studio want.

use canvas_groups::{
    ErrorKind, lor,
    studio::{self, Role},
};
use serde_json::json;
use wiremock::{
    Mock, MockServer,
    matchers::{header, method, path, query_param, query_param_is_missing},
};

use crate::{SESSION, commons, fixture, json as answer, received, studio_client};

#[tokio::test]
async fn commons_is_searched_to_the_end_of_its_cursors() {
    let server = MockServer::start().await;
    let route = || {
        Mock::given(method("GET"))
            .and(path("/api/users"))
            .and(header("x-session-id", SESSION))
            .and(query_param("q", "aaron & co"))
    };
    route()
        .and(query_param_is_missing("cursor"))
        .respond_with(answer(200, fixture("lor/users/users.json")))
        .expect(1)
        .mount(&server)
        .await;
    route()
        .and(query_param("cursor", "abcdefg"))
        .respond_with(answer(200, json!({"items": [{"id": "last"}]})))
        .expect(1)
        .mount(&server)
        .await;
    let list = commons(&server).stream(lor::SearchUsers::new("aaron & co"));
    let users = list.try_collect::<Vec<_>>().await.unwrap();
    let ids: Vec<_> = users.iter().map(|user| user.id.as_str()).collect();
    assert!(ids[0].contains(":canvas-lms"));
    assert_eq!(ids[1..], ["1234", "last"]);
    assert_eq!(users[0].email.as_deref(), Some("aaron@example.edu"));
}

#[tokio::test]
async fn commons_users_in_another_form_are_an_error_and_not_nobody() {
    for body in [json!([]), json!({}), json!([{"id": "1"}])] {
        let server = MockServer::start().await;
        Mock::given(path("/api/users"))
            .respond_with(answer(200, &body))
            .mount(&server)
            .await;
        let found = commons(&server).send(lor::SearchUsers::new("aaron")).await;
        assert_eq!(found.unwrap_err().kind(), ErrorKind::Decode, "{body}");
    }
}

#[tokio::test]
async fn studio_is_searched_page_by_page() {
    let server = MockServer::start().await;
    let page = |id: u64, page: u32| {
        let meta = json!({"current_page": page, "last_page": 2, "total_count": 2});
        answer(200, json!({"users": [{"id": id}], "meta": meta}))
    };
    let route = || {
        Mock::given(method("GET"))
            .and(path("/api/public/v1/users/search"))
            .and(header("authorization", "Bearer studio-token"))
            .and(query_param("role", "Teacher"))
            .and(query_param("email", "amy+1@caltech.example.com"))
    };
    route()
        .and(query_param_is_missing("page"))
        .respond_with(page(3, 1))
        .expect(1)
        .mount(&server)
        .await;
    route()
        .and(query_param("page", "2"))
        .respond_with(page(4, 2))
        .expect(1)
        .mount(&server)
        .await;
    let search = studio::SearchUsers::new()
        .role(Role::Teacher)
        .email("amy+1@caltech.example.com");
    let users = studio_client(&server)
        .stream(search)
        .try_collect::<Vec<_>>()
        .await;
    let ids: Vec<_> = users.unwrap().iter().map(|user| user.id.get()).collect();
    assert_eq!(ids, [3, 4]);
}

#[tokio::test]
async fn a_user_of_studio_is_got_and_errors_are_told_apart() {
    let server = MockServer::start().await;
    Mock::given(path("/api/public/v1/users/1"))
        .respond_with(answer(200, fixture("studio/users/user.json")))
        .mount(&server)
        .await;
    for (id, status) in [(2, 404), (3, 403), (4, 422)] {
        Mock::given(path(format!("/api/public/v1/users/{id}")))
            .respond_with(answer(status, json!({"error": "no"})))
            .mount(&server)
            .await;
    }
    Mock::given(path("/api/public/v1/users/search"))
        .respond_with(answer(400, json!({"error": "role or email is required"})))
        .mount(&server)
        .await;
    let studio = studio_client(&server);
    let get = |id| studio::GetUser::new(studio::UserId::new(id));
    let user = studio.send(get(1)).await.unwrap().user;
    assert_eq!(user.role_names, Some(vec!["text".into()]));
    for (id, kind) in [
        (2, ErrorKind::NotFound),
        (3, ErrorKind::Forbidden),
        (4, ErrorKind::Invalid),
    ] {
        assert_eq!(studio.send(get(id)).await.unwrap_err().kind(), kind);
    }
    let error = studio.send(studio::SearchUsers::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("role or email"), "{error}");
    assert_eq!(received(&server).await.len(), 5);
}
