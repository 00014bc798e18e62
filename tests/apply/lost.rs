//! Answers that are lost, and what the server did all the same.

use canvas_groups::{
    http::StatusCode,
    roster::{Outcome, Team},
};
use canvas_groups_fake::{Fault, Hold};

use crate::{DELETE, MAKE, PLACE, REMOVE, outcome, school, site};

#[tokio::test]
async fn a_placement_that_was_answered_500_after_it_ran_is_sent_once_more() {
    let site = site(4, &[0..2]).await;
    let plan = site.planned(&site.teams([vec![0, 1, 2]])).await;
    let (group, student) = (site.groups[0], site.students[2]);
    site.fake
        .before(1, PLACE, move |school| {
            school.add_member(group, student);
        })
        .unwrap();
    let crash = Fault::status(StatusCode::INTERNAL_SERVER_ERROR);
    site.fake.fail(1, PLACE, crash).unwrap();
    let report = site.apply(&plan).await;
    let id = format!("place:{student}:none->{group}");
    assert_eq!(outcome(&report, &id), &Outcome::Done);
    assert!(report.is_complete(), "{report}");
    assert_eq!(site.count(PLACE), 2);
    assert_eq!(site.members(group).len(), 3);
}

#[tokio::test]
async fn a_placement_whose_answer_is_lost_twice_is_unknown() {
    let site = site(4, &[0..2]).await;
    let plan = site.planned(&site.teams([vec![0, 1, 2, 3]])).await;
    site.fake.fail(2, PLACE, Fault::Drop).unwrap();
    let report = site.apply(&plan).await;
    assert_eq!(report.counts()["unknown"], 1);
    assert_eq!(report.counts()["done"], 1);
    assert_eq!(report.stopped, None);
    site.sync(&site.teams([vec![0, 1, 2, 3]])).await;
}

#[tokio::test]
async fn a_creation_whose_answer_is_lost_is_found_by_its_name_and_makes_no_twin() {
    let site = site(6, &[0..2]).await;
    let roster = site
        .roster()
        .team(Team::named("New").members(site.users(2..5)));
    let plan = site.planned(&roster).await;
    site.fake.fail(1, MAKE, Fault::Lose).unwrap();
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!((site.count(MAKE), site.count(PLACE)), (1, 0));
    assert_eq!(
        site.state().await["New"],
        site.users(2..5).into_iter().collect()
    );
}

#[tokio::test]
async fn a_team_that_was_half_filled_when_the_answer_was_lost_is_filled_up() {
    let site = site(6, &[0..2]).await;
    let roster = site
        .roster()
        .team(Team::named("New").members(site.users(2..5)));
    let plan = site.planned(&roster).await;
    let (set, first) = (site.set, site.students[2]);
    site.fake
        .before(1, MAKE, move |school| {
            let group = school.add_group(set, "New").unwrap();
            school.add_member(group, first);
        })
        .unwrap();
    site.fake.fail(1, MAKE, Fault::Drop).unwrap();
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!((site.count(MAKE), site.count(PLACE)), (1, 2));
    assert_eq!(
        site.state().await["New"],
        site.users(2..5).into_iter().collect()
    );
}

#[tokio::test]
async fn a_creation_by_name_that_is_not_found_is_never_repeated_and_the_next_run_makes_it() {
    let site = site(6, &[0..2]).await;
    let roster = site.roster().team(
        Team::named("New")
            .members(site.users(2..5))
            .leader(site.students[2]),
    );
    let plan = site.planned(&roster).await;
    site.fake.fail(1, MAKE, Fault::Drop).unwrap();
    let report = site.apply(&plan).await;
    assert_eq!(outcome(&report, "create:name:New"), &Outcome::Unknown);
    let lead = format!("lead:name:New:{}", site.students[2]);
    assert!(matches!(outcome(&report, &lead), Outcome::NotTried { .. }));
    assert_eq!(site.count(MAKE), 1);
    assert_eq!(report.remaining.len(), 2);
    site.sync(&roster).await;
    assert_eq!(site.state().await["New"].len(), 3);
}

#[tokio::test]
async fn a_creation_with_an_sis_id_that_is_not_found_is_repeated_once() {
    let site = site(6, &[]).await;
    let roster = site
        .roster()
        .team(Team::sis("P-1", "New").members(site.users(2..5)));
    let plan = site.planned(&roster).await;
    site.fake.fail(1, MAKE, Fault::Drop).unwrap();
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!(site.count(MAKE), 2);
    assert_eq!(site.state().await["New"].len(), 3);
}

#[tokio::test]
async fn whom_a_creation_left_out_is_placed_one_by_one() {
    let site = site(6, &[0..3]).await;
    let roster = site
        .roster()
        .team(Team::named("Team 1"))
        .team(Team::named("New").members(site.users(1..5)));
    let plan = site.planned(&roster).await;
    let set = site.set;
    // The set has a limit for a moment, which keeps two out of the new team.
    site.fake
        .before(1, MAKE, move |school| school.set_group_limit(set, Some(2)))
        .unwrap();
    site.fake
        .before(1, PLACE, move |school| {
            school.set_group_limit(set, None);
            let groups = school.groups_in(set);
            school.set_max_membership(groups[groups.len() - 1], None);
        })
        .unwrap();
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!((site.count(MAKE), site.count(PLACE)), (1, 2));
    let state = site.state().await;
    assert_eq!(state["New"], site.users(1..5).into_iter().collect());
    assert_eq!(state["Team 1"], site.users(0..1).into_iter().collect());
}

#[tokio::test]
async fn who_does_not_fit_even_then_is_named_and_stays_in_the_former_team() {
    let site = site(6, &[0..3]).await;
    let roster = site
        .roster()
        .team(Team::named("New").members(site.users([1, 4, 5])));
    let plan = site.planned(&roster).await;
    let set = site.set;
    site.fake
        .before(1, MAKE, move |school| school.set_group_limit(set, Some(2)))
        .unwrap();
    let report = site.apply(&plan).await;
    let Outcome::Partly {
        left_out, error, ..
    } = outcome(&report, "create:name:New")
    else {
        panic!("{report}");
    };
    assert_eq!(left_out.len(), 1);
    assert!(error.as_ref().unwrap().contains("400"), "{error:?}");
    let made = site
        .all_groups()
        .await
        .into_iter()
        .find(|group| group.name == "New");
    assert!(!site.members(made.unwrap().id).contains(&left_out[0]));
    assert!(!report.is_complete());
}

#[tokio::test]
async fn a_server_without_bulk_removal_removes_one_by_one() {
    let built = school(12, &[0..6, 6..12]);
    let site = built
        .start_with(|builder| builder.bulk_removal(false))
        .await;
    let plan = site.planned(&site.teams([vec![0, 1], vec![6, 7]])).await;
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!(site.count("DELETE groups/:group_id/users/:user_id"), 8);
    assert_eq!(
        site.members(site.groups[0]),
        site.users([0, 1]).into_iter().collect()
    );
}

#[tokio::test]
async fn several_leave_a_team_by_one_call() {
    let site = site(6, &[0..6]).await;
    let plan = site.planned(&site.teams([vec![0, 1]])).await;
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!((site.count(REMOVE), site.writes().len()), (1, 1));
}

#[tokio::test]
async fn an_export_that_lags_does_no_harm_and_nothing_false_is_said_to_remain() {
    let site = site(8, &[0..3, 3..6]).await;
    site.fake.hold_replica(Hold::UntilReleased);
    // The export does not see this swap, and it changes no count.
    let (s, groups) = (site.students.clone(), site.groups.clone());
    site.fake.school(|school| {
        school.remove_member(groups[0], s[0]);
        school.remove_member(groups[1], s[3]);
        school.add_member(groups[1], s[0]);
        school.add_member(groups[0], s[3]);
    });
    let roster = site.teams([vec![1, 2, 3, 6], vec![0, 4, 5, 7]]);
    let report = site.apply(&site.plan(&roster).await).await;
    assert!(report.is_complete(), "{report}");
    let state = site.state().await;
    assert_eq!(
        state["Team 1"],
        site.users([1, 2, 3, 6]).into_iter().collect()
    );
    assert_eq!(
        state["Team 2"],
        site.users([0, 4, 5, 7]).into_iter().collect()
    );
    // It is seen to lag by now, so the memberships are read, and nothing is left to do.
    assert!(site.plan(&roster).await.is_empty());
}

#[tokio::test]
async fn who_was_elsewhere_than_a_lagging_export_says_is_told_and_nothing_is_called_complete() {
    for bulk in [true, false] {
        let site = school(8, &[0..3, 3..6]);
        let site = site.start_with(|builder| builder.bulk_removal(bulk)).await;
        site.fake.hold_replica(Hold::UntilReleased);
        // The export does not see this swap, it changes no count, and neither of the two is listed.
        let (s, groups) = (site.students.clone(), site.groups.clone());
        site.fake.school(|school| {
            school.remove_member(groups[0], s[0]);
            school.remove_member(groups[1], s[3]);
            school.add_member(groups[1], s[0]);
            school.add_member(groups[0], s[3]);
        });
        // In one team somebody else leaves in the same call.
        let roster = site.teams([vec![1], vec![4, 5]]);
        let plan = site.planned(&roster).await;
        let report = site.apply(&plan).await;
        assert!(!report.is_complete(), "{report}");
        let was = |user: usize, from: usize, to: usize| {
            format!(
                "user {} was not in \"Team {}\" ({}) and is in \"Team {}\" ({})",
                s[user],
                from + 1,
                groups[from],
                to + 1,
                groups[to]
            )
        };
        assert_eq!(report.remaining, [was(0, 0, 1), was(3, 1, 0)], "{report}");
        assert!(!site.members(groups[0]).contains(&s[2]));
        // By now it is seen to lag, and the next run takes them out.
        site.sync(&roster).await;
        let state = site.state().await;
        assert_eq!(state["Team 1"], site.users([1]).into_iter().collect());
        assert_eq!(state["Team 2"], site.users([4, 5]).into_iter().collect());
    }
}

#[tokio::test]
async fn a_removal_that_is_repeated_after_a_lost_answer_is_done_and_nobody_is_missed() {
    let site = site(8, &[0..4, 4..8]).await;
    let plan = site.planned(&site.teams([vec![0, 1], vec![4]])).await;
    site.fake.fail(1, REMOVE, Fault::Lose).unwrap();
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!(site.count(REMOVE), 3);
    // Whoever the repeat did not find could be anywhere, so all groups are read.
    assert_eq!(site.count("GET groups/:group_id/memberships"), 2);
}

#[tokio::test]
async fn in_a_set_of_many_groups_nobody_is_searched_in_all_of_them() {
    for (groups, is_searched) in [(100, true), (101, false)] {
        let mut built = school(6, &[0..3, 3..6]);
        for number in 3..=groups {
            let name = format!("Team {number}");
            built.school.add_group(built.set, name).unwrap();
        }
        let site = built.start().await;
        site.fake.hold_replica(Hold::UntilReleased);
        let (s, groups) = (site.students.clone(), site.groups.clone());
        site.fake.school(|school| {
            school.remove_member(groups[0], s[0]);
            school.remove_member(groups[1], s[3]);
            school.add_member(groups[1], s[0]);
            school.add_member(groups[0], s[3]);
        });
        let plan = site.planned(&site.teams([vec![1, 2]])).await;
        let report = site.apply(&plan).await;
        assert!(!report.is_complete(), "{report}");
        let absent = format!("user {} was not in \"Team 1\" ({})", s[0], groups[0]);
        let (remaining, reads) = match is_searched {
            true => (
                format!("{absent} and is in \"Team 2\" ({})", groups[1]),
                100,
            ),
            // The team that has one more than it should is read.
            false => (format!("{absent}: make a new plan"), 1),
        };
        assert_eq!(report.remaining, [remaining], "{report}");
        assert_eq!(site.count("GET groups/:group_id/memberships"), reads);
    }
}

#[tokio::test]
async fn what_somebody_undid_before_the_last_look_remains() {
    let site = site(6, &[0..2]).await;
    let plan = site.planned(&site.teams([vec![0, 1, 2, 3]])).await;
    let (group, student) = (site.groups[0], site.students[2]);
    site.fake
        .before(1, crate::SET, move |school| {
            school.remove_member(group, student);
        })
        .unwrap();
    let report = site.apply(&plan).await;
    assert_eq!(report.counts()["done"], 2);
    assert_eq!(
        report.remaining,
        [format!("user {student} is not in \"Team 1\" ({group})")]
    );
    assert!(!report.is_complete());
    assert_eq!(site.count("GET groups/:group_id/memberships"), 1);
}

#[tokio::test]
async fn who_joined_by_themselves_is_not_said_to_remain() {
    let site = site(6, &[0..2]).await;
    let plan = site.planned(&site.teams([vec![0, 1, 2, 3]])).await;
    let (group, student) = (site.groups[0], site.students[5]);
    site.fake
        .before(1, crate::SET, move |school| {
            school.add_member(group, student);
        })
        .unwrap();
    assert!(site.apply(&plan).await.is_complete());
}

#[tokio::test]
async fn a_deletion_whose_answer_was_lost_is_done() {
    let site = site(6, &[0..2, 2..3]).await;
    let policy =
        canvas_groups::roster::Policy::default().unlisted(canvas_groups::roster::Unlisted::Delete);
    let plan = site.plan_by(&site.teams([vec![0, 1, 2]]), &policy).await;
    site.fake.fail(1, DELETE, Fault::Lose).unwrap();
    let report = site.apply(&plan).await;
    let id = format!("delete:{}", site.groups[1]);
    assert_eq!(outcome(&report, &id), &Outcome::Done, "{report}");
    assert!(report.is_complete(), "{report}");
    assert_eq!(site.count(DELETE), 2);
}

#[tokio::test]
async fn sis_ids_and_limits_that_somebody_changed_before_the_last_look_remain() {
    let site = site(6, &[0..2]).await;
    let roster = site
        .roster()
        .team(Team::sis("P-1", "Team 1").members(site.users(0..2)))
        .team(Team::sis("P-2", "New").members(site.users(2..4)).limit(5));
    let adopt =
        canvas_groups::roster::Policy::default().sis_ids(canvas_groups::roster::SisIds::Adopt);
    let plan = site.plan_by(&roster, &adopt).await;
    site.fake.forget_requests();
    let set = site.set;
    site.fake
        .before(1, crate::SET, move |school| {
            for group in school.groups_in(set) {
                school.set_sis_group_id(group, format!("X-{group}"));
                school.set_max_membership(group, Some(9));
            }
        })
        .unwrap();
    let report = site.apply(&plan).await;
    let first = site.groups[0];
    let groups = site.fake.school(|school| school.groups_in(set));
    let new = groups.into_iter().find(|group| *group != first).unwrap();
    assert_eq!(
        report.remaining,
        [
            format!("group {first} does not have the SIS id P-1"),
            format!("group {new} does not have the SIS id P-2"),
            format!("group {new} does not have the limit of 5"),
        ],
        "{report}"
    );
}
