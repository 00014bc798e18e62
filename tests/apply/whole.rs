//! Plans that go through from beginning to end, and what they cost.

use canvas_groups::{
    UserId,
    csv::UserKey,
    roster::{ApplyEvent, Guard, Policy, Report, Team, Unlisted},
    serde_json,
};

use canvas_groups_fake::Throttle;

use crate::{CHANGE, DELETE, EXPORT, MAKE, PLACE, REMOVE, SET, school, site};

#[tokio::test]
async fn three_hundred_students_get_into_sixty_new_teams_with_sixty_one_calls() {
    let site = site(300, &[]).await;
    let teams = site.students.chunks(5).zip(1..).map(|(students, number)| {
        Team::sis(format!("P-{number}"), format!("Team {number}")).members(students.iter().copied())
    });
    let roster = site.roster().teams(teams);
    let plan = site.plan(&roster).await;
    // Of an empty set a third call tells whether it is one of tags, and a fourth one whether the
    // course is over.
    assert_eq!(site.calls().len(), 4);
    site.fake.forget_requests();

    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!(site.count(MAKE), 60);
    assert_eq!(site.count(SET), 1);
    assert_eq!(site.calls().len(), 61);
    let totals = plan.totals();
    assert_eq!((totals.writes, totals.verifications), (60, 1));
    let notices = site.fake.school(|school| school.notices().len());
    assert_eq!((totals.notices, notices), (300, 300));
    for group in site.all_groups().await {
        assert_eq!(group.members_count, Some(5));
    }
    assert!(site.plan(&roster).await.is_empty());
}

#[tokio::test]
async fn the_calls_and_notices_of_the_totals_are_those_that_the_server_counts() {
    let mut built = school(24, &[0..6, 6..12, 12..16, 16..18]);
    for group in &built.groups[..2] {
        built.school.set_max_membership(*group, Some(6));
    }
    let site = built.start().await;
    let u = |places: &[usize]| site.users(places.iter().copied());
    let roster = site
        .roster()
        // A swap in full teams, somebody who leaves, and a new leader.
        .team(
            Team::named("Team 1")
                .members(u(&[6, 1, 2, 3, 4]))
                .leader(u(&[2])[0]),
        )
        .team(Team::named("Team 2").members(u(&[0, 7, 8, 9, 10, 11])))
        .team(
            Team::named("Builders")
                .previously("Team 3")
                .members(u(&[12, 13, 14, 15, 18, 19]))
                .limit(9),
        )
        .team(Team::named("New").members(u(&[5, 20, 21])));
    let policy = Policy::default().unlisted(Unlisted::Delete);
    let plan = site.plan_by(&roster, &policy).await;
    site.fake.forget_requests();
    site.fake.school(|school| school.forget_notices());
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}\n{plan}");

    let totals = plan.totals();
    assert_eq!(totals.writes, site.writes().len() as u64, "{plan}");
    let reads = site.calls().len() - site.writes().len();
    assert_eq!(totals.verifications, reads as u64, "{:?}", site.calls());
    let notices = site.fake.school(|school| school.notices().len()) as u64;
    assert!(
        notices > 0 && notices <= totals.notices,
        "{notices}: {plan}"
    );
    for route in [PLACE, MAKE, REMOVE, CHANGE, DELETE] {
        assert!(site.count(route) > 0, "{route}");
    }
    let state = site.state().await;
    assert_eq!(
        state.keys().collect::<Vec<_>>(),
        ["Builders", "New", "Team 1", "Team 2"]
    );
    assert_eq!(state["Team 1"], u(&[1, 2, 3, 4, 6]).into_iter().collect());
    let again = canvas_groups::roster::Plan::new(
        &roster,
        &site.canvas.snapshot(&roster).await.unwrap(),
        &policy,
    );
    assert!(again.is_empty(), "{again}");
    let led = site.all_groups().await;
    let led = led.iter().find(|group| group.name == "Team 1").unwrap();
    assert_eq!(led.leader.as_ref().unwrap().id, Some(site.students[2]));
}

#[tokio::test]
async fn the_seconds_of_a_plan_are_no_fewer_than_the_quota_takes_and_no_more_than_single_calls_take()
 {
    // Nothing flows out, so what is left of the quota counts what all calls together cost.
    let rules = Throttle::default();
    let (refill, full) = (rules.outflow, 100_000.0);
    let shapes: [(usize, &[std::ops::Range<usize>]); 3] =
        [(100, &[]), (60, &[0..30, 30..60]), (12, &[0..6, 6..12])];
    for (students, teams) in shapes {
        let mut rules = rules.clone();
        (rules.outflow, rules.mark) = (0.0, full);
        let built = school(students, teams);
        let site = built.start_with(|builder| builder.throttle(rules)).await;
        // Everybody changes places, or gets into a new team of five.
        let turned = site.students.iter().cycle().skip(students / 2);
        let turned: Vec<_> = turned.take(students).copied().collect();
        let size = if teams.is_empty() { 5 } else { teams[0].len() };
        let wish = turned.chunks(size).zip(1..).map(|(members, number)| {
            Team::named(format!("Team {number}")).members(members.iter().copied())
        });
        let roster = site.roster().teams(wish);
        let plan = site.planned(&roster).await;
        let left = || site.canvas.quota().remaining.unwrap();
        let before = left();
        let report = site.apply(&plan).await;
        assert!(report.is_complete(), "{report}");
        let units = before - left();
        let totals = plan.totals();
        let calls = (totals.writes + totals.verifications) as f64;
        assert!(units >= calls * 0.5, "{units} for {calls} calls");
        let seconds = totals.seconds as f64;
        assert!(seconds >= units / refill, "{seconds}: {units} units");
        assert!(seconds <= calls + 1.0, "{seconds}: {calls} calls");
    }
}

#[tokio::test]
async fn nothing_to_do_takes_no_call() {
    let site = site(4, &[0..2, 2..4]).await;
    let roster = site.teams([vec![0, 1], vec![2, 3]]);
    let plan = site.planned(&roster).await;
    let report = site.apply(&plan).await;
    assert!(report.is_complete());
    assert!(report.steps.is_empty());
    assert_eq!(site.calls().len(), 0);
}

#[tokio::test]
async fn a_second_run_makes_no_group_again() {
    let site = site(6, &[]).await;
    let roster = site.teams([vec![0, 1], vec![2, 3]]);
    site.sync(&roster).await;
    let made = site.state().await;
    site.fake.forget_requests();
    site.sync(&roster).await;
    assert_eq!(site.writes(), []);
    assert_eq!(site.state().await, made);
}

#[tokio::test]
async fn events_tell_how_far_it_is_and_the_report_comes_after_them() {
    let site = site(4, &[0..2, 2..3]).await;
    let plan = site.plan(&site.teams([vec![0], vec![1, 2, 3]])).await;
    let mut apply = site.canvas.apply(&plan, &Guard::default());
    let mut events = Vec::new();
    while let Some(event) = apply.try_next().await.unwrap() {
        events.push(event);
    }
    assert!(
        matches!(events[0], ApplyEvent::Began { steps: 2, .. }),
        "{events:?}"
    );
    assert_eq!(events.last(), Some(&ApplyEvent::Verifying));
    let ended = events.iter().filter_map(|event| match event {
        ApplyEvent::StepEnded { ended, steps, .. } => Some((*ended, *steps)),
        _ => None,
    });
    assert_eq!(ended.collect::<Vec<_>>(), [(1, 2), (2, 2)]);
    assert_eq!(apply.try_next().await.unwrap(), None);
    assert!(apply.await.unwrap().is_complete());
}

#[tokio::test]
async fn a_report_is_the_same_after_json_and_has_a_row_for_each_person() {
    let site = site(4, &[0..2, 2..3]).await;
    let plan = site.plan(&site.teams([vec![0], vec![1, 2, 3]])).await;
    let report = site.apply(&plan).await;
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    let csv = report.to_csv();
    let mut lines: Vec<_> = csv.lines().collect();
    assert_eq!(
        lines.remove(0),
        "set,team,person,row,action,outcome,message"
    );
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "Projects,Team 2,S001,,place,done,",
            "Projects,Team 2,S003,,place,done,"
        ]
    );
}

#[tokio::test]
async fn who_is_found_by_no_key_is_told_and_nobody_else_is_taken() {
    let site = site(3, &[0..1]).await;
    let members = [
        UserKey::sis("S000"),
        UserKey::sis("S00"),
        UserKey::login("LOGIN2"),
    ];
    let roster = site.roster().team(Team::named("Team 1").members(members));
    let snapshot = site.canvas.snapshot(&roster).await.unwrap();
    let plan = canvas_groups::roster::Plan::new(&roster, &snapshot, &Policy::default());
    assert!(plan.has_errors());
    assert!(
        plan.to_string().contains("S00 is not an active student"),
        "{plan}"
    );
    let refused = site.canvas.apply(&plan, &Guard::none()).await.unwrap_err();
    assert_eq!(refused.kind(), canvas_groups::ErrorKind::Guard);
    assert_eq!(site.writes(), []);
    // The list of the set is read only where the export lacks somebody.
    assert_eq!(
        site.count("GET group_categories/:group_category_id/users"),
        1
    );
    let known = site
        .roster()
        .team(Team::named("Team 1").members([UserKey::login("LOGIN2")]));
    site.fake.forget_requests();
    site.canvas.snapshot(&known).await.unwrap();
    assert_eq!(site.calls(), [SET, EXPORT]);
}

#[tokio::test]
async fn more_people_than_one_creation_takes_are_placed_one_by_one() {
    let site = site(103, &[]).await;
    let roster = site
        .roster()
        .team(Team::named("All").members(site.students.clone()));
    let plan = site.planned(&roster).await;
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!((site.count(MAKE), site.count(PLACE)), (1, 3));
    let all: std::collections::BTreeSet<UserId> = site.students.iter().copied().collect();
    assert_eq!(site.state().await["All"], all);
}

#[tokio::test]
async fn teams_that_go_are_deleted_last_and_those_that_stay_are_not_made_again() {
    let site = site(12, &[0..4, 4..8, 8..10]).await;
    let roster = site
        .roster()
        .team(Team::named("Team 1").members(site.users([0, 1, 2, 4, 8])))
        .team(Team::named("New").members(site.users([5, 9, 10, 11])));
    let policy = Policy::default().unlisted(Unlisted::Delete);
    let plan = site.plan_by(&roster, &policy).await;
    site.fake.forget_requests();
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    let calls: Vec<_> = site.calls();
    let last = calls
        .iter()
        .rposition(|call| [PLACE, MAKE, REMOVE].contains(&&**call));
    let (last, first) = (last.unwrap(), calls.iter().position(|call| call == DELETE));
    let counts: Vec<_> = calls[last + 1..].iter().collect();
    assert!(last < first.unwrap(), "{calls:?}");
    assert_eq!(counts[0], SET, "a fresh look comes before the deletions");
    // Each is preceded by its memberships, in all states.
    let reads = |call: &&&String| ***call == *"GET groups/:group_id/memberships";
    assert_eq!(counts.iter().filter(reads).count(), 2, "{calls:?}");
    assert_eq!(
        calls.len() as u64,
        plan.totals().writes + plan.totals().verifications
    );
    assert_eq!((site.count(MAKE), site.count(DELETE)), (1, 2));
    let kept = site.groups[0];
    assert!(site.all_groups().await.iter().any(|group| group.id == kept));
}

#[tokio::test]
async fn a_server_of_before_does_the_same() {
    let built = school(12, &[0..4, 4..8]);
    let site = built.start_with(|builder| builder.old_server(true)).await;
    let roster = site.teams([vec![0, 1, 4, 8], vec![5, 6, 9], vec![7, 10]]);
    site.sync(&roster).await;
    // A set without groups is not taken for one of tags, which that server has not.
    let set = site
        .fake
        .school(|school| school.add_category(site.course, "Labs"));
    let labs =
        canvas_groups::roster::Roster::of(set).team(Team::named("Lab").members(site.users(0..3)));
    assert!(!site.canvas.snapshot(&labs).await.unwrap().is_tags);
    site.sync(&labs).await;
}
