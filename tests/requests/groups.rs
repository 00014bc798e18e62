//! Groups and their users.

use canvas_groups::{
    AccountRef, CategoryId, CategoryRef, CourseId, CourseRef, ErrorKind, FileId, GroupId, GroupRef,
    Outgoing, UserId, groups::*, tags::GetUserTags, users::*,
};

use crate::{shown, snapshot};

const GROUP: GroupId = GroupId::new(17);

#[test]
fn list_my_groups() {
    let full = ListMyGroups::new()
        .context_type(ContextType::Account)
        .include([GroupInclude::Tabs, "users".into()])
        .per_page(50);
    snapshot("ListMyGroups", [shown(&ListMyGroups::new()), shown(&full)]);
}

#[test]
fn list_groups_of_a_context() {
    let account = ListAccountGroups::new(AccountRef::self_());
    let full = ListAccountGroups::new(AccountRef::sis("north/1"))
        .only_own_groups(true)
        .include(["permissions"])
        .collaboration_state(CollaborationState::All)
        .include_inactive_users(true)
        .filter("a & b")
        .user_id(UserId::new(9))
        .section_restricted(true)
        .per_page(10);
    snapshot("ListAccountGroups", [shown(&account), shown(&full)]);

    let course = ListCourseGroups::new(CourseId::new(1)).section_restricted(false);
    let full = ListCourseGroups::new(CourseRef::sis("MATH 101"))
        .only_own_groups(false)
        .include([GroupInclude::Users, GroupInclude::GroupCategory])
        .collaboration_state(CollaborationState::NonCollaborative)
        .include_inactive_users(true)
        .filter("ü")
        .user_id(UserId::new(9))
        .section_restricted(true)
        .per_page(1);
    snapshot("ListCourseGroups", [shown(&course), shown(&full)]);
}

#[test]
fn get_user_tags() {
    let request = GetUserTags::new(CourseId::new(1), [UserId::new(35), UserId::new(79)]);
    snapshot("GetUserTags", [shown(&request)]);
}

#[test]
fn tags_of_many_users_are_asked_for_in_batches_that_fit_into_a_url() {
    let users: Vec<_> = (0..1000).map(|n| UserId::new(u64::MAX / 2 - n)).collect();
    let batches: Vec<_> = GetUserTags::in_batches(CourseId::new(1), &users).collect();
    assert_eq!(batches.len(), 6);
    let mut asked = Vec::new();
    for batch in &batches {
        let sent = Outgoing::of(batch).unwrap();
        assert!(sent.query().len() < 6_900);
        let ids = url::form_urlencoded::parse(sent.query().as_bytes());
        asked.extend(ids.map(|(_, id)| id.parse::<UserId>().unwrap()));
    }
    assert_eq!(asked, users);
    assert_eq!(
        GetUserTags::in_batches(CourseId::new(1), Vec::<UserId>::new()).count(),
        0
    );
}

#[test]
fn get_group() {
    let full = GetGroup::new(GroupRef::sis("group/4a")).include([GroupInclude::Permissions]);
    snapshot("GetGroup", [shown(&GetGroup::new(GROUP)), shown(&full)]);
}

#[test]
fn trap_37_a_community_is_created_by_post_groups() {
    let full = CreateGroup::new()
        .name("Math Teachers")
        .description("A place to gather resources for our classes.")
        .is_public(true)
        .join_level(JoinLevel::ParentContextAutoJoin)
        .storage_quota_mb(50)
        .sis_group_id("g1")
        .max_membership(5)
        .invitees([UserId::new(3), UserId::new(4)]);
    snapshot("CreateGroup", [shown(&CreateGroup::new()), shown(&full)]);
}

#[test]
fn create_category_group() {
    let full = CreateCategoryGroup::new(CategoryRef::sis("set 1"))
        .name("Group \"1\"")
        .description("")
        .is_public(false)
        .join_level(JoinLevel::InvitationOnly)
        .storage_quota_mb(0)
        .sis_group_id("g1")
        .max_membership(2)
        .invitees([UserId::new(3)]);
    let least = CreateCategoryGroup::new(CategoryId::new(4)).name("Group 1");
    snapshot("CreateCategoryGroup", [shown(&least), shown(&full)]);
}

#[test]
fn trap_30_keys_are_flat() {
    let full = UpdateGroup::new(GROUP)
        .name("Algebra Teachers")
        .description("")
        .is_public(false)
        .join_level(JoinLevel::from("parent_context_request"))
        .avatar_id(FileId::new(8))
        .storage_quota_mb(100)
        .replace_members([UserId::new(3), UserId::new(4)])
        .sis_group_id("g2")
        .override_sis_stickiness(false)
        .max_membership(5)
        .leader(UserId::new(3));
    let clear = UpdateGroup::new(GROUP)
        .replace_members(Vec::<UserId>::new())
        .clear_leader()
        .override_sis_stickiness(true);
    snapshot(
        "UpdateGroup",
        [
            shown(&UpdateGroup::new(GROUP).name("x")),
            shown(&full),
            shown(&clear),
        ],
    );
}

#[test]
fn trap_32_false_is_sent() {
    let body = |request| Outgoing::of(&request).unwrap().to_string();
    let sent = body(UpdateGroup::new(GROUP).is_public(false));
    assert!(sent.ends_with(r#"{"is_public":false}"#), "{sent}");
    let list = ListCourseGroups::new(CourseId::new(1)).only_own_groups(false);
    assert!(
        Outgoing::of(&list)
            .unwrap()
            .query()
            .contains("only_own_groups=false")
    );
}

#[test]
fn delete_group() {
    snapshot("DeleteGroup", [shown(&DeleteGroup::new(GROUP))]);
}

#[test]
fn trap_33_invite_takes_addresses() {
    let request = InviteToGroup::new(
        GROUP,
        ["leonard@example.com", "Sheldon <sheldon@example.com>"],
    );
    snapshot("InviteToGroup", [shown(&request)]);

    for addresses in [vec![], vec!["a@example.com", " "]] {
        let error = Outgoing::of(&InviteToGroup::new(GROUP, addresses)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request);
        assert!(error.to_string().contains("e-mail address"), "{error}");
    }
}

#[test]
fn list_group_users() {
    let full = ListGroupUsers::new(GroupRef::lti_context("4a"))
        .search_term("Cooper, S")
        .include([UserInclude::AvatarUrl, UserInclude::Email])
        .exclude_inactive(true)
        .exclude([UserExclude::Pseudonym])
        .per_page(100);
    snapshot(
        "ListGroupUsers",
        [shown(&ListGroupUsers::new(GROUP)), shown(&full)],
    );
}

#[test]
fn preview_html() {
    snapshot("PreviewHtml", [shown(&PreviewHtml::new(GROUP, "<p>a</p>"))]);
}

#[test]
fn get_group_permissions() {
    let full = GetGroupPermissions::new(GROUP).permissions(["read_roster", "send_messages_all"]);
    snapshot(
        "GetGroupPermissions",
        [shown(&GetGroupPermissions::new(GROUP)), shown(&full)],
    );
}
