//! What the steps of a plan come to.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::Plan;
use crate::{
    GroupId,
    roster::{Before, Change, TeamAt},
};

/// What the steps of a plan come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Totals {
    /// Sets that are made.
    pub sets_made: u64,
    /// Teams that are made.
    pub teams_made: u64,
    /// Teams that are renamed.
    pub renamed: u64,
    /// Teams that get an SIS id.
    pub adopted: u64,
    /// Limits that are set; those of rings do not count.
    pub limits: u64,
    /// Students without a team who get one, or students who get a tag, once for each.
    pub placed: u64,
    /// Students who change teams.
    pub moved: u64,
    /// Students who leave a team for no other, or lose a tag, once for each.
    pub removed: u64,
    /// Rings of students who change places between full teams. They count as moved.
    pub rings: u64,
    /// Leaders that are set.
    pub leaders: u64,
    /// Teams that are deleted.
    pub deleted: u64,
    /// Students in teams who stay where they are.
    pub unchanged: u64,
    /// Teams that the roster does not list and no step touches.
    pub unlisted: u64,
    /// How many students are in those.
    pub in_unlisted: u64,
    /// Calls that change something, if all goes well.
    pub writes: u64,
    /// Calls that check the outcome, and those that show before a deletion that nobody is in the
    /// team.
    pub verifications: u64,
    /// About how long it takes, in seconds. A guess: the server's load decides.
    pub seconds: u64,
    /// At most so many notices are sent to students.
    pub notices: u64,
}

impl Totals {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut totals = Self::default();
        let mut touched: HashSet<GroupId> = HashSet::new();
        let mut invited = 0;
        let mut arrive = |totals: &mut Self, before: &Before| {
            touched.extend(&before.teams);
            match before.teams.is_empty() {
                true => totals.placed += 1,
                false => totals.moved += 1,
            }
        };
        let mut also_touched = Vec::new();
        let mut doubles = 0;
        for step in &plan.steps {
            match &step.change {
                Change::MakeSet(_) => {
                    totals.sets_made += 1;
                    totals.writes += 1;
                }
                Change::Rename(rename) => {
                    also_touched.push(rename.group);
                    totals.renamed += 1;
                    totals.writes += 1;
                }
                Change::Adopt(adopt) => {
                    also_touched.push(adopt.group);
                    totals.adopted += 1;
                    totals.writes += 1;
                }
                Change::Make(make) => {
                    totals.teams_made += 1;
                    totals.writes += 1;
                    invited += make.people.len() as u64;
                    for before in &make.people {
                        arrive(&mut totals, before);
                    }
                }
                Change::Limit(limit) => {
                    also_touched.push(limit.group);
                    totals.limits += 1;
                    totals.writes += 1;
                }
                Change::Place(place) => {
                    if let TeamAt::Group(group) = place.to {
                        also_touched.push(group);
                    }
                    totals.writes += 1;
                    arrive(&mut totals, &place.before);
                }
                Change::Remove(remove) => {
                    also_touched.push(remove.from);
                    totals.removed += remove.people.len() as u64;
                    let elsewhere = |before: &&Before| before.teams.len() > 1;
                    doubles += remove.people.iter().filter(elsewhere).count() as u64;
                    totals.writes += remove.requests().len() as u64;
                }
                Change::Turn(turn) => {
                    totals.rings += 1;
                    totals.writes += turn.moves.len() as u64 + 2;
                    for place in &turn.moves {
                        arrive(&mut totals, &place.before);
                    }
                }
                Change::Lead(lead) => {
                    if let TeamAt::Group(group) = lead.team {
                        also_touched.push(group);
                    }
                    totals.leaders += 1;
                    totals.writes += 1;
                }
                Change::Delete(delete) => {
                    also_touched.push(delete.group);
                    totals.deleted += 1;
                    totals.writes += 1;
                }
                Change::Tags(tags) => {
                    also_touched.extend(tags.rename.iter().map(|rename| rename.group));
                    also_touched.extend(tags.delete.iter().map(|delete| delete.group));
                    totals.sets_made += u64::from(tags.new_set.is_some());
                    totals.teams_made += tags.create.len() as u64;
                    totals.renamed += tags.rename.len() as u64;
                    totals.deleted += tags.delete.len() as u64;
                    totals.writes += 1;
                }
                Change::Give(give) => {
                    if let TeamAt::Group(group) = give.tag {
                        also_touched.push(group);
                    }
                    totals.placed += give.people.len() as u64;
                    totals.writes += 1;
                }
                Change::Take(take) => {
                    also_touched.push(take.tag);
                    totals.removed += take.people.len() as u64;
                    totals.writes += take.requests().len() as u64;
                }
            }
        }
        touched.extend(&also_touched);
        let untouched = plan.teams.iter();
        for team in untouched.filter(|team| !team.is_listed && !touched.contains(&team.group)) {
            totals.unlisted += 1;
            totals.in_unlisted += team.students;
        }
        let gone = totals.moved + totals.removed.saturating_sub(doubles);
        totals.unchanged = match plan.is_tags {
            true => plan.students_in_teams,
            false => plan.students_in_teams.saturating_sub(gone),
        };
        // Before teams are deleted, another look shows whether they are there and handed nothing in,
        // and the memberships of each whether it is empty.
        totals.verifications =
            u64::from(!plan.steps.is_empty()) + u64::from(totals.deleted > 0) + totals.deleted;
        // Five calls a second through the quota, and a creation takes longer with each of its people.
        let work = totals.writes + totals.verifications + invited / 4;
        totals.seconds = work.div_ceil(5);
        totals.notices = match plan.may_notify {
            true => totals.placed + totals.moved,
            false => 0,
        };
        totals
    }
}
