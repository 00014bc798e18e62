//! Why a plan was refused.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind};

/// A rule of a [`Guard`](super::Guard).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {
    /// The plan has no errors.
    Errors,
    /// The snapshot is not too old.
    Age,
    /// Not too many students are removed.
    Removals,
    /// Not too many students are removed from one team.
    TeamRemovals,
    /// Not too many students are moved.
    Moves,
    /// Not too many teams are renamed.
    Renames,
    /// Not too many teams are deleted.
    Deletions,
    /// The set keeps students.
    EmptySet,
    /// Unlisted teams that are to be kept keep students.
    EmptyTeam,
    /// Not too many students are removed by all plans together.
    RemovalsOfAll,
    /// The steps are those that were agreed to.
    Once,
}

/// A rule that a plan breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BrokenRule {
    /// The rule.
    pub rule: Rule,
    /// What was found, what is allowed, and the way out. It names no person.
    pub text: String,
}

/// Why a [`Guard`](super::Guard) refused a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refusal {
    /// All rules that the plan breaks.
    pub broken: Vec<BrokenRule>,
}

impl Refusal {
    /// Whether this rule is among those that are broken.
    pub fn breaks(&self, rule: Rule) -> bool {
        self.broken.iter().any(|broken| broken.rule == rule)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<_> = self.broken.iter().map(|broken| &*broken.text).collect();
        write!(f, "the guard refused the plan: {}", texts.join("; "))
    }
}

impl std::error::Error for Refusal {}

/// As [`ErrorKind::Guard`]; the refusal is its source.
impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let text = refusal.to_string();
        Self::new(ErrorKind::Guard, text).with_source(refusal)
    }
}
