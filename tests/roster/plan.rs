//! What is planned, and what is told.

use canvas_groups::{
    CourseId, GroupId, UserId,
    csv::UserKey,
    roster::{
        Change, Doubles, Extras, FindingKind as Kind, Member, Moves, Plan, Policy, Removals,
        Roster, SelfSignupSets, Submissions, Team, Unlisted,
    },
    serde_json::{self, json},
};

use crate::{SET, School, calls, error, found, ids, no_errors, roster, users, warning};

fn two_teams() -> School {
    School::with(6)
        .group(12, "Team 1", [1, 2])
        .group(17, "Team 2", [3, 4])
}

#[test]
fn the_requests_are_those_of_the_steps() {
    let plan = two_teams().plan(
        &roster()
            .team(
                Team::named("Team 1")
                    .members(users([1, 3]))
                    .limit(5)
                    .leader(UserId::new(3)),
            )
            .team(
                Team::id(GroupId::new(17))
                    .name("Bridges")
                    .members(users([4, 5])),
            )
            .team(Team::sis("P-3", "Team 3").members(users([6])).limit(4)),
    );
    no_errors(&plan);
    assert_eq!(
        ids(&plan),
        [
            "rename:17",
            "create:sis:P-3",
            "place:3:17->12",
            "place:5:none->17",
            "remove:12",
            "limit:12:none->5",
            "lead:12:3",
        ]
    );
    assert_eq!(
        calls(&plan),
        [
            "PUT groups/17\n\n{\"name\":\"Bridges\"}",
            "POST group_categories/4/groups\n\n{\"name\":\"Team 3\",\"sis_group_id\":\"P-3\",\
             \"max_membership\":4,\"invitees\":{\"6\":\"1\"}}",
            "POST groups/12/memberships\n\n{\"user_id\":3}",
            "POST groups/17/memberships\n\n{\"user_id\":5}",
            "DELETE groups/12/users?user_ids%5B%5D=2",
            "PUT groups/12\n\n{\"max_membership\":5}",
            "PUT groups/12\n\n{\"leader\":{\"id\":3}}",
        ]
    );
    let totals = plan.totals();
    assert_eq!((totals.placed, totals.moved, totals.removed), (2, 1, 1));
    assert_eq!(
        (
            totals.teams_made,
            totals.renamed,
            totals.limits,
            totals.leaders
        ),
        (1, 1, 1, 1)
    );
    assert_eq!((totals.unchanged, totals.writes, totals.notices), (2, 7, 3));
}

#[test]
fn members_are_exact_or_at_least_or_left_alone() {
    let school = two_teams();
    let plan = |team: Team| school.plan(&roster().team(team));
    assert_eq!(
        ids(&plan(Team::named("Team 1").members(users([1])))),
        ["remove:12"]
    );
    assert!(plan(Team::named("Team 1").at_least(users([1]))).is_empty());
    assert!(plan(Team::named("Team 1")).is_empty());
    assert!(plan(Team::named("Team 1").members(users([]))).is_empty());
    assert_eq!(
        ids(&plan(Team::named("Team 1").no_members())),
        ["remove:12"]
    );
    assert_eq!(
        calls(&plan(Team::named("Team 1").without(users([2])))),
        ["DELETE groups/12/users?user_ids%5B%5D=2"]
    );
    let policy = Policy::default().extras(Extras::Keep);
    let wish = roster().team(Team::named("Team 1").members(users([1])));
    assert!(school.plan_by(&wish, &policy).is_empty());
}

#[test]
fn who_should_be_in_no_team_leaves_unlisted_ones_too() {
    let plan = two_teams().plan(&roster().in_no_team(users([3])));
    assert_eq!(ids(&plan), ["remove:17"]);
}

#[test]
fn wanted_elsewhere_beats_kept_here() {
    let wish = roster()
        .team(Team::named("Team 1").at_least(users([1])))
        .team(Team::named("Team 2").members(users([2, 3, 4])));
    let plan = two_teams().plan_by(&wish, &Policy::default().extras(Extras::Keep));
    assert_eq!(ids(&plan), ["place:2:12->17"]);
}

#[test]
fn unlisted_teams_are_kept_emptied_or_deleted() {
    let school = two_teams()
        .group(20, "Submitted", [5])
        .but("has_submission", true)
        .group(21, "With staff", [6])
        .but("others", 1)
        .group(22, "Empty", []);
    let wish = roster().team(Team::named("Team 1").members(users([1, 2])));
    assert!(school.plan(&wish).is_empty());
    assert_eq!(school.plan(&wish).totals().unlisted, 4);

    let plan = school.plan_by(&wish, &Policy::default().unlisted(Unlisted::Empty));
    no_errors(&plan);
    assert_eq!(ids(&plan), ["remove:17", "remove:20", "remove:21"]);

    let plan = school.plan_by(&wish, &Policy::default().unlisted(Unlisted::Delete));
    no_errors(&plan);
    assert_eq!(
        ids(&plan),
        [
            "remove:17",
            "remove:20",
            "remove:21",
            "delete:17",
            "delete:22"
        ]
    );
    assert_eq!(plan.steps[3].needs[0].as_str(), "remove:17");
    assert_eq!(found(&plan, Kind::NotDeleted).len(), 2);
}

#[test]
fn a_team_that_is_not_understood_keeps_unlisted_ones_from_being_emptied() {
    let policy = Policy::default().unlisted(Unlisted::Delete);
    let plan = two_teams().plan_by(&roster().team(Team::named("team 1")), &policy);
    error(&plan, Kind::NearMiss);
    assert!(
        !plan
            .steps
            .iter()
            .any(|step| matches!(step.change, Change::Remove(_)))
    );
}

#[test]
fn others_are_kept_told_and_counted_as_seats() {
    let school = School::with(3)
        .group(12, "Team 1", [1])
        .but("others", 2)
        .but("limit", 3);
    let plan = school.plan(&roster().team(Team::named("Team 1").no_members()));
    no_errors(&plan);
    assert_eq!(found(&plan, Kind::Others).len(), 1);
    let plan = school.plan(&roster().team(Team::named("Team 1").members(users([1, 2]))));
    let finding = error(&plan, Kind::OverLimit);
    assert!(finding.text.contains("4 members, 2 of them"), "{finding}");
}

#[test]
fn a_limit_is_an_error_only_where_somebody_is_placed() {
    let school = School::with(5)
        .group(12, "Team 1", [1, 2, 3, 4])
        .but("limit", 2);
    // An over-full team that only loses.
    let plan = school.plan(&roster().team(Team::named("Team 1").members(users([1, 2, 3]))));
    no_errors(&plan);
    assert_eq!(ids(&plan), ["remove:12"]);
    // One that loses enough to take somebody.
    let plan = school.plan(&roster().team(Team::named("Team 1").members(users([1, 5]))));
    no_errors(&plan);
    assert_eq!(ids(&plan), ["remove:12", "place:5:none->12"]);
    assert_eq!(plan.steps[1].needs[0].as_str(), "remove:12");
    // One that does not.
    let plan = school.plan(&roster().team(Team::named("Team 1").members(users([1, 2, 5]))));
    error(&plan, Kind::OverLimit);
    // New teams have the limit of the set.
    let school = School::with(3).set("/set/group_limit", 2);
    let plan = school.plan(&roster().team(Team::named("New").members(users([1, 2, 3]))));
    error(&plan, Kind::OverLimit);
}

#[test]
fn a_limit_below_the_number_of_members_is_told() {
    let plan = two_teams()
        .group(20, "Three", [5, 6])
        .but("others", 1)
        .plan(&roster().team(Team::named("Three").limit(2)));
    warning(&plan, Kind::OverLimit);
    assert_eq!(ids(&plan), ["limit:20:none->2"]);
}

#[test]
fn a_leader_who_is_no_member_is_an_error_and_one_who_leaves_is_told() {
    let school = two_teams().but("leader", 3);
    let plan = school.plan(&roster().team(Team::named("Team 1").leader(UserId::new(3))));
    error(&plan, Kind::LeaderOutside);
    let plan = school.plan(&roster().team(Team::named("Team 2").members(users([4]))));
    no_errors(&plan);
    warning(&plan, Kind::LeaderLeaves);
    // Another leader is named: nothing to tell.
    let next = Team::named("Team 2")
        .members(users([4]))
        .leader(UserKey::sis("S004"));
    let plan = school.plan(&roster().team(next));
    no_errors(&plan);
    assert!(found(&plan, Kind::LeaderLeaves).is_empty());
    assert_eq!(ids(&plan), ["remove:17", "lead:17:4"]);
    // A leader of a new team waits for it.
    let new = Team::named("New")
        .members(users([5]))
        .leader(UserId::new(5));
    let plan = school.plan(&roster().team(new));
    assert_eq!(ids(&plan), ["create:name:New", "lead:name:New:5"]);
    assert_eq!(plan.steps[1].needs.len(), 1);
    // Nothing to do where the leader leads already.
    let same = roster().team(Team::named("Team 2").leader(UserId::new(3)));
    assert!(school.plan(&same).is_empty());
}

#[test]
fn submissions_are_told_or_refused() {
    let school = two_teams().but("has_submission", true);
    let wish = roster().team(Team::named("Team 2").members(users([3])));
    warning(&school.plan(&wish), Kind::Submission);
    let policy = Policy::default().submissions(Submissions::Refuse);
    error(&school.plan_by(&wish, &policy), Kind::Submission);
    // A group that handed nothing in is none of it.
    let other = roster().team(Team::named("Team 1").members(users([1])));
    assert!(found(&school.plan(&other), Kind::Submission).is_empty());
}

#[test]
fn what_is_in_the_way_is_told_if_there_is_anything_to_do() {
    let change = roster().team(Team::named("Team 1").members(users([1])));
    let same = roster().team(Team::named("Team 1").members(users([1, 2])));
    for (pointer, value, kind) in [
        ("/set/role", json!("communities"), Kind::ProtectedSet),
        ("/set/role", json!("student_organized"), Kind::ProtectedSet),
        ("/set/self_signup", json!("enabled"), Kind::SelfSignup),
        ("/set/running_job", json!(88), Kind::JobRunning),
        ("/course/is_concluded", json!(true), Kind::CourseConcluded),
    ] {
        let school = two_teams().set(pointer, value);
        error(&school.plan(&change), kind);
        no_errors(&school.plan(&same));
    }
    let school = two_teams().set("/set/self_signup", "restricted");
    let policy = Policy::default().self_signup(SelfSignupSets::Ignore);
    no_errors(&school.plan_by(&change, &policy));
    let school = two_teams().set("/set/is_of_sis_import", true);
    warning(&school.plan(&change), Kind::SisFed);
}

#[test]
fn a_student_in_two_teams_is_told_and_left_or_mended() {
    let school = School::with(3)
        .group(12, "Team 1", [1, 2])
        .group(17, "Team 2", [1, 3]);
    let wish = roster()
        .team(Team::named("Team 1").members(users([1, 2])))
        .team(Team::named("Team 2").members(users([3])));
    let plan = school.plan(&wish);
    assert!(plan.is_empty());
    warning(&plan, Kind::InSeveral);
    let plan = school.plan_by(&wish, &Policy::default().doubles(Doubles::Mend));
    assert_eq!(calls(&plan), ["DELETE groups/17/users?user_ids%5B%5D=1"]);
    assert!(found(&plan, Kind::InSeveral).is_empty());
    // A wish for a third team mends it anyway.
    let plan = school.plan(&wish.clone().teams([]).team(Team::named("Team 3")));
    assert_eq!(ids(&plan), ["create:name:Team 3"]);
    let third = roster().team(Team::named("Team 3").members(users([1])));
    let plan = school.plan(&third);
    let Change::Make(make) = &plan.steps[0].change else {
        panic!("{plan}");
    };
    assert_eq!(make.people[0].teams, [GroupId::new(12), GroupId::new(17)]);
}

#[test]
fn moves_and_removals_are_done_refused_or_left() {
    let wish = roster().team(Team::named("Team 1").members(users([1, 3])));
    let school = two_teams();
    assert_eq!(ids(&school.plan(&wish)), ["place:3:17->12", "remove:12"]);
    let plan = school.plan_by(&wish, &Policy::default().moves(Moves::Refuse));
    error(&plan, Kind::NotMoved);
    let plan = school.plan_by(&wish, &Policy::default().moves(Moves::Leave));
    warning(&plan, Kind::NotMoved);
    assert_eq!(ids(&plan), ["remove:12"]);
    let plan = school.plan_by(&wish, &Policy::default().removals(Removals::Refuse));
    error(&plan, Kind::NotRemoved);
    let plan = school.plan_by(&wish, &Policy::add_only());
    assert!(plan.is_empty());
    warning(&plan, Kind::NotMoved);
    // Nobody who is only extra is told of: add-only keeps them.
    assert!(found(&plan, Kind::NotRemoved).is_empty());
}

#[test]
fn a_big_new_team_is_made_with_a_hundred_people_and_the_others_are_placed() {
    let plan = School::with(103).plan(&roster().team(Team::named("All").members(users(1..=103))));
    no_errors(&plan);
    assert_eq!(plan.steps.len(), 4);
    assert_eq!(plan.steps[1].id.as_str(), "place:101:none->name:All");
    assert_eq!(plan.steps[1].needs[0].as_str(), "create:name:All");
    assert!(calls(&plan)[3].starts_with("POST groups/101/memberships"));
}

#[test]
fn a_roster_of_a_snapshot_goes_back_to_it() {
    let before = two_teams().but("leader", 3);
    let wish = Roster::from(&before.snapshot());
    let now = School::with(6)
        .group(12, "Renamed", [1, 3])
        .group(30, "Later", [2]);
    let plan = now.plan(&wish);
    no_errors(&plan);
    // The deleted team comes back as a new one.
    assert_eq!(
        ids(&plan),
        [
            "rename:12",
            "create:name:Team 2",
            "place:2:30->12",
            "lead:name:Team 2:3"
        ]
    );
    let again = serde_json::to_string(&wish).unwrap();
    assert_eq!(serde_json::from_str::<Roster>(&again).unwrap(), wish);
}

#[test]
fn going_back_takes_students_out_of_teams_that_were_made_since() {
    let before = School::with(6).group(12, "Team 1", [1, 2]);
    let wish = Roster::from(&before.snapshot());
    let now = School::with(6)
        .group(12, "Team 1", [1, 2])
        .group(30, "Made", [3, 4])
        .group(31, "Made too", [5]);
    let plan = now.plan(&wish);
    no_errors(&plan);
    assert_eq!(ids(&plan), ["remove:30", "remove:31"]);
    assert_eq!(plan.totals().removed, 3);
    // In another course they are other students.
    let copy = wish.copied_to(CourseId::new(8), "Projects");
    assert_eq!(copy.in_no_team, []);
}

#[test]
fn a_roster_copied_to_another_course_goes_by_names() {
    let copy = Roster::from(&two_teams().snapshot()).copied_to(CourseId::new(7), "Projects");
    let plan = School::with(6).plan(&copy);
    no_errors(&plan);
    assert_eq!(ids(&plan), ["create:name:Team 1", "create:name:Team 2"]);
}

#[test]
fn each_step_tells_the_lines_that_it_comes_from() {
    let wish = roster()
        .team(Team::named("Team 2").at_least([Member::new(UserId::new(1)).line(12)]))
        .team(
            Team::named("New")
                .line(3)
                .members([Member::new(UserId::new(6)).line(4)]),
        );
    let plan = two_teams().plan(&wish);
    assert_eq!(plan.step("create:name:New").unwrap().lines, [3, 4]);
    assert_eq!(plan.step("place:1:12->17").unwrap().lines, [12]);
}

#[test]
fn twenty_thousand_teams_of_five_are_planned() {
    let mut groups = Vec::new();
    for team in 0..20_000_u64 {
        let members: Vec<_> = (1..=5).map(|seat| team * 5 + seat).collect();
        groups.push(
            json!({"id": team + 1, "name": format!("Team {team}"), "members": members, "limit": 5}),
        );
    }
    let school = School::with(100_000).set("/groups", groups);
    let snapshot = school.snapshot();
    // Everybody moves on by one team, all of which are full.
    let teams = (0..20_000_u64).map(|team| {
        let members = (1..=5).map(|seat| (team * 5 + seat + 5) % 100_000 + 1);
        Team::named(format!("Team {team}")).members(members.map(UserId::new))
    });
    let wish = Roster::of(SET).teams(teams);
    let plan = Plan::new(&wish, &snapshot, &Policy::default());
    no_errors(&plan);
    assert_eq!(plan.totals().moved, 100_000);
    assert!(plan.totals().rings > 0);
}
