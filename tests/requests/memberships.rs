//! Memberships.

use canvas_groups::{
    ErrorKind, GroupId, GroupRef, MembershipId, MembershipRef, Outgoing, UserId, UserRef,
    memberships::*,
};

use crate::{shown, snapshot};

const GROUP: GroupId = GroupId::new(17);
const MEMBERSHIP: MembershipId = MembershipId::new(92);

fn users(count: u64) -> Vec<UserId> {
    (0..count).map(|n| UserId::new(u64::MAX / 2 - n)).collect()
}

#[test]
fn list_memberships() {
    let full = ListMemberships::new(GroupRef::sis("Math 4/a"))
        .filter_states([MembershipState::Invited, MembershipState::Requested])
        .per_page(50);
    let none = ListMemberships::new(GROUP).filter_states(Vec::<MembershipState>::new());
    snapshot(
        "ListMemberships",
        [
            shown(&ListMemberships::new(GROUP)),
            shown(&full),
            shown(&none),
        ],
    );
}

#[test]
fn trap_36_a_membership_is_had_by_its_id_or_by_its_user() {
    let by_id = GetMembership::new(GROUP, MEMBERSHIP);
    let own = GetMembership::new(GroupRef::lti_context("4a"), MembershipRef::self_());
    snapshot("GetMembership", [shown(&by_id), shown(&own)]);

    let by_user = GetUserMembership::new(GROUP, UserId::new(3));
    let by_login = GetUserMembership::new(GROUP, UserRef::login("sheldon@caltech.example.com"));
    snapshot("GetUserMembership", [shown(&by_user), shown(&by_login)]);
}

#[test]
fn trap_39_adding_and_moving_are_one_post() {
    snapshot(
        "CreateMembership",
        [
            shown(&CreateMembership::new(GROUP, UserId::new(3))),
            shown(&CreateMembership::new(GROUP, UserRef::self_())),
            shown(&CreateMembership::new(GROUP, UserRef::sis("SHEL93921"))),
        ],
    );
}

#[test]
fn trap_34_users_are_added_as_members_and_removed_as_user_ids() {
    snapshot(
        "AddMembers",
        [shown(&AddMembers::new(
            GROUP,
            [UserId::new(123), UserId::new(456)],
        ))],
    );
    snapshot(
        "RemoveUsers",
        [shown(&RemoveUsers::new(
            GROUP,
            [UserId::new(3), UserId::new(4)],
        ))],
    );
}

#[test]
fn add_course_members() {
    let all = AddCourseMembers::new(GROUP);
    let most = AddCourseMembers::new(GroupRef::sis("t")).exclude_user_ids([UserId::new(123)]);
    snapshot("AddCourseMembers", [shown(&all), shown(&most)]);
    assert_eq!(all.clone().exclude_user_ids(users(0)), all);
}

#[test]
fn an_empty_list_of_users_is_refused_before_it_is_sent() {
    let add = Outgoing::of(&AddMembers::new(GROUP, users(0))).unwrap_err();
    let remove = Outgoing::of(&RemoveUsers::new(GROUP, users(0))).unwrap_err();
    for error in [add, remove] {
        assert_eq!(error.kind(), ErrorKind::Request);
        assert!(
            error.to_string().contains("list of users is empty"),
            "{error}"
        );
    }
    assert_eq!(
        RemoveUsers::in_batches(GROUP, Vec::<UserId>::new()).count(),
        0
    );
}

#[test]
fn lists_of_users_are_taken_by_reference_too() {
    let users = users(181);
    let (all, few) = (AddMembers::new(GROUP, &users), &users[..2]);
    assert_eq!(all, AddMembers::new(GROUP, users.clone()));
    assert_eq!(
        RemoveUsers::new(GROUP, few),
        RemoveUsers::new(GROUP, [users[0], users[1]])
    );
    let batches: Vec<_> = RemoveUsers::in_batches(GROUP, &users).collect();
    assert_eq!(batches[0].user_ids(), &users[..180]);
    assert_eq!(batches[1].user_ids(), &users[180..]);
    assert_eq!(batches.len(), 2);
}

#[test]
fn five_thousand_users_are_added_in_one_body_and_removed_in_batches() {
    let users = users(5000);
    let sent = Outgoing::of(&AddMembers::new(GROUP, users.clone())).unwrap();
    let body: serde_json::Value = serde_json::from_slice(sent.body().unwrap()).unwrap();
    let members: Vec<UserId> = serde_json::from_value(body["members"].clone()).unwrap();
    assert_eq!((members, sent.query()), (users.clone(), ""));

    let group = GroupRef::sis("a".repeat(200));
    let mut asked = Vec::new();
    for batch in RemoveUsers::in_batches(group, users.clone()) {
        let sent = Outgoing::of(&batch).unwrap();
        assert!(sent.path().len() + sent.query().len() < 6_900);
        let ids = url::form_urlencoded::parse(sent.query().as_bytes());
        let ids = ids.map(|(key, id)| {
            assert_eq!(key, "user_ids[]");
            id.parse::<UserId>().unwrap()
        });
        let ids: Vec<_> = ids.collect();
        assert_eq!(ids, batch.user_ids());
        asked.extend(ids);
    }
    assert_eq!(asked, users);
}

#[test]
fn update_membership() {
    let accept = UpdateMembership::new(GROUP, MEMBERSHIP).workflow_state(SettableState::Accepted);
    let demote = UpdateMembership::new(GROUP, MembershipRef::self_()).moderator(false);
    snapshot("UpdateMembership", [shown(&accept), shown(&demote)]);

    let full = UpdateUserMembership::new(GROUP, UserRef::self_())
        .workflow_state(SettableState::Accepted)
        .moderator(true);
    snapshot("UpdateUserMembership", [shown(&full)]);
}

#[test]
fn leave_and_remove() {
    snapshot(
        "DeleteMembership",
        [
            shown(&DeleteMembership::new(GROUP, MEMBERSHIP)),
            shown(&DeleteMembership::new(GROUP, MembershipRef::self_())),
        ],
    );
    snapshot(
        "RemoveUser",
        [
            shown(&RemoveUser::new(GROUP, UserId::new(3))),
            shown(&RemoveUser::new(GROUP, UserRef::self_())),
        ],
    );
}
