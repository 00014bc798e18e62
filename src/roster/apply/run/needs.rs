//! What a step needs of those before it.

use super::{Run, State};
use crate::roster::{Before, Change, Made, Outcome, TeamAt};

impl Run {
    /// What the requests of a step need of what was made.
    pub(super) fn made_for(&self, change: &Change) -> Made {
        let all = &self.expected.made;
        let mut made = all.set().map_or_else(Made::default, Made::in_set);
        let team = match change {
            Change::Place(place) => Some(&place.to),
            Change::Lead(lead) => Some(&lead.team),
            Change::Give(give) => Some(&give.tag),
            _ => None,
        };
        if let Some(team @ TeamAt::New(new)) = team
            && let Some(group) = all.group(team)
        {
            made.add(new.clone(), group);
        }
        made
    }

    /// Why a step cannot be done, if something that it needs was not.
    pub(super) fn unmet(&self, step: usize) -> Option<Outcome> {
        let step = &self.plan.steps[step];
        let unmet = step.needs.iter().find(|need| {
            let need = self
                .places
                .get(need)
                .map(|place| (*place, &self.states[*place]));
            need.is_none_or(|(place, state)| !self.is_met(&step.change, place, state))
        })?;
        Some(Outcome::not_tried(format!("it needs {unmet}")))
    }

    fn is_met(&self, change: &Change, place: usize, state: &State) -> bool {
        let Some(outcome) = &state.ended else {
            return false;
        };
        if outcome.is_complete() {
            return true;
        }
        if matches!(change, Change::Place(_) | Change::Turn(_))
            && are_away(&self.plan.steps[place].change, outcome)
        {
            return true;
        }
        // A team that was made is there, whoever of its people is missing.
        let new = match &self.plan.steps[place].change {
            Change::Make(make) => make.team(),
            _ => return false,
        };
        let new = TeamAt::New(new);
        let made = self.expected.made.group(&new).is_some();
        match change {
            Change::Place(place) => made && place.to == new,
            Change::Lead(lead) => {
                let is_stale = match outcome {
                    Outcome::Stale { found } => found.iter().any(|it| it.user == lead.to),
                    _ => false,
                };
                made && lead.team == new && !is_stale && !state.left_out.contains(&lead.to)
            }
            _ => false,
        }
    }
}

/// Whether the people whom a step was to take out of groups are all out of them, though it found
/// some elsewhere than it expected: the seats that it was to free are free.
fn are_away(change: &Change, outcome: &Outcome) -> bool {
    let Outcome::Stale { found } = outcome else {
        return false;
    };
    let is_away = |now: &Before| match change {
        Change::Remove(remove) => !now.teams.contains(&remove.from),
        Change::Place(place) => {
            let mut teams = place.before.teams.iter();
            place.before.user == now.user && teams.all(|team| !now.teams.contains(team))
        }
        _ => false,
    };
    !found.is_empty() && found.iter().all(is_away)
}
