//! Communities: the groups of an account that people come to by themselves.

use canvas_groups::{
    Canvas, ErrorKind, GroupId, MembershipRef, UserId, UserRef,
    groups::{
        CreateGroup, DeleteGroup, GetGroup, GroupRole, InviteToGroup, JoinLevel, ListMyGroups,
        UpdateGroup,
    },
    memberships::{
        CreateMembership, DeleteMembership, GetMembership, GetUserMembership, ListMemberships,
        MembershipState, RemoveUser, SettableState, UpdateMembership, UpdateUserMembership,
    },
};
use canvas_groups_fake::{FakeCanvas, SmallSchool};

use crate::groups::{faults, kind};

/// A community that a student has made, with the student's client.
async fn community(level: JoinLevel) -> (FakeCanvas, SmallSchool, Canvas, GroupId) {
    let (fake, ids) = FakeCanvas::start().await.unwrap();
    let founder = fake.client_of(ids.students[0]).unwrap();
    let create = CreateGroup::new().name("Chess").join_level(level);
    let group = founder.send(create).await.unwrap();
    (fake, ids, founder, group.id)
}

async fn join(fake: &FakeCanvas, group: GroupId, user: UserId) -> Option<MembershipState> {
    let canvas = fake.client_of(user).unwrap();
    let joined = canvas.send(CreateMembership::new(group, UserRef::self_()));
    joined.await.ok()?.workflow_state
}

#[tokio::test]
async fn trap_37_anyone_founds_a_community_and_moderates_it() {
    let (fake, ids, founder, id) = community(JoinLevel::InvitationOnly).await;
    let group = founder.send(GetGroup::new(id)).await.unwrap();
    assert_eq!(group.role, Some(GroupRole::Communities));
    assert_eq!(
        group.account_id,
        Some(fake.school(|school| school.root_account()))
    );
    let own = GetMembership::new(id, MembershipRef::self_());
    let own = founder.send(own).await.unwrap();
    assert_eq!(own.moderator, Some(true));
    assert_eq!(own.workflow_state, Some(MembershipState::Accepted));
    let second = fake.client_of(ids.teacher).unwrap();
    let second = second.send(CreateGroup::new()).await.unwrap();
    assert_eq!(
        second.group_category_id, group.group_category_id,
        "all communities are in one set, and one may be in several"
    );
    founder.send(DeleteGroup::new(id)).await.unwrap();
}

#[tokio::test]
async fn joining_goes_by_the_join_level() {
    let joined = async |level: JoinLevel| {
        let (fake, ids, _, group) = community(level).await;
        join(&fake, group, ids.students[1]).await
    };
    assert_eq!(
        joined(JoinLevel::ParentContextAutoJoin).await,
        Some(MembershipState::Accepted)
    );
    assert_eq!(
        joined(JoinLevel::ParentContextRequest).await,
        Some(MembershipState::Requested)
    );
    assert_eq!(joined(JoinLevel::InvitationOnly).await, None);
    assert_eq!(joined(JoinLevel::from("any text")).await, None);
}

#[tokio::test]
async fn a_moderator_lets_in_who_asked() {
    let (fake, ids, founder, group) = community(JoinLevel::ParentContextRequest).await;
    let asking = ids.students[1];
    join(&fake, group, asking).await;
    let count = founder.send(GetGroup::new(group)).await.unwrap();
    assert_eq!(count.members_count, Some(1), "who asks is not in");
    let asks = ListMemberships::new(group).filter_states([MembershipState::Requested]);
    let asks = founder.send(asks).await.unwrap().items;
    assert_eq!(asks.len(), 1);
    let student = fake.client_of(asking).unwrap();
    let accept = UpdateMembership::new(group, asks[0].id).workflow_state(SettableState::Accepted);
    assert_eq!(
        kind(student.send(&accept).await),
        Some(ErrorKind::Forbidden)
    );
    let accepted = founder.send(&accept).await.unwrap();
    assert_eq!(accepted.workflow_state, Some(MembershipState::Accepted));
    assert_eq!(accepted.just_created, None);
    let mine = student.send(ListMyGroups::new()).await.unwrap().items;
    assert!(mine.iter().any(|mine| mine.id == group));
    let promote = UpdateUserMembership::new(group, asking).moderator(true);
    founder.send(promote).await.unwrap();
    let rename = UpdateGroup::new(group).name("Go");
    assert_eq!(student.send(rename).await.unwrap().name, "Go");
    let demote = UpdateUserMembership::new(group, asking).moderator(false);
    assert_eq!(founder.send(demote).await.unwrap().moderator, Some(false));
}

#[tokio::test]
async fn trap_33_people_are_invited_by_address() {
    let (fake, ids, founder, group) = community(JoinLevel::InvitationOnly).await;
    let people = [
        "ben.okafor@example.edu",
        "chloe.larsen",
        "\"Doe, Jane\" <jane@doe.example>",
        "BEN.OKAFOR@example.edu",
        "no address",
    ];
    let invited = founder
        .send(InviteToGroup::new(group, people))
        .await
        .unwrap()
        .invited;
    assert_eq!(
        invited.len(),
        3,
        "one each, and none for what is no address"
    );
    let states = invited.iter().map(|m| m.workflow_state.clone().unwrap());
    assert!(states.into_iter().all(|s| s == MembershipState::Invited));
    assert_eq!(invited[0].user_id, Some(ids.students[1]));
    assert_eq!(invited[1].user_id, Some(ids.students[2]));
    let again = InviteToGroup::new(group, ["jane@doe.example"]);
    let again = founder.send(again).await.unwrap().invited;
    assert_eq!(again[0].id, invited[2].id);
    let student = fake.client_of(ids.students[1]).unwrap();
    let refused = student
        .send(InviteToGroup::new(group, ["a@b.example"]))
        .await;
    assert_eq!(kind(refused), Some(ErrorKind::Forbidden));
}

#[tokio::test]
async fn a_moderator_cannot_add_others() {
    let (_fake, ids, founder, group) = community(JoinLevel::ParentContextAutoJoin).await;
    let other = CreateMembership::new(group, ids.students[1]);
    assert_eq!(kind(founder.send(other).await), Some(ErrorKind::Forbidden));
}

#[tokio::test]
async fn a_community_once_public_stays_so_and_opens_to_nobody() {
    let (fake, ids, founder, group) = community(JoinLevel::InvitationOnly).await;
    let other = fake.client_of(ids.students[1]).unwrap();
    assert_eq!(
        kind(other.send(GetGroup::new(group)).await),
        Some(ErrorKind::Forbidden)
    );
    let public = UpdateGroup::new(group).is_public(true);
    assert_eq!(founder.send(public).await.unwrap().is_public, Some(true));
    assert_eq!(
        kind(other.send(GetGroup::new(group)).await),
        Some(ErrorKind::Forbidden)
    );
    let private = founder.send(UpdateGroup::new(group).is_public(false)).await;
    let refused = [("is_public", "cannot be changed to that value")];
    let refused = refused.map(|(field, code)| (field.to_owned(), code.to_owned()));
    assert_eq!(faults(private), refused);
}

#[tokio::test]
async fn whoever_has_a_membership_may_lead() {
    let (fake, _, founder, group) = community(JoinLevel::InvitationOnly).await;
    let invite = InviteToGroup::new(group, ["chloe.larsen"]);
    let invited = founder.send(invite).await.unwrap().invited.remove(0);
    let leader = async |user: Option<UserId>| {
        let http = reqwest::Client::new();
        let put = http.put(format!("{}/api/v1/groups/{group}", fake.url()));
        let put = put.bearer_auth(fake.token()).header("User-Agent", "test");
        let body = serde_json::json!({ "leader": { "id": user } });
        put.json(&body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(leader(Some(UserId::new(9_999))).await, 400);
    assert_eq!(leader(invited.user_id).await, 200);
    let accept = UpdateMembership::new(group, invited.id).workflow_state(SettableState::Accepted);
    founder.send(accept).await.unwrap();
    assert_eq!(leader(invited.user_id).await, 200);
}

#[tokio::test]
async fn one_leaves_once_and_a_moderator_removes() {
    let (fake, ids, founder, group) = community(JoinLevel::ParentContextAutoJoin).await;
    let (one, two) = (ids.students[1], ids.students[2]);
    join(&fake, group, one).await;
    join(&fake, group, two).await;
    let student = fake.client_of(one).unwrap();
    let other = student.send(RemoveUser::new(group, two)).await;
    assert_eq!(kind(other), Some(ErrorKind::Forbidden));
    let leave = DeleteMembership::new(group, MembershipRef::self_());
    student.send(&leave).await.unwrap();
    assert_eq!(kind(student.send(&leave).await), Some(ErrorKind::NotFound));
    founder.send(RemoveUser::new(group, two)).await.unwrap();
    let gone = founder.send(GetUserMembership::new(group, two)).await;
    assert_eq!(kind(gone), Some(ErrorKind::NotFound));
    fake.school(|school| assert_eq!(school.members(group), [ids.students[0]]));
}

#[tokio::test]
async fn a_full_community_takes_nobody_more_but_an_invitation_takes_no_place() {
    let (fake, ids, founder, group) = community(JoinLevel::ParentContextAutoJoin).await;
    let limit = UpdateGroup::new(group).max_membership(2);
    founder.send(limit).await.unwrap();
    let invite = InviteToGroup::new(group, ["chloe.larsen"]);
    assert_eq!(founder.send(invite).await.unwrap().invited.len(), 1);
    assert_eq!(
        join(&fake, group, ids.students[1]).await,
        Some(MembershipState::Accepted)
    );
    let last = fake.client_of(ids.students[3]).unwrap();
    let refused = last.send(CreateMembership::new(group, UserRef::self_()));
    let expected = ("group_id".to_owned(), "The group is full.".to_owned());
    assert_eq!(faults(refused.await), [expected]);
}
