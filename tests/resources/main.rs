//! Calls whose answers have more than one form, over the wire.

mod jobs;
mod masquerade;
mod people;
mod refusals;

use std::time::Duration;

use canvas_groups::{
    Canvas, CategoryId, ErrorKind, GroupId, MembershipId, RetryPolicy, UserId,
    categories::*,
    groups::{Invitations, InviteToGroup},
    memberships::*,
    progress::*,
};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{body_json, method, path},
};

const GROUP: GroupId = GroupId::new(17);
const CATEGORY: CategoryId = CategoryId::new(20);

async fn server() -> (MockServer, Canvas) {
    let server = MockServer::start().await;
    let quick = RetryPolicy::default().base_delay(Duration::from_millis(1));
    let canvas = Canvas::builder(server.uri())
        .token("7~s3cret")
        .retry(quick)
        .build();
    (server, canvas.unwrap())
}

fn fixture(name: &str) -> Value {
    let path = format!("{}/fixtures/canvas/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn answer(json: impl serde::Serialize) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json)
}

fn users<const N: usize>(ids: [u64; N]) -> Vec<UserId> {
    ids.map(UserId::new).into()
}

/// The requests that came in, as method and address without the host.
async fn received(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    let line = |request: &Request| {
        let query = request.url.query().map(|query| format!("?{query}"));
        format!(
            "{} {}{}",
            request.method,
            request.url.path(),
            query.unwrap_or_default()
        )
    };
    requests.iter().map(line).collect()
}

#[tokio::test]
async fn trap_24_a_bulk_addition_that_is_answered_with_nothing_is_complete() {
    for body in ["", " ", "\n"] {
        let (server, canvas) = server().await;
        Mock::given(method("POST"))
            .and(path("/api/v1/groups/17/memberships"))
            .and(body_json(json!({"members": [123, 456]})))
            .respond_with(ResponseTemplate::new(200).set_body_string(body))
            .expect(1)
            .mount(&server)
            .await;
        let added = canvas.send(AddMembers::new(GROUP, users([123, 456]))).await;
        assert_eq!(added.unwrap(), AddedMembers::Complete, "{body:?}");
    }
}

#[tokio::test]
async fn an_invitation_into_a_group_that_is_almost_full_tells_who_is_in() {
    let (server, canvas) = server().await;
    Mock::given(method("POST"))
        .and(path("/api/v1/groups/17/invite"))
        .and(body_json(
            json!({"invitees": ["a@example.edu", "b@example.edu"]}),
        ))
        .respond_with(answer(fixture("groups/invited_partially")))
        .expect(1)
        .mount(&server)
        .await;
    let invite = InviteToGroup::new(GROUP, ["a@example.edu", "b@example.edu"]);
    let Invitations {
        invited,
        not_invited,
        ..
    } = canvas.send(invite).await.unwrap();
    assert_eq!(invited[0].user_id, Some(UserId::new(3)));
    let left_out: Vec<_> = not_invited.iter().map(|person| person.user_id).collect();
    assert_eq!(left_out, [Some(UserId::new(9_007_199_254_740_993))]);
}

#[tokio::test]
async fn trap_34_a_bulk_addition_that_falls_short_says_who_is_missing() {
    let (server, canvas) = server().await;
    Mock::given(body_json(
        json!({"all_in_group_course": true, "exclude_user_ids": [1]}),
    ))
    .respond_with(answer(fixture("memberships/added_partially")))
    .mount(&server)
    .await;
    let request = AddCourseMembers::new(GROUP).exclude_user_ids([UserId::new(1)]);
    let AddedMembers::Partial {
        invalid_user_ids,
        membership_errors,
        message,
        ..
    } = canvas.send(request).await.unwrap()
    else {
        panic!("it is not complete");
    };
    assert_eq!(invalid_user_ids, users([456, 10_000_000_000_789]));
    assert_eq!(
        membership_errors[0].details[0].field.as_deref(),
        Some("user_id")
    );
    assert_eq!(
        membership_errors[0].details[0].code.as_deref(),
        Some("taken")
    );
    assert_eq!(message.as_deref(), Some("Some users could not be added"));
}

#[tokio::test]
async fn a_bulk_addition_takes_short_answers_and_refuses_strange_ones() {
    for (body, expected) in [
        (json!({"invalid_user_ids": ["7"]}), 1),
        (json!({"membership_errors": []}), 0),
    ] {
        let (server, canvas) = server().await;
        Mock::given(method("POST"))
            .respond_with(answer(body))
            .mount(&server)
            .await;
        let added = canvas
            .send(AddMembers::new(GROUP, users([7])))
            .await
            .unwrap();
        let AddedMembers::Partial {
            invalid_user_ids, ..
        } = added
        else {
            panic!("it is not complete");
        };
        assert_eq!(invalid_user_ids.len(), expected);
    }
    for body in [json!("?"), json!({}), Value::Null] {
        let (server, canvas) = server().await;
        Mock::given(method("POST"))
            .respond_with(answer(body))
            .mount(&server)
            .await;
        let error = canvas
            .send(AddMembers::new(GROUP, users([7])))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        assert!(error.outcome_unknown(), "{error}");
    }
}

#[tokio::test]
async fn a_bulk_addition_to_what_is_no_tag_is_an_error_without_a_body() {
    let (server, canvas) = server().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(400))
        .expect(1)
        .mount(&server)
        .await;
    let error = canvas
        .send(AddMembers::new(GROUP, users([7])))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.status().unwrap().as_u16()),
        (ErrorKind::Invalid, 400)
    );
}

#[tokio::test]
async fn trap_34_a_bulk_removal_tells_removed_refused_and_neither_apart() {
    let (server, canvas) = server().await;
    Mock::given(method("DELETE"))
        .and(path("/api/v1/groups/17/users"))
        .respond_with(answer(fixture("memberships/removed")))
        .mount(&server)
        .await;
    let request = RemoveUsers::new(GROUP, users([9, 5, 10_000_000_000_004, 3, 8]));
    let removed = canvas.send(&request).await.unwrap();
    assert_eq!(removed.deleted_user_ids, users([3, 10_000_000_000_004]));
    assert_eq!(removed.unauthorized_user_ids, users([5]));
    assert_eq!(removed.not_members(request.user_ids()), users([9, 8]));
    let sent = received(&server).await;
    assert!(
        sent[0].contains("?user_ids%5B%5D=9&user_ids%5B%5D=5&"),
        "{sent:?}"
    );
}

#[tokio::test]
async fn five_thousand_users_go_in_one_post_and_too_many_in_a_url_are_not_sent() {
    let many: Vec<_> = (1..=5000).map(UserId::new).collect();
    let (server, canvas) = server().await;
    Mock::given(method("POST"))
        .and(body_json(json!({"members": many})))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&server)
        .await;
    let added = canvas
        .send(AddMembers::new(GROUP, many.clone()))
        .await
        .unwrap();
    assert_eq!(added, AddedMembers::Complete);

    let error = canvas
        .send(RemoveUsers::new(GROUP, many.clone()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    assert!(error.to_string().contains("split the list"), "{error}");
    assert_eq!(received(&server).await.len(), 1);

    Mock::given(method("DELETE"))
        .respond_with(|request: &Request| {
            let ids = request.url.query_pairs().map(|(_, id)| id.into_owned());
            answer(json!({"deleted_user_ids": ids.collect::<Vec<_>>()}))
        })
        .mount(&server)
        .await;
    let mut gone = Vec::new();
    for batch in RemoveUsers::in_batches(GROUP, many.clone()) {
        gone.extend(canvas.send(batch).await.unwrap().deleted_user_ids);
    }
    assert_eq!(gone, many);
}

#[tokio::test]
async fn a_membership_that_ends_answers_ok_and_nothing_else() {
    let (server, canvas) = server().await;
    Mock::given(path("/api/v1/groups/17/memberships/92"))
        .and(method("DELETE"))
        .respond_with(answer(json!({"ok": true})))
        .mount(&server)
        .await;
    let membership = MembershipId::new(92);
    canvas
        .send(DeleteMembership::new(GROUP, membership))
        .await
        .unwrap();
    let missing = canvas.send(RemoveUser::new(GROUP, UserId::new(3))).await;
    assert_eq!(missing.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn trap_38_assigning_now_sends_sync_and_reads_groups_and_later_reads_a_job() {
    let (server, canvas) = server().await;
    let route = "/api/v1/group_categories/20/assign_unassigned_members";
    Mock::given(path(route))
        .and(body_json(json!({"sync": true})))
        .respond_with(answer(fixture("categories/assigned")))
        .mount(&server)
        .await;
    Mock::given(path(route))
        .and(body_json(json!({})))
        .respond_with(answer(fixture("progress/assignment")))
        .mount(&server)
        .await;
    let groups = canvas
        .send(AssignUnassignedNow::new(CATEGORY))
        .await
        .unwrap();
    assert_eq!(groups[1].new_members[1].user_id, UserId::new(11));
    let job = canvas.send(AssignUnassigned::new(CATEGORY)).await.unwrap();
    assert_eq!(job.category_id(), Some(CATEGORY));
    assert!(!job.is_final());
}

#[tokio::test]
async fn trap_31_a_category_that_was_read_and_renamed_keeps_its_settings() {
    let (server, canvas) = server().await;
    let category = fixture("categories/created");
    Mock::given(method("GET"))
        .and(path("/api/v1/group_categories/20"))
        .respond_with(answer(category.clone()))
        .mount(&server)
        .await;
    Mock::given(method("PUT"))
        .and(path("/api/v1/group_categories/43460000000000018"))
        .and(body_json(json!({
            "name": "New",
            "self_signup": "restricted",
            "auto_leader": "first",
            "group_limit": 5,
            "self_signup_end_at": "2026-04-01T06:00:00Z",
        })))
        .respond_with(answer(category))
        .expect(1)
        .mount(&server)
        .await;
    let category = canvas.send(GetCategory::new(CATEGORY)).await.unwrap();
    canvas
        .send(UpdateCategory::of(&category).name("New"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_change_that_adds_groups_is_not_sent_twice() {
    let category: Category = serde_json::from_value(json!({"id": 20})).unwrap();
    let rename = UpdateCategory::of(&category).name("New");
    let add = rename.clone().create_group_count(3);
    for (request, attempts) in [(add, 1), (rename, 4)] {
        let (server, canvas) = server().await;
        Mock::given(method("PUT"))
            .respond_with(ResponseTemplate::new(502))
            .expect(attempts)
            .mount(&server)
            .await;
        let error = canvas.send(request).await.unwrap_err();
        assert!(error.outcome_unknown());
    }
}

#[tokio::test]
async fn trap_42_an_import_that_fails_later_fails_the_wait_with_its_message() {
    let (server, canvas) = server().await;
    let running = Mock::given(path("/api/v1/progress/2"));
    running
        .respond_with(answer(fixture("progress/fraction")))
        .up_to_n_times(2)
        .mount(&server)
        .await;
    Mock::given(path("/api/v1/progress/2"))
        .respond_with(answer(fixture("progress/failed")))
        .mount(&server)
        .await;
    let job: Progress = serde_json::from_value(fixture("progress/import_groups")).unwrap();
    let mut wait = canvas.wait(&job).interval(Duration::from_millis(10));
    let mut bar = Vec::new();
    let error = loop {
        match wait.try_next().await {
            Ok(state) => bar.push(state.unwrap().completion.unwrap().floor()),
            Err(error) => break error,
        }
    };
    assert_eq!(bar, [0.0, 33.0, 33.0]);
    assert_eq!(error.kind(), ErrorKind::JobFailed);
    let expected = "the job 2 (course_group_import) failed: Malformed CSV";
    assert_eq!(error.to_string(), expected);
    assert_eq!(received(&server).await, vec!["GET /api/v1/progress/2"; 3]);
}

#[tokio::test]
async fn trap_43_a_wait_ends_with_its_deadline_even_if_the_server_is_silent() {
    let (server, canvas) = server().await;
    let silent = answer(fixture("progress/fraction")).set_delay(Duration::from_secs(60));
    Mock::given(method("GET"))
        .respond_with(silent)
        .mount(&server)
        .await;
    let job: Progress = serde_json::from_value(fixture("progress/assignment")).unwrap();
    let wait = canvas.wait(job).interval(Duration::from_millis(10));
    let error = wait.deadline(Duration::from_millis(200)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let said = "was `running` when last asked";
    assert!(error.to_string().contains(said), "{error}");
}
