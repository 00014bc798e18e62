//! In which forms requests name records.

use std::any::type_name;

use canvas_groups::{
    AccountRef, CategoryId, CategoryRef, CourseId, CourseRef, Endpoint, GroupId, GroupRef,
    MembershipRef, Outgoing, ProgressId, SectionRef, UserId, UserRef,
    activity::*,
    categories::*,
    courses::*,
    csv::*,
    enrollments::{ListCourseEnrollments, ListSectionEnrollments},
    files::{ListGroupFiles, UploadFile, UploadFromUrl},
    groups::*,
    memberships::*,
    progress::*,
    sections::ListSections,
    tags::*,
    users::{GetUser, ListCourseUsers},
};

use crate::routes;

pub(crate) fn path<E: Endpoint>(request: &E) -> String {
    Outgoing::of(request).unwrap().path().to_owned()
}

fn group() -> GroupRef {
    GroupRef::sis("g 1")
}

fn course() -> CourseRef {
    CourseRef::sis("c 1")
}

fn account() -> AccountRef {
    AccountRef::sis("a 1")
}

fn category() -> CategoryRef {
    CategoryRef::sis("k 1")
}

fn user() -> UserRef {
    UserRef::sis("u 1")
}

pub(crate) fn unchanged() -> CategorySettings {
    CategorySettings {
        self_signup: None,
        auto_leader: None,
        group_limit: None,
    }
}

/// A path of each request of Canvas, its keys in another form than a number wherever the request
/// takes one.
fn paths() -> Vec<(&'static str, String)> {
    let student = || GroupRow::new(UserId::new(1), GroupKey::name("T"));
    let tagged = || TagRow::new(UserId::new(1), TagKey::name("T"));
    let number = GroupId::new(17);
    vec![
        ("ListMyGroups", path(&ListMyGroups::new())),
        (
            "ListAccountGroups",
            path(&ListAccountGroups::new(account())),
        ),
        ("ListCourseGroups", path(&ListCourseGroups::new(course()))),
        (
            "GetUserTags",
            path(&GetUserTags::new(CourseId::new(7), [UserId::new(1)])),
        ),
        ("GetGroup", path(&GetGroup::new(group()))),
        ("CreateGroup", path(&CreateGroup::new())),
        (
            "CreateCategoryGroup",
            path(&CreateCategoryGroup::new(category())),
        ),
        ("UpdateGroup", path(&UpdateGroup::new(group()))),
        ("DeleteGroup", path(&DeleteGroup::new(group()))),
        (
            "InviteToGroup",
            path(&InviteToGroup::new(group(), ["a@b.c"])),
        ),
        ("ListGroupUsers", path(&ListGroupUsers::new(group()))),
        ("UploadFile", path(&UploadFile::new(number, "a"))),
        (
            "UploadFile",
            path(&UploadFromUrl::new(number, "a", "https://b.example")),
        ),
        ("PreviewHtml", path(&PreviewHtml::new(group(), "a"))),
        ("ListActivity", path(&ListActivity::new(group()))),
        (
            "GetActivitySummary",
            path(&GetActivitySummary::new(group())),
        ),
        (
            "GetGroupPermissions",
            path(&GetGroupPermissions::new(group())),
        ),
        ("ListMemberships", path(&ListMemberships::new(group()))),
        (
            "GetMembership",
            path(&GetMembership::new(group(), MembershipRef::self_())),
        ),
        (
            "GetUserMembership",
            path(&GetUserMembership::new(group(), user())),
        ),
        (
            "CreateMembership",
            path(&CreateMembership::new(group(), user())),
        ),
        (
            "AddMembers",
            path(&AddMembers::new(group(), [UserId::new(1)])),
        ),
        ("AddCourseMembers", path(&AddCourseMembers::new(group()))),
        (
            "UpdateMembership",
            path(&UpdateMembership::new(group(), MembershipRef::self_())),
        ),
        (
            "UpdateUserMembership",
            path(&UpdateUserMembership::new(group(), user())),
        ),
        (
            "DeleteMembership",
            path(&DeleteMembership::new(group(), MembershipRef::self_())),
        ),
        ("RemoveUser", path(&RemoveUser::new(group(), user()))),
        (
            "RemoveUsers",
            path(&RemoveUsers::new(group(), [UserId::new(1)])),
        ),
        (
            "ListAccountCategories",
            path(&ListAccountCategories::new(account())),
        ),
        (
            "ListCourseCategories",
            path(&ListCourseCategories::new(course())),
        ),
        ("GetCategory", path(&GetCategory::new(category()))),
        (
            "CreateAccountCategory",
            path(&CreateAccountCategory::new(account(), "a")),
        ),
        (
            "CreateCourseCategory",
            path(&CreateCourseCategory::new(course(), "a")),
        ),
        (
            "UpdateCategory",
            path(&UpdateCategory::replace(category(), unchanged())),
        ),
        ("DeleteCategory", path(&DeleteCategory::new(category()))),
        (
            "ListCategoryGroups",
            path(&ListCategoryGroups::new(category())),
        ),
        (
            "ListCategoryUsers",
            path(&ListCategoryUsers::new(category())),
        ),
        ("AssignUnassigned", path(&AssignUnassigned::new(category()))),
        (
            "AssignUnassignedNow",
            path(&AssignUnassignedNow::new(category())),
        ),
        (
            "ImportGroups",
            path(&ImportGroups::new(category(), [student()])),
        ),
        ("ExportGroups", path(&ExportGroups::new(category()))),
        (
            "ManageTags",
            path(&ManageTags::in_new_set(CourseId::new(7), "a")),
        ),
        ("ImportTags", path(&ImportTags::new(course(), [tagged()]))),
        ("ExportTags", path(&ExportTags::new(course()))),
        (
            "ListAccountCourses",
            path(&ListAccountCourses::new(account())),
        ),
        ("ListMyCourses", path(&ListMyCourses::new())),
        ("GetCourse", path(&GetCourse::new(course()))),
        ("ListSections", path(&ListSections::new(course()))),
        ("ListCourseUsers", path(&ListCourseUsers::new(course()))),
        ("GetUser", path(&GetUser::new(user()))),
        (
            "ListCourseEnrollments",
            path(&ListCourseEnrollments::new(course())),
        ),
        (
            "ListSectionEnrollments",
            path(&ListSectionEnrollments::new(SectionRef::sis("s 1"))),
        ),
        ("ListGroupFiles", path(&ListGroupFiles::new(group()))),
        ("GetProgress", path(&GetProgress::new(ProgressId::new(2)))),
        (
            "CancelProgress",
            path(&CancelProgress::new(ProgressId::new(2))),
        ),
    ]
}

/// What the server takes for a key of a path, as this test writes it.
fn form(key: &str) -> &'static str {
    match key {
        ":group_id" => "sis_group_id:g%201",
        ":course_id" => "sis_course_id:c%201",
        ":account_id" => "sis_account_id:a%201",
        ":group_category_id" => "sis_group_category_id:k%201",
        ":user_id" => "sis_user_id:u%201",
        ":membership_id" => "self",
        ":section_id" => "sis_section_id:s%201",
        ":id" => "2",
        _ => panic!("a key that no test knows: {key}"),
    }
}

/// The routes that look a number up, whatever else the server takes elsewhere.
const NUMBERS: [(&str, &str); 3] = [
    ("GetUserTags", "7"),
    ("UploadFile", "17"),
    ("ManageTags", "7"),
];

#[test]
fn every_key_of_a_path_takes_the_forms_that_the_server_takes_and_no_other() {
    let paths = paths();
    for row in routes::rows().iter().filter(|row| row.service == "canvas") {
        let of_row = paths.iter().filter(|(request, _)| *request == row.request);
        let found: Vec<_> = of_row.map(|(_, path)| path).collect();
        assert!(!found.is_empty(), "no path for {}", row.request);
        let number = NUMBERS.iter().find(|(request, _)| *request == row.request);
        let segments =
            row.path
                .split('/')
                .map(|segment| match (segment.starts_with(':'), number) {
                    (false, _) => segment,
                    (true, Some((_, number))) => number,
                    (true, None) => form(segment),
                });
        let expected = segments.collect::<Vec<_>>().join("/");
        for path in found {
            assert_eq!(path, &expected, "{}", row.request);
        }
    }
}

/// Two implementations for what converts from a reference, so that it does not compile.
trait GoesByNumberAlone<Marker> {
    fn name() -> &'static str {
        type_name::<Self>()
    }
}

impl<T> GoesByNumberAlone<()> for T {}
impl<T: From<CourseRef>> GoesByNumberAlone<CourseRef> for T {}
impl<T: From<GroupRef>> GoesByNumberAlone<GroupRef> for T {}

#[test]
fn where_the_server_looks_a_number_up_no_reference_is_taken() {
    // `GetUserTags` and `ManageTags` take a `CourseId`, uploads a `GroupId`.
    assert!(<CourseId as GoesByNumberAlone<_>>::name().ends_with("CourseId"));
    assert!(<GroupId as GoesByNumberAlone<_>>::name().ends_with("GroupId"));
    assert!(<ProgressId as GoesByNumberAlone<_>>::name().ends_with("ProgressId"));
}

#[test]
fn every_form_of_a_reference_is_sent_as_the_server_reads_it() {
    let expected = |forms: &[(String, &str)]| {
        for (sent, expected) in forms {
            assert_eq!(sent, expected);
        }
    };
    let group = |group: GroupRef| path(&GetGroup::new(group));
    expected(&[
        (group(GroupId::new(17).into()), "groups/17"),
        (group(GroupRef::sis("a/b")), "groups/sis_group_id:a%2Fb"),
        (group(GroupRef::lti_context("x")), "groups/lti_context_id:x"),
        (group("1~7".parse().unwrap()), "groups/1~7"),
    ]);
    let course = |course: CourseRef| {
        path(&ExportTags::new(course)).replace("/group_categories/export_tags", "")
    };
    expected(&[
        (course(CourseId::new(7).into()), "courses/7"),
        (course(CourseRef::sis("x")), "courses/sis_course_id:x"),
        (
            course(CourseRef::sis_integration("x")),
            "courses/sis_integration_id:x",
        ),
        (
            course(CourseRef::lti_context("x")),
            "courses/lti_context_id:x",
        ),
        (course(CourseRef::uuid("x")), "courses/uuid:x"),
    ]);
    let account =
        |account: AccountRef| path(&ListAccountGroups::new(account)).replace("/groups", "");
    expected(&[
        (account(AccountRef::self_()), "accounts/self"),
        (account(AccountRef::default_()), "accounts/default"),
        (account(AccountRef::site_admin()), "accounts/site_admin"),
        (account(AccountRef::sis("x")), "accounts/sis_account_id:x"),
        (
            account(AccountRef::sis_integration("x")),
            "accounts/sis_integration_id:x",
        ),
        (
            account(AccountRef::lti_context("x")),
            "accounts/lti_context_id:x",
        ),
        (account(AccountRef::uuid("x")), "accounts/uuid:x"),
    ]);
    let user =
        |user: UserRef| path(&RemoveUser::new(GroupId::new(1), user)).replace("groups/1/", "");
    expected(&[
        (user(UserRef::self_()), "users/self"),
        (user(UserRef::sis("x")), "users/sis_user_id:x"),
        (user(UserRef::login("x")), "users/sis_login_id:x"),
        (
            user(UserRef::sis_integration("x")),
            "users/sis_integration_id:x",
        ),
        (user(UserRef::lti_user("x")), "users/lti_user_id:x"),
        (user(UserRef::lti_1_1("x")), "users/lti_1_1_id:x"),
        (user(UserRef::lti_1_3("x")), "users/lti_1_3_id:x"),
        (user(UserRef::uuid("x")), "users/uuid:x"),
    ]);
    let category = |category: CategoryRef| path(&GetCategory::new(category));
    expected(&[
        (category(CategoryId::new(4).into()), "group_categories/4"),
        (
            category(CategoryRef::sis("x")),
            "group_categories/sis_group_category_id:x",
        ),
    ]);
}

#[test]
fn a_set_of_tags_goes_by_its_number_or_its_sis_id() {
    let body = |set: CategoryRef| {
        let request = ManageTags::in_set(CourseId::new(1), set).create("a");
        Outgoing::of(&request).unwrap().to_string()
    };
    assert!(body(CategoryId::new(4).into()).contains(r#""group_category":{"id":4}"#));
    let by_sis_id = r#""group_category":{"id":"sis_group_category_id:k 1"}"#;
    assert!(body(category()).contains(by_sis_id));
}

#[test]
fn only_a_new_set_of_tags_in_a_course_has_the_nested_parameter() {
    let body = |request: CreateCourseCategory| {
        let sent = Outgoing::of(&request).unwrap().to_string();
        sent.split("\n\n").nth(1).unwrap().to_owned()
    };
    let new = || CreateCourseCategory::new(CourseId::new(1), "a");
    assert_eq!(
        body(new().non_collaborative(true)),
        r#"{"name":"a","non_collaborative":true,"category":{"non_collaborative":true}}"#
    );
    assert_eq!(
        body(new().non_collaborative(false)),
        r#"{"name":"a","non_collaborative":false}"#
    );
    assert_eq!(body(new()), r#"{"name":"a"}"#);
    let account = CreateAccountCategory::new(AccountRef::self_(), "a").non_collaborative(true);
    let sent = Outgoing::of(&account).unwrap().to_string();
    assert!(
        sent.ends_with(r#"{"name":"a","non_collaborative":true}"#),
        "{sent}"
    );
}
