//! Rosters: what is planned, in which order, and what a guard stops. Nothing here uses a network.

mod csv;
mod guard;
mod matching;
mod matching_teams;
#[cfg(target_os = "linux")]
mod memory;
mod model;
mod order;
mod plan;
mod printing;
mod properties;
mod report;
mod stored;
mod tag_properties;
mod tags;

use canvas_groups::{
    CategoryId, GroupId, UserId,
    roster::{Finding, FindingKind, Made, Plan, Policy, Roster, Severity, Snapshot, Step},
    serde_json::{self, Value, json},
};

const SET: CategoryId = CategoryId::new(4);

/// A course with students 1 to `students`, with SIS ids `S001` and on, logins `user1` and on, in a
/// set with these groups.
struct School(Value);

impl School {
    fn with(students: u64) -> Self {
        let students: Vec<_> = (1..=students).map(student).collect();
        Self(json!({
            "format": 1,
            "host": "school.instructure.com",
            "taken_at": "2026-03-02T02:00:00Z",
            "course": {"id": 7},
            "set": {"id": SET, "name": "Projects"},
            "groups": [],
            "students": students,
        }))
    }

    fn group(mut self, id: u64, name: &str, members: impl IntoIterator<Item = u64>) -> Self {
        let members: Vec<_> = members.into_iter().collect();
        let group = json!({"id": id, "name": name, "members": members});
        self.0["groups"].as_array_mut().unwrap().push(group);
        self
    }

    /// Changes the last group.
    fn but(mut self, key: &str, value: impl Into<Value>) -> Self {
        let groups = self.0["groups"].as_array_mut().unwrap();
        groups.last_mut().unwrap()[key] = value.into();
        self
    }

    /// Changes a field anywhere, by its JSON pointer.
    fn set(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = self.0.pointer_mut(parent).unwrap();
        match key.parse::<usize>() {
            Ok(index) => parent[index] = value.into(),
            Err(_) => parent[key] = value.into(),
        }
        self
    }

    fn snapshot(&self) -> Snapshot {
        serde_json::from_value(self.0.clone()).unwrap()
    }

    fn plan(&self, roster: &Roster) -> Plan {
        self.plan_by(roster, &Policy::default())
    }

    fn plan_by(&self, roster: &Roster, policy: &Policy) -> Plan {
        Plan::new(roster, &self.snapshot(), policy)
    }
}

fn student(id: u64) -> Value {
    json!({
        "id": id,
        "name": format!("Name {id}"),
        "sis_id": format!("S{id:03}"),
        "login": format!("user{id}"),
    })
}

fn users(ids: impl IntoIterator<Item = u64>) -> Vec<UserId> {
    ids.into_iter().map(UserId::new).collect()
}

fn roster() -> Roster {
    Roster::of(SET)
}

fn ids(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.id.as_str()).collect()
}

/// All calls of a plan, with new groups numbered from 101.
fn calls(plan: &Plan) -> Vec<String> {
    let mut made = plan.set.map_or_else(Made::default, Made::in_set);
    let mut calls = Vec::new();
    let mut next = 101;
    for step in &plan.steps {
        let sent = step.outgoing(plan.course, &made).unwrap().unwrap();
        calls.extend(sent.iter().map(ToString::to_string));
        note_made(step, &mut made, &mut next);
    }
    calls
}

fn note_made(step: &Step, made: &mut Made, next: &mut u64) {
    use canvas_groups::roster::{Change, NewTeam};
    match &step.change {
        Change::MakeSet(_) => made.add_set(SET),
        Change::Make(make) => {
            made.add(make.team(), GroupId::new(*next));
            *next += 1;
        }
        Change::Tags(tags) => {
            made.add_set(SET);
            for name in &tags.create {
                made.add(NewTeam::Name(name.clone()), GroupId::new(*next));
                *next += 1;
            }
        }
        _ => {}
    }
}

fn found(plan: &Plan, kind: FindingKind) -> Vec<&Finding> {
    let found = plan.findings.iter();
    found.filter(|finding| finding.kind == kind).collect()
}

/// The one finding of a kind, which has to be an error.
#[track_caller]
fn error(plan: &Plan, kind: FindingKind) -> &Finding {
    let [finding] = *found(plan, kind) else {
        panic!("not one {kind:?}: {:#?}", plan.findings);
    };
    assert_eq!(finding.severity, Severity::Error, "{finding}");
    assert!(plan.has_errors());
    finding
}

#[track_caller]
fn warning(plan: &Plan, kind: FindingKind) -> &Finding {
    let [finding] = *found(plan, kind) else {
        panic!("not one {kind:?}: {:#?}", plan.findings);
    };
    assert_eq!(finding.severity, Severity::Warning, "{finding}");
    finding
}

#[track_caller]
fn no_errors(plan: &Plan) {
    assert!(!plan.has_errors(), "{plan}");
}
