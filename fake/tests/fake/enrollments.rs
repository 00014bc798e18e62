//! Enrollments, and the users of a course.

use canvas_groups::{
    Canvas, CourseId, ErrorKind, SectionRef, UserId, UserRef,
    csv::UserKey,
    enrollments::{
        Enrollment, EnrollmentKind, EnrollmentState, EnrollmentType, ListCourseEnrollments,
        ListSectionEnrollments,
    },
    users::{GetUser, ListCourseUsers, User, UserInclude, UserSort},
};
use canvas_groups_fake::{FakeCanvas, NewUser, Role, School, SisAccess};

use crate::common::TestSchool;

async fn users_of(canvas: &Canvas, list: ListCourseUsers) -> Vec<User> {
    canvas.stream(list).try_collect().await.unwrap()
}

fn ids(users: &[User]) -> Vec<UserId> {
    users.iter().map(|user| user.id).collect()
}

/// Three students are invited, inactive and done.
async fn mixed() -> TestSchool {
    TestSchool::with(|school, ids| {
        let states = [
            EnrollmentState::Invited,
            EnrollmentState::Inactive,
            EnrollmentState::Completed,
        ];
        for (student, state) in ids.students.iter().zip(states) {
            school.set_enrollment_state(ids.course, *student, state);
        }
    })
    .await
}

#[tokio::test]
async fn the_users_of_a_course_come_by_name_and_are_not_counted() {
    let place = mixed().await;
    let list = || ListCourseUsers::new(place.ids.course);
    let all = users_of(&place.teacher, list().per_page(5)).await;
    // Twelve students and the teacher, without those who are inactive or done.
    assert_eq!(all.len(), 13);
    let names: Vec<_> = all
        .iter()
        .map(|user| user.sortable_name.clone().unwrap())
        .collect();
    assert!(
        names.is_sorted_by_key(|name| name.to_lowercase()),
        "{names:?}"
    );
    let page = place.teacher.send(list().per_page(5)).await.unwrap();
    assert_eq!(page.total_pages, None);
    let s = &place.ids.students;
    let invited = all.iter().find(|user| user.id == s[0]).unwrap();
    assert_eq!((&invited.login_id, &invited.email), (&None, &None));
    assert_eq!(invited.sis_user_id.as_deref(), Some("S001"));
    let active = all.iter().find(|user| user.id == s[3]).unwrap();
    assert_eq!(active.login_id.as_deref(), Some("dmitri.petrov"));
    assert_eq!(active.email.as_deref(), Some("dmitri.petrov@example.edu"));
    let seen = users_of(&place.fake.client_of(s[3]).unwrap(), list()).await;
    assert!(
        seen.iter()
            .all(|user| user.login_id.is_none() && user.sis_user_id.is_none())
    );
}

#[tokio::test]
async fn the_users_of_a_course_are_filtered() {
    let place = mixed().await;
    let s = &place.ids.students;
    let list = || ListCourseUsers::new(place.ids.course).per_page(100);
    let found = async |list| ids(&users_of(&place.teacher, list).await);
    let teachers = list().enrollment_type([EnrollmentType::Teacher]);
    assert_eq!(found(teachers).await, [place.ids.teacher]);
    let both = [EnrollmentType::Teacher, EnrollmentType::Student];
    assert_eq!(found(list().enrollment_type(both)).await.len(), 13);
    let done = list().enrollment_state([EnrollmentState::Completed]);
    assert_eq!(found(done).await, [s[2]]);
    assert_eq!(found(list().include_inactive(true)).await.len(), 14);
    assert_eq!(
        found(list().user_ids([s[5], s[2], place.ids.admin])).await,
        [s[5]]
    );
    // By name, login, SIS id, address and id.
    for term in ["larsen", "dmitri.p", "S004", "petrov@example"] {
        let expected = match term {
            "larsen" => vec![],
            _ => vec![s[3]],
        };
        assert_eq!(found(list().search_term(term)).await, expected, "{term}");
    }
    assert_eq!(found(list().search_term(s[9].to_string())).await, [s[9]]);
    let sorted = found(list().sort(UserSort::SisId)).await;
    assert_eq!(sorted[1..], [&s[..1], &s[3..]].concat());
    // Who may not see a key finds nobody by it.
    let student = place.fake.client_of(s[3]).unwrap();
    let by_sis = list().search_term("S005");
    assert_eq!(users_of(&student, by_sis).await, []);
    let kind = async |list| place.teacher.send(list).await.unwrap_err().kind();
    assert_eq!(kind(list().search_term("x")).await, ErrorKind::Invalid);
    let unknown = EnrollmentType::from("boss".to_owned());
    assert_eq!(
        kind(list().enrollment_type([unknown])).await,
        ErrorKind::Invalid
    );
}

#[tokio::test]
async fn users_bring_along_enrollments_and_groups() {
    let place = TestSchool::new().await;
    let s = &place.ids.students;
    let include = [UserInclude::Enrollments, UserInclude::GroupIds];
    let list = ListCourseUsers::new(place.ids.course)
        .user_ids([s[0]])
        .include(include);
    let user = users_of(&place.teacher, list).await.remove(0);
    // Tags are not among the groups.
    assert_eq!(user.group_ids, Some(vec![place.ids.groups[0]]));
    let enrollment = &user.enrollments.unwrap()[0];
    assert_eq!(enrollment.kind, Some(EnrollmentKind::Student));
    assert_eq!(enrollment.enrollment_state, Some(EnrollmentState::Active));
    assert_eq!(enrollment.user, None);
}

#[tokio::test]
async fn sis_ids_and_logins_become_numbers_by_one_list() {
    let place = mixed().await;
    let s = &place.ids.students;
    let list = || ListCourseUsers::new(place.ids.course);
    let keys = [
        UserKey::sis("S004"),
        UserKey::login("Elena.Rossi"),
        UserKey::sis("S003"),
        UserKey::sis("nobody"),
    ];
    let resolved = place
        .teacher
        .resolve_users(list(), keys.clone())
        .await
        .unwrap();
    assert_eq!(resolved.get(&keys[0]), Some(s[3]));
    assert_eq!(resolved.get(&keys[1]), Some(s[4]));
    assert_eq!(resolved.unknown, keys[2..]);
    assert_eq!(place.fake.requests().len(), 1);
    let teacher = place.ids.teacher;
    place
        .fake
        .school(|school| school.limit_sis_access(teacher, SisAccess::Nothing));
    let hidden = place.teacher.resolve_users(list(), keys).await.unwrap_err();
    assert_eq!(hidden.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn those_limited_to_their_sections_see_those_of_them() {
    let place = TestSchool::with(|school, ids| {
        school.limit_to_sections(ids.course, ids.students[0], true);
    })
    .await;
    let users = ListCourseUsers::new(place.ids.course).per_page(100);
    let users = ids(&users_of(&place.student, users).await);
    assert_eq!(users.len(), 7);
    let enrollments = ListCourseEnrollments::new(place.ids.course).per_page(100);
    let enrollments = place.student.send(enrollments).await.unwrap().items;
    let seen: Vec<_> = enrollments.iter().filter_map(|it| it.user_id).collect();
    assert_eq!(seen, users);
}

#[tokio::test]
async fn a_user_is_found_by_any_key_by_administrators_and_the_user() {
    let place = TestSchool::with(|school, _| {
        let new = NewUser::new("Lea Login").integration_id("int-1");
        school.add_user(new);
    })
    .await;
    let s = &place.ids.students;
    let get = async |canvas: &Canvas, key: UserRef| canvas.send(GetUser::new(key)).await;
    for key in [
        UserRef::sis("S001"),
        UserRef::login("ada.moreno"),
        s[0].into(),
    ] {
        let user = get(&place.admin, key).await.unwrap();
        assert_eq!(user.id, s[0]);
        assert_eq!(user.email.as_deref(), Some("ada.moreno@example.edu"));
        assert!(user.permissions.is_some() && user.avatar_url.is_some());
        assert_eq!(user.sis_user_id.as_deref(), Some("S001"));
    }
    let own = get(&place.student, UserRef::self_()).await.unwrap();
    assert_eq!((own.id, own.sis_user_id), (s[0], None));
    let kind = async |canvas: &Canvas, key| get(canvas, key).await.unwrap_err().kind();
    assert_eq!(kind(&place.teacher, s[0].into()).await, ErrorKind::NotFound);
    assert_eq!(
        kind(&place.admin, UserRef::sis("nobody")).await,
        ErrorKind::NotFound
    );
    let (school, ids) = School::small();
    let old = FakeCanvas::builder(school)
        .old_server(true)
        .start()
        .await
        .unwrap();
    let teacher = old.client_of(ids.teacher).unwrap();
    assert_eq!(
        kind(&teacher, ids.students[0].into()).await,
        ErrorKind::Forbidden
    );
}

async fn enrolled(canvas: &Canvas, list: ListCourseEnrollments) -> Vec<Enrollment> {
    canvas.stream(list).try_collect().await.unwrap()
}

fn whose(enrollments: &[Enrollment]) -> Vec<UserId> {
    enrollments.iter().filter_map(|it| it.user_id).collect()
}

#[tokio::test]
async fn enrollments_go_on_by_bookmark_in_the_order_of_names() {
    let place = mixed().await;
    let list = ListCourseEnrollments::new(place.ids.course).per_page(4);
    let all = enrolled(&place.teacher, list.clone()).await;
    // Those who run the course see inactive ones too.
    assert_eq!(all.len(), 14);
    let names: Vec<_> = all
        .iter()
        .filter_map(|it| it.user.as_ref()?.sortable_name.clone())
        .collect();
    assert_eq!(names.len(), 14);
    assert!(
        names.is_sorted_by_key(|name| name.to_lowercase()),
        "{names:?}"
    );
    let queries = place.fake.requests();
    assert_eq!(queries.len(), 4);
    assert!(
        queries[1]
            .query
            .as_ref()
            .unwrap()
            .contains("page=bookmark:")
    );
    let numbers: std::collections::BTreeSet<_> = all.iter().map(|it| it.id).collect();
    assert_eq!(numbers.len(), 14);
    let student = place.fake.client_of(place.ids.students[3]).unwrap();
    assert_eq!(enrolled(&student, list).await.len(), 13);
}

#[tokio::test]
async fn enrollments_are_filtered() {
    let place = mixed().await;
    let s = &place.ids.students;
    let list = || ListCourseEnrollments::new(place.ids.course).per_page(100);
    let found = async |list| whose(&enrolled(&place.teacher, list).await);
    assert_eq!(
        found(list().kind([EnrollmentKind::Teacher])).await,
        [place.ids.teacher]
    );
    assert_eq!(
        found(list().role(["TeacherEnrollment"])).await,
        [place.ids.teacher]
    );
    assert_eq!(
        found(list().state([EnrollmentState::Completed])).await,
        [s[2]]
    );
    assert_eq!(found(list().user_id(s[4])).await, [s[4]]);
    assert_eq!(
        found(list().sis_user_id(["S002", "S006", "none"])).await,
        [s[5], s[1]]
    );
    let canvas = place.fake.client_of(s[4]).unwrap();
    let kind = async |canvas: &Canvas, list| canvas.send(list).await.unwrap_err().kind();
    let by_sis = list().sis_user_id(["S002"]);
    assert_eq!(kind(&canvas, by_sis).await, ErrorKind::Invalid);
    let role = list().role(["Boss"]);
    assert_eq!(kind(&place.teacher, role).await, ErrorKind::Invalid);
    let nobody = list().user_id(UserId::new(99_999));
    assert_eq!(kind(&place.teacher, nobody).await, ErrorKind::NotFound);
    let unknown = ListCourseEnrollments::new(CourseId::new(99_999));
    assert_eq!(kind(&place.teacher, unknown).await, ErrorKind::NotFound);
    // Everybody may ask for their own, and strangers for nothing else.
    let stranger = place.fake.school(|school| school.add_user("Zoe Elsewhere"));
    let canvas = place.fake.client_of(stranger).unwrap();
    assert_eq!(enrolled(&canvas, list().user_id(stranger)).await, []);
    assert_eq!(kind(&canvas, list()).await, ErrorKind::Forbidden);
}

#[tokio::test]
async fn somebody_in_two_sections_has_two_enrollments() {
    let mut section = None;
    let place = TestSchool::with(|school, ids| {
        let late = school.add_section(ids.course, "Late");
        school.set_sis_section_id(late, "LATE");
        school.put_in_section(late, ids.students[0]);
        school.put_in_section(late, ids.teacher);
        // Once more changes nothing.
        school.put_in_section(late, ids.teacher);
        school.enroll(ids.course, ids.teacher, Role::Teacher);
        section = Some(late);
    })
    .await;
    let section = section.unwrap();
    let list = || ListCourseEnrollments::new(place.ids.course).per_page(100);
    let all = enrolled(&place.teacher, list()).await;
    let count = |user| whose(&all).iter().filter(|other| **other == user).count();
    assert_eq!(count(place.ids.students[0]), 2);
    // The first section takes the place of the one that every course has.
    assert_eq!(count(place.ids.teacher), 1);
    let expected = [place.ids.students[0], place.ids.teacher];
    let by_sis = list().sis_section_id(["LATE"]);
    assert_eq!(whose(&enrolled(&place.teacher, by_sis).await), expected);
    for key in [SectionRef::sis("LATE"), section.into()] {
        let of_section = ListSectionEnrollments::new(key);
        let of_section = place.teacher.send(of_section).await.unwrap().items;
        assert_eq!(whose(&of_section), expected);
        assert!(
            of_section
                .iter()
                .all(|it| it.course_section_id == Some(section))
        );
        assert_eq!(of_section[0].sis_section_id.as_deref(), Some("LATE"));
    }
}

#[tokio::test]
async fn a_large_course_lists_its_users_and_enrollments() {
    let (school, course, _) = School::generate(2_000);
    let fake = FakeCanvas::builder(school)
        .throttle(None)
        .start()
        .await
        .unwrap();
    let users = ListCourseUsers::new(course).per_page(100);
    assert_eq!(users_of(&fake.client(), users).await.len(), 2_000);
    assert_eq!(fake.requests().len(), 20);
    let enrollments = ListCourseEnrollments::new(course).per_page(100);
    assert_eq!(enrolled(&fake.client(), enrollments).await.len(), 2_000);
}
