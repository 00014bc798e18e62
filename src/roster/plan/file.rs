//! Plans as JSON. What comes from a file is not believed.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Finding, Format, Origin, Plan, PlanPerson, PlanTeam, Step, Totals};
use crate::{
    CategoryId, CourseId, GroupId, UserId,
    roster::{Before, Change, NewTeam, StepId, TeamAt},
};

/// A plan as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    format: Format,
    host: String,
    course: CourseId,
    set: Option<CategoryId>,
    set_name: String,
    #[serde(default)]
    is_tags: bool,
    taken_at: Timestamp,
    /// For other programs. Counted anew when it is read.
    #[serde(default)]
    totals: Totals,
    steps: Vec<Step>,
    #[serde(default)]
    findings: Vec<Finding>,
    teams: Vec<PlanTeam>,
    students_in_teams: u64,
    #[serde(default)]
    may_notify: bool,
    #[serde(default)]
    people: BTreeMap<UserId, PlanPerson>,
}

impl From<Plan> for File {
    fn from(plan: Plan) -> Self {
        Self {
            totals: plan.totals(),
            format: plan.format,
            host: plan.host,
            course: plan.course,
            set: plan.set,
            set_name: plan.set_name,
            is_tags: plan.is_tags,
            taken_at: plan.taken_at,
            steps: plan.steps,
            findings: plan.findings,
            teams: plan.teams,
            students_in_teams: plan.students_in_teams,
            may_notify: plan.may_notify,
            people: plan.people,
        }
    }
}

impl TryFrom<File> for Plan {
    type Error = String;

    fn try_from(file: File) -> Result<Self, String> {
        let mut plan = Self {
            format: file.format,
            origin: Origin::Read,
            host: file.host,
            course: file.course,
            set: file.set,
            set_name: file.set_name,
            is_tags: file.is_tags,
            taken_at: file.taken_at,
            steps: file.steps,
            findings: file.findings,
            teams: file.teams,
            students_in_teams: file.students_in_teams,
            may_notify: file.may_notify,
            people: file.people,
        };
        plan.teams.sort_by_key(|team| team.group);
        Check::default().all(&plan)?;
        Ok(plan)
    }
}

/// What the steps so far have said.
#[derive(Default)]
struct Check<'a> {
    ids: HashSet<&'a StepId>,
    people: HashMap<UserId, &'a Before>,
    made: HashSet<NewTeam>,
    /// The groups of the set.
    groups: HashSet<GroupId>,
    leaving: HashMap<GroupId, u64>,
}

impl<'a> Check<'a> {
    fn all(mut self, plan: &'a Plan) -> Result<(), String> {
        self.groups = plan.teams.iter().map(|team| team.group).collect();
        for step in &plan.steps {
            if let Some(later) = step.needs.iter().find(|need| !self.ids.contains(need)) {
                return Err(format!(
                    "step {} needs {later}, which is no earlier step: make the plan anew",
                    step.id
                ));
            }
            if !self.ids.insert(&step.id) {
                return Err(format!(
                    "step {} is there twice: make the plan anew",
                    step.id
                ));
            }
            self.step(plan, step)
                .map_err(|problem| format!("step {} {problem}: make the plan anew", step.id))?;
        }
        let in_teams: HashMap<GroupId, u64> = plan
            .teams
            .iter()
            .map(|team| (team.group, team.students))
            .collect();
        for (group, count) in self.leaving {
            let students = in_teams.get(&group).copied();
            if students.is_none_or(|students| students < count) {
                return Err(format!(
                    "{count} students leave group {group}, and {} are in it: make the plan anew",
                    students.unwrap_or(0)
                ));
            }
        }
        let most: u64 = plan.teams.iter().map(|team| team.students).sum();
        if plan.students_in_teams > most {
            return Err(format!(
                "{} students are said to be in teams that have {most}: make the plan anew",
                plan.students_in_teams
            ));
        }
        Ok(())
    }

    fn step(&mut self, plan: &Plan, step: &'a Step) -> Result<(), String> {
        let of_tags = matches!(
            step.change,
            Change::Tags(_) | Change::Give(_) | Change::Take(_)
        );
        if of_tags != plan.is_tags {
            return Err("is of another kind of set".to_owned());
        }
        if let Some(group) = step
            .change
            .groups()
            .into_iter()
            .find(|group| !self.groups.contains(group))
        {
            return Err(format!(
                "is about group {group}, which is none of the plan's teams"
            ));
        }
        match &step.change {
            Change::Make(make) => {
                self.made.insert(make.team());
                for before in &make.people {
                    self.person(before)?;
                }
                Ok(())
            }
            Change::Tags(tags) => {
                let names = tags.create.iter().cloned();
                self.made.extend(names.map(NewTeam::Name));
                Ok(())
            }
            Change::Place(place) => {
                self.team(&place.to)?;
                self.person(&place.before)
            }
            Change::Remove(remove) => {
                for before in &remove.people {
                    if !before.teams.contains(&remove.from) {
                        return Err("removes somebody who is not there".to_owned());
                    }
                    // One who is in several teams may be removed from more than one.
                    let seen = self.people.insert(before.user, before);
                    if seen.is_some_and(|seen| seen.teams != before.teams) {
                        return Err(format!("contradicts another about user {}", before.user));
                    }
                    *self.leaving.entry(remove.from).or_default() += 1;
                }
                Ok(())
            }
            Change::Turn(turn) => {
                let places = turn.moves.iter();
                let follow = places
                    .clone()
                    .zip(places.cycle().skip(1))
                    .all(|(place, next)| match next.to {
                        TeamAt::Group(group) => place.before.teams.contains(&group),
                        TeamAt::New(_) => false,
                    });
                let begins = turn.moves.first().map(|place| &place.to);
                if turn.moves.len() < 2 || !follow || begins != Some(&TeamAt::Group(turn.group)) {
                    return Err("is no ring".to_owned());
                }
                for place in &turn.moves {
                    self.person(&place.before)?;
                }
                Ok(())
            }
            Change::Lead(lead) => self.team(&lead.team),
            Change::Give(give) => self.team(&give.tag),
            Change::Take(take) => {
                *self.leaving.entry(take.tag).or_default() += take.people.len() as u64;
                Ok(())
            }
            Change::MakeSet(make) => {
                let is_it =
                    plan.set.is_none() && make.course == plan.course && make.name == plan.set_name;
                match is_it {
                    true => Ok(()),
                    false => Err("makes another set than the plan's".to_owned()),
                }
            }
            Change::Rename(_) | Change::Adopt(_) => Ok(()),
            Change::Limit(_) | Change::Delete(_) => Ok(()),
        }
    }

    fn team(&self, team: &TeamAt) -> Result<(), String> {
        match team {
            TeamAt::New(new) if !self.made.contains(new) => {
                Err(format!("is about {new}, which no earlier step makes"))
            }
            _ => Ok(()),
        }
    }

    fn person(&mut self, before: &'a Before) -> Result<(), String> {
        if self.people.insert(before.user, before).is_some() {
            return Err(format!("is the second about user {}", before.user));
        }
        for group in &before.teams {
            *self.leaving.entry(*group).or_default() += 1;
        }
        Ok(())
    }
}
