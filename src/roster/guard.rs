//! How much a plan may change.

mod all;
mod refusal;
mod tally;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use refusal::{BrokenRule, Refusal, Rule};

use self::{
    all::{All, OfSet},
    tally::{Tally, fingerprint},
};
use super::Plan;
use crate::{CategoryId, CourseId};

/// How much a plan may change. A roster that was cut short, or is of last year, is stopped by it.
///
/// | rule | by default | setter |
/// |---|---|---|
/// | students who are removed | 20 % of those in the set, or 3 if that is more | [`removals`](Self::removals) |
/// | students who are removed from one team of more than 4 | 50 % of it | [`team_removals`](Self::team_removals) |
/// | students who are moved | 50 % of those in the set, or 3 | [`moves`](Self::moves) |
/// | teams that are renamed | 20 % of the teams, or 3 | [`renames`](Self::renames) |
/// | teams that are deleted | 0 | [`deletions`](Self::deletions) |
/// | age of the snapshot | 24 hours | [`max_age`](Self::max_age) |
/// | a set that has students keeps some | always | [`once`](Self::once) |
/// | an unlisted team that is to be kept keeps some of its students | always | [`once`](Self::once) |
/// | a plan with errors | never | |
///
/// ```
/// # use canvas_groups::{roster::{Guard, Plan}};
/// # fn run(plan: &Plan) -> Result<(), Box<dyn std::error::Error>> {
/// let guard = Guard::default().removals(40).deletions(2);
/// guard.check(plan)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Guard {
    removals: Option<u32>,
    team_removals: Option<u32>,
    moves: Option<u32>,
    renames: Option<u32>,
    deletions: Option<u64>,
    max_age_seconds: Option<u64>,
    keeps_somebody: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    once: Option<Once>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    all: Option<All>,
}

/// The steps that a person has agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Once {
    host: String,
    course: CourseId,
    set: Option<CategoryId>,
    set_name: String,
    steps: String,
}

impl Once {
    fn of(plan: &Plan) -> Self {
        Self {
            host: plan.host.clone(),
            course: plan.course,
            set: plan.set,
            set_name: plan.set_name.clone(),
            steps: fingerprint(plan),
        }
    }
}

/// So many may always be removed, moved, renamed, whatever the share.
const FLOOR: u64 = 3;
/// Teams of up to so many have no rule of their own.
const SMALL_TEAM: u64 = 4;
const DAY: u64 = 24 * 60 * 60;
/// By so many seconds two clocks may differ.
const CLOCKS_DIFFER: i64 = 60;

impl Default for Guard {
    fn default() -> Self {
        Self {
            removals: Some(20),
            team_removals: Some(50),
            moves: Some(50),
            renames: Some(20),
            deletions: Some(0),
            max_age_seconds: Some(DAY),
            keeps_somebody: true,
            once: None,
            all: None,
        }
    }
}

impl Guard {
    /// Allows everything but plans with errors. A review finds it by its name.
    pub fn none() -> Self {
        Self {
            removals: None,
            team_removals: None,
            moves: None,
            renames: None,
            deletions: None,
            max_age_seconds: None,
            keeps_somebody: false,
            once: None,
            all: None,
        }
    }

    /// The default, but lets exactly these steps on this set through, up to their age.
    ///
    /// For programs that show a plan and ask: the guard can be stored as JSON, and holds for a
    /// fresh plan too if it says the same. If it says anything else, the ordinary rules hold.
    pub fn once(plan: &Plan) -> Self {
        Self {
            once: Some(Once::of(plan)),
            ..Self::default()
        }
    }

    /// The default, and a limit for many plans together: 5 % of the students in all sets are
    /// removed, or 3 if that is more.
    ///
    /// Small sets may each lose 3 students, so a mistake in the source of all rosters could empty a
    /// school without it. The sum is over the plans that pass alone, so that one bad set does not
    /// stop the others. If the sum is too high, every plan that removes somebody is refused.
    ///
    /// A plan that is checked counts as it is then: in the place of the one for its set, if it was
    /// made anew, and beside the others if its set was not among them.
    pub fn of_all<'a>(plans: impl IntoIterator<Item = &'a Plan>) -> Self {
        Self {
            all: Some(All {
                removals: 5,
                plans: plans.into_iter().map(OfSet::of).collect(),
            }),
            ..Self::default()
        }
    }

    /// Sets how many percent of the students in the set may be removed; 3 may always be.
    #[must_use]
    pub fn removals(mut self, percent: u32) -> Self {
        self.removals = Some(percent);
        self
    }

    /// Sets how many percent of any one team of more than 4 students may be removed.
    #[must_use]
    pub fn team_removals(mut self, percent: u32) -> Self {
        self.team_removals = Some(percent);
        self
    }

    /// Sets how many percent of the students in the set may be moved; 3 may always be.
    #[must_use]
    pub fn moves(mut self, percent: u32) -> Self {
        self.moves = Some(percent);
        self
    }

    /// Sets how many percent of the teams may be renamed; 3 may always be.
    #[must_use]
    pub fn renames(mut self, percent: u32) -> Self {
        self.renames = Some(percent);
        self
    }

    /// Sets how many teams may be deleted.
    #[must_use]
    pub fn deletions(mut self, teams: u64) -> Self {
        self.deletions = Some(teams);
        self
    }

    /// Sets how old the snapshot of a plan may be. One that was taken more than a minute in the
    /// future is refused, whatever the age.
    #[must_use]
    pub fn max_age(mut self, age: std::time::Duration) -> Self {
        self.max_age_seconds = Some(age.as_secs());
        self
    }

    /// For [`of_all`](Self::of_all): sets how many percent of the students in all sets may be
    /// removed; 3 may always be.
    #[must_use]
    pub fn removals_of_all(mut self, percent: u32) -> Self {
        if let Some(all) = &mut self.all {
            all.removals = percent;
        }
        self
    }

    /// Checks a plan now. An apply does the same before it sends anything.
    ///
    /// # Errors
    /// [`Refusal`], which names every rule that is broken. It turns into an [`Error`](crate::Error)
    /// of the kind [`Guard`](crate::ErrorKind::Guard).
    pub fn check(&self, plan: &Plan) -> Result<(), Refusal> {
        self.check_at(plan, Timestamp::now())
    }

    /// Checks a plan at a given time.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn check_at(&self, plan: &Plan, now: Timestamp) -> Result<(), Refusal> {
        let of_set = OfSet::of(plan);
        let tally = &of_set.tally;
        let mut broken = Vec::new();
        let mut refuse = |rule, text| broken.push(BrokenRule { rule, text });
        if tally.errors > 0 {
            let errors = counted(tally.errors, "error", "errors");
            let text = format!("the plan has {errors}: look at its findings, no guard allows them");
            refuse(Rule::Errors, text);
        }
        let age = now.duration_since(plan.taken_at).as_secs();
        if let Some(most) = self.max_age_seconds
            && u64::try_from(age).is_ok_and(|age| age > most)
        {
            let hours = |seconds: u64| format!("{:.1} hours", seconds as f64 / 3600.0);
            let text = format!(
                "the plan is {} old, more than {}: make a new one; Guard::max_age(age) allows it",
                hours(age.unsigned_abs()),
                hours(most)
            );
            refuse(Rule::Age, text);
        }
        if self.max_age_seconds.is_some() && age < -CLOCKS_DIFFER {
            let text = format!(
                "the snapshot of the plan was taken {} seconds from now: correct the clock of the \
                 machine that took it, and make a new plan",
                age.unsigned_abs()
            );
            refuse(Rule::Age, text);
        }
        let is_agreed = self
            .once
            .as_ref()
            .is_some_and(|once| *once == Once::of(plan));
        if !is_agreed {
            let before = broken.len();
            broken.extend(self.counted_rules(tally));
            if let Some(all) = &self.all {
                broken.extend(self.rule_of_all(all, &of_set));
            }
            if self.once.is_some() && broken.len() > before {
                broken.push(BrokenRule {
                    rule: Rule::Once,
                    text: "these are not the steps that were agreed to: show the new plan and ask \
                           again; Guard::once(&plan) allows it"
                        .to_owned(),
                });
            }
        }
        match broken.is_empty() {
            true => Ok(()),
            false => Err(Refusal { broken }),
        }
    }

    /// The rules about what a plan comes to, without its age and errors.
    fn counted_rules(&self, tally: &Tally) -> Vec<BrokenRule> {
        let mut broken = Vec::new();
        let mut share = |rule, percent: Option<u32>, floor, count, of, verb: &str, setter: &str| {
            let Some(percent) = percent else { return };
            if is_over(count, of, percent, floor) {
                let text = format!(
                    "would {verb} {count} of {of} ({}), more than {percent} %: look at the plan; \
                     Guard::{setter}(percent) allows it",
                    share_of(count, of)
                );
                broken.push(BrokenRule { rule, text });
            }
        };
        let students = tally.students;
        let (removed, moved) = (tally.removed, tally.moved);
        share(
            Rule::Removals,
            self.removals,
            FLOOR,
            removed,
            students,
            "remove",
            "removals",
        );
        share(
            Rule::Moves,
            self.moves,
            FLOOR,
            moved,
            students,
            "move",
            "moves",
        );
        let (renamed, teams) = (tally.renamed, tally.teams);
        share(
            Rule::Renames,
            self.renames,
            FLOOR,
            renamed,
            teams,
            "rename",
            "renames",
        );
        for team in tally
            .losing
            .iter()
            .filter(|team| team.students > SMALL_TEAM)
        {
            let verb = format!("remove from \"{}\"", team.name);
            let (rule, of) = (Rule::TeamRemovals, team.students);
            share(
                rule,
                self.team_removals,
                0,
                team.removed,
                of,
                &verb,
                "team_removals",
            );
        }
        let mut refuse = |rule, text| broken.push(BrokenRule { rule, text });
        if let Some(most) = self.deletions.filter(|most| tally.deleted > *most) {
            let text = format!(
                "would delete {}, more than {most}: look at the plan; Guard::deletions(teams) \
                 allows it",
                counted(tally.deleted, "team", "teams")
            );
            refuse(Rule::Deletions, text);
        }
        if self.keeps_somebody && tally.empties_set {
            let text = format!(
                "would leave the set without students, of which it has {students}: look at the \
                 plan; Guard::once(&plan) allows it"
            );
            refuse(Rule::EmptySet, text);
        }
        if self.keeps_somebody {
            for team in &tally.emptied {
                let text = format!(
                    "would take all students out of \"{team}\", which the roster does not list and \
                     the policy keeps: list it; Guard::once(&plan) allows it"
                );
                refuse(Rule::EmptyTeam, text);
            }
        }
        broken
    }
}

/// Whether `count` of `of` is more than a share, and more than what is always allowed.
fn is_over(count: u64, of: u64, percent: u32, floor: u64) -> bool {
    count > floor && u128::from(count) * 100 > u128::from(of) * u128::from(percent)
}

fn share_of(count: u64, of: u64) -> String {
    match of {
        0 => "of none".to_owned(),
        of => format!("{:.1} %", count as f64 * 100.0 / of as f64),
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
