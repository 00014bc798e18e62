//! Plans and rosters as JSON: nothing that is read is believed.

use canvas_groups::{
    UserId,
    roster::{Guard, Plan, Roster, Snapshot, Team},
    serde_json::{self, Value, json},
};

use crate::{School, roster, users};

fn two_teams() -> School {
    School::with(6)
        .group(12, "Team 1", [1, 2])
        .group(17, "Team 2", [3, 4])
}

fn stored() -> (Plan, Value) {
    let wish = roster()
        .team(Team::named("Team 1").members(users([1, 3])))
        .team(
            Team::named("New")
                .members(users([5]))
                .leader(UserId::new(5)),
        );
    let plan = two_teams().plan(&wish);
    let value = serde_json::to_value(&plan).unwrap();
    (plan, value)
}

fn read(value: &Value) -> Result<Plan, String> {
    serde_json::from_value(value.clone()).map_err(|error| error.to_string())
}

#[test]
fn a_plan_goes_to_json_and_back_with_its_format() {
    let (plan, value) = stored();
    assert_eq!(value["format"], 1);
    assert_eq!(read(&value), Ok(plan));
}

#[test]
fn a_plan_with_an_unknown_field_or_change_is_refused() {
    let (_, value) = stored();
    for (pointer, key) in [("", "extra"), ("/steps/0", "extra"), ("/teams/0", "extra")] {
        let mut odd = value.clone();
        odd.pointer_mut(pointer).unwrap()[key] = json!(1);
        assert!(
            read(&odd).unwrap_err().contains("unknown field"),
            "{pointer}"
        );
    }
    let mut odd = value.clone();
    odd["steps"][0]["change"] = json!({"explode": {}});
    assert!(read(&odd).unwrap_err().contains("unknown variant"));
    let mut odd = value;
    odd["format"] = json!(2);
    assert!(read(&odd).unwrap_err().contains("format 2"));
}

#[test]
fn totals_with_an_unknown_field_are_refused_and_others_are_counted_anew() {
    let plan = School::with(1)
        .group(12, "Team 1", [])
        .plan(&roster().team(Team::named("Team 1").members(users([1]))));
    let mut value = serde_json::to_value(&plan).unwrap();
    value["totals"]["writes"] = 99.into();
    let read: Plan = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(read.totals().writes, 1);
    value["totals"]["colour"] = "red".into();
    let refused = serde_json::from_value::<Plan>(value).unwrap_err();
    assert!(refused.to_string().contains("unknown field"), "{refused}");
}

#[test]
fn a_roster_with_an_unknown_field_is_refused_and_a_snapshot_is_read() {
    let mut value = serde_json::to_value(roster().team(Team::named("A"))).unwrap();
    value["teams"][0]["colour"] = json!("red");
    assert!(serde_json::from_value::<Roster>(value).is_err());
    let school = two_teams().set("/set/colour", "red").set("/colour", "red");
    assert_eq!(
        serde_json::from_value::<Snapshot>(school.0.clone()).unwrap(),
        two_teams().snapshot()
    );
}

#[test]
fn steps_that_need_later_ones_are_refused() {
    let (_, value) = stored();
    let mut circle = value.clone();
    let last = value["steps"].as_array().unwrap().last().unwrap()["id"].clone();
    circle["steps"][0]["needs"] = json!([last]);
    assert!(read(&circle).unwrap_err().contains("no earlier step"));
    circle["steps"][0]["needs"] = json!([value["steps"][0]["id"]]);
    assert!(read(&circle).unwrap_err().contains("no earlier step"));
}

#[test]
fn totals_that_lie_are_counted_anew() {
    let (plan, mut value) = stored();
    value["totals"] = json!({"removed": 0, "moved": 0});
    let read = read(&value).unwrap();
    assert_eq!(read.totals(), plan.totals());
    assert_eq!(read.totals().moved, 1);
}

#[test]
fn a_set_that_is_said_to_be_larger_is_counted_anew() {
    let school = School::with(20)
        .group(12, "Team 1", 1..=10)
        .group(17, "Team 2", 11..=20);
    let wish = roster().team(Team::named("Team 1").members(users(1..=5)));
    let plan = school.plan(&wish);
    let guard = Guard::default();
    assert!(guard.check_at(&plan, plan.taken_at).is_err());
    let mut lie = serde_json::to_value(&plan).unwrap();
    lie["teams"][1]["students"] = json!(1000);
    lie["students_in_teams"] = json!(1000);
    let lie = read(&lie).unwrap();
    assert!(guard.check_at(&lie, plan.taken_at).is_ok());
    let counted = lie.counted_in(&school.snapshot());
    assert_eq!(counted, plan);
    assert!(guard.check_at(&counted, plan.taken_at).is_err());
}

#[test]
fn steps_that_no_plan_has_are_refused() {
    let (_, value) = stored();
    let at = |id: &str| {
        let mut steps = value["steps"].as_array().unwrap().iter();
        steps.position(|step| step["id"] == id).unwrap()
    };
    let change = |pointer: String, new: Value| {
        let mut odd = value.clone();
        *odd.pointer_mut(&pointer).unwrap() = new;
        read(&odd).unwrap_err()
    };
    let remove = at("remove:12");
    let people = format!("/steps/{remove}/change/remove/people");
    let gone = [1, 2, 8, 9].map(|id| json!({"user": id, "teams": [12]}));
    assert!(change(people.clone(), json!(gone)).contains("leave group 12"));
    let stranger = json!([{"user": 4, "teams": [17]}]);
    assert!(change(people, stranger).contains("not there"));
    let place = at("place:3:17->12");
    let user = format!("/steps/{place}/change/place/before/user");
    assert!(change(user, json!(5)).contains("second about user 5"));
    let to = format!("/steps/{place}/change/place/to");
    assert!(change(to, json!({"new": {"name": "Other"}})).contains("no earlier step makes"));
    assert!(change("/students_in_teams".to_owned(), json!(900)).contains("900"));
    assert!(change(format!("/steps/{place}/id"), json!("create:name:New")).contains("twice"));
    let to = format!("/steps/{place}/change/place/to");
    assert!(change(to, json!({"group": 99})).contains("group 99, which is none"));
    // Every change that names a group, with one that is not the plan's.
    let first = format!("/steps/{}/change", at("create:name:New"));
    for odd in [
        json!({"rename": {"group": 99, "from": "A", "to": "B"}}),
        json!({"adopt": {"group": 99, "sis_id": "P"}}),
        json!({"limit": {"group": 99, "from": null, "to": 5}}),
        json!({"delete": {"group": 99, "name": "A"}}),
        json!({"remove": {"from": 99, "people": []}}),
        json!({"lead": {"team": {"group": 99}, "from": null, "to": 5}}),
    ] {
        let told = change(first.clone(), odd.clone());
        assert!(told.contains("group 99, which is none"), "{odd}: {told}");
    }
    let set = json!({"make_set": {"course": 8, "name": "Projects"}});
    assert!(change(first, set).contains("another set"));
}
