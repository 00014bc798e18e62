//! What a snapshot reads, and how many calls that takes.

use canvas_groups::{
    Canvas, CategoryRef, ErrorKind,
    csv::UserKey,
    enrollments::EnrollmentState,
    http::StatusCode,
    roster::{FindingKind, Plan, Policy, Roster, Snapshot, Team},
    serde_json,
};
use canvas_groups_fake::{FakeCanvas, Fault, Hold, School, SisAccess};

use crate::{EXPORT, SET, quick, school, site};

const MEMBERSHIPS: &str = "GET groups/:group_id/memberships";

#[tokio::test]
async fn a_set_is_read_by_two_calls() {
    let site = site(8, &[0..3, 3..6, 0..0]).await;
    let snapshot = site.canvas.snapshot(&site.roster()).await.unwrap();
    assert_eq!(site.calls(), [SET, EXPORT]);
    assert_eq!(snapshot.host, site.fake.url().trim_start_matches("http://"));
    assert_eq!(snapshot.course.id, site.course);
    assert_eq!(snapshot.set.as_ref().unwrap().name, "Projects");
    assert_eq!(snapshot.groups[0].members, site.users(0..3));
    assert_eq!(snapshot.groups[2].members, []);
    assert_eq!(snapshot.students.len(), 8);
    assert_eq!(snapshot.students[3].sis_id.as_deref(), Some("S003"));
    assert_eq!(snapshot.students[3].login.as_deref(), Some("login3"));
    let text = serde_json::to_string(&snapshot).unwrap();
    assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap(), snapshot);
}

#[tokio::test]
async fn a_set_by_its_sis_id_is_read_by_two_calls() {
    let mut built = school(4, &[0..2]);
    built
        .school
        .set_sis_group_category_id(built.set, "PROJECTS");
    let site = built.start().await;
    let roster = Roster::of(CategoryRef::sis("PROJECTS"));
    let snapshot = site.canvas.snapshot(&roster).await.unwrap();
    assert_eq!(snapshot.set.unwrap().sis_id.as_deref(), Some("PROJECTS"));
    assert_eq!(site.calls().len(), 2);
}

#[tokio::test]
async fn what_is_there_plans_to_nothing_whoever_else_is_in_the_teams() {
    let mut built = school(10, &[0..4, 4..8]);
    let (course, s, groups) = (built.course, built.students.clone(), built.groups.clone());
    built.school.add_member(groups[0], built.teacher);
    built.school.set_max_membership(groups[1], Some(2));
    built.school.set_active(course, s[1], false);
    built
        .school
        .set_enrollment_state(course, s[2], EnrollmentState::Invited);
    let site = built.start().await;
    let snapshot = site.canvas.snapshot(&site.roster()).await.unwrap();
    // The team whose rows are not its members is read, the other is not.
    assert_eq!(site.count(MEMBERSHIPS), 1);
    assert_eq!(snapshot.groups[0].members, [s[0], s[3]]);
    assert_eq!(snapshot.groups[0].others, 3);
    let plan = Plan::new(&Roster::from(&snapshot), &snapshot, &Policy::default());
    assert!(plan.is_empty() && !plan.has_errors(), "{plan}");
}

#[tokio::test]
async fn an_invited_student_who_is_named_is_a_student() {
    let mut built = school(4, &[0..2]);
    let (course, invited) = (built.course, built.students[3]);
    built
        .school
        .set_enrollment_state(course, invited, EnrollmentState::Invited);
    let site = built.start().await;
    let roster = site
        .roster()
        .team(Team::named("Team 1").at_least([UserKey::sis("S003")]));
    let snapshot = site.canvas.snapshot(&roster).await.unwrap();
    assert_eq!(site.calls().len(), 3);
    assert!(
        snapshot
            .students
            .iter()
            .any(|student| student.id == invited && student.is_invited)
    );
    let report = site.sync(&roster).await;
    assert_eq!(report.counts()["done"], 1);
}

#[tokio::test]
async fn who_shows_up_in_two_teams_is_read_again_once() {
    let site = site(4, &[0..1, 0..0]).await;
    site.fake.hold_replica(Hold::UntilReleased);
    let (s, groups) = (site.students.clone(), site.groups.clone());
    // The count of the first team is that of the export, though its member is another one.
    site.fake.school(|school| {
        school.add_member(groups[1], s[0]);
        school.add_member(groups[0], s[1]);
    });
    let snapshot = site.canvas.snapshot(&site.roster()).await.unwrap();
    assert_eq!(snapshot.groups[0].members, [s[1]]);
    assert_eq!(snapshot.groups[1].members, [s[0]]);
    assert_eq!(site.count(MEMBERSHIPS), 3);
}

#[tokio::test]
async fn an_export_that_lags_is_mended_by_the_memberships() {
    let site = site(8, &[0..3, 3..6]).await;
    site.fake.hold_replica(Hold::UntilReleased);
    let (s, groups) = (site.students.clone(), site.groups.clone());
    site.fake.school(|school| {
        school.remove_member(groups[0], s[0]);
        school.add_member(groups[1], s[0]);
        school.add_member(groups[1], s[6]);
    });
    let snapshot = site.canvas.snapshot(&site.roster()).await.unwrap();
    assert_eq!(snapshot.groups[0].members, site.users(1..3));
    assert_eq!(snapshot.groups[1].members, site.users([0, 3, 4, 5, 6]));
}

#[tokio::test]
async fn a_key_with_scopes_loses_the_groups_and_lists_them() {
    let built = school(6, &[0..3, 3..5]);
    let site = built.start().await;
    let scopes = [
        "url:GET|/api/v1/group_categories/:group_category_id",
        "url:GET|/api/v1/group_categories/:group_category_id/groups",
        "url:GET|/api/v1/group_categories/:group_category_id/export",
    ];
    let token = site.fake.scoped_token_of(site.teacher, scopes);
    let canvas = Canvas::new(site.fake.url(), token).unwrap();
    let whole = site.canvas.snapshot(&site.roster()).await.unwrap();
    let scoped = canvas.snapshot(&site.roster()).await.unwrap();
    assert_eq!(scoped.groups, whole.groups);
    assert_eq!(scoped.students, whole.students);
}

#[tokio::test]
async fn no_list_ends_after_its_first_page() {
    let mut built = school(250, &[]);
    let (set, course, invited) = (built.set, built.course, built.students[249]);
    for number in 1..=130 {
        built.school.add_group(set, format!("Team {number}"));
    }
    let last = built.school.groups_in(set)[129];
    for student in &built.students[..230] {
        built.school.add_member(last, *student);
    }
    let teacher = built.teacher;
    built.school.add_member(last, teacher);
    for student in &built.students[..249] {
        built
            .school
            .set_enrollment_state(course, *student, EnrollmentState::Invited);
    }
    built
        .school
        .set_enrollment_state(course, invited, EnrollmentState::Invited);
    let site = built.start().await;
    let scopes = [
        "group_categories/:group_category_id",
        "group_categories/:group_category_id/groups",
        "group_categories/:group_category_id/export",
        "group_categories/:group_category_id/users",
        "groups/:group_id/memberships",
    ];
    let scopes = scopes.map(|path| format!("url:GET|/api/v1/{path}"));
    let token = site.fake.scoped_token_of(site.teacher, scopes);
    let canvas = Canvas::new(site.fake.url(), token).unwrap();
    let roster = site
        .roster()
        .team(Team::named("Team 130").at_least((0..250).map(|n| UserKey::sis(format!("S{n:03}")))));
    let snapshot = canvas.snapshot(&roster).await.unwrap();
    assert_eq!(snapshot.groups.len(), 130);
    assert_eq!(snapshot.students.len(), 250);
    let full = snapshot
        .groups
        .iter()
        .find(|group| group.id == last)
        .unwrap();
    assert_eq!((full.members.len(), full.others), (230, 1));
}

#[tokio::test]
async fn an_answer_without_groups_is_no_set_without_groups() {
    let site = site(6, &[0..3, 3..5]).await;
    let set = format!(
        r#"{{"id": {}, "name": "Projects", "course_id": {}}}"#,
        site.set, site.course
    );
    site.fake
        .fail(1, SET, Fault::answer(StatusCode::OK, set))
        .unwrap();
    let snapshot = site.canvas.snapshot(&site.roster()).await.unwrap();
    assert_eq!(
        site.count("GET group_categories/:group_category_id/groups"),
        1
    );
    assert_eq!(snapshot.groups.len(), 2);
    let short = format!(
        r#"{{"id": {}, "course_id": {}, "groups_count": 2, "groups": []}}"#,
        site.set, site.course
    );
    site.fake
        .fail(1, SET, Fault::answer(StatusCode::OK, short))
        .unwrap();
    let error = site.canvas.snapshot(&site.roster()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("has 2 groups, and 0 were listed"),
        "{error}"
    );
}

#[tokio::test]
async fn a_read_that_fails_is_an_error_and_never_an_empty_list() {
    let mut built = school(6, &[0..3, 3..5]);
    let teacher = built.teacher;
    built.school.add_member(built.groups[0], teacher);
    let site = built.start().await;
    let roster = site
        .roster()
        .team(Team::named("Team 1").at_least([UserKey::sis("nobody")]));
    for route in [
        SET,
        EXPORT,
        MEMBERSHIPS,
        "GET group_categories/:group_category_id/users",
    ] {
        for fault in [
            Fault::Drop,
            Fault::status(StatusCode::INTERNAL_SERVER_ERROR),
            Fault::answer(StatusCode::FORBIDDEN, r#"{"status":"unauthorized"}"#),
            Fault::answer(StatusCode::OK, r#"[{"id": 7, "na"#),
        ] {
            site.fake.fail(20, route, fault.clone()).unwrap();
            let outcome = quick(&site.canvas).snapshot(&roster).await;
            assert!(outcome.is_err(), "{route} {fault:?}");
            // The rest of the faults is used up by plain requests.
            let (fake, school) = (&site.fake, site.fake.requests().len());
            assert!(school > 0);
            drain(fake, route).await;
        }
    }
    site.canvas.snapshot(&roster).await.unwrap();
}

/// Meets what is left of the faults of a route.
async fn drain(fake: &FakeCanvas, route: &str) {
    let mut path = route.trim_start_matches("GET ").to_owned();
    path = path
        .replace(":group_category_id", "1")
        .replace(":group_id", "1");
    let client = reqwest::Client::new();
    for _ in 0..20 {
        let request = client.get(format!("{}/api/v1/{path}", fake.url()));
        let _ = request.bearer_auth(fake.token()).send().await;
    }
}

#[tokio::test]
async fn a_set_of_an_account_is_refused() {
    let mut built = school(2, &[0..1]);
    let root = built.school.root_account();
    let set = built.school.add_account_category(root, "Clubs");
    let site = built.start().await;
    let error = site.canvas.snapshot(&Roster::of(set)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    assert!(
        error
            .to_string()
            .contains("rosters are for sets of courses"),
        "{error}"
    );
}

#[tokio::test]
async fn teachers_see_the_sis_ids_of_teams_that_have_students_and_cannot_write_any() {
    let mut built = school(6, &[0..3, 3..5]);
    built.school.set_sis_group_id(built.groups[0], "P-1");
    let site = built.start().await;
    let teacher = site.fake.client_of(site.teacher).unwrap();
    let snapshot = teacher.snapshot(&site.roster()).await.unwrap();
    assert_eq!(snapshot.groups[0].sis_id.as_deref(), Some("P-1"));
    assert!(snapshot.rights.group_sis_ids_shown);
    assert!(!snapshot.rights.group_sis_ids_writable);
    assert!(snapshot.rights.user_sis_ids_shown);
    let roster = site
        .roster()
        .team(Team::sis("P-2", "Other").at_least([site.students[5]]));
    let plan = Plan::new(&roster, &snapshot, &Policy::default());
    assert!(plan.is_empty());
    assert!(
        plan.to_string().contains("the right to manage SIS data"),
        "{plan}"
    );
    // With a team that has nobody, an SIS id may be hidden.
    site.fake
        .school(|school| school.add_group(site.set, "Empty"));
    let snapshot = teacher.snapshot(&site.roster()).await.unwrap();
    assert!(!snapshot.rights.group_sis_ids_shown);
    let plan = Plan::new(&roster, &snapshot, &Policy::default());
    assert!(
        plan.to_string()
            .contains("the right to read SIS data in the root account"),
        "{plan}"
    );
    let admin = site.canvas.snapshot(&site.roster()).await.unwrap();
    assert!(admin.rights.group_sis_ids_shown && admin.rights.group_sis_ids_writable);
}

#[tokio::test]
async fn an_export_without_sis_ids_says_which_right_is_missing() {
    let mut built = school(6, &[0..3]);
    built
        .school
        .limit_sis_access(built.teacher, SisAccess::Nothing);
    let site = built.start().await;
    let teacher = site.fake.client_of(site.teacher).unwrap();
    let roster = site
        .roster()
        .team(Team::named("Team 1").members([UserKey::sis("S001")]));
    let snapshot = teacher.snapshot(&roster).await.unwrap();
    assert!(!snapshot.rights.user_sis_ids_shown);
    let plan = Plan::new(&roster, &snapshot, &Policy::default());
    let hidden = plan
        .findings
        .iter()
        .find(|finding| finding.kind == FindingKind::KeysHidden);
    assert!(
        hidden.unwrap().text.contains("the right to read SIS data"),
        "{plan}"
    );
    let by_login = site
        .roster()
        .team(Team::named("Team 1").at_least([UserKey::login("login4")]));
    let snapshot = teacher.snapshot(&by_login).await.unwrap();
    assert_eq!(
        Plan::new(&by_login, &snapshot, &Policy::default())
            .steps
            .len(),
        1
    );
}

#[tokio::test]
async fn twenty_thousand_teams_are_read_by_two_calls() {
    let mut school = School::new();
    let course = school.add_course("Large");
    let set = school.add_category(course, "Teams");
    let students = ["One", "Other"].map(|name| school.add_user(name));
    for student in students {
        school.enroll(course, student, canvas_groups_fake::Role::Student);
    }
    for number in 0..20_000 {
        let group = school.add_group(set, format!("Team {number}")).unwrap();
        if number == 19_999 {
            for student in students {
                school.add_member(group, student);
            }
        }
    }
    let fake = FakeCanvas::builder(school).start().await.unwrap();
    let roster = Roster::of(set).team(Team::named("Team 7").at_least([students[0]]));
    let snapshot = fake.client().snapshot(&roster).await.unwrap();
    assert_eq!(snapshot.groups.len(), 20_000);
    assert_eq!(fake.requests().len(), 2);
    let plan = Plan::new(&roster, &snapshot, &Policy::default());
    assert_eq!(plan.steps.len(), 1);
    let report = fake
        .client()
        .apply(&plan, &canvas_groups::roster::Guard::default());
    assert!(report.await.unwrap().is_complete());
    assert_eq!(fake.requests().len(), 4);
}

#[tokio::test]
async fn without_a_set_the_rights_are_those_that_other_sets_show() {
    let mut built = school(4, &[]);
    let bare = built.school.add_course("Physics");
    let site = built.start().await;
    let wish = |course| Roster::in_course(course, "Labs").team(Team::sis("L-1", "One"));
    let make = Policy::default().missing_set(canvas_groups::roster::MissingSet::Make);
    let plan_by = async |canvas: &Canvas, course| {
        let snapshot = canvas.snapshot(&wish(course)).await.unwrap();
        Plan::new(&wish(course), &snapshot, &make)
    };
    let plan = plan_by(&site.canvas, site.course).await;
    assert!(!plan.has_errors(), "{plan}");
    // A teacher's sets lack the keys, and a course without sets tells nothing.
    let teacher = site.fake.client_of(site.teacher).unwrap();
    for plan in [
        plan_by(&teacher, site.course).await,
        plan_by(&site.canvas, bare).await,
    ] {
        let mut findings = plan.findings.iter();
        let hidden = findings.any(|finding| finding.kind == FindingKind::SisIdsHidden);
        assert!(hidden && plan.has_errors(), "{plan}");
    }
}

#[tokio::test]
async fn of_the_invited_only_those_who_are_named_are_students() {
    let mut built = school(4, &[0..3]);
    let (course, s) = (built.course, built.students.clone());
    for student in &s[1..] {
        built
            .school
            .set_enrollment_state(course, *student, EnrollmentState::Invited);
    }
    let site = built.start().await;
    let roster = site
        .roster()
        .team(Team::named("Team 1").members([UserKey::sis("S000"), UserKey::sis("S003")]));
    let snapshot = site.canvas.snapshot(&roster).await.unwrap();
    let students: Vec<_> = snapshot.students.iter().map(|student| student.id).collect();
    assert_eq!(students, [s[0], s[3]]);
    assert_eq!(snapshot.groups[0].others, 2);
    let report = site.sync(&roster).await;
    // The other two stay where they are.
    assert_eq!(site.members(site.groups[0]).len(), 4, "{report}");
}

#[tokio::test]
async fn a_concluded_course_is_seen_at_a_set_without_groups() {
    let mut built = school(4, &[]);
    let course = built.course;
    built.school.conclude(course);
    let site = built.start().await;
    let roster = site
        .roster()
        .team(Team::named("New").members(site.users(0..2)));
    let snapshot = site.canvas.snapshot(&roster).await.unwrap();
    assert!(snapshot.course.is_concluded);
}
