//! What holds for every roster of tags, of which a student may have several.

use std::collections::{BTreeMap, BTreeSet};

use canvas_groups::{
    GroupId, UserId,
    roster::{Change, Plan, Policy, Roster, Snapshot, Team, Unlisted},
    serde_json::{self, json},
};
use proptest::prelude::*;

use crate::{SET, model::Model, student};

/// Tags, and which of them each student has and should have.
#[derive(Debug, Clone)]
struct Case {
    /// Per student: the tags, as indices.
    now: Vec<BTreeSet<usize>>,
    /// Per student: the tags of the roster; those above the number of tags are new.
    then: Vec<BTreeSet<usize>>,
    /// Per tag: whether the roster lists it, and whether it gets another name.
    listed: Vec<(bool, bool)>,
    new: usize,
    unlisted: Unlisted,
}

/// Tag 0 has id 10.
const FIRST: u64 = 10;

fn cases() -> impl Strategy<Value = Case> {
    let sizes = (1..6_usize, 0..3_usize, 0..16_usize);
    sizes.prop_flat_map(|(tags, new, students)| {
        let some = |most: usize| prop::collection::btree_set(0..most, 0..=most.min(4));
        (
            prop::collection::vec(some(tags), students),
            prop::collection::vec(some(tags + new), students),
            prop::collection::vec(
                (prop::bool::weighted(0.85), prop::bool::weighted(0.2)),
                tags,
            ),
            Just(new),
            prop_oneof![
                Just(Unlisted::Keep),
                Just(Unlisted::Empty),
                Just(Unlisted::Delete)
            ],
        )
            .prop_map(|(now, then, listed, new, unlisted)| Case {
                now,
                then,
                listed,
                new,
                unlisted,
            })
    })
}

impl Case {
    fn snapshot(&self) -> Snapshot {
        let tags = (0..self.listed.len()).map(|at| {
            let now = self.now.iter().enumerate();
            let members = now.filter(|(_, tags)| tags.contains(&at));
            let members: Vec<_> = members.map(|(index, _)| index as u64 + 1).collect();
            json!({"id": FIRST + at as u64, "name": format!("Tag {at}"), "members": members})
        });
        let tags: Vec<_> = tags.collect();
        let students: Vec<_> = (1..=self.now.len() as u64).map(student).collect();
        serde_json::from_value(json!({
            "format": 1, "host": "school.instructure.com", "taken_at": "2026-03-02T02:00:00Z",
            "course": {"id": 7}, "set": {"id": SET, "name": "Pace"}, "is_tags": true,
            "groups": tags, "students": students,
        }))
        .unwrap()
    }

    fn name(&self, at: usize) -> String {
        match self.listed.get(at) {
            None => format!("New {at}"),
            Some((true, true)) => format!("Other {at}"),
            Some(_) => format!("Tag {at}"),
        }
    }

    fn is_listed(&self, at: usize) -> bool {
        self.listed.get(at).is_none_or(|(is_listed, _)| *is_listed)
    }

    fn roster(&self) -> Roster {
        let all = 0..self.listed.len() + self.new;
        let teams = all.filter(|at| self.is_listed(*at)).map(|at| {
            let then = self.then.iter().enumerate();
            let members = then.filter(|(_, tags)| tags.contains(&at));
            let members = members.map(|(index, _)| UserId::new(index as u64 + 1));
            let members: Vec<_> = members.collect();
            let team = match at < self.listed.len() {
                true => Team::id(GroupId::new(FIRST + at as u64)).name(self.name(at)),
                false => Team::named(self.name(at)),
            };
            match members.is_empty() {
                true => team.no_members(),
                false => team.members(members),
            }
        });
        Roster::of(SET).teams(teams)
    }

    fn people(tags: &[BTreeSet<usize>], at: usize) -> BTreeSet<usize> {
        let students = tags.iter().enumerate();
        let having = students.filter(|(_, tags)| tags.contains(&at));
        having.map(|(student, _)| student).collect()
    }

    /// Whether a new tag is to have the same people as one that is not listed.
    fn has_twin(&self) -> bool {
        let old = (0..self.listed.len()).filter(|at| !self.is_listed(*at));
        let old: Vec<_> = old.map(|at| Self::people(&self.now, at)).collect();
        let mut new = (self.listed.len()..self.listed.len() + self.new)
            .map(|at| Self::people(&self.then, at));
        new.any(|people| !people.is_empty() && old.contains(&people))
    }

    fn policy(&self) -> Policy {
        Policy::default().unlisted(self.unlisted)
    }

    /// The names of the tags that each student should have at the end.
    fn end(&self) -> BTreeMap<UserId, BTreeSet<String>> {
        let all = 0..self.listed.len() + self.new;
        let students = self.now.iter().zip(&self.then).zip(1..);
        let end = students.map(|((now, then), id)| {
            let has = |at: &usize| match self.is_listed(*at) {
                true => then.contains(at),
                false => self.unlisted == Unlisted::Keep && now.contains(at),
            };
            let tags = all.clone().filter(has).map(|at| self.name(at));
            (UserId::new(id), tags.collect())
        });
        end.collect()
    }
}

fn has(model: &Model, user: UserId) -> BTreeSet<String> {
    let tags = model.teams_of(user).into_iter();
    tags.map(|tag| model.groups[&tag].name.clone()).collect()
}

proptest! {
    #[test]
    fn applying_a_plan_gives_the_roster_and_planning_again_gives_nothing(case in cases()) {
        let snapshot = case.snapshot();
        let (roster, policy) = (case.roster(), case.policy());
        let plan = Plan::new(&roster, &snapshot, &policy);
        // Only a new tag with just the people of one that is not listed is asked about.
        prop_assert_eq!(plan.has_errors(), case.has_twin(), "{}", plan);
        prop_assume!(!plan.has_errors());
        let mut model = Model::of(&snapshot);
        model.apply(&plan);
        for (user, end) in case.end() {
            prop_assert_eq!(has(&model, user), end, "user {} by\n{}", user, plan);
        }
        let again = Plan::new(&roster, &model.snapshot(&snapshot), &policy);
        prop_assert!(again.is_empty() && !again.has_errors(), "{}\nand then\n{}", plan, again);
        // Nobody is placed singly: that would take the other tags.
        let mut steps = plan.steps.iter();
        let is_of_tags = |change: &Change| {
            matches!(change, Change::Tags(_) | Change::Give(_) | Change::Take(_))
        };
        prop_assert!(steps.all(|step| is_of_tags(&step.change)));
    }

    #[test]
    fn totals_are_those_of_the_steps_and_nobody_is_told(case in cases()) {
        let snapshot = case.snapshot();
        let plan = Plan::new(&case.roster(), &snapshot, &case.policy());
        let totals = plan.totals();
        prop_assert_eq!(totals.writes as usize, crate::calls(&plan).len());
        prop_assert_eq!((totals.moved, totals.notices), (0, 0));
        let json = serde_json::to_string(&plan).unwrap();
        prop_assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
    }

    #[test]
    fn add_only_takes_no_tag_and_a_roster_made_of_a_snapshot_plans_to_nothing(case in cases()) {
        let snapshot = case.snapshot();
        let plan = Plan::new(&case.roster(), &snapshot, &Policy::add_only());
        let mut steps = plan.steps.iter();
        let adds = |change: &Change| match change {
            Change::Give(_) => true,
            Change::Tags(tags) => tags.delete.is_empty(),
            _ => false,
        };
        prop_assert!(steps.all(|step| adds(&step.change)), "{}", plan);
        let same = Plan::new(&Roster::from(&snapshot), &snapshot, &Policy::default());
        prop_assert!(same.is_empty() && !same.has_errors(), "{}", same);
    }
}
