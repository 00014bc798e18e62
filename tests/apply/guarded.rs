//! What an apply refuses before it sends anything.

use canvas_groups::{
    ErrorKind,
    enrollments::EnrollmentState,
    http::StatusCode,
    roster::{Guard, Plan, Team},
    serde_json,
};
use canvas_groups_fake::Fault;

use crate::{EXPORT, SET, old, school, site};

#[tokio::test]
async fn a_course_that_has_ended_since_and_a_set_of_the_students_are_left_alone() {
    let site = site(6, &[0..2]).await;
    let plan = old(site.planned(&site.teams([vec![0, 1, 2]])).await);
    let course = site.course;
    let mut other = plan.clone();
    let own = site
        .fake
        .school(|school| school.add_student_groups_category(course));
    other.set = Some(own);
    let refused = site.canvas.apply(&other, &Guard::none()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Guard, "{refused}");
    assert!(
        refused.to_string().contains("role student_organized"),
        "{refused}"
    );
    site.fake.school(|school| school.conclude(course));
    let refused = site.canvas.apply(&plan, &Guard::none()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Guard, "{refused}");
    assert!(refused.to_string().contains("has ended"), "{refused}");
    assert_eq!(site.writes(), []);
}

#[tokio::test]
async fn the_guard_is_asked_before_anything_is_sent() {
    let site = site(20, &[0..20]).await;
    let roster = site
        .roster()
        .team(Team::named("Team 1").members(site.users(0..5)));
    let plan = site.planned(&roster).await;
    let refused = site
        .canvas
        .apply(&plan, &Guard::default())
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Guard);
    assert!(refused.to_string().contains("15 of 20"), "{refused}");
    let mut late = plan.clone();
    late.taken_at -= std::time::Duration::from_secs(25 * 3600);
    let refused = site
        .canvas
        .apply(&late, &Guard::once(&plan))
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("25.0 hours old"), "{refused}");
    let mut other = plan.clone();
    other.host = "school.instructure.com".to_owned();
    let refused = site.canvas.apply(&other, &Guard::none()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Guard);
    assert!(
        refused.to_string().contains("school.instructure.com"),
        "{refused}"
    );
    assert_eq!(site.calls().len(), 0);
}

#[tokio::test]
async fn the_guard_goes_by_the_set_as_it_is_and_not_as_a_plan_says_that_it_was() {
    let site = site(12, &[0..12]).await;
    let roster = site
        .roster()
        .team(Team::named("Team 1").members(site.users(0..7)));
    let mut plan = old(site.planned(&roster).await);
    plan.students_in_teams = 400;
    plan.teams[0].students = 400;
    Guard::default().check(&plan).unwrap();
    let refused = site.canvas.apply(&plan, &Guard::default()).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Guard, "{refused}");
    assert!(refused.to_string().contains("5 of 12"), "{refused}");
    assert_eq!(site.writes(), []);
}

#[tokio::test]
async fn a_plan_from_a_file_is_held_against_the_set_whatever_age_it_claims() {
    let site = site(12, &[0..12]).await;
    let roster = site
        .roster()
        .team(Team::named("Team 1").members(site.users(0..7)));
    let mut plan = site.planned(&roster).await;
    plan.students_in_teams = 400;
    plan.teams[0].students = 400;
    let text = serde_json::to_string(&plan).unwrap();
    let read: Plan = serde_json::from_str(&text).unwrap();
    assert_eq!(read, plan);
    Guard::default().check(&read).unwrap();
    let refused = site.canvas.apply(&read, &Guard::default()).await;
    let refused = refused.unwrap_err();
    assert!(refused.to_string().contains("5 of 12"), "{refused}");
    assert_eq!(site.calls(), [SET, EXPORT]);
    let report = site.canvas.apply(&read, &Guard::none()).await.unwrap();
    assert!(report.is_complete(), "{report}");
}

#[tokio::test]
async fn the_guard_of_an_old_or_stored_plan_counts_the_invited_students_whom_the_roster_named() {
    let mut built = school(30, &[0..10, 10..20, 20..30]);
    let (course, teacher) = (built.course, built.teacher);
    for student in &built.students {
        let invited = EnrollmentState::Invited;
        built.school.set_enrollment_state(course, *student, invited);
    }
    // Somebody who is no student does not count, and takes a seat.
    built.school.add_member(built.groups[0], teacher);
    let site = built.start().await;
    let roster = site
        .teams([
            (2..10).collect(),
            (12..20).collect(),
            (20..29).collect::<Vec<_>>(),
        ])
        .in_no_team(site.users([0, 1, 10, 11, 29]));
    let plan = site.planned(&roster).await;
    assert_eq!((plan.totals().removed, plan.students_in_teams), (5, 30));
    let text = serde_json::to_string(&plan).unwrap();
    let stored: Plan = serde_json::from_str(&text).unwrap();
    // Of 24 students 5 are more than a fifth.
    site.fake.school(|school| {
        for student in &site.students[13..19] {
            school.remove_member(site.groups[1], *student);
        }
    });
    for plan in [&old(plan), &stored] {
        let refused = site.canvas.apply(plan, &Guard::default()).await;
        let refused = refused.unwrap_err();
        assert!(refused.to_string().contains("5 of 24"), "{refused}");
    }
    assert_eq!(site.writes(), []);
    site.fake.school(|school| {
        for student in &site.students[13..19] {
            school.add_member(site.groups[1], *student);
        }
    });
    site.fake.forget_requests();
    let report = site.canvas.apply(&stored, &Guard::default()).await.unwrap();
    assert!(report.is_complete(), "{report}");
    assert_eq!(
        site.count("GET group_categories/:group_category_id/users"),
        1
    );
    site.sync(&roster).await;
}

#[tokio::test]
async fn an_old_plan_is_applied_though_the_invited_students_may_not_be_listed() {
    const USERS: &str = "GET group_categories/:group_category_id/users";
    let (scope, forbidden, broken) = (
        Fault::answer(
            StatusCode::UNAUTHORIZED,
            r#"{"errors":[{"message":"Insufficient scopes on access token."}]}"#,
        ),
        Fault::status(StatusCode::FORBIDDEN),
        Fault::status(StatusCode::BAD_REQUEST),
    );
    for (fault, is_applied) in [(scope, true), (forbidden, true), (broken, false)] {
        let mut built = school(6, &[0..3, 3..5]);
        let (course, invited) = (built.course, built.students[0]);
        let state = EnrollmentState::Invited;
        built.school.set_enrollment_state(course, invited, state);
        let site = built.start().await;
        let roster = site.teams([vec![0, 1, 2], vec![3, 4, 5]]);
        let plan = old(site.planned(&roster).await);
        site.fake.fail(1, USERS, fault).unwrap();
        let report = site.canvas.apply(&plan, &Guard::default()).await;
        assert_eq!(site.count(USERS), 1);
        match is_applied {
            true => {
                let report = report.unwrap();
                assert!(report.is_complete(), "{report}");
                site.sync(&roster).await;
            }
            false => {
                assert_eq!(report.unwrap_err().kind(), ErrorKind::Invalid);
                assert_eq!(site.writes(), []);
            }
        }
    }
}

#[tokio::test]
async fn a_plan_for_tags_is_not_carried_out_on_groups() {
    let site = site(6, &[0..2]).await;
    let mut plan = old(site.planned(&site.teams([vec![0, 1, 2]])).await);
    plan.is_tags = true;
    let refused = site.canvas.apply(&plan, &Guard::none()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Guard);
    assert!(
        refused.to_string().contains("the set is one of groups"),
        "{refused}"
    );
    assert_eq!(site.writes(), []);
}
