//! What holds for every roster and every snapshot.

use std::collections::{BTreeMap, BTreeSet};

use canvas_groups::{
    GroupId, UserId,
    roster::{Change, Doubles, FindingKind, Plan, Policy, Roster, Snapshot, Step, Team, Unlisted},
    serde_json::{self, json},
};
use proptest::prelude::*;

use crate::{SET, model::Model, student};

/// A course, and where each of its students should be: a team by number, or none.
#[derive(Debug, Clone)]
struct Case {
    /// Per group: others in it, limit.
    groups: Vec<(u64, Option<u64>)>,
    set_limit: Option<u64>,
    /// Per student: the groups that the student is in, as indices; most are in one at most.
    now: Vec<BTreeSet<usize>>,
    /// Per student: the team of the roster; those above the number of groups are new.
    then: Vec<Option<usize>>,
    /// Per team of the roster: whether it is listed, and the limit wished for.
    listed: Vec<(bool, Option<u64>)>,
    unlisted: Unlisted,
    doubles: Doubles,
}

/// Group 0 has id 10.
const FIRST: u64 = 10;

fn cases() -> impl Strategy<Value = Case> {
    let sizes = (1..7_usize, 0..3_usize, 0..24_usize);
    sizes.prop_flat_map(|(groups, new_teams, students)| {
        let teams = groups + new_teams;
        let limit = || prop_oneof![2 => Just(None), 1 => (2..6_u64).prop_map(Some)];
        // Limits that fit exactly make rings.
        let tight = prop_oneof![1 => Just(0_u8), 4 => Just(1), 1 => Just(2)];
        // Students who only change places make many.
        let places: Vec<usize> = (0..students).collect();
        let places = prop::option::of(Just(places).prop_shuffle());
        (
            prop::collection::vec((prop_oneof![3 => Just(0), 1 => 1..3_u64], limit()), groups),
            limit(),
            prop::collection::vec(
                prop_oneof![
                    1 => Just(BTreeSet::new()),
                    8 => (0..groups).prop_map(|group| BTreeSet::from([group])),
                    1 => prop::collection::btree_set(0..groups, 1..3),
                ],
                students,
            ),
            prop::collection::vec(
                prop_oneof![1 => Just(None), 6 => (0..teams).prop_map(Some)],
                students,
            ),
            prop::collection::vec((prop::bool::weighted(0.85), limit()), teams),
            prop_oneof![
                Just(Unlisted::Keep),
                Just(Unlisted::Empty),
                Just(Unlisted::Delete)
            ],
            prop_oneof![Just(Doubles::Tell), Just(Doubles::Mend)],
            (tight, places),
        )
            .prop_map(
                move |(
                    groups,
                    set_limit,
                    now,
                    then,
                    listed,
                    unlisted,
                    doubles,
                    (tight, places),
                )| {
                    let mut case = Case {
                        groups,
                        set_limit,
                        now,
                        then,
                        listed,
                        unlisted,
                        doubles,
                    };
                    if let Some(places) = places {
                        case.change_places(&places);
                    }
                    case.tighten(tight);
                    case
                },
            )
    })
}

impl Case {
    /// Gives nearly everybody one team, and the place of somebody else.
    fn change_places(&mut self, places: &[usize]) {
        self.listed
            .iter_mut()
            .for_each(|(is_listed, _)| *is_listed = true);
        for (student, now) in self.now.iter_mut().enumerate() {
            if now.len() != 1 && student % 11 != 10 {
                *now = BTreeSet::from([student % self.groups.len()]);
            }
        }
        for (student, place) in places.iter().enumerate() {
            if student % 13 != 12 {
                self.then[student] = self.now[*place].first().copied();
            }
        }
    }

    /// Gives groups the limit that the larger of what is and what should be needs, so that many
    /// are full; or no limits at all.
    fn tighten(&mut self, how: u8) {
        let count =
            |teams: Vec<usize>, at: usize| teams.iter().filter(|team| **team == at).count() as u64;
        for at in 0..self.groups.len() {
            let now: Vec<_> = self.now.iter().flatten().copied().collect();
            let then: Vec<_> = self.then.iter().flatten().copied().collect();
            let most = count(now, at).max(count(then, at)) + self.groups[at].0;
            match how {
                0 => self.groups[at].1 = None,
                1 => self.groups[at].1 = Some(most.max(2)),
                _ => {}
            }
        }
        if how < 2 {
            self.set_limit = None;
            self.listed.iter_mut().for_each(|(_, limit)| *limit = None);
        }
    }

    fn snapshot(&self) -> Snapshot {
        let groups = self.groups.iter().enumerate().map(|(at, (others, limit))| {
            let now = self.now.iter().enumerate();
            let members = now.filter(|(_, groups)| groups.contains(&at));
            let members: Vec<_> = members.map(|(index, _)| index as u64 + 1).collect();
            json!({
                "id": FIRST + at as u64, "name": format!("Team {at}"), "members": members,
                "others": others, "limit": limit,
            })
        });
        let groups: Vec<_> = groups.collect();
        let students: Vec<_> = (1..=self.now.len() as u64).map(student).collect();
        serde_json::from_value(json!({
            "format": 1, "host": "school.instructure.com", "taken_at": "2026-03-02T02:00:00Z",
            "course": {"id": 7},
            "set": {"id": SET, "name": "Projects", "group_limit": self.set_limit},
            "groups": groups, "students": students,
        }))
        .unwrap()
    }

    fn teams(&self) -> Vec<Team> {
        let mut teams = Vec::new();
        for (number, (is_listed, limit)) in self.listed.iter().enumerate() {
            let is_new = number >= self.groups.len();
            if !is_listed && !is_new {
                continue;
            }
            let then = self.then.iter().enumerate();
            let members = then.filter(|(_, team)| **team == Some(number));
            let members = members.map(|(index, _)| UserId::new(index as u64 + 1));
            let members: Vec<_> = members.collect();
            let mut team = match is_new {
                true => Team::named(format!("New {number}")),
                false => Team::id(GroupId::new(FIRST + number as u64)),
            };
            team = match members.is_empty() {
                true => team.no_members(),
                false => team.members(members),
            };
            team.limit = *limit;
            teams.push(team);
        }
        teams
    }

    fn policy(&self) -> Policy {
        Policy::default()
            .unlisted(self.unlisted)
            .doubles(self.doubles)
    }

    /// Where each student should be at the end.
    fn end(&self, model: &Model) -> BTreeMap<UserId, Vec<GroupId>> {
        let named = |name: &str| {
            let mut groups = model.groups.iter();
            groups
                .find(|(_, group)| group.name == name)
                .map(|(id, _)| *id)
        };
        let mut ends = BTreeMap::new();
        for (index, now) in self.now.iter().enumerate() {
            let id = |at: &usize| GroupId::new(FIRST + *at as u64);
            let is_kept = |at: &&usize| !self.listed[**at].0 && self.unlisted == Unlisted::Keep;
            // Who is wanted in a team that is not on the list is not wanted at all.
            let wanted =
                self.then[index].filter(|team| *team >= self.groups.len() || self.listed[*team].0);
            let end: Vec<_> = match wanted {
                None => now.iter().filter(is_kept).map(id).collect(),
                Some(team) if now.contains(&team) => match self.doubles {
                    Doubles::Tell => now.iter().map(id).collect(),
                    _ => vec![id(&team)],
                },
                Some(team) if team < self.groups.len() => vec![id(&team)],
                Some(team) => named(&format!("New {team}")).into_iter().collect(),
            };
            ends.insert(UserId::new(index as u64 + 1), end);
        }
        ends
    }
}

proptest! {
    /// On the way, the model holds that nobody who has a team at both ends is without one, and
    /// that no limit is passed but by a ring's seat.
    #[test]
    fn applying_a_plan_gives_the_roster_and_planning_again_gives_nothing(case in cases()) {
        let snapshot = case.snapshot();
        let roster = Roster::of(SET).teams(case.teams());
        let plan = Plan::new(&roster, &snapshot, &case.policy());
        prop_assume!(!plan.has_errors());
        let mut model = Model::of(&snapshot);
        model.apply(&plan);
        for (user, end) in case.end(&model) {
            prop_assert_eq!(model.teams_of(user), end, "user {} by\n{}", user, plan);
        }
        let again = Plan::new(&roster, &model.snapshot(&snapshot), &case.policy());
        prop_assert!(again.is_empty() && !again.has_errors(), "{}\nand then\n{}", plan, again);
    }

    /// An apply does several steps at once and waits for nothing but what a step needs.
    #[test]
    fn steps_up_to_the_last_placement_may_be_done_in_any_order_that_their_needs_allow(
        case in cases(),
        seeds in prop::collection::vec(any::<prop::sample::Index>(), 64),
    ) {
        let snapshot = case.snapshot();
        let roster = Roster::of(SET).teams(case.teams());
        let mut plan = Plan::new(&roster, &snapshot, &case.policy());
        prop_assume!(!plan.has_errors());
        let is_placement = |step: &Step| matches!(step.change, Change::Place(_) | Change::Make(_));
        let last = plan.steps.iter().rposition(is_placement).map_or(0, |last| last + 1);
        let rest = plan.steps.split_off(last);
        let mut front = std::mem::take(&mut plan.steps);
        // What follows a ring waits for it.
        prop_assume!(!front.iter().any(|step| matches!(step.change, Change::Turn(_))));
        let mut done = BTreeSet::new();
        let mut seeds = seeds.iter().cycle();
        while !front.is_empty() {
            let ready = front.iter().enumerate().filter(|(_, step)| {
                step.needs.iter().all(|need| done.contains(need))
            });
            let ready: Vec<_> = ready.map(|(index, _)| index).collect();
            let step = front.remove(ready[seeds.next().unwrap().index(ready.len())]);
            done.insert(step.id.clone());
            plan.steps.push(step);
        }
        plan.steps.extend(rest);
        Model::of(&snapshot).apply(&plan);
    }

    #[test]
    fn there_is_always_an_order(case in cases()) {
        let roster = Roster::of(SET).teams(case.teams());
        let plan = Plan::new(&roster, &case.snapshot(), &case.policy());
        let kinds: Vec<_> = plan.findings.iter().map(|finding| finding.kind).collect();
        prop_assert!(!kinds.contains(&FindingKind::NoOrder), "{}", plan);
    }

    #[test]
    fn the_order_of_rows_and_of_the_snapshot_does_not_matter(
        case in cases(),
        seed in any::<u64>(),
    ) {
        let shuffled = |values: &mut Vec<serde_json::Value>| {
            let length = values.len().max(1);
            values.rotate_left(seed as usize % length);
            if seed % 2 == 0 {
                values.reverse();
            }
        };
        let snapshot = case.snapshot();
        let mut other = serde_json::to_value(&snapshot).unwrap();
        shuffled(other["groups"].as_array_mut().unwrap());
        shuffled(other["students"].as_array_mut().unwrap());
        let other: Snapshot = serde_json::from_value(other).unwrap();
        let roster = Roster::of(SET).teams(case.teams());
        let mut turned = serde_json::to_value(&roster).unwrap();
        let teams = turned["teams"].as_array_mut().unwrap();
        shuffled(teams);
        for team in teams {
            shuffled(team["members"]["exactly"].as_array_mut().unwrap());
        }
        let turned: Roster = serde_json::from_value(turned).unwrap();
        let plan = Plan::new(&roster, &snapshot, &case.policy());
        let same = Plan::new(&turned, &other, &case.policy());
        prop_assert_eq!(
            serde_json::to_string(&plan.steps).unwrap(),
            serde_json::to_string(&same.steps).unwrap()
        );
        prop_assert_eq!(&plan.findings, &same.findings);
    }

    #[test]
    fn plans_rosters_and_snapshots_go_to_json_and_back(case in cases()) {
        let snapshot = case.snapshot();
        let roster = Roster::of(SET).teams(case.teams());
        let plan = Plan::new(&roster, &snapshot, &case.policy());
        let json = serde_json::to_string(&plan).unwrap();
        prop_assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
        let json = serde_json::to_string(&roster).unwrap();
        prop_assert_eq!(serde_json::from_str::<Roster>(&json).unwrap(), roster);
        let json = serde_json::to_string(&snapshot).unwrap();
        prop_assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), snapshot);
    }

    #[test]
    fn a_roster_made_of_a_snapshot_plans_to_nothing_and_leads_back(case in cases()) {
        let snapshot = case.snapshot();
        let same = Plan::new(&Roster::from(&snapshot), &snapshot, &Policy::default());
        prop_assert!(same.is_empty() && !same.has_errors(), "{}", same);

        let roster = Roster::of(SET).teams(case.teams());
        let plan = Plan::new(&roster, &snapshot, &case.policy());
        prop_assume!(!plan.has_errors());
        let mut model = Model::of(&snapshot);
        let names = |model: &Model, user| {
            let teams = model.teams_of(user).into_iter();
            teams.map(|id| model.groups[&id].name.clone()).collect::<Vec<_>>()
        };
        let each = || snapshot.students.iter().map(|student| student.id);
        let before: BTreeMap<UserId, _> = each().map(|user| (user, names(&model, user))).collect();
        model.apply(&plan);
        let now = model.snapshot(&snapshot);
        let back = Plan::new(&Roster::from(&snapshot), &now, &Policy::default());
        // Limits that were lowered may be too low for those who come back.
        prop_assume!(!back.has_errors());
        model.apply(&back);
        // Who was in two teams is listed in the first.
        for (user, teams) in before.into_iter().filter(|(_, teams)| teams.len() < 2) {
            prop_assert_eq!(names(&model, user), teams, "user {} by\n{}", user, back);
        }
    }

    #[test]
    fn add_only_never_removes_nor_moves(case in cases()) {
        let snapshot = case.snapshot();
        let roster = Roster::of(SET).teams(case.teams());
        let plan = Plan::new(&roster, &snapshot, &Policy::add_only());
        for step in &plan.steps {
            match &step.change {
                Change::Place(place) => prop_assert!(place.before.teams.is_empty()),
                Change::Make(make) => {
                    prop_assert!(make.people.iter().all(|person| person.teams.is_empty()));
                }
                Change::Limit(_) => {}
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }

    #[test]
    fn totals_are_those_of_the_steps(case in cases()) {
        let snapshot = case.snapshot();
        let roster = Roster::of(SET).teams(case.teams());
        let plan = Plan::new(&roster, &snapshot, &case.policy());
        let totals = plan.totals();
        prop_assert_eq!(totals.writes as usize, crate::calls(&plan).len());
        let arrivals = totals.placed + totals.moved;
        prop_assert_eq!(totals.notices, arrivals);
    }
}
