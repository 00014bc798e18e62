//! Studio: users of groups.

use canvas_groups::{ErrorKind, Outgoing, studio::*};

use crate::{shown, snapshot};

const GROUP: GroupId = GroupId::new(12);

#[test]
fn list_group_users() {
    snapshot(
        "studio::ListGroupUsers",
        [shown(&ListGroupUsers::new(GROUP))],
    );
}

#[test]
fn users() {
    let full = SearchUsers::new()
        .role(Role::Teacher)
        .email("amy+1@caltech.example.com")
        .per_page(50);
    snapshot(
        "studio::SearchUsers",
        [shown(&SearchUsers::new()), shown(&full)],
    );
    let user = GetUser::new(UserId::new(9_007_199_254_740_993));
    snapshot("studio::GetUser", [shown(&user)]);
}

#[test]
fn trap_45_a_batch_is_a_bare_array() {
    let documented =
        UpdateGroupUsers::new(GroupId::new(1)).add(UserId::new(1), Permission::Manager);
    let full = UpdateGroupUsers::new(GROUP)
        .add(UserId::new(9_007_199_254_740_993), "owner")
        .update(UserId::new(4), Permission::Member)
        .remove(UserId::new(5))
        .operation(Operation {
            action: "destroy".into(),
            user_id: UserId::new(5),
            permission: None,
        });
    snapshot(
        "studio::UpdateGroupUsers",
        [shown(&documented), shown(&full)],
    );
    assert_eq!(Outgoing::of(&documented).unwrap().body().unwrap().len(), 53);
}

#[test]
fn an_empty_batch_is_not_sent() {
    let error = Outgoing::of(&UpdateGroupUsers::new(GROUP)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    assert!(error.to_string().contains("add at least one"), "{error}");
}
