//! What has to change so that what is becomes what should be.

mod file;
mod states;
mod totals;

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use totals::Totals;

use super::{
    Finding, MakeSet, Policy, Roster, Severity, Snapshot, Step, Unlisted,
    difference::Facts,
    finding::Findings,
    format::Format,
    matching::{Mode, People, Targets},
    order::Order,
};
use crate::{CategoryId, CourseId, GroupId, UserId};

/// What has to change in one set, step by step, and what a person should know about it.
///
/// Making one sends nothing and cannot fail: what is wrong is told in its findings, all at once.
/// Printing it is the dry run. The same roster and snapshot give the same steps, in whatever order
/// the roster names teams and people.
///
/// As JSON it has a `format` number; unknown fields, steps that need later ones, and whatever else
/// no plan made here has, are refused. Totals are not believed but counted again.
///
/// ```
/// use canvas_groups::{
///     CategoryId, Outgoing, UserId,
///     roster::{Made, Plan, Policy, Roster, Snapshot, Team},
///     serde_json,
/// };
///
/// let snapshot: Snapshot = serde_json::from_str(r#"{
///     "format": 1, "host": "school.instructure.com", "taken_at": "2026-03-02T02:00:00Z",
///     "course": {"id": 7}, "set": {"id": 4, "name": "Projects"},
///     "groups": [{"id": 12, "name": "Team 1", "members": [35]}, {"id": 17, "name": "Team 2"}],
///     "students": [{"id": 35, "name": "Ada Moreno", "sis_id": "S001"}]
/// }"#)?;
/// let roster = Roster::of(CategoryId::new(4)).team(Team::named("Team 2").members([UserId::new(35)]));
///
/// let plan = Plan::new(&roster, &snapshot, &Policy::default());
/// let step = plan.step("place:35:12->17").ok_or("no such step")?;
/// let sent = step.outgoing(plan.course, &Made::default())?.ok_or("not yet")?;
/// assert_eq!(sent[0].to_string(), "POST groups/17/memberships\n\n{\"user_id\":35}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "file::File", into = "file::File")]
#[non_exhaustive]
pub struct Plan {
    format: Format,
    origin: Origin,
    /// The host that it is for.
    pub host: String,
    /// The course.
    pub course: CourseId,
    /// The set; `None` if the first step makes it.
    pub set: Option<CategoryId>,
    /// The name of the set.
    pub set_name: String,
    /// Whether it is a set of tags.
    pub is_tags: bool,
    /// When the snapshot was taken.
    pub taken_at: Timestamp,
    /// The steps, in their order.
    pub steps: Vec<Step>,
    /// What is wrong, and what a person should know; errors first.
    pub findings: Vec<Finding>,
    /// The teams as they were, by id.
    pub teams: Vec<PlanTeam>,
    /// How many students were in a team of the set.
    pub students_in_teams: u64,
    /// Whether new members may get a notice.
    pub may_notify: bool,
    /// What people in it go by, for those who read it.
    pub people: BTreeMap<UserId, PlanPerson>,
}

/// Whether a plan was read or made here. Plans that say the same are equal, wherever they come from.
#[derive(Debug, Clone, Copy)]
enum Origin {
    Made,
    Read,
}

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A team as it was when the snapshot of a plan was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PlanTeam {
    /// The group.
    pub group: GroupId,
    /// The name.
    pub name: String,
    /// The SIS id, if it was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sis_id: Option<String>,
    /// How many students were in it.
    pub students: u64,
    /// How many others were in it: see [`SnapshotGroup::others`](super::SnapshotGroup::others).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub others: u64,
    /// Whether the roster lists it.
    pub is_listed: bool,
    /// Whether it is to lose all its students: the roster or the policy says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_be_emptied: bool,
}

/// What a person in a plan goes by.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PlanPerson {
    /// The SIS id, or else the login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Plan {
    /// Compares what should be with what is.
    pub fn new(roster: &Roster, snapshot: &Snapshot, policy: &Policy) -> Self {
        let mut findings = Findings::default();
        let new_set = states::set(roster, snapshot, policy, &mut findings);
        let targets = Targets::of(&roster.teams, snapshot, policy, &mut findings);
        let people = People::of(snapshot);
        let facts = Facts::new(snapshot, policy, people, targets, &roster.in_no_team);
        let changes = facts.changes(&mut findings);
        let make_set = new_set.then(|| MakeSet {
            course: snapshot.course.id,
            name: states::name_of(roster, snapshot),
        });
        let steps = Order::new(&facts, &mut findings).steps(changes, make_set);
        if !steps.is_empty() {
            states::in_the_way(snapshot, policy, &mut findings);
        }
        let mut plan = Self {
            format: Format,
            origin: Origin::Made,
            host: snapshot.host.clone(),
            course: snapshot.course.id,
            set: snapshot.set.as_ref().map(|set| set.id),
            set_name: states::name_of(roster, snapshot),
            is_tags: snapshot.is_tags,
            taken_at: snapshot.taken_at,
            steps,
            findings: findings.into_vec(),
            teams: Self::teams(&facts),
            students_in_teams: facts.teams_of.iter().filter(|at| !at.is_empty()).count() as u64,
            may_notify: snapshot.course.is_published && !snapshot.is_tags,
            people: BTreeMap::new(),
        };
        plan.people = plan
            .users()
            .filter_map(|user| {
                let student = facts.people.get(facts.people.index(user)?);
                let key = student.sis_id.clone().or_else(|| student.login.clone());
                let name = student.name.clone();
                Some((user, PlanPerson { key, name }))
            })
            .collect();
        plan.with_findings(roster.findings.iter().cloned())
    }

    fn teams(facts: &Facts<'_>) -> Vec<PlanTeam> {
        let groups = facts.targets.groups.iter().enumerate();
        let mut students = vec![0; facts.targets.groups.len()];
        for at in facts.teams_of.iter().flatten() {
            students[*at] += 1;
        }
        groups
            .map(|(at, group)| {
                let team = facts.team_at[at].map(|team| &facts.targets.teams[team]);
                PlanTeam {
                    group: group.id,
                    name: group.name.clone(),
                    sis_id: group.sis_id.clone(),
                    students: students[at],
                    others: group.others,
                    is_listed: team.is_some(),
                    may_be_emptied: match team {
                        Some(team) => team.mode == Mode::Exactly,
                        None => facts.policy.unlisted != Unlisted::Keep,
                    },
                }
            })
            .collect()
    }

    /// Everybody whom a step is about.
    fn users(&self) -> impl Iterator<Item = UserId> {
        self.steps.iter().flat_map(|step| step.change.users())
    }

    /// Whether it comes from JSON, which may say anything of the set and of its own age.
    pub(super) fn is_read(&self) -> bool {
        matches!(self.origin, Origin::Read)
    }

    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether a finding is an error: then the plan cannot be applied.
    pub fn has_errors(&self) -> bool {
        let mut findings = self.findings.iter();
        findings.any(|finding| finding.severity == Severity::Error)
    }

    /// The step with this id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id.as_str() == id)
    }

    /// Counted from the steps.
    pub fn totals(&self) -> Totals {
        Totals::of(self)
    }

    /// The same with the teams and numbers of students that a snapshot has.
    ///
    /// A guard goes by shares of the set. A plan from a file could say that the set is larger than
    /// it is, so whoever applies it looks first, and lets the guard check what this returns.
    #[must_use]
    pub fn counted_in(mut self, snapshot: &Snapshot) -> Self {
        let known: BTreeMap<GroupId, PlanTeam> = self
            .teams
            .drain(..)
            .map(|team| (team.group, team))
            .collect();
        let students: HashSet<UserId> =
            snapshot.students.iter().map(|student| student.id).collect();
        let mut in_teams = HashSet::new();
        for group in &snapshot.groups {
            let members = group.members.iter().copied();
            let members: HashSet<UserId> = members.filter(|id| students.contains(id)).collect();
            let before = known.get(&group.id);
            self.teams.push(PlanTeam {
                group: group.id,
                name: group.name.clone(),
                sis_id: group.sis_id.clone(),
                students: members.len() as u64,
                others: group.seats_taken().saturating_sub(members.len() as u64),
                is_listed: before.is_some_and(|team| team.is_listed),
                may_be_emptied: before.is_some_and(|team| team.may_be_emptied),
            });
            in_teams.extend(members);
        }
        self.teams.sort_by_key(|team| team.group);
        self.students_in_teams = in_teams.len() as u64;
        self
    }

    /// Adds what a reader of input noticed.
    #[must_use]
    pub fn with_findings(mut self, findings: impl IntoIterator<Item = Finding>) -> Self {
        self.findings.extend(findings);
        self.findings.sort_by_key(|finding| finding.severity);
        self
    }

    /// The same without the names, SIS ids and logins of the people whom its steps are about, for
    /// logs. Findings still name people by the keys that the roster has for them, so they are left
    /// out but for their kind, number and lines.
    #[must_use]
    pub fn without_names(mut self) -> Self {
        self.people.clear();
        for finding in &mut self.findings {
            if !finding.kind.is_about_teams() {
                finding.text = finding.kind.said_of(finding.count);
            }
        }
        self
    }
}
