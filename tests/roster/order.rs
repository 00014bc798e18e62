//! In which order things are done.

use canvas_groups::{
    GroupId, UserId,
    roster::{Change, FindingKind as Kind, Plan, Policy, Rings, Team, Turn},
};

use crate::{School, calls, error, found, ids, model::Model, no_errors, roster, users};

fn needs(plan: &Plan, id: &str) -> Vec<String> {
    let step = plan
        .step(id)
        .unwrap_or_else(|| panic!("no {id} in\n{plan}"));
    step.needs.iter().map(ToString::to_string).collect()
}

fn turns(plan: &Plan) -> Vec<&Turn> {
    let turns = plan.steps.iter().filter_map(|step| match &step.change {
        Change::Turn(turn) => Some(turn),
        _ => None,
    });
    turns.collect()
}

#[test]
fn a_chain_of_full_teams_is_moved_from_its_end() {
    let school = School::with(6)
        .set("/set/group_limit", 2)
        .group(12, "A", [1, 2])
        .group(17, "B", [3, 4])
        .group(20, "C", [5]);
    let plan = school.plan(
        &roster()
            .team(Team::named("A").members(users([1, 6])))
            .team(Team::named("B").members(users([2, 3])))
            .team(Team::named("C").members(users([4, 5]))),
    );
    no_errors(&plan);
    assert_eq!(
        ids(&plan),
        ["place:4:17->20", "place:2:12->17", "place:6:none->12"]
    );
    assert_eq!(needs(&plan, "place:4:17->20"), [""; 0]);
    assert_eq!(needs(&plan, "place:2:12->17"), ["place:4:17->20"]);
    assert_eq!(needs(&plan, "place:6:none->12"), ["place:2:12->17"]);
}

#[test]
fn students_who_free_a_seat_go_first_so_that_no_ring_is_needed() {
    // One seat is free in B. Student 5, who comes from nowhere, would take it for good.
    let school = School::with(5)
        .set("/set/group_limit", 3)
        .group(12, "A", [1, 2, 3])
        .group(17, "B", [4])
        .but("others", 1);
    let plan = school.plan(
        &roster()
            .team(Team::named("A").members(users([1, 2, 4])))
            .team(Team::named("B").members(users([3, 5]))),
    );
    no_errors(&plan);
    assert!(turns(&plan).is_empty(), "{plan}");
    assert_eq!(ids(&plan)[0], "place:3:12->17");
}

#[test]
fn the_note_of_a_ring_names_five_teams_and_counts_the_others() {
    for (teams, ending) in [
        (5, "\"T5\" (5); "),
        (6, ", and 1 other; "),
        (8, ", and 3 others; "),
    ] {
        let mut school = School::with(2 * teams).set("/set/group_limit", 2);
        let mut wish = roster();
        for team in 1..=teams {
            school = school.group(team, &format!("T{team}"), [2 * team - 1, 2 * team]);
            let from = (team % teams) + 1;
            let members = users([2 * team - 1, 2 * from]);
            wish = wish.team(Team::named(format!("T{team}")).members(members));
        }
        let plan = school.plan(&wish);
        let [ring] = *found(&plan, Kind::Ring) else {
            panic!("{plan}");
        };
        assert!(ring.text.contains(ending), "{ring}");
    }
}

#[test]
fn a_swap_of_full_teams_is_a_ring_of_two() {
    let school = School::with(4)
        .set("/set/group_limit", 2)
        .group(12, "A", [1, 2])
        .group(17, "B", [3, 4]);
    let wish = roster()
        .team(Team::named("A").members(users([1, 4])))
        .team(Team::named("B").members(users([3, 2])));
    let plan = school.plan(&wish);
    no_errors(&plan);
    assert_eq!(ids(&plan), ["turn:4:17->12"]);
    assert_eq!(
        calls(&plan),
        [
            "PUT groups/12\n\n{\"max_membership\":3}",
            "POST groups/12/memberships\n\n{\"user_id\":4}",
            "POST groups/17/memberships\n\n{\"user_id\":2}",
            "PUT groups/12\n\n{\"max_membership\":2}",
        ]
    );
    assert_eq!(found(&plan, Kind::Ring).len(), 1);
    let totals = plan.totals();
    assert_eq!(
        (totals.rings, totals.moved, totals.writes, totals.limits),
        (1, 2, 4, 0)
    );

    let plan = school.plan_by(&wish, &Policy::default().rings(Rings::Refuse));
    error(&plan, Kind::Ring);
    assert!(plan.is_empty());
}

#[test]
fn three_full_teams_change_members_in_a_ring_of_three() {
    let school = School::with(3)
        .group(12, "A", [1])
        .but("others", 1)
        .but("limit", 2)
        .group(17, "B", [2])
        .but("others", 1)
        .but("limit", 2)
        .group(20, "C", [3])
        .but("others", 1)
        .but("limit", 2);
    let plan = school.plan(
        &roster()
            .team(Team::named("A").members(users([3])))
            .team(Team::named("B").members(users([1])))
            .team(Team::named("C").members(users([2]))),
    );
    no_errors(&plan);
    let [turn] = *turns(&plan) else {
        panic!("{plan}");
    };
    assert_eq!((turn.group, turn.limit), (GroupId::new(12), 2));
    let order: Vec<_> = turn.moves.iter().map(|place| place.before.user).collect();
    assert_eq!(order, users([3, 2, 1]));
}

#[test]
fn a_free_seat_makes_a_ring_unnecessary() {
    let school = School::with(4)
        .set("/set/group_limit", 2)
        .group(12, "A", [1])
        .group(17, "B", [3, 4]);
    let plan = school.plan(
        &roster()
            .team(Team::named("A").members(users([4])))
            .team(Team::named("B").members(users([3, 1]))),
    );
    no_errors(&plan);
    assert_eq!(ids(&plan), ["place:4:17->12", "place:1:12->17"]);
    assert_eq!(needs(&plan, "place:1:12->17"), ["place:4:17->12"]);
}

#[test]
fn who_is_removed_from_a_full_team_goes_before_its_taker_and_others_go_last() {
    let school = School::with(5)
        .group(12, "Full", [1, 2])
        .but("limit", 2)
        .group(17, "Roomy", [3, 4])
        .but("limit", 9);
    let plan = school.plan(
        &roster()
            .team(Team::named("Full").members(users([1, 5])))
            .team(Team::named("Roomy").members(users([3]))),
    );
    no_errors(&plan);
    assert_eq!(ids(&plan), ["remove:12", "place:5:none->12", "remove:17"]);
    assert_eq!(needs(&plan, "place:5:none->12"), ["remove:12"]);
}

#[test]
fn limits_go_up_before_and_down_after_the_placements() {
    let school = School::with(5)
        .group(12, "A", [1, 2, 3])
        .but("limit", 3)
        .group(17, "B", [4, 5])
        .but("limit", 2);
    let plan = school.plan(
        &roster()
            .team(Team::named("A").members(users([1, 2])).limit(2))
            .team(Team::named("B").members(users([3, 4, 5])).limit(3)),
    );
    no_errors(&plan);
    assert_eq!(
        ids(&plan),
        ["limit:17:2->3", "place:3:12->17", "limit:12:3->2"]
    );
    assert_eq!(needs(&plan, "place:3:12->17"), ["limit:17:2->3"]);
}

#[test]
fn a_limit_that_is_raised_is_needed_only_by_those_who_have_no_seat_without_it() {
    let school = School::with(4).group(12, "A", [1, 2]).but("limit", 3);
    let plan = school.plan(&roster().team(Team::named("A").members(users([1, 2, 3, 4])).limit(4)));
    no_errors(&plan);
    assert_eq!(needs(&plan, "place:3:none->12"), [""; 0]);
    assert_eq!(needs(&plan, "place:4:none->12"), ["limit:12:3->4"]);
}

#[test]
fn a_ring_needs_the_limits_that_are_raised_before_it() {
    // A has one too many now, and is full with its new limit.
    let school = School::with(5)
        .group(12, "A", [1, 2, 5])
        .but("limit", 2)
        .group(17, "B", [3, 4])
        .but("limit", 2);
    let plan = school.plan(
        &roster()
            .team(Team::named("A").members(users([2, 3, 5])).limit(3))
            .team(Team::named("B").members(users([1, 4]))),
    );
    no_errors(&plan);
    assert_eq!(ids(&plan), ["limit:12:2->3", "turn:3:17->12"]);
    assert_eq!(needs(&plan, "turn:3:17->12"), ["limit:12:2->3"]);
    assert_eq!(turns(&plan)[0].limit, 3);
    Model::of(&school.snapshot()).apply(&plan);
}

#[test]
fn a_seat_that_a_new_team_frees_is_waited_for() {
    let school = School::with(3).group(12, "A", [1, 2]).but("limit", 2);
    let plan = school.plan(
        &roster()
            .team(Team::named("A").members(users([1, 3])))
            .team(Team::named("New").members(users([2]))),
    );
    no_errors(&plan);
    assert_eq!(ids(&plan), ["create:name:New", "place:3:none->12"]);
    assert_eq!(needs(&plan, "place:3:none->12"), ["create:name:New"]);
}

#[test]
fn every_seat_that_is_freed_has_one_taker() {
    let school = School::with(6)
        .group(12, "A", [1, 2])
        .but("limit", 2)
        .group(17, "B", []);
    let plan = school.plan(
        &roster()
            .team(Team::named("A").members(users([3, 4])))
            .team(Team::named("B").members(users([1, 2]))),
    );
    no_errors(&plan);
    assert_eq!(needs(&plan, "place:3:none->12"), ["place:1:12->17"]);
    assert_eq!(needs(&plan, "place:4:none->12"), ["place:2:12->17"]);
}

#[test]
fn the_whole_order_is_kept_in_one_plan() {
    let school = School::with(12)
        .group(10, "Old name", [1, 2])
        .but("limit", 2)
        .group(11, "B", [3, 4])
        .but("limit", 2)
        .group(12, "C", [5, 6])
        .group(13, "D", [7, 8])
        .but("limit", 2)
        .group(14, "E", [9]);
    let policy = Policy::default().unlisted(canvas_groups::roster::Unlisted::Delete);
    let wish = roster()
        .team(
            Team::id(GroupId::new(10))
                .name("A")
                .members(users([1, 3]))
                .leader(UserId::new(3)),
        )
        .team(Team::named("B").members(users([2, 4])))
        .team(Team::named("C").members(users([5])).limit(4))
        .team(Team::named("D").members(users([7, 11, 12])).limit(3))
        .team(Team::named("New").members(users([10])));
    let plan = school.plan_by(&wish, &policy);
    no_errors(&plan);
    assert_eq!(
        ids(&plan),
        [
            "rename:10",
            "create:name:New",
            "limit:13:2->3",
            "remove:13",
            "place:11:none->13",
            "place:12:none->13",
            "turn:3:11->10",
            "remove:12",
            "remove:14",
            "limit:12:none->4",
            "lead:10:3",
            "delete:14",
        ]
    );
    assert_eq!(needs(&plan, "lead:10:3"), ["turn:3:11->10"]);
    assert_eq!(needs(&plan, "delete:14"), ["remove:14"]);
    Model::of(&school.snapshot()).apply(&plan);
}
