//! The rule over many plans together.

use serde::{Deserialize, Serialize};

use super::{BrokenRule, FLOOR, Guard, Plan, Rule, Tally, is_over, share_of};
use crate::{CategoryId, CourseId};

/// What a plan of one set comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfSet {
    host: String,
    course: CourseId,
    set: Option<CategoryId>,
    set_name: String,
    #[serde(default)]
    is_tags: bool,
    pub(super) tally: Tally,
}

impl OfSet {
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            host: plan.host.clone(),
            course: plan.course,
            set: plan.set,
            set_name: plan.set_name.clone(),
            is_tags: plan.is_tags,
            tally: Tally::of(plan),
        }
    }

    fn is_in_course_of(&self, other: &Self) -> bool {
        self.host == other.host && self.course == other.course
    }

    fn has_id_of(&self, other: &Self) -> bool {
        self.is_in_course_of(other) && self.set.is_some() && self.set == other.set
    }

    /// A set that was not made yet when one of the plans was goes by its name, which a set of groups
    /// and one of tags may share.
    fn has_name_of(&self, other: &Self) -> bool {
        self.is_in_course_of(other)
            && (self.set.is_none() || other.set.is_none())
            && self.is_tags == other.is_tags
            && self.set_name == other.set_name
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
        let at = |is_it: &dyn Fn(&OfSet) -> bool| all.plans.iter().position(is_it);
        let place = at(&|other| other == plan)
            .or_else(|| at(&|other| other.has_id_of(plan)))
            .or_else(|| at(&|other| other.has_name_of(plan)));
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
                "{} would remove {removed} of {students} ({}), more than {} %: look at {}; \
                 Guard::removals_of_all(percent) allows it",
                match sets {
                    1 => "the plan".to_owned(),
                    sets => format!("{sets} plans together"),
                },
                share_of(removed, students),
                all.removals,
                if sets == 1 { "it" } else { "the plans" },
            ),
        })
    }
}
