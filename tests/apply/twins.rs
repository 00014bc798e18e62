//! Names that somebody gave to other groups between the snapshot and the apply.

use canvas_groups::roster::{Outcome, Team};

use crate::{old, outcome, school, site};

#[tokio::test]
async fn a_name_that_somebody_gave_to_another_group_since_makes_no_twin() {
    let by_name = |site: &crate::Site| Team::named("New").members(site.users(4..6));
    let by_sis = |site: &crate::Site| Team::sis("N-1", "New").members(site.users(4..6));
    let renamed = |site: &crate::Site| Team::id(site.groups[0]).name("New");
    type Wish = fn(&crate::Site) -> Team;
    for wish in [by_name as Wish, by_sis, renamed] {
        let site = site(8, &[0..2, 2..4]).await;
        let plan = old(site.planned(&site.roster().team(wish(&site))).await);
        let other = site.groups[1];
        site.fake
            .school(|school| school.rename_group(other, " New"));
        let report = site.apply(&plan).await;
        let mut outcomes = report.steps.iter().map(|step| &step.outcome);
        assert!(
            outcomes.all(|outcome| matches!(outcome, Outcome::Stale { .. })),
            "{report}"
        );
        assert_eq!(site.writes(), []);
        assert!(!report.is_complete());
    }
}

#[tokio::test]
async fn names_that_an_old_plan_swaps_or_shifts_hold_and_one_that_is_stuck_stops_those_behind_it() {
    let built = || school(2, &[0..0, 0..0, 0..0, 0..0]);
    let roster = |site: &crate::Site| {
        let name = |at: usize, name: &str| Team::id(site.groups[at]).name(name);
        // Two are swapped, and one takes the name that another leaves.
        let teams = [
            name(0, "Team 2"),
            name(1, "Team 1"),
            name(2, "Team 4"),
            name(3, "Last"),
        ];
        site.roster().teams(teams)
    };
    let site = built().start().await;
    let plan = old(site.planned(&roster(&site)).await);
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");

    let site = built().start().await;
    let plan = old(site.planned(&roster(&site)).await);
    let set = site.set;
    site.fake
        .school(|school| school.add_group(set, "Last").unwrap());
    let report = site.apply(&plan).await;
    let of = |at: usize| outcome(&report, &format!("rename:{}", site.groups[at])).clone();
    assert_eq!((of(0), of(1)), (Outcome::Done, Outcome::Done), "{report}");
    for at in [2, 3] {
        assert!(matches!(of(at), Outcome::Stale { .. }), "{report}");
    }
    assert_eq!(site.state().await.len(), 5);
}
