//! The rule over many plans together.

use serde::{Deserialize, Serialize};

use super::{BrokenRule, FLOOR, Guard, Plan, Rule, Tally, counted, is_over, share_of};
use crate::{CategoryId, CourseId};

/// What a plan of one set comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfSet {
    host: String,
    course: CourseId,
    set: Option<CategoryId>,
    set_name: String,
    pub(super) tally: Tally,
}

impl OfSet {
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            host: plan.host.clone(),
            course: plan.course,
            set: plan.set,
            set_name: plan.set_name.clone(),
            tally: Tally::of(plan),
        }
    }

    /// A set that was not made yet when one of the plans was goes by its name.
    fn is_of_set_of(&self, other: &Self) -> bool {
        let is_set = match (self.set, other.set) {
            (Some(set), Some(other)) => set == other,
            _ => self.set_name == other.set_name,
        };
        self.host == other.host && self.course == other.course && is_set
    }
}

/// What many plans come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct All {
    pub(super) removals: u32,
    pub(super) plans: Vec<OfSet>,
}

impl Guard {
    pub(super) fn rule_of_all(&self, all: &All, plan: &OfSet) -> Option<BrokenRule> {
        if plan.tally.removed == 0 {
            return None;
        }
        // Of two plans for one set the other one may still come.
        let mut plans = all.plans.iter();
        let place = plans.position(|other| other == plan);
        let place = place.or_else(|| all.plans.iter().position(|it| it.is_of_set_of(plan)));
        let others = all.plans.iter().enumerate();
        let others = others.filter(|(at, _)| Some(*at) != place);
        let passing = others.map(|(_, other)| &other.tally).chain([&plan.tally]);
        let passing =
            passing.filter(|tally| tally.errors == 0 && self.counted_rules(tally).is_empty());
        let (removed, students, sets) = passing.fold((0, 0, 0_u64), |sum, plan| {
            (sum.0 + plan.removed, sum.1 + plan.students, sum.2 + 1)
        });
        is_over(removed, students, all.removals, FLOOR).then(|| BrokenRule {
            rule: Rule::RemovalsOfAll,
            text: format!(
                "{} together would remove {removed} of {students} ({}), more than {} %: \
                 look at the plans; Guard::removals_of_all(percent) allows it",
                counted(sets, "plan", "plans"),
                share_of(removed, students),
                all.removals
            ),
        })
    }
}
