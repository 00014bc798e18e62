//! Requests that meet, and people who change the school in between.

use std::time::Duration;

use canvas_groups::{
    Canvas, ErrorKind, GroupId, RetryPolicy, UserId,
    groups::GetGroup,
    http::StatusCode,
    memberships::{CreateMembership, DeleteMembership, RemoveUser},
};
use canvas_groups_fake::{FakeCanvas, Fault, Recorded, School, SmallSchool};

const PLACE: &str = "POST groups/:group_id/memberships";

#[tokio::test]
async fn somebody_else_changes_the_school_before_the_request_that_was_named() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let (group, late) = (ids.groups[2], ids.students[13]);
    fake.before(2, PLACE, move |school| {
        school.set_max_membership(group, Some(2));
        school.add_member(group, late);
    })
    .unwrap();
    let place = async |student: usize| {
        let place = CreateMembership::new(group, ids.students[student]);
        fake.client().send(place).await.map(|_| ())
    };
    let members = || fake.school(|school| school.members(group));
    place(10).await.unwrap();
    assert_eq!(members(), [ids.students[10]]);
    // Requests to other routes do not count.
    fake.client().send(GetGroup::new(group)).await.unwrap();
    assert_eq!(place(11).await.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(members(), [ids.students[10], late]);
    // The change was made once.
    fake.school(|school| school.remove_member(group, late));
    place(12).await.unwrap();
}

#[tokio::test]
async fn changes_come_even_before_a_request_that_fails_and_are_made_in_their_order() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let group = ids.groups[0];
    for name in ["One", "Two"] {
        let change = move |school: &mut School| school.rename_group(group, name);
        fake.before(1, "GET groups/:group_id", change).unwrap();
    }
    let route = "GET groups/:group_id";
    fake.fail(1, route, Fault::Drop).unwrap();
    let canvas = fake.client().with_retry(RetryPolicy::never());
    canvas.send(GetGroup::new(group)).await.unwrap_err();
    let name = canvas.send(GetGroup::new(group)).await.unwrap().name;
    assert_eq!(name, "Two");
}

#[tokio::test]
async fn faults_come_by_the_number_of_the_request_whatever_its_route() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let canvas = fake.client().with_retry(RetryPolicy::never());
    let outcomes = async |count: usize| {
        let mut outcomes = Vec::new();
        for at in 0..count {
            let group = ids.groups[2];
            let is_well = match at % 2 {
                0 => canvas.send(GetGroup::new(group)).await.is_ok(),
                _ => {
                    let add = CreateMembership::new(group, ids.students[0]);
                    canvas.send(add).await.is_ok()
                }
            };
            outcomes.push(is_well);
        }
        outcomes
    };
    fake.fail_nth(2, Fault::Drop).unwrap();
    fake.fail_nth(4, Fault::status(StatusCode::BAD_GATEWAY))
        .unwrap();
    assert_eq!(outcomes(6).await, [true, false, true, false, true, true]);
    fake.fail_every(3, Fault::Drop).unwrap();
    assert_eq!(
        outcomes(7).await,
        [true, true, false, true, true, false, true]
    );
    for error in [
        fake.fail_nth(0, Fault::Drop),
        fake.fail_every(0, Fault::Drop),
    ] {
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Request);
    }
}

#[tokio::test]
async fn a_change_needs_a_route_that_there_is_and_a_number_from_one() {
    let (fake, _) = FakeCanvas::start().await.unwrap();
    for (nth, route) in [(1, "GET nowhere"), (1, "groups/:group_id"), (0, PLACE)] {
        let error = fake.before(nth, route, |_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request, "{route}");
    }
}

/// A fake in which opposite moves lock each other.
async fn with_deadlocks() -> (FakeCanvas, SmallSchool, Canvas) {
    let (school, ids) = School::small();
    let fake = FakeCanvas::builder(school)
        .deadlocks(true)
        .latency(Duration::from_millis(50))
        .start()
        .await
        .unwrap();
    let canvas = fake.client().with_retry(RetryPolicy::never());
    (fake, ids, canvas)
}

/// Moves people at once, and gives the kinds of the refusals.
async fn move_at_once(canvas: &Canvas, moves: &[(UserId, GroupId)]) -> Vec<Option<ErrorKind>> {
    let moves = moves.iter().map(|(user, to)| {
        let canvas = canvas.clone();
        let request = CreateMembership::new(*to, *user);
        tokio::spawn(async move { canvas.send(request).await.err().map(|error| error.kind()) })
    });
    let mut kinds = Vec::new();
    for task in moves.collect::<Vec<_>>() {
        kinds.push(task.await.unwrap());
    }
    kinds.sort_by_key(Option::is_some);
    kinds
}

#[tokio::test]
async fn of_two_opposite_moves_at_once_one_is_answered_500_and_not_done() {
    let (fake, ids, canvas) = with_deadlocks().await;
    let [one, two, three] = [ids.groups[0], ids.groups[1], ids.groups[2]];
    let (a, b) = (ids.students[0], ids.students[6]);
    let kinds = move_at_once(&canvas, &[(a, two), (b, one)]).await;
    assert_eq!(kinds, [None, Some(ErrorKind::Server)]);
    let (first, second) = fake.school(|school| (school.members(one), school.members(two)));
    let moved = [second.contains(&a), first.contains(&b)];
    assert_eq!(moved.into_iter().filter(|moved| *moved).count(), 1);
    // A ring of three is a circle as well. A chain is none, and neither are two of one direction.
    fake.school(|school| {
        for (student, group) in [(0, one), (6, two), (10, three)] {
            school.add_member(group, ids.students[student]);
        }
    });
    let (c, d) = (ids.students[10], ids.students[1]);
    let ring = move_at_once(&canvas, &[(a, two), (b, three), (c, one)]).await;
    assert_eq!(ring, [None, None, Some(ErrorKind::Server)]);
    fake.school(|school| {
        school.add_member(one, a);
        school.add_member(two, b);
    });
    let chain = move_at_once(&canvas, &[(a, two), (d, two), (b, three)]).await;
    assert_eq!(chain, [None, None, None]);
}

#[tokio::test]
async fn opposite_moves_one_after_the_other_and_without_the_switch_are_done() {
    let (fake, ids, canvas) = with_deadlocks().await;
    let (a, b) = (ids.students[0], ids.students[6]);
    for (user, group) in [(a, ids.groups[1]), (b, ids.groups[0])] {
        let place = CreateMembership::new(group, user);
        canvas.send(place).await.unwrap();
    }
    drop(fake);
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    fake.set_latency(Duration::from_millis(50));
    let moves = [(a, ids.groups[1]), (b, ids.groups[0])];
    assert_eq!(move_at_once(&fake.client(), &moves).await, [None, None]);
}

#[tokio::test]
async fn the_journal_tells_which_requests_were_in_flight_at_the_same_time() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    fake.set_latency(Duration::from_millis(50));
    let canvas = fake.client().with_retry(RetryPolicy::never());
    let remove = |at: usize| canvas.send(RemoveUser::new(ids.groups[0], ids.students[at]));
    let (one, other) = tokio::join!(remove(0), remove(1));
    one.and(other).unwrap();
    let route = "DELETE groups/:group_id/users/:user_id";
    fake.fail(1, route, Fault::Drop).unwrap();
    remove(2).await.unwrap_err();
    remove(3).await.unwrap();
    let journal = fake.requests();
    let meet = |one: usize, other: usize| Recorded::overlaps(&journal[one], &journal[other]);
    assert!(meet(0, 1) && meet(1, 0));
    for (one, other) in [(0, 2), (1, 2), (2, 3), (3, 0)] {
        assert!(!meet(one, other) && !meet(other, one), "{one} and {other}");
    }
    // One without an answer has ended too.
    assert_eq!(journal[2].status, None);
    let moments: Vec<_> = journal.iter().map(|r| (r.began, r.ended)).collect();
    assert_eq!(moments[2..], [(4, Some(5)), (6, Some(7))]);
}

#[tokio::test]
async fn a_request_without_an_end_meets_all_that_come_later() {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let canvas = fake.client().with_retry(RetryPolicy::never());
    let slow = Fault::Delay(Duration::from_secs(3600));
    fake.fail(1, "GET groups/:group_id", slow).unwrap();
    let waiting = canvas.clone();
    let get = GetGroup::new(ids.groups[0]);
    let task = tokio::spawn(async move { waiting.send(get).await });
    while fake.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    let membership = fake
        .client()
        .send(CreateMembership::new(ids.groups[2], ids.students[0]));
    let id = membership.await.unwrap().id;
    let delete = DeleteMembership::new(ids.groups[2], id);
    fake.client().send(delete).await.unwrap();
    let journal = fake.requests();
    assert!(journal[0].ended.is_none());
    assert!(journal[0].overlaps(&journal[1]) && journal[0].overlaps(&journal[2]));
    task.abort();
}

#[tokio::test]
async fn the_journal_keeps_all_requests_when_it_is_told_to() {
    let (school, ids) = School::small();
    let fake = FakeCanvas::builder(school).throttle(None).start().await;
    let fake = fake.unwrap();
    let send = async |count: usize| {
        for _ in 0..count {
            fake.client()
                .send(GetGroup::new(ids.groups[0]))
                .await
                .unwrap();
        }
    };
    send(10_001).await;
    assert_eq!(fake.requests().len(), 10_000);
    fake.keep_all_requests();
    send(2).await;
    assert_eq!(fake.requests().len(), 10_002);
    fake.forget_requests();
    assert_eq!(fake.requests(), []);
}

#[tokio::test]
async fn a_fake_that_stands_still_lets_what_waits_happen_or_not() {
    for carry_out in [true, false] {
        let (fake, ids) = FakeCanvas::start().await.unwrap();
        let (group, student) = (ids.groups[2], ids.students[13]);
        let members = || fake.school(|school| school.members(group));
        fake.stand_still(2);
        let canvas = fake.client();
        canvas.send(GetGroup::new(group)).await.unwrap();
        assert!(!fake.is_standing_still());
        let place = tokio::spawn(canvas.send(CreateMembership::new(group, student)));
        while !fake.is_standing_still() {
            tokio::task::yield_now().await;
        }
        // The program is killed.
        place.abort();
        assert!(place.await.unwrap_err().is_cancelled());
        assert_eq!(members(), []);
        fake.go_on(carry_out);
        fake.client().send(GetGroup::new(group)).await.unwrap();
        assert_eq!(members().contains(&student), carry_out);
        assert!(!fake.is_standing_still());
    }
}
