//! Keys of the institution turned into ids by one list of a course.

use canvas_groups::{
    CourseId, CourseRef, ErrorKind, UserId, csv::UserKey, enrollments::EnrollmentState,
    enrollments::EnrollmentType, users::ListCourseUsers,
};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path, query_param, query_param_is_missing},
};

use crate::{answer, fixture, received, server};

/// A course of 250 users in three numbered pages that are not counted.
async fn course_of_250(server: &MockServer) {
    let users: Vec<Value> = (1..=250)
        .map(|n| json!({"id": n, "name": "x", "sis_user_id": format!("S{n}"), "login_id": format!("User{n}")}))
        .collect();
    for (page, users) in (1..).zip(users.chunks(100)) {
        let link = |page: usize, relation: &str| {
            let uri = server.uri();
            format!("<{uri}/api/v1/courses/7/users?page={page}&per_page=100>; rel=\"{relation}\"")
        };
        let mut links = vec![link(page, "current")];
        if page < 3 {
            links.push(link(page + 1, "next"));
        }
        let first = Mock::given(method("GET")).and(path("/api/v1/courses/7/users"));
        let mock = match page {
            1 => first.and(query_param_is_missing("page")),
            _ => first.and(query_param("page", page.to_string())),
        };
        let page: ResponseTemplate = answer(users).insert_header("link", links.join(",").as_str());
        mock.respond_with(page).expect(1).mount(server).await;
    }
}

#[tokio::test]
async fn many_keys_cost_a_request_for_each_page_and_not_for_each_key() {
    let (server, canvas) = server().await;
    course_of_250(&server).await;
    let keys = (1..=300).map(|n| match n % 2 {
        0 => UserKey::sis(format!("S{n}")),
        _ => UserKey::login(format!("USER{n}")),
    });
    let list = ListCourseUsers::new(CourseId::new(7));
    let users = canvas.resolve_users(list, keys).await.unwrap();
    assert_eq!((users.found.len(), users.unknown.len()), (250, 50));
    assert_eq!(users.get(&UserKey::sis("S250")), Some(UserId::new(250)));
    assert_eq!(users.get(&UserKey::login("USER1")), Some(UserId::new(1)));
    assert_eq!(users.unknown[0], UserKey::login("USER251"));
    assert!(users.ambiguous.is_empty() && !users.is_complete());
    assert_eq!(received(&server).await.len(), 3);
}

#[tokio::test]
async fn the_filters_of_the_list_say_who_is_looked_among() {
    let (server, canvas) = server().await;
    Mock::given(path("/api/v1/courses/sis_course_id:MATH%20101/users"))
        .respond_with(answer(fixture("users/in_course")))
        .mount(&server)
        .await;
    let list = ListCourseUsers::new(CourseRef::sis("MATH 101"))
        .enrollment_type([EnrollmentType::Student])
        .enrollment_state([EnrollmentState::Active, EnrollmentState::Inactive]);
    let users = canvas.resolve_users(list, [UserKey::sis("SHEL93921")]);
    assert!(users.await.unwrap().is_complete());
    assert_eq!(
        received(&server).await,
        [
            "GET /api/v1/courses/sis_course_id:MATH%20101/users?enrollment_state%5B%5D=active\
          &enrollment_state%5B%5D=inactive&enrollment_type%5B%5D=student&per_page=100"
        ]
    );
}

#[tokio::test]
async fn without_keys_nothing_is_sent() {
    let (server, canvas) = server().await;
    let list = ListCourseUsers::new(CourseId::new(7));
    let users = canvas.resolve_users(list, []).await.unwrap();
    assert!(users.is_complete() && users.found.is_empty());
    assert!(received(&server).await.is_empty());
}

#[tokio::test]
async fn what_the_list_cannot_tell_is_an_error_and_nobody_is_unknown() {
    let (server, canvas) = server().await;
    let bare = json!([{"id": 2, "name": "Sheldon Cooper"}]);
    Mock::given(path("/api/v1/courses/7/users"))
        .respond_with(answer(bare))
        .mount(&server)
        .await;
    Mock::given(path("/api/v1/courses/8/users"))
        .respond_with(ResponseTemplate::new(404).set_body_json(json!({
            "errors": [{"message": "The specified resource does not exist."}]
        })))
        .mount(&server)
        .await;
    for (course, key, kind) in [
        (7, UserKey::sis("S2"), ErrorKind::Forbidden),
        (7, UserKey::login("sheldon"), ErrorKind::Forbidden),
        (8, UserKey::sis("S2"), ErrorKind::NotFound),
    ] {
        let list = ListCourseUsers::new(CourseId::new(course));
        let error = canvas.resolve_users(list, [key.clone()]).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{key:?}: {error}");
    }
}
