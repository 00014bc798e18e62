//! Sets of differentiation tags.

use canvas_groups::{
    CategoryId, GroupId,
    http::StatusCode,
    roster::{Policy, Roster, Team, Unlisted},
};
use canvas_groups_fake::Fault;

use crate::{Site, school};

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
