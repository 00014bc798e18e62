//! What a guard stops, and what it says.

use std::time::Duration;

use canvas_groups::{
    CategoryId, Error, ErrorKind, GroupId,
    jiff::{Timestamp, ToSpan},
    roster::{FindingKind, Guard, Plan, Policy, Refusal, Rule, Team, Unlisted},
    serde_json,
};

use crate::{School, error, roster, users};

fn now(plan: &Plan) -> Timestamp {
    plan.taken_at + 1.minute()
}

fn check(guard: &Guard, plan: &Plan) -> Result<(), Refusal> {
    guard.check_at(plan, now(plan))
}

fn refused(guard: &Guard, plan: &Plan) -> Vec<Rule> {
    let Err(refusal) = check(guard, plan) else {
        return Vec::new();
    };
    refusal.broken.iter().map(|broken| broken.rule).collect()
}

/// A plan that removes so many of a set with teams of four.
fn removing(count: u64, of: u64) -> Plan {
    let mut school = School::with(of);
    let mut wish = roster();
    for first in (1..=of).step_by(4) {
        let members = first..=(first + 3).min(of);
        school = school.group(1000 + first, &format!("Team {first}"), members.clone());
        let stay: Vec<_> = members.filter(|member| *member > count).collect();
        let team = Team::id(GroupId::new(1000 + first));
        wish = wish.team(match stay.is_empty() {
            true => team.no_members(),
            false => team.members(users(stay)),
        });
    }
    let plan = school.plan(&wish);
    assert_eq!(plan.totals().removed, count);
    plan
}

#[test]
fn a_fifth_of_the_set_may_be_removed_or_three() {
    let guard = Guard::default();
    for (count, of, is_refused) in [
        (20, 100, false),
        (21, 100, true),
        (3, 14, false),
        (4, 14, true),
        (2, 3, false),
    ] {
        let refused = refused(&guard, &removing(count, of));
        assert_eq!(
            refused.contains(&Rule::Removals),
            is_refused,
            "{count} of {of}"
        );
    }
    // The last students of a set are never removed, however few they are.
    for of in [1, 3] {
        assert_eq!(refused(&guard, &removing(of, of)), [Rule::EmptySet]);
    }
    assert!(check(&Guard::default().removals(21), &removing(21, 100)).is_ok());
}

#[test]
fn an_empty_roster_that_empties_the_set_is_refused() {
    let school = School::with(8).group(12, "A", 1..=4).group(17, "B", 5..=8);
    let plan = school.plan(&roster());
    assert!(plan.is_empty() && check(&Guard::default(), &plan).is_ok());
    let plan = school.plan_by(&roster(), &Policy::default().unlisted(Unlisted::Empty));
    assert_eq!(
        refused(&Guard::default(), &plan),
        [Rule::Removals, Rule::EmptySet]
    );
}

#[test]
fn one_team_that_is_emptied_is_refused_though_the_whole_is_small() {
    let school = School::with(40)
        .group(12, "A", 1..=5)
        .group(17, "B", 6..=40);
    let plan = school.plan(&roster().team(Team::named("A").no_members()));
    let Err(refusal) = check(&Guard::default(), &plan) else {
        panic!("{plan}");
    };
    assert_eq!(refusal.broken.len(), 1);
    assert_eq!(
        refusal.broken[0].text,
        "would remove from \"A\" 5 of 5 (100.0 %), more than 50 %: look at the plan; \
         Guard::team_removals(percent) allows it"
    );
    assert!(check(&Guard::default().team_removals(100), &plan).is_ok());
    // A team of four has no rule of its own.
    let school = School::with(40)
        .group(12, "A", 1..=4)
        .group(17, "B", 5..=40);
    let plan = school.plan(&roster().team(Team::named("A").no_members()));
    assert!(check(&Guard::default(), &plan).is_ok());
}

#[test]
fn moves_renames_and_deletions_have_rules_of_their_own() {
    let school = School::with(20)
        .group(12, "A", 1..=10)
        .group(17, "B", 11..=20);
    let plan = school.plan(
        &roster()
            .team(Team::named("A").at_least(users(1..=20)))
            .team(Team::named("B")),
    );
    assert_eq!(plan.totals().moved, 10);
    assert!(check(&Guard::default(), &plan).is_ok());
    assert_eq!(refused(&Guard::default().moves(49), &plan), [Rule::Moves]);

    let mut school = School::with(0);
    let mut wish = roster();
    for id in 1..=10 {
        school = school.group(id, &format!("Team {id}"), []);
        if id <= 4 {
            wish = wish.team(Team::id(GroupId::new(id)).name(format!("New {id}")));
        }
    }
    let plan = school.plan(&wish);
    assert_eq!(refused(&Guard::default(), &plan), [Rule::Renames]);
    assert!(check(&Guard::default().renames(40), &plan).is_ok());

    let plan = school.plan_by(&wish, &Policy::default().unlisted(Unlisted::Delete));
    assert_eq!(
        refused(&Guard::default(), &plan),
        [Rule::Renames, Rule::Deletions]
    );
    let guard = Guard::default().renames(40).deletions(6);
    assert!(check(&guard, &plan).is_ok());
}

#[test]
fn an_unlisted_team_that_is_kept_is_not_left_without_students() {
    let school = School::with(12)
        .group(12, "A", 1..=2)
        .group(17, "B", 3..=12);
    let wish = roster().team(Team::named("B").at_least(users(1..=2)));
    assert_eq!(
        refused(&Guard::default(), &school.plan(&wish)),
        [Rule::EmptyTeam]
    );
    let listed = wish.team(Team::named("A"));
    assert!(check(&Guard::default(), &school.plan(&listed)).is_ok());
}

#[test]
fn the_refusal_names_every_broken_rule_what_was_found_and_the_way_out() {
    let plan = removing(104, 261);
    let refusal = Guard::default()
        .check_at(&plan, plan.taken_at + 30.hours())
        .unwrap_err();
    assert!(refusal.breaks(Rule::Age) && refusal.breaks(Rule::Removals));
    assert_eq!(
        refusal.to_string(),
        "the guard refused the plan: the plan is 30.0 hours old, more than 24.0 hours: make a new \
         one; Guard::max_age(age) allows it; would remove 104 of 261 (39.8 %), more than 20 %: \
         look at the plan; Guard::removals(percent) allows it"
    );
    let error = Error::from(refusal.clone());
    assert_eq!(error.kind(), ErrorKind::Guard);
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.downcast_ref::<Refusal>(), Some(&refusal));
    assert!(!error.is_transient() && !error.outcome_unknown());
}

#[test]
fn an_old_plan_is_refused_even_with_a_yes() {
    let plan = removing(3, 100);
    let later = plan.taken_at + 25.hours();
    for guard in [Guard::default(), Guard::once(&plan)] {
        let refusal = guard.check_at(&plan, later).unwrap_err();
        assert!(refusal.breaks(Rule::Age));
    }
    let patient = Guard::default().max_age(Duration::from_secs(26 * 3600));
    assert!(patient.check_at(&plan, later).is_ok());
    assert!(Guard::none().check_at(&plan, later).is_ok());
    // A clock that is a little behind does no harm.
    assert!(
        Guard::default()
            .check_at(&plan, plan.taken_at - 1.minute())
            .is_ok()
    );
}

#[test]
fn errors_pass_no_guard() {
    let school = School::with(2).group(12, "A", [1]);
    let plan = school.plan(&roster().team(Team::named("a").at_least(users([2]))));
    error(&plan, FindingKind::NearMiss);
    for guard in [Guard::default(), Guard::none(), Guard::once(&plan)] {
        assert_eq!(refused(&guard, &plan), [Rule::Errors]);
    }
}

#[test]
fn a_yes_holds_for_these_steps_alone_and_for_a_fresh_plan_that_says_the_same() {
    let plan = removing(50, 100);
    let stored = serde_json::to_string(&Guard::once(&plan)).unwrap();
    let guard: Guard = serde_json::from_str(&stored).unwrap();
    assert_eq!(refused(&Guard::default(), &plan), [Rule::Removals]);
    assert!(check(&guard, &plan).is_ok());

    // Taken again later, and read from a file.
    let mut value = serde_json::to_value(&plan).unwrap();
    value["taken_at"] = "2026-03-02T09:00:00Z".into();
    let fresh: Plan = serde_json::from_value(value.clone()).unwrap();
    assert!(guard.check_at(&fresh, now(&fresh)).is_ok());

    assert_eq!(
        refused(&guard, &removing(51, 100)),
        [Rule::Removals, Rule::Once]
    );
    // The same steps elsewhere.
    value["host"] = "other.instructure.com".into();
    let other: Plan = serde_json::from_value(value).unwrap();
    assert!(guard.check_at(&other, now(&other)).is_err());
    // Other steps that need no yes.
    assert!(check(&guard, &removing(2, 100)).is_ok());
}

/// The same for another set.
fn of_set(set: u64, mut plan: Plan) -> Plan {
    plan.set = Some(CategoryId::new(100 + set));
    plan.set_name = format!("Set {set}");
    plan
}

#[test]
fn a_plan_counts_for_the_sum_as_it_is_when_it_is_checked() {
    // 3 of 60 in 5 sets, which are 5 %.
    let plans: Vec<_> = (0..5)
        .map(|set| of_set(set, removing(if set == 0 { 3 } else { 0 }, 12)))
        .collect();
    let guard = Guard::of_all(&plans);
    assert!(check(&guard, &plans[0]).is_ok());
    let sum = |plan: &Plan| {
        let refusal = check(&guard, plan).unwrap_err();
        assert_eq!(refusal.broken.len(), 1, "{refusal}");
        assert!(refusal.breaks(Rule::RemovalsOfAll));
        refusal.to_string()
    };
    // Made anew, it removes somebody by now, and takes the place of the one for its set.
    let anew = of_set(1, removing(3, 12));
    assert!(sum(&anew).contains("5 plans together would remove 6 of 60"));
    // A set that nobody counted.
    let other = of_set(9, removing(3, 12));
    assert!(sum(&other).contains("6 plans together would remove 6 of 72"));
    // The same name on another host or in another course is another set.
    let mut elsewhere = of_set(0, removing(3, 12));
    elsewhere.host = "other.instructure.com".to_owned();
    assert!(sum(&elsewhere).contains("6 plans together"));
    // A guard for no plans counts the one that it is asked about.
    let none: [&Plan; 0] = [];
    let refusal = check(&Guard::of_all(none), &removing(4, 20)).unwrap_err();
    assert!(
        refusal
            .to_string()
            .contains("the plan would remove 4 of 20 (20.0 %), more than 5 %: look at it; ")
    );
    // A set that is made between the two plans is the same.
    let mut missing = of_set(1, removing(0, 12));
    missing.set = None;
    let guard = Guard::of_all([&plans[0], &missing]);
    let refusal = check(&guard, &anew).unwrap_err();
    assert!(
        refusal
            .to_string()
            .contains("2 plans together would remove 6 of 24")
    );
}

#[test]
fn a_plan_takes_the_place_of_the_one_with_its_id_or_else_of_its_name_and_kind() {
    let sum = |others: &[&Plan], plan: &Plan| {
        let guard = Guard::of_all(others.iter().copied());
        check(&guard, plan).unwrap_err().to_string()
    };
    let plan = of_set(1, removing(4, 20));
    let unmade = |plan: &Plan| {
        let mut plan = plan.clone();
        plan.set = None;
        plan
    };
    let of_tags = |plan: &Plan| {
        let mut plan = plan.clone();
        plan.is_tags = true;
        plan
    };
    let harmless = of_set(1, removing(0, 40));
    // An equal id counts for more than an equal name, whichever comes first.
    let mut named = unmade(&of_set(1, removing(0, 20)));
    for others in [[&named, &harmless], [&harmless, &named]] {
        let sum = sum(&others, &plan);
        assert!(
            sum.contains("2 plans together would remove 4 of 40"),
            "{sum}"
        );
    }
    // A set of tags with the name is another set.
    named = of_tags(&named);
    let tags = sum(&[&named], &plan);
    assert!(
        tags.contains("2 plans together would remove 4 of 40"),
        "{tags}"
    );
    let same = sum(&[&named], &of_tags(&plan));
    assert!(same.contains("the plan would remove 4 of 20"), "{same}");
}

#[test]
fn many_plans_have_a_sum_and_one_bad_plan_does_not_stop_the_others() {
    let small: Vec<_> = (0..10).map(|set| of_set(set, removing(3, 12))).collect();
    let harmless = of_set(10, removing(0, 600));
    assert!(
        small
            .iter()
            .all(|plan| check(&Guard::default(), plan).is_ok())
    );

    // 30 of 120.
    let guard = Guard::of_all(&small);
    let refusal = check(&guard, &small[0]).unwrap_err();
    assert_eq!(
        refusal.broken[0].text,
        "10 plans together would remove 30 of 120 (25.0 %), more than 5 %: look at the plans; \
         Guard::removals_of_all(percent) allows it"
    );
    assert!(check(&guard.clone().removals_of_all(25), &small[0]).is_ok());
    assert!(check(&guard, &harmless).is_ok(), "it removes nobody");

    // 30 of 720; the plan that does not pass alone is refused, and not in the sum.
    let bad = of_set(11, removing(600, 600));
    let all: Vec<_> = small.iter().chain([&harmless, &bad]).collect();
    let guard = Guard::of_all(all);
    assert!(small.iter().all(|plan| check(&guard, plan).is_ok()));
    assert!(refused(&guard, &bad).contains(&Rule::Removals));
    let stored = serde_json::to_string(&guard).unwrap();
    assert_eq!(serde_json::from_str::<Guard>(&stored).unwrap(), guard);
}

#[test]
fn a_plan_from_the_future_is_refused_by_its_age() {
    let school = School::with(6).group(12, "Team 1", [1, 2]);
    let plan = school.plan(&roster().team(Team::named("Team 1").members(users([1, 2, 3]))));
    let before = |seconds| plan.taken_at - std::time::Duration::from_secs(seconds);
    let guard = Guard::default();
    guard.check_at(&plan, before(60)).unwrap();
    let refusal = guard.check_at(&plan, before(61)).unwrap_err();
    assert!(
        refusal.to_string().contains("61 seconds from now"),
        "{refusal}"
    );
    Guard::none().check_at(&plan, before(61)).unwrap();
}
