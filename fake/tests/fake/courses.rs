//! Courses and sections.

use canvas_groups::{
    AccountRef, Canvas, CourseId, CourseRef, ErrorKind, Outgoing, SectionId, TermRef, UserRef,
    courses::{
        CourseInclude, CourseSearchBy, CourseSort, CourseState, CourseStateFilter, GetCourse,
        ListAccountCourses, ListMyCourses, SortOrder,
    },
    enrollments::{EnrollmentState, EnrollmentType},
    sections::{ListSections, Section, SectionInclude},
};
use canvas_groups_fake::{FakeCanvas, Role, School, SmallSchool};

use crate::common::TestSchool;

/// A school with courses of all kinds: published, concluded, unpublished with a teacher, and of
/// another account without anybody.
struct Courses {
    fake: FakeCanvas,
    ids: SmallSchool,
    physics: CourseId,
    draft: CourseId,
    art: CourseId,
}

async fn courses() -> Courses {
    let (mut school, ids) = School::small();
    let physics = school.add_course("Physics");
    school.set_course_code(physics, "PHY");
    school.enroll(physics, ids.students[0], Role::Student);
    school.conclude(physics);
    let draft = school.add_course("draft of history");
    school.set_published(draft, false);
    school.enroll(draft, ids.students[0], Role::Student);
    school.enroll(draft, ids.students[1], Role::Teacher);
    let account = school.add_account("Faculty of Art");
    school.set_sis_account_id(account, "ART");
    let art = school.add_course_to(account, "Art");
    let dean = school.add_user("Dora Dean");
    school.add_account_admin(account, dean);
    let fake = FakeCanvas::builder(school).start().await.unwrap();
    Courses {
        fake,
        ids,
        physics,
        draft,
        art,
    }
}

impl Courses {
    async fn of_account(&self, list: ListAccountCourses) -> Vec<CourseId> {
        let courses = self
            .fake
            .client()
            .stream(list)
            .try_collect::<Vec<_>>()
            .await;
        courses.unwrap().iter().map(|course| course.id).collect()
    }
}

fn all() -> ListAccountCourses {
    ListAccountCourses::new(AccountRef::self_())
}

#[tokio::test]
async fn an_account_lists_its_courses_and_those_below_page_after_page() {
    let place = courses().await;
    let math = place.ids.course;
    let everything = [math, place.physics, place.draft, place.art];
    assert_eq!(place.of_account(all().per_page(3)).await, everything);
    // The list is not counted.
    let page = place.fake.client().send(all().per_page(3)).await.unwrap();
    assert_eq!(page.items.len(), 3);
    assert_eq!(page.total_pages, None);
    let art = ListAccountCourses::new(AccountRef::sis("ART"));
    assert_eq!(place.of_account(art).await, [place.art]);
    for user in [place.ids.teacher, place.ids.students[0]] {
        let canvas = place.fake.client_of(user).unwrap();
        let error = canvas.send(all()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Forbidden);
    }
}

#[tokio::test]
async fn an_account_is_shown_to_its_administrators() {
    let place = TestSchool::with(|school, _| {
        let account = school.add_account("Faculty of Art");
        school.set_sis_account_id(account, "ART");
    })
    .await;
    let show = async |path: &str| TestSchool::answer(place.raw("GET", path)).await;
    let (status, art) = show("accounts/sis_account_id:ART").await;
    assert_eq!((status, &art["name"]), (200, &"Faculty of Art".into()));
    assert_eq!(
        (&art["sis_account_id"], &art["parent_account_id"]),
        (&"ART".into(), &1.into())
    );
    let (status, root) = show("accounts/self").await;
    assert_eq!(
        (status, &root["id"], root["parent_account_id"].is_null()),
        (200, &1.into(), true)
    );
    assert_eq!(show("accounts/99999").await.0, 404);
    let teacher = place.fake.token_of(place.ids.teacher);
    let refused = TestSchool::answer(place.raw_with(&teacher, "GET", "accounts/self")).await;
    assert_eq!(refused.0, 403);
}

#[tokio::test]
async fn the_courses_of_an_account_are_filtered_and_sorted() {
    let place = courses().await;
    let Courses {
        physics,
        draft,
        art,
        ..
    } = place;
    let math = place.ids.course;
    let cases = [
        (all().search_term("phy"), vec![physics]),
        (all().search_term("MATH-1"), vec![math]),
        (all().search_term(art.to_string()), vec![art]),
        (
            all()
                .search_term("tom t")
                .search_by(CourseSearchBy::Teacher),
            vec![math],
        ),
        (all().search_term("tom t"), vec![]),
        (all().published(false), vec![draft]),
        (all().completed(true), vec![physics]),
        (all().with_enrollments(false), vec![art]),
        (
            all().enrollment_type([EnrollmentType::Teacher]),
            vec![math, draft],
        ),
        (all().state([CourseStateFilter::Claimed]), vec![draft]),
        (all().state([CourseStateFilter::Created]), vec![]),
        (all().state([CourseStateFilter::Available]), vec![math, art]),
        (all().state([CourseStateFilter::Completed]), vec![physics]),
        (
            all().by_teachers([UserRef::from(place.ids.teacher)]),
            vec![math],
        ),
        (all().by_teachers([UserRef::sis("nobody")]), vec![]),
        (all().by_subaccounts([AccountRef::sis("ART")]), vec![art]),
        (all().blueprint(true), vec![]),
        (all().blueprint(false), vec![math, physics, draft, art]),
        (
            all().sort(CourseSort::CourseName),
            vec![art, draft, math, physics],
        ),
        (
            all().sort(CourseSort::CourseName).order(SortOrder::Desc),
            vec![physics, math, draft, art],
        ),
    ];
    for (list, expected) in cases {
        let sent = Outgoing::of(&list).unwrap().to_string();
        assert_eq!(place.of_account(list).await, expected, "{sent}");
    }
    let kind = async |list| place.fake.client().send(list).await.unwrap_err().kind();
    assert_eq!(kind(all().search_term("x")).await, ErrorKind::Invalid);
    let unknown = all().enrollment_term_id(TermRef::sis("never"));
    assert_eq!(kind(unknown).await, ErrorKind::NotFound);
}

#[tokio::test]
async fn people_list_the_courses_that_they_are_in() {
    let place = courses().await;
    let of = async |user: usize, list: ListMyCourses| {
        let canvas = place.fake.client_of(place.ids.students[user]).unwrap();
        let courses = canvas.stream(list).try_collect::<Vec<_>>().await.unwrap();
        courses.iter().map(|course| course.id).collect::<Vec<_>>()
    };
    let mine = ListMyCourses::new;
    let math = place.ids.course;
    let Courses { physics, draft, .. } = place;
    // Students do not see what is not published, and by default nobody what is over.
    assert_eq!(of(0, mine()).await, [math]);
    assert_eq!(of(1, mine()).await, [draft, math]);
    let teaching = mine().enrollment_type(EnrollmentType::Teacher);
    assert_eq!(of(1, teaching).await, [draft]);
    let over = mine().enrollment_state(EnrollmentState::Completed);
    assert_eq!(of(0, over).await, [physics]);
    let states = mine().state([CourseStateFilter::Completed, CourseStateFilter::Available]);
    assert_eq!(of(0, states).await, [math, physics]);
    place.fake.school(|school| {
        school.set_enrollment_state(math, place.ids.students[0], EnrollmentState::Invited);
    });
    let invited = || mine().enrollment_state(EnrollmentState::InvitedOrPending);
    assert_eq!(of(0, invited()).await, [math]);
    assert_eq!(of(1, invited()).await, []);
    // An administrator who is enrolled nowhere is in no course.
    assert_eq!(place.fake.client().send(mine()).await.unwrap().items, []);
}

#[tokio::test]
async fn a_course_shows_what_its_reader_may_see_and_asks_for() {
    let place = courses().await;
    let math = place.ids.course;
    let get = async |canvas: &Canvas, request: GetCourse| canvas.send(request).await;
    let admin = place.fake.client();
    let course = get(&admin, GetCourse::new(CourseRef::sis("MATH-101")))
        .await
        .unwrap();
    assert_eq!((course.id, &*course.name), (math, "Mathematics 101"));
    assert_eq!(course.sis_course_id.as_deref(), Some("MATH-101"));
    assert_eq!(course.workflow_state, Some(CourseState::Available));
    assert_eq!(course.enrollments, Some(vec![]));
    assert_eq!(course.total_students, None);
    let student = place.fake.client_of(place.ids.students[0]).unwrap();
    use CourseInclude::*;
    let more = GetCourse::new(math).include([Term, Teachers, TotalStudents, Sections, Concluded]);
    let course = get(&student, more).await.unwrap();
    assert_eq!(course.sis_course_id, None);
    assert_eq!(course.total_students, Some(14));
    assert_eq!(course.concluded, Some(false));
    assert!(course.term.is_some());
    let teachers = course.teachers.unwrap();
    assert_eq!(teachers[0].display_name.as_deref(), Some("Tom Teacher"));
    let sections: Vec<_> = course
        .sections
        .unwrap()
        .into_iter()
        .map(|it| it.name)
        .collect();
    assert_eq!(sections, ["Monday"]);
    let kinds: Vec<_> = course
        .enrollments
        .unwrap()
        .into_iter()
        .map(|it| it.kind)
        .collect();
    assert_eq!(kinds, [Some(EnrollmentType::Student)]);
    let limited = GetCourse::new(math).include([Teachers]).teacher_limit(0);
    let course = get(&student, limited).await.unwrap();
    assert_eq!((course.teachers, course.teacher_count), (None, Some(1)));
    // Of a course that is not published, its students see nothing; strangers see none at all.
    let kind = async |canvas: &Canvas, id: CourseId| {
        let answer = canvas.send(GetCourse::new(id)).await;
        answer.unwrap_err().kind()
    };
    assert_eq!(kind(&student, place.draft).await, ErrorKind::Forbidden);
    assert_eq!(kind(&student, place.art).await, ErrorKind::Forbidden);
    assert_eq!(
        kind(&admin, CourseId::new(9_999)).await,
        ErrorKind::NotFound
    );
    let teacher = place.fake.client_of(place.ids.students[1]).unwrap();
    let draft = get(&teacher, GetCourse::new(place.draft)).await.unwrap();
    assert_eq!(draft.workflow_state, Some(CourseState::Unpublished));
}

#[tokio::test]
async fn sections_are_listed_by_name_with_their_students() {
    let place = TestSchool::with(|school, ids| {
        school.set_enrollment_state(ids.course, ids.students[0], EnrollmentState::Inactive);
    })
    .await;
    let list = || ListSections::new(place.ids.course);
    let sections = async |list| {
        let sections: Vec<Section> = place.teacher.stream(list).try_collect().await.unwrap();
        sections
    };
    let plain = sections(list().per_page(2)).await;
    let names: Vec<_> = plain.iter().map(|section| &*section.name).collect();
    // The section that every course has is there because the teacher is in it.
    assert_eq!(names, ["Friday", "Mathematics 101", "Monday"]);
    assert_eq!(plain[1].id, SectionId::new(place.ids.course.get()));
    assert!(plain.iter().all(|section| section.students.is_none()));
    use SectionInclude::*;
    let full = sections(list().include([Students, TotalStudents, UserCount, Enrollments])).await;
    let of = |at: usize| full[at].students.as_ref().map(Vec::len);
    assert_eq!([of(0), of(1), of(2)], [Some(7), None, Some(7)]);
    let counts = |at: usize| (full[at].total_students, full[at].user_count);
    assert_eq!(counts(0), (Some(7), Some(7)));
    assert_eq!(counts(1), (Some(0), Some(1)));
    assert_eq!(counts(2), (Some(6), Some(7)));
    let enrollments = full[2].students.as_ref().unwrap()[0].enrollments.as_ref();
    assert_eq!(enrollments.unwrap()[0].course_section_id, Some(full[2].id));
    let found = sections(list().search_term("mon")).await;
    assert_eq!(found.len(), 1);
    let short = place
        .teacher
        .send(list().search_term("m"))
        .await
        .unwrap_err();
    assert_eq!(short.kind(), ErrorKind::Invalid);
    let stranger = place.fake.school(|school| school.add_user("Zoe Elsewhere"));
    let stranger = place.fake.client_of(stranger).unwrap();
    let refused = stranger.send(list()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_course_without_sections_of_its_own_has_one() {
    let place = courses().await;
    let list = ListSections::new(place.art);
    let sections = place.fake.client().send(list).await.unwrap().items;
    let names: Vec<_> = sections.iter().map(|section| &*section.name).collect();
    assert_eq!(names, ["Art"]);
}
