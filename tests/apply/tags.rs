//! Sets of differentiation tags.

use canvas_groups::{
    CategoryId, ErrorKind, GroupId,
    http::StatusCode,
    roster::{MissingSet, Outcome, Plan, Policy, Report, Roster, Team, Unlisted},
};
use canvas_groups_fake::{Fault, NewUser, Role};

use crate::{Site, old, school};

const MANAGE: &str = "POST courses/:course_id/group_categories/bulk_manage_differentiation_tag";
const ADD: &str = "POST groups/:group_id/memberships";

async fn tags() -> (Site, CategoryId, Vec<GroupId>) {
    let mut built = school(12, &[0..2]);
    let set = built.school.add_tag_category(built.course, "Pace");
    let tags: Vec<_> = ["Faster", "Slower", "Odd"]
        .into_iter()
        .map(|name| built.school.add_group(set, name).unwrap())
        .collect();
    for student in &built.students[..4] {
        built.school.add_member(tags[0], *student);
    }
    for student in &built.students[2..6] {
        built.school.add_member(tags[1], *student);
    }
    (built.start().await, set, tags)
}

fn wish(site: &Site, set: CategoryId) -> Roster {
    Roster::of(set)
        .team(Team::named("Faster").members(site.users([1, 2, 3, 7])))
        .team(
            Team::named("Slow")
                .previously("Slower")
                .members(site.users([2, 4, 5, 7])),
        )
        .team(Team::named("Audio").members(site.users([7, 8])))
}

#[tokio::test]
async fn tags_are_made_renamed_given_and_taken_and_others_are_left_alone() {
    let (site, set, tags) = tags().await;
    let roster = wish(&site, set);
    let snapshot = site.canvas.snapshot(&roster).await.unwrap();
    assert!(snapshot.is_tags);
    assert_eq!(snapshot.groups.len(), 3);
    let policy = Policy::default().unlisted(Unlisted::Delete);
    let plan = site.plan_by(&roster, &policy).await;
    site.fake.forget_requests();
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}\n{plan}");
    let totals = plan.totals();
    assert_eq!(site.writes().len() as u64, totals.writes);
    assert_eq!(
        site.calls().len() as u64,
        totals.writes + totals.verifications
    );
    assert_eq!(
        site.members(tags[0]),
        site.users([1, 2, 3, 7]).into_iter().collect()
    );
    assert_eq!(
        site.members(tags[1]),
        site.users([2, 4, 5, 7]).into_iter().collect()
    );
    assert!(site.plan_by(&roster, &policy).await.is_empty());
    assert_eq!(site.fake.school(|school| school.groups_in(set)).len(), 3);
    assert_eq!(site.fake.school(|school| school.notices().len()), 0);
}

#[tokio::test]
async fn a_change_of_tags_whose_answer_is_lost_is_found_and_not_made_twice() {
    let (site, set, _) = tags().await;
    let roster = wish(&site, set);
    let plan = site.planned(&roster).await;
    site.fake.fail(1, MANAGE, Fault::Lose).unwrap();
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!(site.count(MANAGE), 1);
    assert!(site.plan(&roster).await.is_empty());
}

#[tokio::test]
async fn a_change_of_tags_that_did_not_run_is_unknown_and_the_next_run_makes_it() {
    let (site, set, _) = tags().await;
    let roster = wish(&site, set);
    let plan = site.planned(&roster).await;
    site.fake.fail(1, MANAGE, Fault::Drop).unwrap();
    let report = site.apply(&plan).await;
    assert_eq!(report.counts()["unknown"], 1);
    assert_eq!(site.count(MANAGE), 1);
    site.sync(&roster).await;
}

#[tokio::test]
async fn a_tag_that_was_given_without_an_answer_is_given_once_more() {
    let (site, set, _) = tags().await;
    let roster = wish(&site, set);
    let plan = site.planned(&roster).await;
    site.fake
        .fail(1, ADD, Fault::status(StatusCode::BAD_GATEWAY))
        .unwrap();
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!(site.count(ADD), 4);
}

fn make() -> Policy {
    Policy::default().missing_set(MissingSet::Make)
}

#[tokio::test]
async fn a_set_of_tags_that_is_missing_is_made_as_one_beside_a_group_set_of_its_name() {
    for lost in [false, true] {
        let site = school(6, &[0..2]).start().await;
        let roster = Roster::tags_in_course(site.course, "Projects")
            .team(Team::named("Faster").members(site.users(0..3)))
            .team(Team::named("Slower").members(site.users(2..5)));
        let refused = site.canvas.snapshot(&roster).await.unwrap();
        let refused = Plan::new(&roster, &refused, &Policy::default());
        assert!(
            refused.to_string().contains("has no set \"Projects\""),
            "{refused}"
        );
        let plan = site.plan_by(&roster, &make()).await;
        assert!(plan.is_tags && plan.set.is_none());
        site.fake.forget_requests();
        if lost {
            site.fake.fail(1, MANAGE, Fault::Lose).unwrap();
        }
        let report = site.apply(&plan).await;
        assert!(report.is_complete(), "{report}");
        assert_eq!(site.count(MANAGE), 1);
        let totals = plan.totals();
        if !lost {
            let calls = totals.writes + totals.verifications;
            assert_eq!(site.calls().len() as u64, calls);
        }
        let snapshot = site.canvas.snapshot(&roster).await.unwrap();
        assert!(snapshot.is_tags);
        assert_eq!(snapshot.set.as_ref().map(|set| set.id), report.set);
        assert_ne!(report.set, Some(site.set));
        let groups = Roster::in_course(site.course, "Projects");
        let groups = site.canvas.snapshot(&groups).await.unwrap();
        assert_eq!(groups.set.unwrap().id, site.set);
        site.sync(&roster).await;
    }
}

#[tokio::test]
async fn an_old_plan_for_a_new_set_of_tags_takes_the_set_of_tags_and_not_that_of_groups() {
    let site = school(6, &[]).start().await;
    let roster = Roster::tags_in_course(site.course, "Pace")
        .team(Team::named("Faster").members(site.users(0..3)));
    let plan = old(site.plan_by(&roster, &make()).await);
    let course = site.course;
    let set = site.fake.school(|school| {
        school.add_category(course, "Pace");
        let set = school.add_tag_category(course, "Pace");
        school.add_group(set, "Faster").unwrap();
        set
    });
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    assert_eq!((report.set, site.count(MANAGE)), (Some(set), 0));
}

#[tokio::test]
async fn an_old_plan_for_a_new_set_of_tags_makes_its_tags_in_a_set_that_is_there_by_now() {
    for others in [&[][..], &["Odd"]] {
        let site = school(6, &[]).start().await;
        let roster = Roster::tags_in_course(site.course, "Pace")
            .team(Team::named("Faster").members(site.users(0..3)))
            .team(Team::named("Slower").members(site.users(3..5)));
        let plan = old(site.plan_by(&roster, &make()).await);
        let course = site.course;
        let set = site.fake.school(|school| {
            let set = school.add_tag_category(course, "Pace");
            for name in others {
                school.add_group(set, *name).unwrap();
            }
            set
        });
        let report = site.apply(&plan).await;
        assert!(report.is_complete(), "{report}");
        assert_eq!((report.set, site.count(MANAGE)), (Some(set), 1));
        let tags = site.fake.school(|school| school.groups_in(set)).len();
        assert_eq!(tags, 2 + others.len());
        let snapshot = site.canvas.snapshot(&roster).await.unwrap();
        assert_eq!(snapshot.set.map(|set| set.id), Some(set));
        site.sync(&roster).await;
    }
}

/// The step that changes tags, which has to be there, is not done.
#[track_caller]
fn is_not_changed(report: &Report) {
    let steps = report.steps.iter();
    let mut steps = steps.filter(|step| step.step.as_str().starts_with("tags:"));
    let step = steps.next().expect("a step that changes tags");
    assert!(matches!(step.outcome, Outcome::Stale { .. }), "{report}");
    assert!(steps.next().is_none(), "{report}");
}

#[tokio::test]
async fn a_name_that_another_tag_got_since_makes_no_twin() {
    for name in ["Audio", "Slow"] {
        let (site, set, tags) = tags().await;
        let plan = old(site.planned(&wish(&site, set)).await);
        site.fake
            .school(|school| school.rename_group(tags[2], name));
        is_not_changed(&site.apply(&plan).await);
        assert_eq!(site.count(MANAGE), 0);
    }
}

#[tokio::test]
async fn a_tag_that_somebody_gave_another_name_since_is_neither_renamed_nor_deleted() {
    let policy = Policy::default().unlisted(Unlisted::Delete);
    for (place, name) in [(1, "Steady"), (2, "Video")] {
        let (site, set, tags) = tags().await;
        let plan = old(site.plan_by(&wish(&site, set), &policy).await);
        site.fake
            .school(|school| school.rename_group(tags[place], name));
        let report = site.apply(&plan).await;
        assert!(!report.is_complete(), "{report}");
        let now = site.canvas.snapshot(&Roster::of(set)).await.unwrap();
        let kept = now.groups.iter().find(|group| group.id == tags[place]);
        assert_eq!(kept.map(|group| &*group.name), Some(name), "{plan}");
        if place == 1 {
            is_not_changed(&report);
        }
    }
}

#[tokio::test]
async fn the_tags_of_other_sets_count_for_a_set_that_is_to_be_made() {
    let mut built = school(4, &[0..2]);
    for number in 1..=4 {
        let name = format!("Set {number}");
        let set = built.school.add_tag_category(built.course, &name);
        for tag in 0..9 {
            built.school.add_group(set, format!("Tag {tag}")).unwrap();
        }
    }
    let site = built.start().await;
    let roster = |count: u64| {
        let tags = (1..=count).map(|tag| Team::named(format!("Tag {tag}")));
        Roster::tags_in_course(site.course, "Pace").teams(tags)
    };
    let snapshot = site.canvas.snapshot(&roster(5)).await.unwrap();
    assert_eq!(snapshot.other_tags, 36);
    let plan = |count| Plan::new(&roster(count), &snapshot, &make());
    assert!(!plan(4).has_errors(), "{}", plan(4));
    assert!(
        plan(5)
            .to_string()
            .contains("the course would have 41 tags"),
        "{}",
        plan(5)
    );
}

#[tokio::test]
async fn without_the_right_to_tags_their_sets_are_forbidden_and_not_missing() {
    let mut built = school(4, &[0..2]);
    let assistant = built.school.add_user(NewUser::new("Al Assistant"));
    built.school.enroll(built.course, assistant, Role::Ta);
    let site = built.start().await;
    let canvas = site.fake.client_of(assistant).unwrap();
    let groups = Roster::in_course(site.course, "Projects");
    assert!(canvas.snapshot(&groups).await.is_ok());
    let tags = Roster::tags_in_course(site.course, "Pace");
    let refused = canvas.snapshot(&tags).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Forbidden, "{refused}");
}

#[tokio::test]
async fn a_server_without_tags_has_no_set_of_them() {
    let site = school(4, &[0..2]);
    let site = site.start_with(|builder| builder.old_server(true)).await;
    let roster = Roster::tags_in_course(site.course, "Projects")
        .team(Team::named("Team 1").members(site.users(0..3)));
    let snapshot = site.canvas.snapshot(&roster).await.unwrap();
    let plan = Plan::new(&roster, &snapshot, &make());
    assert!(plan.to_string().contains("is of a set of groups"), "{plan}");
    assert!(plan.has_errors());
}

#[tokio::test]
async fn a_set_of_tags_without_tags_is_known_as_one() {
    let mut built = school(4, &[]);
    let set = built.school.add_tag_category(built.course, "Pace");
    let site = built.start().await;
    let roster = Roster::of(set).team(Team::named("Faster").members(site.users(0..2)));
    let snapshot = site.canvas.snapshot(&roster).await.unwrap();
    assert!(snapshot.is_tags);
    let groups = site.canvas.snapshot(&site.roster()).await.unwrap();
    assert!(!groups.is_tags);
    let report = site.sync(&roster).await;
    assert_eq!(report.counts()["done"], 2);
}
