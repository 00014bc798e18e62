//! What somebody else did between the snapshot and the apply.

use canvas_groups::{
    http::StatusCode,
    roster::{Outcome, Policy, Team, Unlisted},
};
use canvas_groups_fake::Fault;

use crate::{
    DELETE, EXPORT, MAKE, PLACE, REMOVE, SET, name, old, outcome, quick, school, site, step,
};

#[tokio::test]
async fn a_plan_of_a_minute_is_held_against_the_set_as_it_is_now() {
    let site = site(8, &[0..4, 4..6, 0..0]).await;
    let plan = old(site
        .planned(&site.teams([vec![0], vec![4, 5, 1, 2, 6]]))
        .await);
    let (s, groups) = (site.students.clone(), site.groups.clone());
    // One was moved elsewhere, one is there already.
    site.fake.school(|school| {
        school.remove_member(groups[0], s[1]);
        school.add_member(groups[2], s[1]);
        school.add_member(groups[1], s[6]);
    });
    let report = site.apply(&plan).await;
    assert_eq!(site.calls()[..2], [SET, EXPORT]);
    let id = |user: usize, from: &str| format!("place:{}:{from}->{}", s[user], groups[1]);
    let first = groups[0].to_string();
    let Outcome::Stale { found, .. } = outcome(&report, &id(1, &first)) else {
        panic!("{report}");
    };
    assert_eq!((found[0].user, &*found[0].teams), (s[1], &groups[2..3]));
    assert_eq!(outcome(&report, &id(2, &first)), &Outcome::Done);
    assert_eq!(outcome(&report, &id(6, "none")), &Outcome::AlreadySo);
    assert!(
        site.members(groups[2]).contains(&s[1]),
        "who moved is left alone"
    );
    assert_eq!(report.remaining, [format!("{}: stale", id(1, &first))]);
    assert!(!report.is_complete());
    let write = site.writes();
    assert_eq!(write.iter().filter(|write| name(write) == PLACE).count(), 1);
}

#[tokio::test]
async fn when_too_many_are_elsewhere_nothing_is_done() {
    let site = site(12, &[0..6, 0..0, 0..0]).await;
    let plan = old(site
        .planned(&site.teams([vec![0], vec![1, 2, 3, 4, 5, 6, 7]]))
        .await);
    let (s, groups) = (site.students.clone(), site.groups.clone());
    site.fake.school(|school| {
        for student in &s[1..5] {
            school.remove_member(groups[0], *student);
            school.add_member(groups[2], *student);
        }
    });
    let report = site.apply(&plan).await;
    let stopped = report.stopped.as_deref().unwrap();
    assert!(
        stopped.contains("4 of 7") && stopped.contains("new plan"),
        "{stopped}"
    );
    assert_eq!(site.writes(), []);
    assert_eq!(report.counts()["stale"], 4);
    assert_eq!(report.counts()["not_tried"], 3);
}

#[tokio::test]
async fn an_old_plan_whose_team_is_gone_leaves_its_people_where_they_are() {
    let site = site(8, &[0..4, 4..6]).await;
    let plan = old(site
        .planned(&site.teams([vec![1, 2, 3], vec![4, 5, 0, 6]]))
        .await);
    let (s, gone) = (site.students.clone(), site.groups[1]);
    site.fake.school(|school| school.delete_group(gone));
    let report = site.apply(&plan).await;
    assert!(
        report
            .steps
            .iter()
            .all(|step| matches!(step.outcome, Outcome::Stale { .. }))
    );
    assert_eq!(site.writes(), []);
    assert!(site.members(site.groups[0]).contains(&s[0]));
}

#[tokio::test]
async fn a_team_deleted_while_it_is_filled_fails_for_its_own_people_only() {
    let site = site(8, &[0..2, 2..4]).await;
    let plan = site
        .planned(&site.teams([vec![0, 1, 4], vec![2, 3, 5]]))
        .await;
    let gone = site.groups[0];
    site.fake
        .before(1, PLACE, move |school| school.delete_group(gone))
        .unwrap();
    let report = site.apply(&plan).await;
    let ids = |user: usize, team: usize| {
        format!("place:{}:none->{}", site.students[user], site.groups[team])
    };
    assert!(
        matches!(outcome(&report, &ids(4, 0)), Outcome::Failed { .. }),
        "{report}"
    );
    assert_eq!(outcome(&report, &ids(5, 1)), &Outcome::Done);
    assert_eq!(report.stopped, None);
}

#[tokio::test]
async fn a_team_that_is_full_by_then_takes_nobody_and_the_others_go_on() {
    let mut built = school(8, &[0..2, 2..4]);
    built.school.set_max_membership(built.groups[0], Some(3));
    let site = built.start().await;
    let plan = site
        .planned(&site.teams([vec![0, 1, 4], vec![2, 3, 5]]))
        .await;
    let (group, other) = (site.groups[0], site.students[7]);
    site.fake
        .before(1, PLACE, move |school| {
            school.add_member(group, other);
        })
        .unwrap();
    let report = site.apply(&plan).await;
    let id = format!("place:{}:none->{group}", site.students[4]);
    let Outcome::Failed { error, .. } = outcome(&report, &id) else {
        panic!("{report}");
    };
    assert!(error.contains("400"), "{error}");
    assert_eq!(report.counts()["done"], 1);
    assert!(!site.members(group).contains(&site.students[4]));
}

#[tokio::test]
async fn a_team_that_somebody_made_meanwhile_is_filled_and_not_made_twice() {
    let site = site(6, &[]).await;
    let plan = old(site.planned(&site.teams([vec![0, 1, 2]])).await);
    let (set, first) = (site.set, site.students[0]);
    site.fake.school(|school| {
        let group = school.add_group(set, "Team 1").unwrap();
        school.add_member(group, first);
    });
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!((site.count(MAKE), site.count(PLACE)), (0, 2));
    assert_eq!(site.state().await["Team 1"].len(), 3);
}

#[tokio::test]
async fn a_team_that_somebody_joined_is_not_deleted() {
    let site = site(6, &[0..2, 2..3]).await;
    let roster = site.teams([vec![0, 1, 2]]);
    let policy = Policy::default().unlisted(Unlisted::Delete);
    let plan = site.plan_by(&roster, &policy).await;
    let (group, late) = (site.groups[1], site.students[5]);
    site.fake
        .before(1, PLACE, move |school| {
            school.add_member(group, late);
        })
        .unwrap();
    let report = site.apply(&plan).await;
    let id = format!("delete:{group}");
    assert!(
        matches!(outcome(&report, &id), Outcome::Stale { .. }),
        "{report}"
    );
    assert!(site.members(group).contains(&late));
    assert_eq!(step(&report, &id).team, "Team 2");
}

#[tokio::test]
async fn a_team_is_not_deleted_whose_members_the_number_of_members_does_not_show() {
    // Of somebody in another section, whom the number does not count for those who are limited to
    // their own, and of somebody who is invited, whom it counts for nobody.
    for is_invited in [false, true] {
        let mut built = school(6, &[0..2, 2..3]);
        let (course, teacher, late) = (built.course, built.teacher, built.students[5]);
        let sections = ["One", "Two"].map(|name| built.school.add_section(course, name));
        for user in built.students[..5].iter().chain([&teacher]) {
            built.school.put_in_section(sections[0], *user);
        }
        built.school.put_in_section(sections[1], late);
        built.school.limit_to_sections(course, teacher, true);
        let mut site = built.start().await;
        site.canvas = quick(&site.fake.client_of(teacher).unwrap());
        let roster = site.teams([vec![0, 1, 2]]);
        let policy = Policy::default().unlisted(Unlisted::Delete);
        let plan = site.plan_by(&roster, &policy).await;
        let group = site.groups[1];
        site.fake
            .before(1, PLACE, move |school| {
                let is_in = match is_invited {
                    true => school.invite_member(group, late),
                    false => school.add_member(group, late),
                };
                assert!(is_in);
            })
            .unwrap();
        let report = site.apply(&plan).await;
        let id = format!("delete:{group}");
        assert!(
            matches!(outcome(&report, &id), Outcome::Stale { .. }),
            "{report}"
        );
        assert_eq!(site.count(DELETE), 0);
    }
}

#[tokio::test]
async fn what_is_so_already_is_told_as_such_whatever_became_of_the_step_that_it_needed() {
    let mut built = school(6, &[0..2]);
    built.school.set_max_membership(built.groups[0], Some(2));
    let site = built.start().await;
    let plan = old(site.planned(&site.teams([vec![1, 2]])).await);
    let (group, student) = (site.groups[0], site.students[2]);
    let id = format!("place:{student}:none->{group}");
    assert_eq!(plan.step(&id).unwrap().needs.len(), 1);
    site.fake.school(|school| {
        school.set_max_membership(group, Some(3));
        assert!(school.add_member(group, student));
    });
    site.fake
        .fail(1, REMOVE, Fault::status(StatusCode::FORBIDDEN))
        .unwrap();
    let report = site.apply(&plan).await;
    let remove = format!("remove:{group}");
    assert!(
        matches!(outcome(&report, &remove), Outcome::Failed { .. }),
        "{report}"
    );
    assert_eq!(outcome(&report, &id), &Outcome::AlreadySo, "{report}");
}

#[tokio::test]
async fn an_old_plan_that_raises_a_limit_before_a_ring_holds() {
    let mut built = school(8, &[0..4, 4..8]);
    // Both have one too many now, and are full when their limit is raised.
    for group in &built.groups {
        built.school.set_max_membership(*group, Some(3));
    }
    let site = built.start().await;
    let team = |number: usize, members: Vec<usize>| {
        let team = Team::named(format!("Team {number}"));
        team.members(site.users(members)).limit(4)
    };
    let roster = site
        .roster()
        .team(team(1, vec![4, 1, 2, 3]))
        .team(team(2, vec![0, 5, 6, 7]));
    let plan = old(site.planned(&roster).await);
    assert_eq!((plan.totals().rings, plan.totals().limits), (1, 2));
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    let groups = site.all_groups().await;
    assert!(groups.iter().all(|group| group.max_membership == Some(4)));
}

#[tokio::test]
async fn a_team_that_is_gone_before_it_is_deleted_is_so_already() {
    let site = site(6, &[0..2, 2..3]).await;
    let roster = site.teams([vec![0, 1, 2]]);
    let policy = Policy::default().unlisted(Unlisted::Delete);
    let plan = site.plan_by(&roster, &policy).await;
    site.fake.forget_requests();
    let group = site.groups[1];
    // The first look at the set is the count before the deletion.
    site.fake
        .before(1, SET, move |school| school.delete_group(group))
        .unwrap();
    let report = site.apply(&plan).await;
    let id = format!("delete:{group}");
    assert_eq!(outcome(&report, &id), &Outcome::AlreadySo, "{report}");
    assert_eq!(site.count(DELETE), 0);
    assert!(report.is_complete(), "{report}");
}

#[tokio::test]
async fn a_seat_that_somebody_left_alone_has_left_is_taken() {
    let mut built = school(12, &[0..6, 6..6]);
    built.school.set_max_membership(built.groups[0], Some(6));
    let site = built.start().await;
    // Two leave the full team, and two take their seats.
    let plan = old(site
        .planned(&site.teams([vec![0, 1, 2, 3, 8, 9], vec![10, 11]]))
        .await);
    let (s, groups) = (site.students.clone(), site.groups.clone());
    site.fake.school(|school| {
        school.remove_member(groups[0], s[4]);
        school.add_member(groups[1], s[4]);
    });
    let report = site.apply(&plan).await;
    let remove = format!("remove:{}", groups[0]);
    assert!(
        matches!(outcome(&report, &remove), Outcome::Stale { .. }),
        "{report}"
    );
    for student in [8, 9] {
        let id = format!("place:{}:none->{}", s[student], groups[0]);
        assert_eq!(outcome(&report, &id), &Outcome::Done, "{report}");
    }
    assert!(site.members(groups[1]).contains(&s[4]));
}
