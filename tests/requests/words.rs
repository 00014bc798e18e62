//! What setters accept besides the types that they store, and what outcomes look like as JSON.

use canvas_groups::{
    CourseId, Deleted, ErrorDetail, GroupId, Outgoing, UserId,
    categories::{
        AutoLeader, Category, CreateCourseCategory, ListCourseCategories, SelfSignup,
        UpdateCategory,
    },
    courses::{CourseSort, ListAccountCourses, SortOrder},
    files::{FileSort, ListGroupFiles, OnDuplicate, UploadFile},
    groups::{
        CollaborationState, ContextType, CreateGroup, GetGroup, Group, GroupInclude, JoinLevel,
        ListCourseGroups, ListMyGroups, UpdateGroup,
    },
    lor::{self, AddMember, UpdateMember},
    memberships::{AddedMembers, SettableState, UpdateMembership, UpdateUserMembership},
    users::{ListCourseUsers, UserSort},
};
use serde_json::{Value, json};

const GROUP: GroupId = GroupId::new(17);
const COURSE: CourseId = CourseId::new(7);

#[test]
fn words_may_be_given_as_text() {
    assert_eq!(
        CreateGroup::new().join_level("invitation_only"),
        CreateGroup::new().join_level(JoinLevel::InvitationOnly),
    );
    assert_eq!(
        ListCourseGroups::new(COURSE).collaboration_state("all".to_owned()),
        ListCourseGroups::new(COURSE).collaboration_state(CollaborationState::All),
    );
    assert_eq!(
        ListMyGroups::new().context_type("Course"),
        ListMyGroups::new().context_type(&ContextType::Course),
    );
    assert_eq!(
        ListCourseCategories::new(COURSE).collaboration_state("all"),
        ListCourseCategories::new(COURSE).collaboration_state(CollaborationState::All),
    );
    let create = || CreateCourseCategory::new(COURSE, "Teams");
    assert_eq!(
        create().self_signup("restricted").auto_leader("first"),
        create()
            .self_signup(SelfSignup::Restricted)
            .auto_leader(AutoLeader::First),
    );
    let category: Category = serde_json::from_value(json!({ "id": 3, "name": "Teams",
        "self_signup": null, "auto_leader": null, "group_limit": null }))
    .unwrap();
    let update = || UpdateCategory::of(&category);
    assert_eq!(
        update().self_signup("enabled").auto_leader("random"),
        update()
            .self_signup(SelfSignup::Enabled)
            .auto_leader(AutoLeader::Random),
    );
    assert_eq!(
        UploadFile::new(GROUP, "x").on_duplicate("rename"),
        UploadFile::new(GROUP, "x").on_duplicate(OnDuplicate::Rename),
    );
    assert_eq!(
        ListGroupFiles::new(GROUP).sort("size").order("desc"),
        ListGroupFiles::new(GROUP)
            .sort(FileSort::Size)
            .order(SortOrder::Desc),
    );
    let account = canvas_groups::AccountId::new(1);
    assert_eq!(
        ListAccountCourses::new(account).sort("course_name"),
        ListAccountCourses::new(account).sort(CourseSort::CourseName),
    );
    assert_eq!(
        ListCourseUsers::new(COURSE).sort("email"),
        ListCourseUsers::new(COURSE).sort(UserSort::Email),
    );
}

#[test]
fn one_include_needs_no_brackets() {
    let one = GetGroup::new(GROUP).include(GroupInclude::Users);
    assert_eq!(one, GetGroup::new(GROUP).include([GroupInclude::Users]));
    let sent = Outgoing::of(&one).unwrap().to_string();
    assert_eq!(sent, "GET groups/17?include%5B%5D=users");
}

#[test]
fn all_members_are_removed_by_an_empty_list() {
    let nobody: [UserId; 0] = [];
    let empty = UpdateGroup::new(GROUP).remove_all_members();
    assert_eq!(empty, UpdateGroup::new(GROUP).replace_members(nobody));
    let sent = Outgoing::of(&empty).unwrap().to_string();
    assert_eq!(sent, "PUT groups/17\n\n{\"members\":[]}");
}

#[test]
fn named_ways_say_the_same_as_the_parameters() {
    let own = UpdateMembership::new(GROUP, canvas_groups::MembershipRef::self_());
    assert_eq!(
        own.clone().accept(),
        own.workflow_state(SettableState::Accepted)
    );
    let user = UpdateUserMembership::new(GROUP, UserId::new(1));
    assert_eq!(
        user.clone().accept(),
        user.workflow_state(SettableState::Accepted)
    );
    let add = || AddMember::new("g", "u");
    assert_eq!(add().as_manager(), add().is_manager(true));
    assert_eq!(add().as_ordinary(), add().is_manager(false));
    let update = |is| UpdateMember::new("g", "m", is);
    assert_eq!(UpdateMember::promote("g", "m"), update(true));
    assert_eq!(UpdateMember::demote("g", "m"), update(false));
}

#[test]
fn outcomes_are_told_as_json() {
    let mut group = Group::new(GROUP);
    group.name = "Red".into();
    let deleted = told(&Deleted::Record(group));
    assert_eq!(deleted["record"]["id"], 17);
    assert_eq!(deleted["record"]["name"], "Red");
    assert_eq!(told(&Deleted::<Group>::Gone), "gone");
    assert_eq!(told(&AddedMembers::Complete), "complete");
    let member = lor::Member::new("m1");
    assert_eq!(
        told(&lor::Added::AsAsked(member)),
        json!({ "as_asked": { "id": "m1" } })
    );
    assert_eq!(
        told(&ErrorDetail::new("name", "too_long")),
        json!({ "field": "name", "code": "too_long", "message": null })
    );
}

fn told(value: &impl serde::Serialize) -> Value {
    json!(value)
}
