//! Sets by course and name, sets that are made, and two programs at once.

use canvas_groups::{
    CourseRef, ErrorKind,
    roster::{Guard, MissingSet, Outcome, Plan, Policy, Roster, Team},
};
use canvas_groups_fake::Fault;

use crate::{MAKE, PLACE, old, outcome, site};

const MAKE_SET: &str = "POST courses/:course_id/group_categories";

fn make() -> Policy {
    Policy::default().missing_set(MissingSet::Make)
}

#[tokio::test]
async fn a_set_is_found_by_its_course_and_name() {
    let site = site(4, &[0..2]).await;
    let roster = Roster::in_course(site.course, "Projects")
        .team(Team::named("Team 1").members(site.users(0..3)));
    let report = site.sync(&roster).await;
    assert_eq!(report.set, Some(site.set));
    let missing = Roster::in_course(site.course, "projects");
    let snapshot = site.canvas.snapshot(&missing).await.unwrap();
    assert_eq!(snapshot.set, None);
    let plan = Plan::new(&missing, &snapshot, &make());
    assert!(
        plan.to_string()
            .contains("its set \"Projects\" differs in case"),
        "{plan}"
    );
}

#[tokio::test]
async fn a_set_that_does_not_exist_is_made_with_its_teams() {
    let mut built = crate::school(6, &[]);
    built.school.set_sis_course_id(built.course, "MATH");
    let site = built.start().await;
    let roster = Roster::in_course(CourseRef::sis("MATH"), "Labs")
        .team(Team::named("One").members(site.users(0..3)))
        .team(Team::named("Two").members(site.users(3..6)));
    let plan = site.plan_by(&roster, &make()).await;
    site.fake.forget_requests();
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!(site.count(MAKE_SET), 1);
    assert_eq!(
        site.calls().len() as u64,
        plan.totals().writes + plan.totals().verifications
    );
    let again = site.plan_by(&roster, &make()).await;
    assert_eq!(again.set, report.set);
    assert!(again.is_empty(), "{again}");
}

#[tokio::test]
async fn a_set_whose_creation_was_not_answered_is_found() {
    let site = site(6, &[]).await;
    let roster =
        Roster::in_course(site.course, "Labs").team(Team::named("One").members(site.users(0..3)));
    let plan = site.plan_by(&roster, &make()).await;
    site.fake.fail(1, MAKE_SET, Fault::Lose).unwrap();
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!(site.count(MAKE_SET), 1);
}

#[tokio::test]
async fn an_old_plan_for_a_new_set_takes_the_set_that_is_there_by_now() {
    let site = site(6, &[]).await;
    let roster =
        Roster::in_course(site.course, "Labs").team(Team::named("One").members(site.users(0..3)));
    let plan = old(site.plan_by(&roster, &make()).await);
    let course = site.course;
    let set = site
        .fake
        .school(|school| school.add_category(course, "Labs"));
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!((report.set, site.count(MAKE_SET)), (Some(set), 0));
    assert_eq!(outcome(&report, "set:Labs"), &Outcome::AlreadySo);
}

#[tokio::test]
async fn a_set_that_is_gone_by_then_is_an_error_and_nothing_is_sent() {
    let site = site(6, &[0..2]).await;
    let plan = old(site.planned(&site.teams([vec![0, 1, 2]])).await);
    let delete = canvas_groups::categories::DeleteCategory::new(site.set);
    site.canvas.send(delete).await.unwrap();
    site.fake.forget_requests();
    let error = site.canvas.apply(&plan, &Guard::none()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(site.writes(), []);
}

#[tokio::test]
async fn two_programs_with_one_roster_at_once_end_in_its_state_and_make_no_twin_by_sis_id() {
    let site = site(40, &[0..10]).await;
    let teams = site.students.chunks(5).zip(1..).map(|(students, number)| {
        Team::sis(format!("P-{number}"), format!("Group {number}"))
            .members(students.iter().copied())
    });
    let roster = site.roster().team(Team::named("Team 1")).teams(teams);
    let plan = site.plan(&roster).await;
    site.fake.set_latency(std::time::Duration::from_millis(5));
    let one = site.canvas.apply(&plan, &Guard::none()).into_future();
    let other = site.canvas.apply(&plan, &Guard::none()).into_future();
    let (one, other) = futures::future::join(one, other).await;
    let (one, other) = (one.unwrap(), other.unwrap());
    site.fake.set_latency(std::time::Duration::ZERO);
    assert!(one.is_complete(), "{one}");
    assert!(other.is_complete(), "{other}");
    assert_eq!(site.state().await.len(), 9);
    assert!(site.plan(&roster).await.is_empty());
}

#[tokio::test]
async fn two_programs_at_once_may_make_a_twin_by_name_and_the_next_plan_tells_of_it() {
    let site = site(4, &[]).await;
    let roster = site
        .roster()
        .team(Team::named("New").members(site.users(0..2)));
    let plan = site.plan(&roster).await;
    let told = |plan: &Plan| {
        plan.to_string()
            .contains("let no two programs do that at once")
    };
    assert!(told(&plan), "{plan}");
    let one = site.apply(&plan).await;
    let other = site.apply(&plan).await;
    assert_eq!(one.counts()["done"], 1);
    assert_eq!(other.steps.len(), 1);
    let snapshot = site.canvas.snapshot(&roster).await.unwrap();
    let plan = Plan::new(&roster, &snapshot, &Policy::default());
    assert!(plan.has_errors());
    assert!(
        plan.to_string().contains("is the name of several groups"),
        "{plan}"
    );
}

#[tokio::test]
async fn a_removal_waits_for_nobody_and_a_copy_goes_into_another_course() {
    let mut built = crate::school(6, &[0..2, 2..4]);
    let other = built.school.add_course("Physics");
    for student in &built.students {
        built
            .school
            .enroll(other, *student, canvas_groups_fake::Role::Student);
    }
    let site = built.start().await;
    let snapshot = site.canvas.snapshot(&site.roster()).await.unwrap();
    let copy = Roster::from(&snapshot).copied_to(other, "Projects");
    let plan = site.plan_by(&copy, &make()).await;
    site.fake.forget_requests();
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!((site.count(MAKE), site.count(PLACE)), (2, 0));
    let back = Roster::from(&snapshot);
    site.sync(&site.teams([vec![0, 2], vec![4]])).await;
    site.sync(&back).await;
    assert_eq!(
        site.members(site.groups[1]),
        site.users(2..4).into_iter().collect()
    );
}
