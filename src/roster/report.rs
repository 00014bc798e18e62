//! What came of a plan.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Before, Change, NewTeam, Plan, PlanPerson, Step, StepId, TeamAt, dump::cell, finding::counted,
    finding::one_line, format::Format,
};
use crate::{CategoryId, CourseId, GroupId, UserId};

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was so already.
    AlreadySo,
    /// It was done but for some people.
    #[non_exhaustive]
    Partly {
        /// Those for whom it was not done.
        left_out: Vec<UserId>,
        /// What the server said of the first of them, if it said anything. It names no person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// The server refused it, or could not be reached.
    #[non_exhaustive]
    Failed {
        /// The error, which names no person.
        error: String,
    },
    /// The answer was lost, and it could not be found out whether it was done. A new plan tells.
    Unknown,
    /// Somebody or something was no longer as the plan expected. For the other people of the step it
    /// was done.
    #[non_exhaustive]
    Stale {
        /// Where these people were instead; empty if it was the whole that was otherwise.
        found: Vec<Before>,
    },
    /// It was not tried.
    #[non_exhaustive]
    NotTried {
        /// Why: the step that it needed, or what stopped the whole.
        because: String,
    },
}

impl Outcome {
    /// Done but for these people.
    pub fn partly(left_out: impl IntoIterator<Item = UserId>) -> Self {
        Self::partly_for(left_out, None)
    }

    /// Done but for these people, for this reason.
    pub(super) fn partly_for(
        left_out: impl IntoIterator<Item = UserId>,
        error: Option<String>,
    ) -> Self {
        let left_out = left_out.into_iter().collect();
        Self::Partly { left_out, error }
    }

    /// Failed with this error.
    pub fn failed(error: impl fmt::Display) -> Self {
        let error = error.to_string();
        Self::Failed { error }
    }

    /// Found otherwise than expected.
    pub fn stale(found: impl IntoIterator<Item = Before>) -> Self {
        let found = found.into_iter().collect();
        Self::Stale { found }
    }

    /// Not tried, for this reason.
    pub fn not_tried(because: impl fmt::Display) -> Self {
        let because = because.to_string();
        Self::NotTried { because }
    }

    /// Whether everything is as the step wanted it.
    pub fn is_complete(&self) -> bool {
        matches!(self, Self::Done | Self::AlreadySo)
    }

    /// The name of the outcome in tables, such as `already_so`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::AlreadySo => "already_so",
            Self::Partly { .. } => "partly",
            Self::Failed { .. } => "failed",
            Self::Unknown => "unknown",
            Self::Stale { .. } => "stale",
            Self::NotTried { .. } => "not_tried",
        }
    }

    /// What is to be said of a person, or of the step as a whole, in one line.
    fn message(&self, user: Option<UserId>) -> String {
        match self {
            Self::Done | Self::AlreadySo => String::new(),
            Self::Partly { left_out, error } => {
                let left = match user {
                    Some(_) => "was left out".to_owned(),
                    None => format!(
                        "{} left out",
                        counted(left_out.len() as u64, "person", "people")
                    ),
                };
                match error {
                    Some(error) => format!("{left}: {error}"),
                    None => left,
                }
            }
            Self::Failed { error } => error.clone(),
            Self::Unknown => "the answer was lost: make a new plan".to_owned(),
            Self::Stale { found } => {
                let found = found.iter().find(|before| Some(before.user) == user);
                match found.map(|before| &*before.teams) {
                    None => "was no longer as planned: make a new plan".to_owned(),
                    Some([]) => "was in no team: make a new plan".to_owned(),
                    Some(teams) => {
                        let teams: Vec<_> = teams.iter().map(GroupId::to_string).collect();
                        format!("was in group {}: make a new plan", teams.join(" and "))
                    }
                }
            }
            Self::NotTried { because } => because.clone(),
        }
    }
}

/// What came of one step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StepReport {
    /// The step.
    pub step: StepId,
    /// What it does: `place`, `remove` and so on.
    pub action: String,
    /// The team that it is about, by its name.
    #[serde(default)]
    pub team: String,
    /// The people that it is about.
    #[serde(default)]
    pub people: Vec<UserId>,
    /// The team that each of them gets into, if they are not all the same one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub teams: BTreeMap<UserId, String>,
    /// The lines of the input that it comes from.
    #[serde(default)]
    pub lines: Vec<u64>,
    /// What came of it.
    pub outcome: Outcome,
}

impl StepReport {
    /// What came of a step of this plan.
    pub fn new(plan: &Plan, step: &Step, outcome: Outcome) -> Self {
        let named = |group: &GroupId| {
            let team = plan.teams.binary_search_by_key(group, |team| team.group);
            team.map_or_else(|_| group.to_string(), |team| plan.teams[team].name.clone())
        };
        let at = |team: &TeamAt| match team {
            TeamAt::Group(group) => named(group),
            TeamAt::New(NewTeam::Name(name)) => name.clone(),
            TeamAt::New(NewTeam::Sis(id)) => {
                let mut made = plan.steps.iter().filter_map(|step| match &step.change {
                    Change::Make(make) => Some(make),
                    _ => None,
                });
                let made = made.find(|make| make.sis_id.as_ref() == Some(id));
                made.map_or_else(|| id.clone(), |make| make.name.clone())
            }
        };
        let mut teams = BTreeMap::new();
        if let Change::Turn(turn) = &step.change {
            let moves = turn.moves.iter();
            teams.extend(moves.map(|place| (place.before.user, at(&place.to))));
        }
        let (action, team) = match &step.change {
            Change::MakeSet(_) => ("make_set", String::new()),
            Change::Rename(rename) => ("rename", rename.from.clone()),
            Change::Adopt(adopt) => ("adopt", named(&adopt.group)),
            Change::Make(make) => ("make", make.name.clone()),
            Change::Limit(limit) => ("limit", named(&limit.group)),
            Change::Place(place) => ("place", at(&place.to)),
            Change::Remove(remove) => ("remove", named(&remove.from)),
            Change::Turn(turn) => ("turn", named(&turn.group)),
            Change::Lead(lead) => ("lead", at(&lead.team)),
            Change::Delete(delete) => ("delete", delete.name.clone()),
            Change::Tags(_) => ("tags", String::new()),
            Change::Give(give) => ("give", at(&give.tag)),
            Change::Take(take) => ("take", named(&take.tag)),
        };
        Self {
            step: step.id.clone(),
            action: action.to_owned(),
            team,
            people: step.change.users(),
            teams,
            lines: step.lines.clone(),
            outcome,
        }
    }
}

impl StepReport {
    /// A line for what is left, if the step was not done.
    pub(super) fn undone(&self) -> Option<String> {
        let outcome = self.outcome.as_str().replace('_', " ");
        (!self.outcome.is_complete()).then(|| format!("{}: {outcome}", self.step))
    }
}

/// What came of a plan: the outcome of each step, and what is left to do.
///
/// As JSON it has a `format` number, and may have more fields than are known here. Its `Display` is a
/// summary that names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    format: Format,
    /// The host.
    pub host: String,
    /// The course.
    pub course: CourseId,
    /// The set; `None` if it was to be made and was not.
    pub set: Option<CategoryId>,
    /// The name of the set.
    pub set_name: String,
    /// When the first call was made.
    pub began_at: Timestamp,
    /// When the last call had ended.
    pub ended_at: Timestamp,
    /// The steps, in the order of the plan.
    #[serde(default)]
    pub steps: Vec<StepReport>,
    /// Why the whole was stopped, if it was.
    #[serde(default)]
    pub stopped: Option<String>,
    /// What is not as the plan wants it, one line each: what a last look at the set found, and the
    /// steps that were not done.
    #[serde(default)]
    pub remaining: Vec<String>,
    /// What people in it go by.
    #[serde(default)]
    pub people: BTreeMap<UserId, PlanPerson>,
}

impl Report {
    /// A report on this plan, with no step in it yet.
    pub fn new(plan: &Plan, began_at: Timestamp) -> Self {
        Self {
            format: Format,
            host: plan.host.clone(),
            course: plan.course,
            set: plan.set,
            set_name: plan.set_name.clone(),
            began_at,
            ended_at: began_at,
            steps: Vec::new(),
            stopped: None,
            remaining: Vec::new(),
            people: plan.people.clone(),
        }
    }

    /// Whether everything is as the plan wants it.
    pub fn is_complete(&self) -> bool {
        let mut steps = self.steps.iter();
        self.stopped.is_none()
            && self.remaining.is_empty()
            && steps.all(|step| step.outcome.is_complete())
    }

    /// How many steps have each outcome, by its name.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for step in &self.steps {
            *counts.entry(step.outcome.as_str()).or_default() += 1;
        }
        counts
    }

    /// The report as CSV: `set,team,person,row,action,outcome,message`, one line for each step and
    /// person.
    ///
    /// People go by their SIS id, or else by their login or Canvas id. A cell that a spreadsheet
    /// would take for a formula begins with an apostrophe.
    pub fn to_csv(&self) -> String {
        let mut text = "set,team,person,row,action,outcome,message\n".to_owned();
        for step in &self.steps {
            let rows: Vec<_> = step.lines.iter().map(u64::to_string).collect();
            let rows = rows.join(" ");
            let nobody = step.people.is_empty().then_some(None);
            let people = step.people.iter().copied().map(Some);
            for user in people.chain(nobody) {
                let key = user.map(|user| {
                    let person = self.people.get(&user);
                    let key = person.and_then(|person| person.key.clone());
                    key.unwrap_or_else(|| user.to_string())
                });
                let key = key.unwrap_or_default();
                let is_open = match (&step.outcome, user) {
                    (Outcome::Partly { left_out, .. }, Some(user)) => left_out.contains(&user),
                    (Outcome::Stale { found }, Some(user)) if !found.is_empty() => {
                        found.iter().any(|before| before.user == user)
                    }
                    _ => true,
                };
                let outcome = match is_open {
                    true => step.outcome.as_str(),
                    false => Outcome::Done.as_str(),
                };
                let message = match is_open {
                    true => step.outcome.message(user),
                    false => String::new(),
                };
                let team = user.and_then(|user| step.teams.get(&user));
                let cells = [
                    &*self.set_name,
                    team.unwrap_or(&step.team),
                    &*key,
                    &*rows,
                    &*step.action,
                    outcome,
                    &*message,
                ];
                text += &cells.map(cell).join(",");
                text.push('\n');
            }
        }
        text
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self
            .set
            .map_or("not made".to_owned(), |set| set.to_string());
        writeln!(
            f,
            "Group set \"{}\" ({id}), course {}.",
            one_line(&self.set_name),
            self.course
        )?;
        let open = self.steps.iter().filter(|step| !step.outcome.is_complete());
        for step in open {
            let outcome = step.outcome.as_str().replace('_', " ");
            let id = one_line(step.step.as_str());
            match &*step.outcome.message(None) {
                "" => writeln!(f, "  ! {id}: {outcome}")?,
                message => writeln!(f, "  ! {id}: {outcome}: {}", one_line(message))?,
            }
        }
        let undone: HashSet<_> = self.steps.iter().filter_map(StepReport::undone).collect();
        let remaining = self.remaining.iter();
        for remaining in remaining.filter(|remaining| !undone.contains(*remaining)) {
            writeln!(f, "  ! left: {}", one_line(remaining))?;
        }
        if let Some(stopped) = &self.stopped {
            writeln!(f, "  !! stopped: {}", one_line(stopped))?;
        }
        let counts = self.counts();
        let counts = counts
            .iter()
            .map(|(outcome, count)| format!("{count} {}", outcome.replace('_', " ")));
        let counts = counts.collect::<Vec<_>>().join(", ");
        let steps = counted(self.steps.len() as u64, "step", "steps");
        match (self.steps.is_empty(), self.is_complete()) {
            (true, true) => writeln!(f, "Report: there was nothing to do."),
            (true, false) => writeln!(f, "Report: no step was tried."),
            (false, true) => writeln!(f, "Report: all {steps} complete: {counts}."),
            (false, false) => writeln!(f, "Report: not complete: {counts}."),
        }
    }
}
