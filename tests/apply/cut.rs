//! The connection is cut at any call, and the program runs again.

use canvas_groups::{
    Canvas, RetryPolicy,
    roster::{Guard, Plan, Policy, Roster, Team, Unlisted},
};

use crate::{
    Site,
    proxy::{Cut, Relay},
    school,
};

async fn broken() -> (Site, Roster, Policy) {
    let mut built = school(26, &[0..4, 4..8, 8..14, 14..16]);
    for group in &built.groups[..2] {
        built.school.set_max_membership(*group, Some(4));
    }
    let teacher = built.teacher;
    built.school.add_member(built.groups[2], teacher);
    let site = built.start().await;
    let u = |places: &[usize]| site.users(places.iter().copied());
    let roster = site
        .roster()
        .team(Team::named("Team 1").members(u(&[4, 1, 2, 3])))
        .team(Team::named("Team 2").members(u(&[0, 5, 6, 7])))
        .team(
            Team::named("Three")
                .previously("Team 3")
                .members(u(&[8, 9, 16, 17, 18, 19])),
        )
        .team(Team::named("By name").members(u(&[10, 20, 21])))
        .team(
            Team::sis("P-9", "By SIS id")
                .members(u(&[11, 22, 23]))
                .leader(u(&[22])[0]),
        );
    // 12 and 13 leave, 14 and 15 are in a team that goes.
    (site, roster, Policy::default().unlisted(Unlisted::Delete))
}

fn client(site: &Site, relay: &Relay) -> Canvas {
    let policy = RetryPolicy::default()
        .max_attempts(2)
        .base_delay(std::time::Duration::from_millis(1))
        .max_delay(std::time::Duration::from_millis(1));
    let client = Canvas::builder(&relay.url).token(site.fake.token());
    client.retry(policy).build().unwrap()
}

/// One run of a program: read, plan, apply. Whatever goes wrong ends it.
async fn run(canvas: &Canvas, roster: &Roster, policy: &Policy) -> Option<bool> {
    let snapshot = canvas.snapshot(roster).await.ok()?;
    let plan = Plan::new(roster, &snapshot, policy);
    assert!(!plan.has_errors(), "{plan}");
    let report = canvas.apply(&plan, &Guard::none()).await.ok()?;
    Some(report.is_complete())
}

async fn ends_the_same(cut: Cut) {
    let (expected, calls) = {
        let (site, roster, policy) = broken().await;
        let relay = Relay::to(&site.fake.url()).await;
        relay.mend();
        assert_eq!(
            run(&client(&site, &relay), &roster, &policy).await,
            Some(true)
        );
        (site.state().await, relay.calls())
    };
    assert_eq!(expected.len(), 5);
    assert!(calls > 15, "{calls}");
    for nth in 1..=30 {
        let (site, roster, policy) = broken().await;
        let relay = Relay::to(&site.fake.url()).await;
        let canvas = client(&site, &relay);
        let placed: Vec<_> = expected.values().flatten().copied().collect();
        relay.cut(nth, cut);
        let first = run(&canvas, &roster, &policy).await;
        if nth > calls {
            assert_eq!(first, Some(true));
        }
        // Whoever had a team and should have one has one now, and nobody is in two.
        let between = site.state().await;
        for student in placed.iter().filter(|id| site.students[..16].contains(id)) {
            let teams = between.values().filter(|team| team.contains(student));
            assert_eq!(teams.count(), 1, "{cut:?} at {nth}: user {student}");
        }
        relay.mend();
        // A ring that was cut leaves a seat too many, which a limit in the roster mends.
        let again = run(&canvas, &roster, &policy).await;
        assert_eq!(again, Some(true), "{cut:?} at {nth}");
        assert_eq!(site.state().await, expected, "{cut:?} at {nth}");
    }
}

#[tokio::test]
async fn a_program_that_is_cut_off_before_any_call_ends_in_the_same_state_when_run_again() {
    ends_the_same(Cut::DeadBefore).await;
}

#[tokio::test]
async fn a_program_that_is_cut_off_after_any_call_ends_in_the_same_state_when_run_again() {
    ends_the_same(Cut::DeadAfter).await;
}

#[tokio::test]
async fn an_answer_that_is_lost_anywhere_makes_no_twin_and_removes_nobody() {
    ends_the_same(Cut::Lost).await;
}

#[tokio::test]
async fn a_call_that_is_lost_anywhere_makes_no_twin_and_removes_nobody() {
    ends_the_same(Cut::Dropped).await;
}
