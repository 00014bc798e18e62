//! Courses, sections, enrollments, and users outside of groups.

use canvas_groups::{
    CourseId, EnrollmentId, GroupId, RoleId, SectionId, TermId, UserId, courses::*, enrollments::*,
    files::File, lor, sections::Section, studio, users::User,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{read, text};

#[test]
fn the_documented_course() {
    let course: Course = read("canvas/courses/course.json");
    assert_eq!(course.id, CourseId::new(370_663));
    assert_eq!(course.name, "InstructureCon 2012");
    assert_eq!(
        course.original_name.as_deref(),
        Some("InstructureCon-2012-01")
    );
    assert_eq!(course.workflow_state, Some(CourseState::Available));
    assert_eq!(course.enrollment_term_id, Some(TermId::new(34)));
    assert_eq!(course.start_at.unwrap().to_string(), "2012-06-01T06:00:00Z");
    assert_eq!((course.enrollments, course.term), (None, None));
    assert_eq!(course.storage_quota_used_mb, Some(5.0));
    assert!(course.permissions.unwrap().allows("create_announcement"));
}

#[test]
fn courses_with_every_include_and_with_next_to_nothing() {
    let courses: Vec<Course> = read("canvas/courses/list.json");
    let course = &courses[0];
    assert_eq!(course.id.get(), 43_460_000_000_000_007);
    let term = course.term.as_ref().unwrap();
    assert_eq!(term.sis_term_id.as_deref(), Some("2026-2"));
    let own = course.enrollments.as_deref().unwrap();
    assert_eq!(own[0].kind, Some(EnrollmentType::Ta));
    assert_eq!(own[0].role_id, Some(RoleId::new(12)));
    assert_eq!(own[1].enrollment_state, Some(EnrollmentState::Invited));
    assert_eq!(own[1].associated_user_id, Some(UserId::new(4)));
    let section = &course.sections.as_deref().unwrap()[0];
    assert_eq!(section.enrollment_role, Some(EnrollmentKind::Ta));
    let teachers = course.teachers.as_deref().unwrap();
    assert_eq!(teachers[0].id, Some(UserId::new(9)));

    let mut restricted: Course = serde_json::from_str(r#"{"id": 8}"#).unwrap();
    restricted.access_restricted_by_date = Some(true);
    assert_eq!(courses[1], restricted);
    assert_eq!(
        (courses[2].name.as_str(), courses[2].teacher_count),
        ("", Some(12))
    );
}

#[test]
fn sections_with_and_without_students() {
    let section: Section = read("canvas/sections/section.json");
    assert_eq!(section.id, SectionId::new(1));
    assert_eq!((section.total_students, section.students), (Some(13), None));

    let sections: Vec<Section> = read("canvas/sections/with_students.json");
    let students = sections[0].students.as_deref().unwrap();
    assert_eq!(students[0].sis_user_id.as_deref(), Some("SHEL93921"));
    let enrollments = students[0].enrollments.as_deref().unwrap();
    assert_eq!(enrollments[0].course_section_id, Some(sections[0].id));
    assert_eq!(
        enrollments[0].enrollment_state,
        Some(EnrollmentState::Inactive)
    );
    assert_eq!(sections[1].students, None);
}

#[test]
fn the_documented_enrollment() {
    let enrollment: Enrollment = read("canvas/enrollments/enrollment.json");
    assert_eq!(enrollment.id, EnrollmentId::new(1));
    assert_eq!(enrollment.kind, Some(EnrollmentKind::Student));
    assert_eq!(enrollment.grades.unwrap()["final_score"], 6.67);
    assert_eq!(enrollment.user.unwrap().name, "Student 1");
}

#[test]
fn enrollments_of_people_observers_and_kinds_to_come() {
    let enrollments: Vec<Enrollment> = read("canvas/enrollments/list.json");
    assert_eq!(enrollments[0].id.get(), 43_460_000_000_000_101);
    let user = enrollments[0].user.as_ref().unwrap();
    let groups = [17, 18].map(GroupId::new);
    assert_eq!(user.group_ids.as_deref(), Some(groups.as_slice()));
    let observed = enrollments[1].observed_user.as_ref().unwrap();
    assert_eq!(Some(observed.id), enrollments[1].associated_user_id);
    assert_eq!(enrollments[1].role.as_deref(), Some("Parent"));
    let odd = &enrollments[2];
    assert_eq!(
        odd.kind,
        Some(EnrollmentKind::Other("GuestEnrollment".into()))
    );
    assert_eq!(odd.enrollment_state.as_ref().unwrap().as_str(), "on_leave");
    assert_eq!(odd.user, None);
}

#[test]
fn users_of_a_course_and_one_by_itself() {
    let user: User = read("canvas/users/user.json");
    assert_eq!(
        user.login_id.as_deref(),
        Some("sheldon@caltech.example.com")
    );
    let users: Vec<User> = read("canvas/users/in_course.json");
    assert_eq!(
        users[0].enrollments.as_ref().unwrap()[0].locked,
        Some(false)
    );
    // Nobody sees the login of a user who has not accepted the invitation.
    assert_eq!((&users[1].login_id, &users[1].email), (&None, &None));
    assert_eq!(users[1].enrollments, Some(vec![]));
}

#[test]
fn files_of_a_group() {
    let files: Vec<File> = read("canvas/files/list.json");
    assert_eq!(files[0].user.as_ref().unwrap().id, Some(UserId::new(2)));
    assert_eq!((files[1].size, &files[1].url), (Some(0), &None));
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Listed<T> {
    #[serde(alias = "users")]
    items: Vec<T>,
}

#[test]
fn users_of_commons_keep_what_is_not_documented() {
    // Not by `read`: what it adds is kept here.
    let json = text("lor/users/users.json");
    let users: Listed<lor::User> = serde_json::from_str(&json).unwrap();
    let sent: Value = serde_json::from_str(&json).unwrap();
    assert!(users.items[0].id.as_str().contains(":canvas-lms"));
    assert_eq!(
        users.items[0].other["avatarUrl"],
        sent["items"][0]["avatarUrl"]
    );
    assert_eq!(
        (&users.items[1].name, &users.items[1].email),
        (&None, &None)
    );
    assert_eq!(
        serde_json::to_value(&users.items[0]).unwrap(),
        sent["items"][0]
    );
}

#[test]
fn users_of_studio() {
    let found: studio::FoundUser = read("studio/users/user.json");
    let role = studio::Role::Other("text".into());
    assert_eq!(found.user.role_names, Some(vec![role]));
    let users: Listed<studio::User> = read("studio/users/users.json");
    assert_eq!(users.items[0].id.get(), 9_007_199_254_740_993);
    assert_eq!(
        users.items[0].role_names,
        Some(vec![studio::Role::Teacher, studio::Role::Admin])
    );
    assert_eq!(users.items[1].email, None);
}
