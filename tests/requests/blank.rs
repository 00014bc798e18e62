//! Blank keys, which are refused before anything is sent.

use canvas_groups::{
    AccountRef, CategoryId, CategoryRef, CourseId, CourseRef, ErrorKind, GroupId, GroupRef,
    Outgoing, SectionId, SisId, UserId, UserRef, categories::*, csv::*, enrollments::*, groups::*,
    lor, memberships::*, tags::*,
};

use crate::{
    csv::refused,
    keys::{path, unchanged},
};

const CATEGORY: CategoryId = CategoryId::new(4);
const COURSE: CourseId = CourseId::new(1);

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
            refused(&CreateCategoryGroup::new(CATEGORY).sis_group_id(blank)),
            refused(&UpdateGroup::new(group).sis_group_id(blank)),
            refused(
                &CreateAccountCategory::new(AccountRef::self_(), "a").sis_group_category_id(blank),
            ),
            refused(&CreateCourseCategory::new(COURSE, "a").sis_group_category_id(blank)),
            refused(&UpdateCategory::replace(CATEGORY, unchanged()).sis_group_category_id(blank)),
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
            let problem = refused(&ImportGroups::new(CATEGORY, [row]));
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
fn a_blank_key_in_a_query_is_refused_before_it_is_sent() {
    let course = || ListCourseEnrollments::new(COURSE);
    let section = || ListSectionEnrollments::new(SectionId::new(1));
    for blank in BLANKS {
        let problems = [
            refused(&course().sis_user_id([blank])),
            refused(&course().sis_user_id(["a", blank])),
            refused(&course().sis_section_id([blank])),
            refused(&course().sis_section_id([blank, "a"])),
            refused(&course().user_id(UserRef::sis(blank))),
            refused(&course().user_id(UserRef::login(blank))),
            refused(&section().sis_user_id([blank])),
            refused(&section().sis_user_id(["a", blank])),
            refused(&section().user_id(UserRef::sis(blank))),
        ];
        for problem in problems {
            let is_named = problem.contains("is blank") || problem.contains("give the key a value");
            assert!(is_named, "{blank:?}: {problem}");
        }
    }
    let sent = Outgoing::of(&course().sis_user_id([" a"])).unwrap();
    assert!(sent.to_string().contains("sis_user_id%5B%5D=+a"), "{sent}");
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
