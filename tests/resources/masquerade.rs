//! Acting as another user.

use std::time::Duration;

use canvas_groups::{CourseId, ErrorKind, UserId, UserRef, categories::*, groups::*};
use serde_json::json;
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{method, query_param, query_param_is_missing},
};

use crate::{CATEGORY, answer, received, server};

#[tokio::test]
async fn acting_as_another_user_goes_along_with_every_call_and_page() {
    let (server, canvas) = server().await;
    let student = canvas.as_user(UserRef::sis("S 1&2")).unwrap();
    let as_student = || query_param("as_user_id", "sis_user_id:S 1&2");
    let page = |next: &str, id: u64| {
        let link = format!("<{}/api/v1/{next}>; rel=\"next\"", server.uri());
        answer(json!([{"id": id}])).insert_header("link", &*link)
    };
    let kept = "users/self/groups?as_user_id=sis_user_id%3AS+1%262&page=2&per_page=100";
    let dropped = "users/self/groups?page=3&per_page=100";
    Mock::given(query_param_is_missing("page"))
        .and(as_student())
        .respond_with(page(kept, 1))
        .mount(&server)
        .await;
    Mock::given(query_param("page", "2"))
        .and(as_student())
        .respond_with(page(dropped, 2))
        .mount(&server)
        .await;
    Mock::given(query_param("page", "3"))
        .and(as_student())
        .respond_with(
            answer(json!([{"id": 3}])).insert_header("link", "</api/v1/x>; rel=\"current\""),
        )
        .mount(&server)
        .await;
    let groups = student
        .stream(ListMyGroups::new())
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    assert_eq!(groups.len(), 3);
    let sent = received(&server).await;
    assert_eq!(
        sent,
        [
            "GET /api/v1/users/self/groups?per_page=100&as_user_id=sis_user_id%3AS+1%262",
            "GET /api/v1/users/self/groups?as_user_id=sis_user_id%3AS+1%262&page=2&per_page=100",
            "GET /api/v1/users/self/groups?page=3&per_page=100&as_user_id=sis_user_id%3AS+1%262",
        ]
    );
}

#[tokio::test]
async fn acting_as_another_user_is_of_one_clone_alone_and_also_in_posts_and_waits() {
    let (server, canvas) = server().await;
    let student = canvas.as_user(UserId::new(7)).unwrap();
    let teacher = student.as_user(UserId::new(8)).unwrap();
    Mock::given(method("POST"))
        .respond_with(answer(json!({"id": 2, "workflow_state": "queued"})))
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .respond_with(answer(json!({"id": 2, "workflow_state": "completed"})))
        .mount(&server)
        .await;
    for client in [&canvas, &student, &teacher] {
        let job = client.send(AssignUnassigned::new(CATEGORY)).await.unwrap();
        let wait = client.wait(job.id).interval(Duration::from_millis(10));
        assert!(wait.await.unwrap().is_completed());
    }
    let assign = "POST /api/v1/group_categories/20/assign_unassigned_members";
    let ask = "GET /api/v1/progress/2";
    let mut expected = vec![assign.to_owned(), ask.to_owned()];
    for user in [7, 8] {
        expected.extend([assign, ask].map(|line| format!("{line}?as_user_id={user}")));
    }
    assert_eq!(received(&server).await, expected);
}

#[tokio::test]
async fn nobody_to_act_as_is_refused_and_a_merged_user_is_named() {
    let (server, canvas) = server().await;
    for blank in ["", " \t", "\u{a0}", "\u{200b}"] {
        for nobody in [
            UserRef::sis(blank),
            UserRef::login(blank),
            UserRef::sis_integration(blank),
            UserRef::lti_user(blank),
            UserRef::lti_1_1(blank),
            UserRef::lti_1_3(blank),
            UserRef::uuid(blank),
        ] {
            let error = canvas.as_user(nobody).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Request);
        }
    }
    canvas.as_user(UserRef::login("a: ")).unwrap();
    Mock::given(query_param("as_user_id", "7"))
        .respond_with(ResponseTemplate::new(401).set_body_json(
            json!({"errors": "Invalid as_user_id", "merged_into_user_id": 10_000_000_000_009_u64}),
        ))
        .expect(1)
        .mount(&server)
        .await;
    let student = canvas.as_user(UserId::new(7)).unwrap();
    let error = student
        .send(ListCourseCategories::new(CourseId::new(1)))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Masquerade);
    assert_eq!(
        error.merged_into_user_id(),
        Some(UserId::new(10_000_000_000_009))
    );
    assert!(error.to_string().contains("Invalid as_user_id"), "{error}");
}
