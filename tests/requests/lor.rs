//! Commons: groups and members.

use canvas_groups::{ErrorKind, Outgoing, lor::*};

use crate::{shown, snapshot};

const USER: &str =
    "4LjxagScJoIlBACBRTI1XLXzCtTRn1CPDBLhWPEP:canvas-lmsf1ca849dd34eaef8040de8ffa7fe7fd5983e57e2";

#[test]
fn groups() {
    snapshot(
        "lor::CreateGroup",
        [shown(&CreateGroup::new("The Group Name"))],
    );
    snapshot("lor::ListGroups", [shown(&ListGroups::new())]);
    snapshot(
        "lor::GetGroup",
        [shown(&GetGroup::new("1234")), shown(&GetGroup::new(USER))],
    );
    snapshot(
        "lor::RenameGroup",
        [shown(&RenameGroup::new("a/b ?#%", "The Group Name"))],
    );
    snapshot("lor::DeleteGroup", [shown(&DeleteGroup::new("asdf"))]);
}

#[test]
fn members() {
    let group = GroupId::new("1234");
    let member = MemberId::new("56789");
    snapshot(
        "lor::AddMember",
        [
            shown(&AddMember::new(&group, USER).is_manager(true)),
            shown(&AddMember::new(&group, USER).is_manager(false)),
            shown(&AddMember::new(&group, USER)),
        ],
    );
    snapshot("lor::ListMembers", [shown(&ListMembers::new(&group))]);
    snapshot(
        "lor::UpdateMember",
        [
            shown(&UpdateMember::new(&group, &member, true)),
            shown(&UpdateMember::new(&group, "a:b/c", false)),
        ],
    );
    snapshot(
        "lor::RemoveMember",
        [shown(&RemoveMember::new(&group, &member))],
    );
}

#[test]
fn users() {
    let variants = ["aaron", "Amy & Co. +1@x"].map(|text| shown(&SearchUsers::new(text)));
    snapshot("lor::SearchUsers", variants);
}

#[test]
fn the_documented_body_of_an_added_member_is_sent_to_the_byte() {
    let sent = Outgoing::of(&AddMember::new("1234", USER).is_manager(true)).unwrap();
    assert_eq!(sent.body().unwrap().len(), 121);
}

#[test]
fn a_name_has_1_to_50_characters_and_not_bytes() {
    let fits = ["a", " ", &"ü".repeat(50), &"数".repeat(50)].map(str::to_owned);
    for name in fits {
        for request in [
            Outgoing::of(&CreateGroup::new(&name)),
            Outgoing::of(&RenameGroup::new("1", &name)),
        ] {
            let sent: serde_json::Value =
                serde_json::from_slice(request.unwrap().body().unwrap()).unwrap();
            assert_eq!(sent, serde_json::json!({ "name": name }));
        }
    }
    for name in [String::new(), "a".repeat(51), "ü".repeat(51)] {
        for error in [
            Outgoing::of(&CreateGroup::new(&name)).unwrap_err(),
            Outgoing::of(&RenameGroup::new("1", &name)).unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Request);
            assert!(error.to_string().contains("1 to 50 characters"), "{error}");
        }
    }
}
