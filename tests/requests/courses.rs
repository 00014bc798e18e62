//! The way to the groups: courses, sections, enrollments, users.

use canvas_groups::{
    AccountRef, CourseId, CourseRef, RoleId, SectionId, SectionRef, TermId, TermRef, UserId,
    UserRef, courses::*, enrollments::*, jiff::Timestamp, sections::*, users::*,
};

use crate::{shown, snapshot};

const COURSE: CourseId = CourseId::new(7);

#[test]
fn list_account_courses() {
    let least = ListAccountCourses::new(AccountRef::self_());
    let time = |text: &str| text.parse::<Timestamp>().unwrap();
    let full = ListAccountCourses::new(AccountRef::sis("north/1"))
        .search_term("math & more")
        .search_by(CourseSearchBy::Teacher)
        .enrollment_term_id(TermRef::sis("2026 autumn"))
        .published(true)
        .completed(false)
        .with_enrollments(true)
        .enrollment_type([EnrollmentType::Teacher, EnrollmentType::Ta])
        .state([CourseStateFilter::Claimed, CourseStateFilter::Available])
        .by_teachers([UserRef::from(UserId::new(9)), UserRef::sis("T1")])
        .by_subaccounts([AccountRef::sis("sub")])
        .blueprint(false)
        .blueprint_associated(true)
        .public(false)
        .homeroom(true)
        .starts_before(time("2026-09-01T00:00:00+02:00"))
        .ends_after(time("2026-08-01T00:00:00Z"))
        .include([CourseInclude::Term, "teachers".into()])
        .sort(CourseSort::CourseName)
        .order(SortOrder::Desc)
        .per_page(50);
    snapshot("ListAccountCourses", [shown(&least), shown(&full)]);
}

#[test]
fn list_my_courses() {
    let full = ListMyCourses::new()
        .enrollment_type(EnrollmentType::Teacher)
        .enrollment_role_id(RoleId::new(3))
        .enrollment_state(EnrollmentState::InvitedOrPending)
        .state([CourseStateFilter::Unpublished])
        .exclude_blueprint_courses(true)
        .include([CourseInclude::Sections])
        .per_page(50);
    snapshot(
        "ListMyCourses",
        [shown(&ListMyCourses::new()), shown(&full)],
    );
}

#[test]
fn get_course() {
    let full = GetCourse::new(CourseRef::sis("MATH 101/a"))
        .include([CourseInclude::Permissions, CourseInclude::AllCourses])
        .teacher_limit(5);
    snapshot("GetCourse", [shown(&GetCourse::new(COURSE)), shown(&full)]);
}

#[test]
fn list_sections() {
    let full = ListSections::new(CourseRef::sis("MATH 101"))
        .include([SectionInclude::Students, SectionInclude::Enrollments])
        .search_term("evening")
        .per_page(50);
    snapshot(
        "ListSections",
        [shown(&ListSections::new(COURSE)), shown(&full)],
    );
}

#[test]
fn list_course_users() {
    let full = ListCourseUsers::new(CourseRef::sis("MATH 101"))
        .search_term("Amy Fowler")
        .enrollment_type([EnrollmentType::Student, EnrollmentType::StudentView])
        .enrollment_role_id(RoleId::new(3))
        .enrollment_state([EnrollmentState::Active, EnrollmentState::Inactive])
        .include_inactive(true)
        .user_ids([UserId::new(2), UserId::new(3)])
        .include([UserInclude::Enrollments, UserInclude::Email])
        .sort(UserSort::SisId)
        .per_page(50);
    snapshot(
        "ListCourseUsers",
        [shown(&ListCourseUsers::new(COURSE)), shown(&full)],
    );
}

#[test]
fn get_user() {
    let variants = [
        GetUser::new(UserId::new(2)),
        GetUser::new(UserRef::self_()),
        GetUser::new(UserRef::sis("SHEL/93921")),
        GetUser::new(UserRef::login("sheldon@caltech.example.com"))
            .include([UserInclude::Uuid, UserInclude::LastLogin]),
    ];
    snapshot("GetUser", variants.each_ref().map(shown));
}

#[test]
fn list_enrollments() {
    let full = ListCourseEnrollments::new(CourseRef::sis("MATH 101"))
        .kind([EnrollmentKind::Student, EnrollmentKind::StudentView])
        .role(["Grader"])
        .state([EnrollmentState::Active, EnrollmentState::Completed])
        .include([EnrollmentInclude::GroupIds, EnrollmentInclude::Email])
        .user_id(UserRef::self_())
        .sis_user_id(["SHEL93921", "AMY 61"])
        .created_for_sis_id(true)
        .sis_section_id(["S/1"])
        .per_page(50);
    let least = ListCourseEnrollments::new(COURSE);
    snapshot("ListCourseEnrollments", [shown(&least), shown(&full)]);

    let full = ListSectionEnrollments::new(SectionRef::sis("S/1"))
        .kind([EnrollmentKind::Ta])
        .role(["Grader"])
        .state([EnrollmentState::Invited])
        .include([EnrollmentInclude::AvatarUrl])
        .user_id(UserId::new(2))
        .sis_user_id(["SHEL93921"])
        .created_for_sis_id(false)
        .per_page(50);
    let least = ListSectionEnrollments::new(SectionId::new(1));
    snapshot("ListSectionEnrollments", [shown(&least), shown(&full)]);
}

#[test]
fn terms_go_by_number_or_by_a_key_of_the_institution() {
    let sent = |term: TermRef| {
        let list = ListAccountCourses::new(AccountRef::self_()).enrollment_term_id(term);
        canvas_groups::Outgoing::of(&list)
            .unwrap()
            .query()
            .to_owned()
    };
    assert_eq!(
        sent(TermId::new(34).into()),
        "enrollment_term_id=34&per_page=100"
    );
    assert_eq!(
        sent(TermRef::parse("sis_term_id:2026/2").unwrap()),
        "enrollment_term_id=sis_term_id%3A2026%2F2&per_page=100"
    );
    let error = TermRef::parse("2026-autumn").unwrap_err().to_string();
    assert!(error.contains("sis_term_id:VALUE"), "{error}");
}
