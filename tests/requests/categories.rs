//! Group categories, differentiation tags, activity and progress.

use canvas_groups::{
    AccountRef, CategoryId, CategoryRef, CourseId, CourseRef, ErrorKind, GroupId, GroupRef,
    Outgoing, ProgressId, activity::*, categories::*, groups::CollaborationState, progress::*,
    tags::ManageTags, users::*,
};

use crate::{shown, snapshot};

const CATEGORY: CategoryId = CategoryId::new(4);
const DATE: &str = "2026-03-04T15:06:07Z";

#[test]
fn list_categories_of_a_context() {
    let account = ListAccountCategories::new(AccountRef::self_());
    let full = ListAccountCategories::new(AccountRef::sis("north/1"))
        .collaboration_state(CollaborationState::All)
        .include([CategoryInclude::GroupsCount, CategoryInclude::Groups])
        .per_page(10);
    snapshot("ListAccountCategories", [shown(&account), shown(&full)]);

    let course = ListCourseCategories::new(CourseId::new(1));
    let full = ListCourseCategories::new(CourseRef::uuid("4a"))
        .collaboration_state(CollaborationState::NonCollaborative)
        .include([CategoryInclude::UnassignedUsersCount])
        .per_page(1);
    snapshot("ListCourseCategories", [shown(&course), shown(&full)]);
}

#[test]
fn get_category() {
    let full = GetCategory::new(CategoryRef::sis("sets/1")).include(["groups_count"]);
    snapshot(
        "GetCategory",
        [shown(&GetCategory::new(CATEGORY)), shown(&full)],
    );
}

#[test]
fn create_category() {
    let account = CreateAccountCategory::new(AccountRef::self_(), "Project Groups");
    let full = CreateAccountCategory::new(AccountRef::sis("n"), "x")
        .non_collaborative(false)
        .self_signup(SelfSignup::Enabled)
        .auto_leader(AutoLeader::First)
        .group_limit(5)
        .sis_group_category_id("sets/1")
        .include([CategoryInclude::Groups])
        .enable_self_signup(false)
        .restrict_self_signup(false)
        .self_signup_end_at(DATE.parse().unwrap())
        .enable_auto_leader(true)
        .auto_leader_type(AutoLeader::Random);
    snapshot("CreateAccountCategory", [shown(&account), shown(&full)]);

    let course = CreateCourseCategory::new(CourseId::new(1), "Project Groups");
    let full = CreateCourseCategory::new(CourseId::new(1), "x")
        .non_collaborative(true)
        .self_signup(SelfSignup::Restricted)
        .auto_leader(AutoLeader::Random)
        .group_limit(5)
        .sis_group_category_id("sets/1")
        .create_group_count(3)
        .split_group_count(4)
        .include([CategoryInclude::Groups])
        .enable_self_signup(true)
        .restrict_self_signup(true)
        .self_signup_end_at(DATE.parse().unwrap())
        .enable_auto_leader(true)
        .auto_leader_type(AutoLeader::First)
        .split_groups(SplitGroups::None)
        .group_by_section(true)
        .assign_async(true)
        .create_group_member_count(2);
    let split =
        CreateCourseCategory::new(CourseId::new(1), "x").split_groups(SplitGroups::ByMemberCount);
    snapshot(
        "CreateCourseCategory",
        [shown(&course), shown(&full), shown(&split)],
    );
}

#[test]
fn which_count_decides_is_sent_as_the_text_that_the_server_compares() {
    let new = || CreateCourseCategory::new(CourseId::new(1), "a");
    let body = |sent: String| sent.split("\n\n").nth(1).unwrap().to_owned();
    for (value, text) in [
        (SplitGroups::None, "0"),
        (SplitGroups::ByGroupCount, "1"),
        (SplitGroups::ByMemberCount, "2"),
        (SplitGroups::from("3"), "3"),
    ] {
        let create = new()
            .create_group_member_count(4)
            .split_groups(value.clone());
        assert_eq!(
            body(Outgoing::of(&create).unwrap().to_string()),
            format!(r#"{{"name":"a","split_groups":"{text}","create_group_member_count":4}}"#)
        );
        let change = UpdateCategory::of(&category(r#""name": "a""#)).split_groups(value);
        let body = body(Outgoing::of(&change).unwrap().to_string());
        assert!(
            body.contains(&format!(r#""split_groups":"{text}""#)),
            "{body}"
        );
    }
}

#[test]
fn a_category_tells_of_tags_by_its_groups_or_not_at_all() {
    let told = |fields: &str| category(fields).is_tag_set();
    for (fields, expected) in [
        // What servers send.
        (r#""name": "a""#, None),
        (r#""non_collaborative": null"#, None),
        (r#""groups": []"#, None),
        (r#""groups": [{"id": 1}]"#, None),
        (
            r#""groups": [{"id": 1, "non_collaborative": true}]"#,
            Some(true),
        ),
        (
            r#""groups": [{"id": 1, "non_collaborative": false}]"#,
            Some(false),
        ),
        // What the documentation says.
        (r#""non_collaborative": true"#, Some(true)),
        (r#""non_collaborative": false, "groups": []"#, Some(false)),
    ] {
        assert_eq!(told(fields), expected, "{fields}");
    }
}

fn category(settings: &str) -> Category {
    serde_json::from_str(&format!("{{\"id\": 4, {settings}}}")).unwrap()
}

#[test]
fn trap_31_every_change_of_a_category_names_the_three_settings_that_it_replaces() {
    let signup = category(&format!(
        r#""self_signup": "restricted", "auto_leader": "first", "group_limit": 5,
           "self_signup_end_at": "{DATE}""#
    ));
    let bare = category(r#""self_signup": null, "auto_leader": null, "group_limit": null"#);
    let newer = category(r#""self_signup": "by_invitation", "auto_leader": "oldest""#);
    let cleared = UpdateCategory::of(&signup)
        .clear_self_signup()
        .clear_auto_leader()
        .clear_group_limit();
    let endless = UpdateCategory::of(&signup).clear_self_signup_end_at();
    let settings = CategorySettings {
        self_signup: Some(SelfSignup::Enabled),
        auto_leader: None,
        group_limit: Some(3),
    };
    let full = UpdateCategory::replace(CategoryRef::sis("sets/1"), settings)
        .name("x")
        .self_signup(SelfSignup::Restricted)
        .auto_leader(AutoLeader::Random)
        .group_limit(6)
        .sis_group_category_id("sets/2")
        .self_signup_end_at(DATE.parse().unwrap())
        .create_group_count(3)
        .split_group_count(4)
        .split_groups(SplitGroups::None)
        .group_by_section(true)
        .assign_async(true)
        .create_group_member_count(2)
        .include([CategoryInclude::GroupsCount]);
    snapshot(
        "UpdateCategory",
        [
            shown(&UpdateCategory::of(&signup).name("Project Groups")),
            shown(&UpdateCategory::of(&bare).name("Project Groups")),
            shown(&UpdateCategory::of(&newer)),
            shown(&cleared),
            shown(&endless),
            shown(&full),
        ],
    );
}

#[test]
fn delete_category() {
    snapshot("DeleteCategory", [shown(&DeleteCategory::new(CATEGORY))]);
}

#[test]
fn list_groups_and_users_of_a_category() {
    let groups = ListCategoryGroups::new(CategoryRef::sis("sets/1")).per_page(7);
    snapshot(
        "ListCategoryGroups",
        [shown(&ListCategoryGroups::new(CATEGORY)), shown(&groups)],
    );
    let users = ListCategoryUsers::new(CATEGORY)
        .search_term("Cooper, S")
        .unassigned(true)
        .include([UserInclude::GroupSubmissions, UserInclude::Email])
        .exclude([UserExclude::PersonalInfo])
        .per_page(100);
    snapshot(
        "ListCategoryUsers",
        [shown(&ListCategoryUsers::new(CATEGORY)), shown(&users)],
    );
}

#[test]
fn trap_38_the_two_ways_to_assign_differ_on_the_wire_and_in_their_answers() {
    let job = AssignUnassigned::new(CATEGORY);
    let by_section = AssignUnassigned::new(CategoryRef::sis("sets/1")).group_by_section(true);
    snapshot("AssignUnassigned", [shown(&job), shown(&by_section)]);
    snapshot(
        "AssignUnassignedNow",
        [shown(&AssignUnassignedNow::new(CATEGORY))],
    );
}

const COURSE: CourseId = CourseId::new(1);

#[test]
fn manage_tags() {
    let documented = ManageTags::in_set(COURSE, CATEGORY)
        .rename_set("New Category Name")
        .create("New Group")
        .update(GroupId::new(123), "Updated Group")
        .delete(GroupId::new(456));
    let new = ManageTags::in_new_set(COURSE, "Reading")
        .create("a")
        .create("b");
    let rename = ManageTags::in_set(COURSE, CATEGORY).rename_set("x");
    snapshot(
        "ManageTags",
        [shown(&documented), shown(&new), shown(&rename)],
    );
}

#[test]
fn more_operations_on_tags_than_the_server_takes_are_refused_before_they_are_sent() {
    let set = || ManageTags::in_set(COURSE, CATEGORY);
    let most = (0..30).fold(set(), |request, n| request.create(format!("tag {n}")));
    let most = (0..20).fold(most, |request, n| request.delete(GroupId::new(n)));
    assert!(Outgoing::of(&most).is_ok());
    let error = Outgoing::of(&most.update(GroupId::new(1), "x")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    let text = error.to_string();
    assert!(
        text.contains("51 operations") && text.contains("50"),
        "{text}"
    );

    let error = Outgoing::of(&set()).unwrap_err();
    assert!(error.to_string().contains("nothing to do"), "{error}");
}

#[test]
fn activity() {
    let group = GroupId::new(17);
    let full = ListActivity::new(GroupRef::sis("a")).per_page(21);
    snapshot(
        "ListActivity",
        [shown(&ListActivity::new(group)), shown(&full)],
    );
    snapshot(
        "GetActivitySummary",
        [shown(&GetActivitySummary::new(group))],
    );
}

#[test]
fn progress() {
    let id = ProgressId::new(2);
    snapshot("GetProgress", [shown(&GetProgress::new(id))]);
    let full = CancelProgress::new(id).message("the wrong file");
    snapshot(
        "CancelProgress",
        [shown(&CancelProgress::new(id)), shown(&full)],
    );
}
