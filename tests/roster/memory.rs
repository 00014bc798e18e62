//! How much memory the largest plans take: the peak of a process that does nothing else.

use std::{fmt::Write, fs, process::Command};

use canvas_groups::{
    UserId,
    roster::{Guard, Plan, Policy, Roster, Snapshot, Team},
    serde_json,
};

use crate::SET;

const TEAMS: u64 = 20_000;
const STUDENTS: u64 = 100_000;
/// Says that this process is the one that is measured.
const MEASURED: &str = "CANVAS_GROUPS_MEASURED";
const NAME: &str = "memory::twenty_thousand_teams_take_a_few_kilobytes_each";

#[test]
fn twenty_thousand_teams_take_a_few_kilobytes_each() {
    if std::env::var_os(MEASURED).is_some() {
        plan_and_print();
        return;
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env(MEASURED, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&child.stdout);
    let peak = text
        .split("peak ")
        .nth(1)
        .and_then(|it| it.split(' ').next());
    let peak: u64 = peak.unwrap_or_else(|| panic!("{child:?}")).parse().unwrap();
    println!("{} KiB for each of {TEAMS} teams", peak / TEAMS);
    // Five students with their names, where they are, and a step for each.
    assert!(peak < TEAMS * 16, "{peak} KiB");
}

/// Everybody of a team of five, which is full, moves on to the next one.
fn plan_and_print() {
    let snapshot: Snapshot = serde_json::from_str(&snapshot()).unwrap();
    let teams = (0..TEAMS).map(|team| {
        let members = (1..=5).map(|seat| (team * 5 + seat + 5) % STUDENTS + 1);
        Team::named(format!("Team {team}")).members(members.map(UserId::new))
    });
    let roster = Roster::of(SET).teams(teams);
    let plan = Plan::new(&roster, &snapshot, &Policy::default());
    assert!(!plan.has_errors());
    assert_eq!(plan.totals().moved, STUDENTS);
    // What a program does with it: it is shown, checked and stored.
    assert!(plan.to_string().len() > 1_000_000);
    assert!(Guard::default().check(&plan).is_err());
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!("peak {}", peak.unwrap().trim());
}

fn snapshot() -> String {
    let mut text = format!(
        r#"{{"format":1,"host":"school.instructure.com","taken_at":"2026-03-02T02:00:00Z",
        "course":{{"id":7}},"set":{{"id":{SET},"name":"Projects"}},"groups":["#
    );
    for team in 0..TEAMS {
        let first = team * 5;
        let members: Vec<_> = (1..=5).map(|seat| (first + seat).to_string()).collect();
        let members = members.join(",");
        let comma = if team == 0 { "" } else { "," };
        write!(
            text,
            r#"{comma}{{"id":{},"name":"Team {team}","members":[{members}],"limit":5}}"#,
            team + 1
        )
        .unwrap();
    }
    text += r#"],"students":["#;
    for id in 1..=STUDENTS {
        let comma = if id == 1 { "" } else { "," };
        write!(
            text,
            r#"{comma}{{"id":{id},"name":"Familyname {id}, Given {id}","sis_id":"S{id:06}","login":"user{id}"}}"#
        )
        .unwrap();
    }
    text + "]}"
}
