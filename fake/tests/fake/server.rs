//! What holds for every route of a fake: tokens, throttling, faults, the journal.

use std::time::Duration;

use canvas_groups::{
    Canvas, ErrorKind, GroupRef, RetryPolicy,
    categories::AssignUnassigned,
    groups::{DeleteGroup, GetGroup, ListMyGroups},
    http::StatusCode,
};
use canvas_groups_fake::{FakeCanvas, Fault, School, Throttle};

#[tokio::test]
async fn a_list_goes_on_by_bookmark() {
    let mut school = School::new();
    let course = school.add_course("Course");
    let category = school.add_category(course, "Set");
    let student = school.add_user("Amy Fowler");
    for number in 0..25 {
        let several = school.add_tag_category(course, format!("Tags {number}"));
        let tag = school.add_group(several, "Tag").unwrap();
        school.add_member(tag, student);
    }
    for number in 0..7 {
        let category = school.add_category(course, format!("Set {number}"));
        let group = school
            .add_group(category, format!("Group {number}"))
            .unwrap();
        school.add_member(group, student);
    }
    let _empty = category;
    let fake = FakeCanvas::builder(school).start().await.unwrap();
    let canvas = fake.client_of(student).unwrap();
    let groups = canvas.stream(ListMyGroups::new().per_page(3));
    assert_eq!(groups.try_collect::<Vec<_>>().await.unwrap().len(), 7);
    let queries: Vec<_> = fake
        .requests()
        .into_iter()
        .filter_map(|r| r.query)
        .collect();
    assert_eq!(queries.len(), 3);
    assert!(queries[1].starts_with("page=bookmark:"), "{queries:?}");
}

#[tokio::test]
async fn tokens_end_and_are_revoked() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let get = || GetGroup::new(ids.groups[0]);
    let kind = async |canvas: &Canvas| canvas.send(get()).await.unwrap_err().kind();
    let strange = Canvas::new(fake.url(), "another").unwrap();
    assert_eq!(kind(&strange).await, ErrorKind::Authentication);
    assert_eq!(
        fake.client().send(get()).await.unwrap().name,
        "Math Group 1"
    );
    fake.expire(fake.token());
    assert_eq!(kind(&fake.client()).await, ErrorKind::Authentication);
}

#[tokio::test]
async fn scopes_are_enforced() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let token = fake.scoped_token_of(ids.admin, ["url:GET|/api/v1/users/self/groups"]);
    let canvas = Canvas::new(fake.url(), token).unwrap();
    canvas.send(ListMyGroups::new()).await.unwrap();
    let error = canvas.send(GetGroup::new(ids.groups[0])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Scope);
}

#[tokio::test]
async fn faults_come_as_often_as_planned_and_are_in_the_journal() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let canvas = fake.client().with_retry(RetryPolicy::never());
    let route = "GET groups/:group_id";
    fake.fail(1, route, Fault::status(StatusCode::BAD_GATEWAY))
        .unwrap();
    fake.fail(1, route, Fault::Drop).unwrap();
    fake.fail(1, route, Fault::Throttle).unwrap();
    let mut kinds = Vec::new();
    for _ in 0..4 {
        kinds.push(
            canvas
                .send(GetGroup::new(ids.groups[0]))
                .await
                .err()
                .map(|e| e.kind()),
        );
    }
    assert_eq!(
        kinds,
        [
            Some(ErrorKind::Server),
            Some(ErrorKind::Interrupted),
            Some(ErrorKind::Throttled),
            None,
        ]
    );
    let journal = fake.requests();
    let statuses: Vec<_> = journal
        .iter()
        .map(|r| r.status.map(|s| s.as_u16()))
        .collect();
    assert_eq!(statuses, [Some(502), None, Some(429), Some(200)]);
    assert_eq!(journal[0].route, Some("groups/:group_id"));
    assert!(
        journal[0]
            .user_agent
            .as_deref()
            .unwrap()
            .contains("canvas-groups/")
    );
    let error = fake.fail(1, "GET group/:id", Fault::Drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
}

#[tokio::test]
async fn a_full_bucket_refuses_in_both_forms() {
    for (old, status) in [(false, 429), (true, 403)] {
        let (school, ids) = School::small();
        let fake = FakeCanvas::builder(school)
            .old_server(old)
            .start()
            .await
            .unwrap();
        fake.throttle(fake.token());
        let canvas = fake.client().with_retry(RetryPolicy::never());
        let error = canvas.send(GetGroup::new(ids.groups[0])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Throttled);
        assert_eq!(error.status().unwrap().as_u16(), status);
    }
}

#[tokio::test]
async fn a_full_bucket_is_waited_out() {
    let (school, ids) = School::small();
    let mut rules = Throttle::default();
    rules.outflow = 2_000.0;
    let fake = FakeCanvas::builder(school)
        .throttle(rules)
        .start()
        .await
        .unwrap();
    fake.throttle(fake.token());
    let group = fake
        .client()
        .send(GetGroup::new(ids.groups[0]))
        .await
        .unwrap();
    assert_eq!(group.name, "Math Group 1");
}

#[tokio::test]
async fn a_dropped_connection_gives_its_place_in_the_bucket_back() {
    let (school, ids) = School::small();
    let mut rules = Throttle::default();
    rules.outflow = 0.0;
    let fake = FakeCanvas::builder(school).throttle(rules);
    let fake = fake.start().await.unwrap();
    let canvas = fake.client().with_retry(RetryPolicy::never());
    let get = async || canvas.send(GetGroup::new(ids.groups[0])).await;
    // More than there is room for at a time.
    fake.fail(20, "GET groups/:group_id", Fault::Drop).unwrap();
    for _ in 0..20 {
        assert_eq!(get().await.unwrap_err().kind(), ErrorKind::Interrupted);
    }
    get().await.unwrap();
}

#[tokio::test]
async fn no_bucket_holds_more_than_its_rim() {
    let mut rules = Throttle::default();
    (rules.outflow, rules.cost) = (0.0, 10_000.0);
    let (school, _) = School::small();
    let fake = FakeCanvas::builder(school).throttle(rules);
    let fake = fake.start().await.unwrap();
    let url = format!("{}/api/v1/users/self/groups", fake.url());
    for status in [200, 429] {
        let request = reqwest::Client::new().get(&url).bearer_auth(fake.token());
        let answer = request.header("User-Agent", "test").send().await.unwrap();
        assert_eq!(answer.status(), status);
        let left = answer.headers()["x-rate-limit-remaining"].to_str();
        assert_eq!(left.unwrap(), "-200");
    }
}

#[tokio::test]
async fn what_a_client_does_not_wait_for_is_done_all_the_same() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let delay = Fault::Delay(Duration::from_millis(300));
    fake.fail(1, "DELETE groups/:group_id", delay).unwrap();
    let canvas = fake.client();
    let delete = canvas.send(DeleteGroup::new(ids.groups[0]));
    let in_time = tokio::time::timeout(Duration::from_millis(100), delete).await;
    assert!(in_time.is_err());
    let is_there = || fake.school(|school| !school.members(ids.groups[0]).is_empty());
    assert!(is_there());
    while is_there() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_job_and_a_delay_can_last_for_ever() {
    let (school, ids) = School::small();
    let fake = FakeCanvas::builder(school).job_duration(Duration::MAX);
    let fake = fake.start().await.unwrap();
    let canvas = fake.client().with_retry(RetryPolicy::never());
    let job = canvas.send(AssignUnassigned::new(ids.category)).await;
    assert_eq!(job.unwrap().completion, Some(0.0));
    fake.set_latency(Duration::from_millis(1));
    let route = "GET groups/:group_id";
    fake.fail(1, route, Fault::Delay(Duration::MAX)).unwrap();
    let never = canvas.send(GetGroup::new(ids.groups[0]));
    let soon = tokio::time::timeout(Duration::from_millis(300), never).await;
    assert!(soon.is_err(), "{soon:?}");
}

#[tokio::test]
async fn one_acts_as_another_user_by_right_only() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let student = ids.students[0];
    let as_student = fake.client().as_user(student).unwrap();
    let mine = as_student.send(ListMyGroups::new()).await.unwrap();
    assert_eq!(mine.items[0].id, ids.groups[0]);
    let teacher = fake
        .client_of(ids.teacher)
        .unwrap()
        .as_user(student)
        .unwrap();
    let error = teacher.send(ListMyGroups::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Masquerade);
    let unknown = GetGroup::new(GroupRef::sis("none"));
    assert_eq!(
        fake.client().send(unknown).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
}
