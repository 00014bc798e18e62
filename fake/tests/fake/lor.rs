//! Commons: sessions, groups, members.

use std::time::Duration;

use canvas_groups::{
    ErrorKind, Lor, RetryPolicy,
    http::StatusCode,
    lor::{
        AddMember, Added, CreateGroup, DeleteGroup, GetGroup, Group, ListGroups, ListMembers,
        RemoveMember, RenameGroup, UpdateMember, UserId,
    },
};
use canvas_groups_fake::{FakeCanvas, FakeLor, Fault, SmallSchool};
use serde_json::{Value, json};

pub(crate) async fn started() -> (FakeCanvas, SmallSchool, FakeLor) {
    let (canvas, ids) = FakeCanvas::start().await.unwrap();
    let fake = FakeLor::start(&canvas).await.unwrap();
    (canvas, ids, fake)
}

/// A group of a manager and a member, and clients of both.
struct Staffed {
    group: Group,
    manager: (UserId, Lor),
    member: (UserId, Lor),
}

async fn staffed(fake: &FakeLor, ids: &SmallSchool) -> Staffed {
    let group = fake.client().send(CreateGroup::new("Algebra I")).await;
    let group = group.unwrap();
    let join = async |user, is_manager| {
        let user = fake.add_user(user).unwrap();
        let add = AddMember::new(&group.id, &user).is_manager(is_manager);
        fake.client().send(add).await.unwrap();
        let client = fake.client_of(&user).unwrap();
        (user, client.with_retry(RetryPolicy::never()))
    };
    Staffed {
        manager: join(ids.teacher, true).await,
        member: join(ids.students[0], false).await,
        group,
    }
}

pub(crate) fn kind<T>(outcome: canvas_groups::Result<T>) -> ErrorKind {
    outcome.err().expect("an error").kind()
}

#[tokio::test]
async fn a_group_is_made_renamed_and_deleted() {
    let (_canvas, _, fake) = started().await;
    let commons = fake.client();
    let group = commons.send(CreateGroup::new("Algebra I")).await.unwrap();
    assert_eq!((&*group.name, group.is_manager), ("Algebra I", None));
    let renamed = commons
        .send(RenameGroup::new(&group.id, "Algebra II"))
        .await;
    assert_eq!(renamed.unwrap().name, "Algebra II");
    let listed = commons
        .stream(ListGroups::new())
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    assert_eq!(
        (&*listed[0].name, listed[0].is_manager),
        ("Algebra II", Some(false))
    );
    assert_eq!(listed[0].account_id, group.account_id);
    commons.send(DeleteGroup::new(&group.id)).await.unwrap();
    assert_eq!(
        kind(commons.send(GetGroup::new(&group.id)).await),
        ErrorKind::NotFound
    );
    let statuses: Vec<_> = fake.requests().iter().map(|sent| sent.status).collect();
    assert_eq!(statuses[0], Some(StatusCode::CREATED));
    assert_eq!(statuses[3], Some(StatusCode::NO_CONTENT));
}

#[tokio::test]
async fn trap_44_a_member_who_is_there_keeps_the_old_record() {
    let (_canvas, ids, fake) = started().await;
    let Staffed { group, manager, .. } = staffed(&fake, &ids).await;
    let add = AddMember::new(&group.id, &manager.0).is_manager(false);
    let Added::Kept(kept) = fake.client().send(add).await.unwrap() else {
        panic!("the record of old");
    };
    assert_eq!(kept.is_manager, Some(true));
    let update = UpdateMember::new(&group.id, &kept.id, false);
    let updated = fake.client().send(update).await.unwrap();
    assert_eq!((updated.is_manager, &updated.id), (Some(false), &kept.id));
    let members = fake.client().stream(ListMembers::new(&group.id));
    let members = members.try_collect::<Vec<_>>().await.unwrap();
    let names: Vec<_> = members.iter().map(|m| m.user_name.as_deref()).collect();
    assert_eq!(names, [Some("Tom Teacher"), Some("Ada Moreno")]);
    assert!(
        members[0]
            .user_id
            .as_ref()
            .unwrap()
            .as_str()
            .contains(":canvas-lms")
    );
    assert_eq!(
        members[0].user_email.as_deref(),
        Some("teacher@example.edu")
    );
}

#[tokio::test]
async fn a_manager_may_do_much_but_nothing_to_the_own_membership() {
    let (_canvas, ids, fake) = started().await;
    let Staffed {
        group,
        manager,
        member,
    } = staffed(&fake, &ids).await;
    let commons = &manager.1;
    let members = commons
        .stream(ListMembers::new(&group.id))
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    let [own, other] = [&members[0].id, &members[1].id];
    commons.send(GetGroup::new(&group.id)).await.unwrap();
    commons
        .send(RenameGroup::new(&group.id, "Ours"))
        .await
        .unwrap();
    commons
        .send(UpdateMember::new(&group.id, other, true))
        .await
        .unwrap();
    let demote = UpdateMember::new(&group.id, own, false);
    assert_eq!(kind(commons.send(demote).await), ErrorKind::Forbidden);
    let leave = RemoveMember::new(&group.id, own);
    assert_eq!(kind(commons.send(leave).await), ErrorKind::Forbidden);
    assert_eq!(
        kind(commons.send(DeleteGroup::new(&group.id)).await),
        ErrorKind::Forbidden
    );
    assert_eq!(
        kind(commons.send(CreateGroup::new("More")).await),
        ErrorKind::Forbidden
    );
    // The other one manages the group too by now, and takes the first one out.
    member
        .1
        .send(RemoveMember::new(&group.id, own))
        .await
        .unwrap();
    assert_eq!(
        kind(commons.send(GetGroup::new(&group.id)).await),
        ErrorKind::Forbidden
    );
}

#[tokio::test]
async fn a_member_sees_the_group_in_the_list_and_no_more() {
    let (_canvas, ids, fake) = started().await;
    let Staffed {
        group,
        manager,
        member,
    } = staffed(&fake, &ids).await;
    fake.client()
        .send(CreateGroup::new("Not theirs"))
        .await
        .unwrap();
    let list = async |commons: &Lor| {
        let groups = commons
            .stream(ListGroups::new())
            .try_collect::<Vec<_>>()
            .await
            .unwrap();
        let shown = groups
            .into_iter()
            .map(|group| (group.name, group.is_manager));
        shown.collect::<Vec<_>>()
    };
    let name = || "Algebra I".to_owned();
    assert_eq!(list(&member.1).await, [(name(), Some(false))]);
    assert_eq!(list(&manager.1).await, [(name(), Some(true))]);
    assert_eq!(list(&fake.client()).await.len(), 2);
    let commons = &member.1;
    let forbidden = [
        kind(commons.send(GetGroup::new(&group.id)).await),
        kind(commons.send(RenameGroup::new(&group.id, "x")).await),
        kind(commons.send(ListMembers::new(&group.id)).await),
        kind(commons.send(AddMember::new(&group.id, &member.0)).await),
    ];
    assert_eq!(forbidden, [ErrorKind::Forbidden; 4]);
}

#[tokio::test]
async fn so_many_requests_an_hour_and_no_more() {
    let (canvas, ids) = FakeCanvas::start().await.unwrap();
    let fake = FakeLor::builder()
        .hourly_limit(2)
        .start(&canvas)
        .await
        .unwrap();
    let commons = fake.client().with_retry(RetryPolicy::never());
    for _ in 0..2 {
        commons.send(ListGroups::new()).await.unwrap();
    }
    let error = commons.send(ListGroups::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled);
    assert!(error.retry_after().unwrap() <= Duration::from_secs(3600));
    let teacher = fake.add_user(ids.teacher).unwrap();
    fake.client_of(&teacher)
        .unwrap()
        .send(ListGroups::new())
        .await
        .unwrap();
}

#[tokio::test]
async fn names_have_one_to_fifty_characters_on_the_server_too() {
    let (_canvas, _, fake) = started().await;
    let http = reqwest::Client::new();
    let create = async |body: Value| {
        let request = http.post(format!("{}/groups", fake.url()));
        let request = request.header("x-session-id", fake.session()).json(&body);
        let answer = request.send().await.unwrap();
        (
            answer.status().as_u16(),
            answer.json::<Value>().await.unwrap(),
        )
    };
    for name in ["é".repeat(50), "x".to_owned()] {
        assert_eq!(create(json!({ "name": name })).await.0, 201);
    }
    for name in [json!("x".repeat(51)), json!(""), json!(7), json!(null)] {
        let (status, body) = create(json!({ "name": name })).await;
        assert_eq!((status, &body["statusCode"]), (400, &json!(400)), "{name}");
        assert_eq!(body["error"], "Bad Request");
        assert_eq!(
            body["validation"],
            json!({ "source": "payload", "keys": ["name"] })
        );
    }
    assert_eq!(create(json!(["name"])).await.0, 400);
    // A query that cannot be read is not called a fault of the body.
    let broken = http.get(format!("{}/groups?name=%zz", fake.url()));
    let broken = broken.header("x-session-id", fake.session()).send();
    let broken = broken.await.unwrap();
    assert_eq!(broken.status(), 400);
    let body: Value = broken.json().await.unwrap();
    assert_eq!(body["message"], "the request cannot be read");
}

#[tokio::test]
async fn whom_commons_does_not_know_cannot_be_added() {
    let (_canvas, ids, fake) = started().await;
    let Staffed { group, .. } = staffed(&fake, &ids).await;
    let add = AddMember::new(&group.id, UserId::new("nobody:canvas-lms1"));
    assert_eq!(kind(fake.client().send(add).await), ErrorKind::Invalid);
    let unknown = UpdateMember::new(&group.id, "7", true);
    assert_eq!(kind(fake.client().send(unknown).await), ErrorKind::NotFound);
    let error = fake
        .add_user(canvas_groups::UserId::new(999_999))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
}

#[tokio::test]
async fn a_fault_in_commons_comes_on_demand() {
    let (_canvas, _, fake) = started().await;
    let outage = Fault::answer(StatusCode::BAD_GATEWAY, "<html>down</html>");
    fake.fail(1, "POST groups", outage).unwrap();
    let outcome = fake.client().send(CreateGroup::new("x")).await;
    assert_eq!(kind(outcome), ErrorKind::Server);
    let groups = fake
        .client()
        .stream(ListGroups::new())
        .try_collect::<Vec<_>>()
        .await;
    assert_eq!(groups.unwrap(), []);
}
