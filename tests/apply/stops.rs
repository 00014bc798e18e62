//! What stops an apply, and what does not.

use std::time::Duration;

use canvas_groups::{
    http::StatusCode,
    roster::{ApplyEvent, Guard, Outcome},
};
use canvas_groups_fake::{Fault, Throttle};

use crate::{CHANGE, PLACE, REMOVE, outcome, school, site};

fn forbidden() -> Fault {
    Fault::answer(StatusCode::FORBIDDEN, r#"{"status":"unauthorized"}"#)
}

#[tokio::test]
async fn a_refusal_for_one_goes_on_with_the_others() {
    let site = site(12, &[0..2]).await;
    let plan = site.planned(&site.teams([(0..12).collect()])).await;
    site.fake.fail(4, PLACE, forbidden()).unwrap();
    let report = site.apply(&plan).await;
    assert_eq!(report.stopped, None);
    assert_eq!((report.counts()["failed"], report.counts()["done"]), (4, 6));
    assert_eq!(site.members(site.groups[0]).len(), 8);
}

#[tokio::test]
async fn what_needs_a_step_that_failed_is_not_tried() {
    let mut built = school(8, &[0..3, 3..6]);
    built.school.set_max_membership(built.groups[0], Some(3));
    let site = built.start().await;
    let roster = site.teams([vec![0, 1, 6], vec![3, 4, 5, 7]]);
    let plan = site.planned(&roster).await;
    site.fake.fail(1, REMOVE, forbidden()).unwrap();
    let report = site.apply(&plan).await;
    let id = |user: usize, team: usize| {
        format!("place:{}:none->{}", site.students[user], site.groups[team])
    };
    let Outcome::NotTried { because, .. } = outcome(&report, &id(6, 0)) else {
        panic!("{report}");
    };
    assert_eq!(*because, format!("it needs remove:{}", site.groups[0]));
    assert_eq!(outcome(&report, &id(7, 1)), &Outcome::Done);
    site.sync(&roster).await;
}

#[tokio::test]
async fn five_refusals_and_nothing_else_stop() {
    let site = site(12, &[0..2]).await;
    let plan = site.planned(&site.teams([(0..12).collect()])).await;
    site.fake.fail(100, PLACE, forbidden()).unwrap();
    let report = site.apply(&plan).await;
    assert!(
        report
            .stopped
            .as_deref()
            .unwrap()
            .starts_with("5 writes, and all were refused")
    );
    assert_eq!(site.writes().len(), 5);
    assert_eq!(
        (report.counts()["failed"], report.counts()["not_tried"]),
        (5, 5)
    );
}

#[tokio::test]
async fn five_failures_of_the_server_in_a_row_stop() {
    let site = site(12, &[0..2]).await;
    let plan = site.planned(&site.teams([(0..12).collect()])).await;
    let crash = Fault::status(StatusCode::INTERNAL_SERVER_ERROR);
    site.fake.fail(100, PLACE, crash).unwrap();
    let report = site.apply(&plan).await;
    assert!(
        report
            .stopped
            .as_deref()
            .unwrap()
            .starts_with("5 failures in a row"),
        "{report}"
    );
    // Each is sent once more, as the first may have run.
    assert_eq!(report.counts()["unknown"], 3);
    assert_eq!(site.writes().len(), 6);
}

#[tokio::test]
async fn a_token_that_is_revoked_midway_stops_and_what_was_done_is_told() {
    let site = site(12, &[0..2]).await;
    let plan = site.planned(&site.teams([(0..12).collect()])).await;
    let token = site.fake.token().to_owned();
    let mut apply = site.canvas.apply(&plan, &Guard::none());
    let mut ended = 0;
    while let Some(event) = apply.try_next().await.unwrap() {
        if let ApplyEvent::StepEnded { .. } = event {
            ended += 1;
            if ended == 3 {
                site.fake.revoke(&token);
            }
        }
    }
    let report = apply.await.unwrap();
    assert!(report.stopped.is_some(), "{report}");
    let done = site.members(site.groups[0]).len() - 2;
    assert_eq!(report.counts()["done"], done as u64);
    assert!((3..=4).contains(&done), "{done}");
    assert_eq!(report.counts()["failed"], 1);
}

#[tokio::test]
async fn stop_starts_nothing_more_and_reports() {
    let site = site(12, &[0..2]).await;
    let plan = site.planned(&site.teams([(0..12).collect()])).await;
    let mut apply = site.canvas.apply(&plan, &Guard::none());
    while let Some(event) = apply.try_next().await.unwrap() {
        if let ApplyEvent::StepEnded { ended: 2, .. } = event {
            apply.stop();
        }
    }
    let report = apply.await.unwrap();
    assert_eq!(report.stopped.as_deref(), Some("the program asked for it"));
    assert_eq!(report.counts()["not_tried"], 8);
    assert_eq!(site.members(site.groups[0]).len(), 4);
    assert_eq!(report.remaining.len(), 8);
    site.sync(&site.teams([(0..12).collect()])).await;
}

#[tokio::test]
async fn a_dropped_apply_starts_no_further_call() {
    let site = site(12, &[0..2]).await;
    let plan = site.planned(&site.teams([(0..12).collect()])).await;
    site.fake.set_latency(Duration::from_millis(20));
    let mut apply = site.canvas.apply(&plan, &Guard::none());
    while let Some(event) = apply.try_next().await.unwrap() {
        if let ApplyEvent::StepEnded { ended: 2, .. } = event {
            break;
        }
    }
    drop(apply);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!((2..=3).contains(&site.writes().len()));
    site.fake.set_latency(Duration::ZERO);
    site.sync(&site.teams([(0..12).collect()])).await;
}

#[tokio::test]
async fn a_dropped_look_at_the_events_loses_nothing() {
    let site = site(6, &[0..2]).await;
    let plan = site.planned(&site.teams([(0..6).collect()])).await;
    site.fake.set_latency(Duration::from_millis(10));
    let mut apply = site.canvas.apply(&plan, &Guard::none());
    let mut ended = 0;
    loop {
        match tokio::time::timeout(Duration::from_millis(1), apply.try_next()).await {
            Err(_) => {}
            Ok(event) => match event.unwrap() {
                Some(ApplyEvent::StepEnded { .. }) => ended += 1,
                Some(_) => {}
                None => break,
            },
        }
    }
    assert_eq!(ended, 4);
    assert!(apply.await.unwrap().is_complete());
    assert_eq!(site.writes().len(), 4);
}

/// Two full teams whose students swap, which takes a ring.
async fn swap() -> (crate::Site, canvas_groups::roster::Plan) {
    let mut built = school(8, &[0..3, 3..6]);
    for group in &built.groups {
        built.school.set_max_membership(*group, Some(3));
    }
    let site = built.start().await;
    let plan = site
        .planned(&site.teams([vec![3, 1, 2], vec![0, 4, 5]]))
        .await;
    (site, plan)
}

async fn limits(site: &crate::Site) -> Vec<Option<u64>> {
    let groups = site.all_groups().await;
    groups.iter().map(|group| group.max_membership).collect()
}

#[tokio::test]
async fn a_ring_takes_its_seat_back() {
    let (site, plan) = swap().await;
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!(limits(&site).await, [Some(3), Some(3)]);
    assert_eq!((site.count(CHANGE), site.count(PLACE)), (2, 2));
}

#[tokio::test]
async fn a_ring_takes_its_seat_back_after_an_error_in_it() {
    for failing in 1..=2 {
        let (site, plan) = swap().await;
        let s = site.students.clone();
        let course = site.course;
        // Somebody is no longer in the course when the move comes.
        let id = plan.steps[0].id.to_string();
        site.fake
            .before(failing, PLACE, move |school| {
                for student in [s[0], s[3]] {
                    school.set_enrollment_state(
                        course,
                        student,
                        canvas_groups::enrollments::EnrollmentState::Deleted,
                    );
                }
            })
            .unwrap();
        let report = site.apply(&plan).await;
        match (failing, outcome(&report, &id)) {
            (1, Outcome::Failed { .. }) => {}
            (2, Outcome::Partly { left_out, .. }) => assert_eq!(left_out.len(), 1),
            (_, other) => panic!("{other:?}"),
        }
        assert_eq!(limits(&site).await, [Some(3), Some(3)]);
    }
}

#[tokio::test]
async fn a_ring_ends_and_takes_its_seat_back_when_the_program_stops() {
    let (site, plan) = swap().await;
    site.fake.set_latency(Duration::from_millis(20));
    let mut apply = site.canvas.apply(&plan, &Guard::none());
    // The seat more is being given.
    while site.writes().is_empty() {
        let _ = tokio::time::timeout(Duration::from_millis(1), apply.try_next()).await;
    }
    assert_eq!(site.count(CHANGE), 1);
    apply.stop();
    let report = apply.await.unwrap();
    site.fake.set_latency(Duration::ZERO);
    assert_eq!(report.counts()["done"], 1);
    assert_eq!(limits(&site).await, [Some(3), Some(3)]);
}

#[tokio::test]
async fn a_storm_of_the_throttle_delays_and_loses_nothing() {
    let mut throttle = Throttle::default();
    throttle.mark = 120.0;
    throttle.outflow = 400.0;
    let built = school(40, &[0..2, 2..4, 4..6, 6..8]);
    let site = built.start_with(|builder| builder.throttle(throttle)).await;
    let teams = [
        (0..10).collect(),
        (10..20).collect(),
        (20..30).collect(),
        (30..40).collect(),
    ];
    let roster = site.teams(teams);
    let plan = site.planned(&roster).await;
    let token = site.fake.token().to_owned();
    site.fake.throttle(&token);
    let canvas = site.fake.client();
    let report = canvas.apply(&plan, &Guard::none()).await.unwrap();
    assert!(report.is_complete(), "{report}");
    assert!(site.plan(&roster).await.is_empty());
}

#[tokio::test]
async fn a_ring_whose_seat_may_have_been_given_takes_it_back_and_moves_nobody() {
    let (site, plan) = swap().await;
    // All attempts of the client at the one call.
    site.fake.fail(4, CHANGE, Fault::Lose).unwrap();
    let report = site.apply(&plan).await;
    assert_eq!(site.count(PLACE), 0);
    let id = plan.steps[0].id.to_string();
    assert_eq!(outcome(&report, &id), &Outcome::Unknown, "{report}");
    assert_eq!(limits(&site).await, [Some(3), Some(3)]);
    assert_eq!(report.remaining.len(), 1, "{report}");
}

#[tokio::test]
async fn a_seat_that_stays_after_a_lost_raise_is_told() {
    let (site, plan) = swap().await;
    site.fake.fail(4, CHANGE, Fault::Lose).unwrap();
    site.fake.fail(1, CHANGE, forbidden()).unwrap();
    let report = site.apply(&plan).await;
    told_of_the_seat(&site, &plan, &report, 0).await;
}

#[tokio::test]
async fn a_seat_that_is_not_taken_back_after_the_moves_is_told() {
    let (site, plan) = swap().await;
    // The seat more, two moves, and the seat back.
    site.fake.fail_nth(4, forbidden()).unwrap();
    let report = site.apply(&plan).await;
    told_of_the_seat(&site, &plan, &report, 2).await;
}

async fn told_of_the_seat(
    site: &crate::Site,
    plan: &canvas_groups::roster::Plan,
    report: &canvas_groups::roster::Report,
    moved: usize,
) {
    let group = site.groups[0];
    let Outcome::Failed { error, .. } = outcome(report, plan.steps[0].id.as_str()) else {
        panic!("{report}");
    };
    let seat = format!("{moved} of 2 moved, and group {group} may keep a limit of 4");
    assert!(error.starts_with(&seat), "{error}");
    let kept = format!("group {group} does not have its limit of 3 back");
    assert!(report.remaining.contains(&kept), "{:?}", report.remaining);
    assert_eq!(limits(site).await, [Some(4), Some(3)]);
}

#[tokio::test]
async fn the_set_is_looked_at_after_a_stop_but_not_without_credentials() {
    let look = crate::SET;
    let site = site(12, &[0..2]).await;
    let plan = site.planned(&site.teams([(0..12).collect()])).await;
    site.fake.fail(100, PLACE, forbidden()).unwrap();
    let report = site.apply(&plan).await;
    assert!(report.stopped.is_some());
    assert_eq!(site.count(look), 1);
    let site = crate::site(12, &[0..2]).await;
    let plan = site.planned(&site.teams([(0..12).collect()])).await;
    let token = site.fake.token().to_owned();
    let mut apply = site.canvas.apply(&plan, &Guard::none());
    while let Some(event) = apply.try_next().await.unwrap() {
        if let ApplyEvent::StepEnded { ended: 2, .. } = event {
            site.fake.revoke(&token);
        }
    }
    assert!(apply.await.unwrap().stopped.is_some());
    assert_eq!(site.count(look), 0);
}
