//! What is told of an apply.

use canvas_groups::{
    GroupId, UserId,
    jiff::ToSpan,
    roster::{Before, Outcome, Plan, Report, StepReport, Team},
    serde_json::{self, json},
};

use crate::{School, roster, users};

fn plan() -> Plan {
    School::with(5)
        .group(12, "=1+1", [1, 2])
        .group(17, "Team, 2", [3])
        .plan(
            &roster()
                .team(Team::named("=1+1").no_members())
                .team(Team::named("Team, 2").members(users([3, 4])))
                .team(Team::named("New").line(7).members(users([5]))),
        )
}

fn report(outcomes: [Outcome; 3]) -> Report {
    let plan = plan();
    let mut report = Report::new(&plan, plan.taken_at);
    report.ended_at = plan.taken_at + 2.seconds();
    let steps = plan.steps.iter().zip(outcomes);
    report
        .steps
        .extend(steps.map(|(step, outcome)| StepReport::new(&plan, step, outcome)));
    report
}

fn found_in(user: u64, teams: &[u64]) -> Before {
    serde_json::from_value(json!({"user": user, "teams": teams})).unwrap()
}

#[test]
fn a_report_is_complete_if_everything_is_as_it_should_be() {
    let complete = report([Outcome::Done, Outcome::AlreadySo, Outcome::Done]);
    assert!(complete.is_complete());
    assert_eq!(
        complete.to_string(),
        "Group set \"Projects\" (4), course 7.\n\
         Report: all 3 steps complete: 1 already so, 2 done.\n"
    );
    let mut stopped = complete.clone();
    stopped.stopped = Some("five server errors in a row".to_owned());
    assert!(!stopped.is_complete());
    let mut remaining = complete;
    remaining
        .remaining
        .push("group 12 has 3 members, and 2 were expected".to_owned());
    assert!(!remaining.is_complete());
    for outcome in [
        Outcome::partly(users([5])),
        Outcome::failed("full"),
        Outcome::Unknown,
        Outcome::stale([]),
        Outcome::not_tried("stopped"),
    ] {
        assert!(!report([outcome, Outcome::Done, Outcome::Done]).is_complete());
    }
}

#[test]
fn the_summary_tells_what_is_open_and_names_nobody() {
    let report = report([
        Outcome::partly(users([5])),
        Outcome::stale([found_in(4, &[12])]),
        Outcome::not_tried("create:name:New was not done"),
    ]);
    let text = report.to_string();
    assert_eq!(
        text,
        "Group set \"Projects\" (4), course 7.\n  \
           ! create:name:New: partly: 1 person left out\n  \
           ! place:4:none->17: stale: was no longer as planned: make a new plan\n  \
           ! remove:12: not tried: create:name:New was not done\n\
         Report: not complete: 1 not tried, 1 partly, 1 stale.\n"
    );
    assert!(!text.contains("Name ") && !text.contains("S00"));
}

#[test]
fn the_table_has_a_line_for_each_step_and_person() {
    let report = report([
        Outcome::Done,
        Outcome::stale([found_in(4, &[12, 20])]),
        Outcome::partly([UserId::new(2)]),
    ]);
    assert_eq!(
        report.to_csv(),
        "set,team,person,row,action,outcome,message\n\
         Projects,New,S005,7,make,done,\n\
         Projects,\"Team, 2\",S004,,place,stale,was in group 12 and 20: make a new plan\n\
         Projects,'=1+1,S001,,remove,done,\n\
         Projects,'=1+1,S002,,remove,partly,was left out\n"
    );
}

#[test]
fn teams_go_by_their_names_and_everybody_of_a_ring_by_the_team_that_they_get_into() {
    let school = School::with(5)
        .group(12, "A", [1, 2])
        .but("limit", 2)
        .group(17, "B", [3, 4])
        .but("limit", 2);
    let wish = roster()
        .team(Team::named("A").members(users([3, 2])))
        .team(Team::named("B").members(users([1, 4])))
        .team(
            Team::sis("P-61", "Team 61")
                .members(users([5]))
                .leader(UserId::new(5)),
        );
    let plan = school.plan(&wish);
    let mut report = Report::new(&plan, plan.taken_at);
    let steps = plan.steps.iter();
    let steps = steps.map(|step| StepReport::new(&plan, step, Outcome::Done));
    report.steps.extend(steps);
    let table = report.to_csv();
    let mut lines: Vec<_> = table.lines().skip(1).collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "Projects,A,S003,,turn,done,",
            "Projects,B,S001,,turn,done,",
            "Projects,Team 61,S005,,lead,done,",
            "Projects,Team 61,S005,,make,done,",
        ]
    );
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
}

#[test]
fn who_is_not_stale_in_a_step_of_many_was_done() {
    let report = report([
        Outcome::Done,
        Outcome::Done,
        Outcome::stale([found_in(1, &[])]),
    ]);
    let table = report.to_csv();
    assert!(
        table.contains("S001,,remove,stale,was in no team: make a new plan\n"),
        "{table}"
    );
    assert!(table.contains("S002,,remove,done,\n"), "{table}");
}

#[test]
fn a_report_goes_to_json_and_back_and_may_have_more_fields() {
    let report = report([
        Outcome::failed("403"),
        Outcome::stale([found_in(4, &[12])]),
        Outcome::Unknown,
    ]);
    let mut value = serde_json::to_value(&report).unwrap();
    assert_eq!(
        value["steps"][0]["outcome"],
        json!({"failed": {"error": "403"}})
    );
    assert_eq!(value["steps"][2]["outcome"], json!("unknown"));
    assert_eq!(value["format"], json!(1));
    let mut other = value.clone();
    other["format"] = json!(2);
    let refused = serde_json::from_value::<Report>(other).unwrap_err();
    assert!(refused.to_string().contains("only format 1"), "{refused}");
    value["colour"] = json!("red");
    value["steps"][0]["colour"] = json!("red");
    assert_eq!(serde_json::from_value::<Report>(value).unwrap(), report);
    assert_eq!(report.steps[1].people, [UserId::new(4)]);
    assert_eq!(found_in(4, &[12]).teams, [GroupId::new(12)]);
}
