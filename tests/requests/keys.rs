//! How requests name records: in which forms, and never by a blank key.

use std::any::type_name;

use canvas_groups::{
    AccountRef, CategoryId, CategoryRef, CourseId, CourseRef, Endpoint, ErrorKind, GroupId,
    GroupRef, MembershipRef, Outgoing, ProgressId, SisId, UserId, UserRef,
    activity::*,
    categories::*,
    csv::*,
    files::{UploadFile, UploadFromUrl},
    groups::*,
    lor,
    memberships::*,
    progress::*,
    tags::*,
};

use crate::{csv::refused, routes};

fn path<E: Endpoint>(request: &E) -> String {
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

fn unchanged() -> CategorySettings {
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

/// Texts that show nothing.
const BLANKS: [&str; 8] = [
    "",
    " ",
    "  ",
    "\t\n",
    "\u{a0}",
    "\u{200b}",
    "\u{feff} ",
    "\0",
];

#[test]
fn a_blank_key_in_a_path_is_refused_before_it_is_sent() {
    for blank in BLANKS {
        let groups = [GroupRef::sis(blank), GroupRef::lti_context(blank)];
        let courses = [
            CourseRef::sis(blank),
            CourseRef::sis_integration(blank),
            CourseRef::lti_context(blank),
            CourseRef::uuid(blank),
        ];
        let accounts = [
            AccountRef::sis(blank),
            AccountRef::sis_integration(blank),
            AccountRef::lti_context(blank),
            AccountRef::uuid(blank),
        ];
        let users = [
            UserRef::sis(blank),
            UserRef::login(blank),
            UserRef::sis_integration(blank),
            UserRef::lti_user(blank),
            UserRef::lti_1_1(blank),
            UserRef::lti_1_3(blank),
            UserRef::uuid(blank),
        ];
        let mut problems = Vec::new();
        problems.extend(groups.iter().map(|group| refused(&GetGroup::new(group))));
        problems.extend(
            groups
                .iter()
                .map(|group| refused(&ListMemberships::new(group))),
        );
        problems.extend(
            courses
                .iter()
                .map(|course| refused(&ListCourseGroups::new(course))),
        );
        problems.extend(
            accounts
                .iter()
                .map(|account| refused(&ListAccountGroups::new(account))),
        );
        problems.extend(
            users
                .iter()
                .map(|user| refused(&RemoveUser::new(GroupId::new(1), user))),
        );
        let category = CategoryRef::sis(blank);
        problems.push(refused(&DeleteCategory::new(&category)));
        problems.push(refused(&lor::GetGroup::new(blank)));
        problems.push(refused(&lor::RemoveMember::new("1", blank)));
        problems.push(refused(&lor::UpdateMember::new(blank, "1", true)));
        for problem in problems {
            assert!(problem.contains("is blank"), "{blank:?}: {problem}");
        }
        // Nor are they read from a text.
        for text in [
            format!("sis_group_id:{blank}"),
            format!("lti_context_id:{blank}"),
        ] {
            assert!(GroupRef::parse(text).is_err(), "{blank:?}");
        }
        let hex: String = blank.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(
            GroupRef::parse(format!("hex:sis_group_id:{hex}")).is_err(),
            "{blank:?}"
        );
    }
    for hex in ["6", "zz", "ff"] {
        assert!(
            GroupRef::parse(format!("hex:sis_group_id:{hex}")).is_err(),
            "{hex}"
        );
    }
    let readable = GroupRef::parse("hex:sis_group_id:67").unwrap();
    assert_eq!(path(&GetGroup::new(readable)), "groups/hex:sis_group_id:67");
    // A key with something to see keeps the space around it.
    assert_eq!(
        path(&GetGroup::new(GroupRef::sis(" a"))),
        "groups/sis_group_id:%20a"
    );
}

#[test]
fn a_blank_key_in_a_body_is_refused_before_it_is_sent() {
    let group = GroupId::new(1);
    for blank in BLANKS {
        let problems = [
            refused(&CreateMembership::new(group, UserRef::sis(blank))),
            refused(&CreateMembership::new(group, UserRef::login(blank))),
            refused(&lor::AddMember::new("1", blank)),
            refused(&CreateGroup::new().sis_group_id(blank)),
            refused(&CreateCategoryGroup::new(category()).sis_group_id(blank)),
            refused(&UpdateGroup::new(group).sis_group_id(blank)),
            refused(&CreateAccountCategory::new(account(), "a").sis_group_category_id(blank)),
            refused(&CreateCourseCategory::new(course(), "a").sis_group_category_id(blank)),
            refused(&UpdateCategory::replace(category(), unchanged()).sis_group_category_id(blank)),
            refused(&ManageTags::in_set(CourseId::new(1), CategoryRef::sis(blank)).create("a")),
        ];
        for problem in problems {
            let is_named = problem.contains("is blank") || problem.contains("give the key a value");
            assert!(is_named, "{blank:?}: {problem}");
        }
        let rows = [
            GroupRow::new(UserKey::sis(blank), GroupKey::name("T")),
            GroupRow::new(UserKey::login(blank), GroupKey::name("T")),
            GroupRow::new(UserId::new(1), GroupKey::sis(blank)),
            GroupRow::new(UserId::new(1), GroupKey::name(blank)),
        ];
        for row in rows {
            let problem = refused(&ImportGroups::new(category(), [row]));
            assert!(problem.starts_with("row 1, column"), "{blank:?}: {problem}");
        }
    }
    let sent = |id: SisId| {
        Outgoing::of(&CreateGroup::new().sis_group_id(id))
            .unwrap()
            .to_string()
    };
    assert!(sent(SisId::from(" a")).ends_with(r#"{"sis_group_id":" a"}"#));
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

#[test]
fn blank_keys_are_refused_with_the_kind_of_a_request_that_must_not_be_sent() {
    let error = Outgoing::of(&GetGroup::new(GroupRef::sis(" "))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    assert_eq!(
        error.to_string(),
        "a key in the path `groups/` is blank, `.` or `..`: name a record by it"
    );
}
