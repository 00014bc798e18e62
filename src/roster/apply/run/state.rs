//! How far a step is, and what came of it.

use crate::{
    UserId,
    roster::{Before, Outcome, apply::judge::Verdict},
};

/// How far a step is.
#[derive(Debug)]
pub(super) struct State {
    pub(super) verdict: Verdict,
    /// How many of its jobs are under way or to come.
    pub(super) jobs: usize,
    /// What came of its own call.
    pub(super) outcome: Outcome,
    /// People for whom it was not done.
    pub(super) left_out: Vec<UserId>,
    /// What was said of the first of them.
    pub(super) why: Option<String>,
    pub(super) ended: Option<Outcome>,
}

impl State {
    /// Not begun.
    pub(super) fn of(verdict: Verdict) -> Self {
        Self {
            verdict,
            jobs: 0,
            outcome: Outcome::Done,
            left_out: Vec::new(),
            why: None,
            ended: None,
        }
    }

    /// What came of all its jobs together.
    pub(super) fn outcome(&self) -> Outcome {
        let stale: &[Before] = match &self.verdict {
            Verdict::Do { stale, .. } | Verdict::Fill { stale, .. } => stale,
            _ => &[],
        };
        let is_over = matches!(
            self.outcome,
            Outcome::Done | Outcome::AlreadySo | Outcome::Partly { .. }
        );
        match (is_over, self.left_out.is_empty(), stale.is_empty()) {
            (true, true, false) => Outcome::stale(stale.to_vec()),
            (true, false, _) => {
                let left_out = self.left_out.iter().copied();
                let stale = stale.iter().map(|before| before.user);
                Outcome::partly_for(left_out.chain(stale), self.why.clone())
            }
            _ => self.outcome.clone(),
        }
    }
}
