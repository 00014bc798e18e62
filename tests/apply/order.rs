//! What is in flight at the same time.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use canvas_groups::{
    GroupId, UserId,
    roster::{Guard, Plan, Policy, Team, Unlisted},
};
use canvas_groups_fake::{Recorded, School};

use crate::{CHANGE, DELETE, MAKE, PLACE, REMOVE, SET, name, school, site};

const MEMBERSHIPS: &str = "GET groups/:group_id/memberships";

/// Who is where, at each moment that the journal tells of.
fn touched(request: &Recorded, home: &dyn Fn(UserId) -> Option<GroupId>) -> BTreeSet<u64> {
    let group = request
        .path
        .split('/')
        .skip_while(|part| *part != "groups")
        .nth(1);
    let mut touched: BTreeSet<u64> = group.unwrap().parse().into_iter().collect();
    let user = request.json()["user_id"].as_u64().map(UserId::new);
    touched.extend(user.and_then(home).map(GroupId::get));
    touched
}

#[tokio::test]
async fn no_two_moves_or_removals_in_flight_touch_one_team() {
    let built = school(60, &[0..10, 10..20, 20..30, 30..40, 40..50, 50..60]);
    let site = built.start_with(|builder| builder.deadlocks(true)).await;
    site.fake.set_latency(Duration::from_millis(5));
    // Everybody of the first half of a team goes to the next one or the one before, and one leaves.
    let mut teams: [Vec<usize>; 6] = Default::default();
    for student in 0..60 {
        let (team, place) = (student / 10, student % 10);
        match place {
            0..4 => teams[(team + 1) % 6].push(student),
            4..8 => teams[(team + 5) % 6].push(student),
            8 => teams[team].push(student),
            _ => {}
        }
    }
    let plan = site.planned(&site.teams(teams)).await;
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}");
    let home = |user: UserId| {
        let place = site.students.iter().position(|student| *student == user)?;
        Some(site.groups[place / 10])
    };
    let moves: Vec<_> = site.writes().into_iter().collect();
    assert_eq!(moves.iter().filter(|call| name(call) == PLACE).count(), 48);
    assert_eq!(moves.iter().filter(|call| name(call) == REMOVE).count(), 6);
    let mut together = 0;
    for (at, one) in moves.iter().enumerate() {
        for other in moves[at + 1..].iter().filter(|other| one.overlaps(other)) {
            together += 1;
            let (one, other) = (touched(one, &home), touched(other, &home));
            assert!(one.is_disjoint(&other), "{one:?} and {other:?} at once");
        }
    }
    assert!(together > 10, "{together}");
}

#[tokio::test]
async fn creations_run_side_by_side_though_they_draw_from_one_team() {
    let site = site(60, &[0..60]).await;
    site.fake.set_latency(Duration::from_millis(10));
    let teams = site.students[..40].chunks(2).zip(1..);
    let teams = teams.map(|(students, number)| {
        Team::named(format!("New {number}")).members(students.iter().copied())
    });
    let roster = site
        .roster()
        .teams(teams)
        .team(Team::named("Team 1").members(site.users(40..60)));
    let snapshot = site.canvas.snapshot(&roster).await.unwrap();
    let plan = canvas_groups::roster::Plan::new(&roster, &snapshot, &Default::default());
    // All their people come from one team that is listed, so none is taken for a rename.
    assert!(!plan.has_errors(), "{plan}");
    site.fake.forget_requests();
    let report = site.canvas.apply(&plan, &Guard::none()).await.unwrap();
    assert!(report.is_complete(), "{report}");
    let writes = site.writes();
    let widest = writes.iter().map(|one| {
        let at_once = writes.iter().filter(|other| {
            other.began <= one.began && other.ended.is_none_or(|ended| ended > one.began)
        });
        at_once.count()
    });
    assert_eq!(widest.max(), Some(8));
}

#[tokio::test]
async fn nobody_is_without_a_team_at_any_moment_and_no_limit_is_passed() {
    let mut built = school(24, &[0..5, 5..10, 10..15, 15..17, 17..20]);
    for group in &built.groups[..4] {
        built.school.set_max_membership(*group, Some(5));
    }
    let site = built.start().await;
    site.fake.set_latency(Duration::from_millis(2));
    // A chain through full teams, a ring of three, new teams of those who have one and of those who
    // have none, one who leaves, and a team that is deleted when it is empty.
    let roster = site
        .teams([
            vec![10, 1, 2, 3, 6],
            vec![0, 5, 7, 8, 11],
            vec![9, 12, 13, 14, 15],
            vec![4, 16],
        ])
        .team(Team::named("New").members(site.users([17, 20, 21])))
        .team(Team::named("Also new").members(site.users([18, 22])));
    let policy = Policy::default().unlisted(Unlisted::Delete);
    let snapshot = site.canvas.snapshot(&roster).await.unwrap();
    let plan = Plan::new(&roster, &snapshot, &policy);
    assert!(!plan.has_errors(), "{plan}");
    site.fake.forget_requests();
    let (set, groups) = (site.set, site.groups.clone());
    // Who has a team now and should have one later.
    let kept = site.users(0..19);
    let looks: Arc<Mutex<Vec<String>>> = Arc::default();
    // What a write leaves behind is looked at before the next request of any kind is carried out, by
    // the server itself, so no moment goes unseen.
    for route in [PLACE, REMOVE, CHANGE, MAKE, DELETE, SET, MEMBERSHIPS] {
        for nth in 1..=60 {
            let (looks, kept, groups) = (looks.clone(), kept.clone(), groups.clone());
            let look = move |school: &mut School| {
                let teams = school.groups_in(set);
                let teams = teams
                    .into_iter()
                    .map(|group| (group, school.members(group)));
                let teams: Vec<_> = teams.collect();
                let mut found = String::new();
                for student in &kept {
                    let count = teams.iter().filter(|(_, it)| it.contains(student)).count();
                    if count != 1 {
                        found += &format!("user {student} is in {count} teams; ");
                    }
                }
                let over = teams
                    .iter()
                    .filter(|(group, it)| groups[..4].contains(group) && it.len() > 5);
                let over: Vec<_> = over.map(|(_, it)| it.len()).collect();
                if over.len() > 1 || over.iter().any(|count| *count > 6) {
                    found += &format!("teams of {over:?}");
                }
                looks.lock().unwrap().push(found);
            };
            site.fake.before(nth, route, look).unwrap();
        }
    }
    let report = site.apply(&plan).await;
    assert!(report.is_complete(), "{report}\n{plan}");
    let looks = std::mem::take(&mut *looks.lock().unwrap());
    let wrong: Vec<_> = looks.iter().filter(|found| !found.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(
        looks.len(),
        site.calls().len(),
        "each request was preceded by a look"
    );
    let limits = site.all_groups().await;
    let limits = limits
        .iter()
        .filter(|group| groups[..4].contains(&group.id));
    assert!(limits.clone().all(|group| group.max_membership == Some(5)));
    assert_eq!(limits.count(), 4);
}
