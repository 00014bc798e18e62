//! How fakes come and go, with requests under way, and side by side.

use std::time::Duration;

use canvas_groups::{
    Canvas, ErrorKind, RetryPolicy, categories::AssignUnassigned, groups::GetGroup,
    lor::ListGroups, memberships::CreateMembership,
};
use canvas_groups_fake::{FakeCanvas, FakeLor, FakeStudio, Fault, NewKey, School, Throttle};

use crate::common::{Connection, pass};

/// Lets others work until something is so.
async fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn is_gone_when_dropped() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let canvas = fake.client().with_retry(RetryPolicy::never());
    canvas.send(GetGroup::new(ids.groups[0])).await.unwrap();
    let port = fake.url().rsplit_once(':').unwrap().1.parse().unwrap();
    drop(fake);

    // The port is free at once, and whoever takes it knows nothing of the former one.
    let next = FakeCanvas::builder(School::new()).port(port).start().await;
    let next = next.unwrap();
    canvas.send(GetGroup::new(ids.groups[0])).await.unwrap_err();
    drop(next);
    // Nor does anybody answer over the connection that the client kept.
    let error = canvas.send(GetGroup::new(ids.groups[0])).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Connect | ErrorKind::Interrupted),
        "{error}"
    );
}

#[tokio::test]
async fn a_dropped_fake_is_gone() {
    for _ in 0..20 {
        is_gone_when_dropped().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_dropped_fake_is_gone_with_several_threads_too() {
    for _ in 0..20 {
        is_gone_when_dropped().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_under_way_end_with_the_fake() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    fake.set_latency(Duration::MAX);
    let canvas = fake.client().with_retry(RetryPolicy::never());
    let group = ids.groups[0];
    let call = tokio::spawn(async move { canvas.send(GetGroup::new(group)).await });
    until(|| fake.requests().len() == 1).await;
    drop(fake);
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
}

#[tokio::test]
async fn fakes_stand_side_by_side() {
    let (one, ids) = FakeCanvas::start().await.unwrap();
    let (other, _) = FakeCanvas::start().await.unwrap();
    assert_ne!((one.url(), one.token()), (other.url(), other.token()));
    let strange = Canvas::new(other.url(), one.token()).unwrap();
    let error = strange
        .send(GetGroup::new(ids.groups[0]))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    assert_eq!((one.requests().len(), other.requests().len()), (0, 1));

    // A Commons goes on with the users of its Canvas when that is gone.
    let commons = FakeLor::start(&one).await.unwrap();
    drop(one);
    commons.client().send(ListGroups::new()).await.unwrap();
}

#[tokio::test]
async fn what_a_client_no_longer_waits_for_is_done_all_the_same() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let (group, student) = (ids.groups[0], ids.students[8]);
    let late = Fault::Delay(Duration::from_millis(50));
    fake.fail(1, "POST groups/:group_id/memberships", late)
        .unwrap();
    let canvas = fake.client();
    let call =
        tokio::spawn(async move { canvas.send(CreateMembership::new(group, student)).await });
    until(|| fake.requests().len() == 1).await;
    call.abort();
    until(|| fake.school(|school| school.members(group).contains(&student))).await;
    until(|| fake.requests()[0].status.is_some()).await;
}

#[tokio::test]
async fn what_ends_without_an_answer_gives_its_place_in_the_quota_back() {
    let (school, ids) = School::small();
    let mut rules = Throttle::default();
    (rules.outflow, rules.cost) = (0.0, 0.0);
    let fake = FakeCanvas::builder(school)
        .throttle(rules)
        .start()
        .await
        .unwrap();
    let canvas = fake.client().with_retry(RetryPolicy::never());
    fake.fail(15, "GET groups/:group_id", Fault::Drop).unwrap();
    for _ in 0..15 {
        let error = canvas.send(GetGroup::new(ids.groups[0])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted);
    }
    canvas.send(GetGroup::new(ids.groups[0])).await.unwrap();
}

#[tokio::test]
async fn a_kept_connection_stays_open_however_long_nothing_is_asked() {
    let (fake, _) = FakeCanvas::start().await.unwrap();
    let mut connection = Connection::to(&fake.url()).await;
    let request = "GET /api/v1/groups HTTP/1.1\r\nhost: x\r\n\r\n";
    assert_eq!(connection.ask(request).await.0, 403);
    pass(3600.0).await;
    assert_eq!(connection.ask(request).await.0, 403);
}

#[tokio::test]
async fn no_time_is_too_long() {
    let (school, ids) = School::small();
    let fake = FakeCanvas::builder(school)
        .latency(Duration::from_millis(1))
        .token_lifetime(Duration::MAX)
        .job_duration(Duration::MAX)
        .start()
        .await
        .unwrap();
    let route = "GET groups/:group_id";
    fake.fail(1, route, Fault::Delay(Duration::MAX)).unwrap();
    let canvas = fake.client().with_retry(RetryPolicy::never());
    let hanging = canvas.send(GetGroup::new(ids.groups[0]));
    let limit = Duration::from_millis(300);
    tokio::time::timeout(limit, hanging).await.unwrap_err();
    assert_eq!(fake.requests()[0].status, None);

    let assign = AssignUnassigned::new(ids.category);
    canvas.send(assign).await.unwrap();
    let lor = FakeLor::builder().session_lifetime(Duration::MAX);
    let lor = lor.start(&fake).await.unwrap();
    lor.client().send(ListGroups::new()).await.unwrap();
}

#[tokio::test]
async fn no_secret_shows_when_a_fake_is_printed() {
    let (canvas, ids) = FakeCanvas::start().await.unwrap();
    let commons = FakeLor::start(&canvas).await.unwrap();
    let (studio, _) = FakeStudio::start().await.unwrap();
    let key = canvas.add_key(NewKey::new("https://tool.example/"));
    let secret = key.client_secret.clone().unwrap();
    let students = canvas.token_of(ids.students[0]);
    let shown = format!("{canvas:?} {commons:?} {studio:?} {key:?}");
    for secret in [
        canvas.token(),
        &students,
        commons.session(),
        studio.token(),
        &secret,
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
    for known in [canvas.url(), commons.url(), studio.url(), key.client_id] {
        assert!(shown.contains(&known), "{shown}");
    }
    assert!(shown.len() < 1_000, "{shown}");
}
