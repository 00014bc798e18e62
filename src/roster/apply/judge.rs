//! Whether a plan still holds: each step and person against what is there now.

mod tags;

use std::collections::{HashMap, HashSet};

use super::taken::Taken;
use crate::{
    CategoryId, GroupId, UserId,
    roster::{
        Before, Change, GiveTag, MakeTeam, NewTeam, Plan, Remove, SnapshotGroup, Step, TakeTag,
        TeamAt, names, reading::Sight,
    },
};

/// What is to become of a step.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// It is done, but for those people whom the plan did not expect where they are.
    Do { change: Change, stale: Vec<Before> },
    /// The team is there already; these are put into it.
    Fill {
        group: GroupId,
        people: Vec<Before>,
        stale: Vec<Before>,
    },
    /// It is so already.
    AlreadySo,
    /// It is not done. The people are those who are found elsewhere.
    Stale { found: Vec<Before> },
}

/// A plan, held against what is there.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) verdicts: Vec<Verdict>,
    /// The set, where the plan makes it and it is there.
    pub(super) set: Option<CategoryId>,
    /// Teams that the plan makes and that are there.
    pub(super) made: Vec<(NewTeam, GroupId)>,
    /// How many people and other things the steps are about, and how many of them are stale.
    pub(super) all: u64,
    pub(super) stale: u64,
}

impl Judged {
    /// A plan that was made just now holds.
    pub(super) fn fresh(plan: &Plan) -> Self {
        let steps = plan.steps.iter();
        Self {
            verdicts: steps.map(|step| all(&step.change)).collect(),
            ..Self::default()
        }
    }

    pub(super) fn of(plan: &Plan, sight: &Sight) -> Self {
        let mut judge = Judge::of(plan, sight);
        for step in &plan.steps {
            let verdict = judge.step(step);
            if let (Change::Limit(limit), Verdict::Do { .. }) = (&step.change, &verdict) {
                judge.limits.insert(limit.group, limit.to);
            }
            judge.count(&step.change, &verdict);
            judge.judged.verdicts.push(verdict);
        }
        judge.judged
    }

    /// Why nothing at all should be done, if too much is stale.
    pub(super) fn too_stale(&self) -> Option<String> {
        let Self { all, stale, .. } = self;
        (*stale > 3 && stale * 4 > *all).then(|| {
            format!(
                "{stale} of {all} people and teams are no longer as the plan expects them: make a \
                 new plan"
            )
        })
    }
}

fn all(change: &Change) -> Verdict {
    Verdict::Do {
        change: change.clone(),
        stale: Vec::new(),
    }
}

struct Judge<'a> {
    sight: &'a Sight,
    groups: HashMap<GroupId, &'a SnapshotGroup>,
    /// The groups that the plan knew.
    known: HashSet<GroupId>,
    taken: Taken,
    by_sis_id: HashMap<&'a str, Vec<GroupId>>,
    made: HashMap<NewTeam, GroupId>,
    /// The limits that steps judged so far will set.
    limits: HashMap<GroupId, u64>,
    judged: Judged,
}

const NOTHING_FOUND: Verdict = Verdict::Stale { found: Vec::new() };

impl<'a> Judge<'a> {
    fn of(plan: &Plan, sight: &'a Sight) -> Self {
        let groups = sight.snapshot.groups.iter();
        let mut by_sis_id: HashMap<&str, Vec<GroupId>> = HashMap::new();
        for group in groups.clone() {
            if let Some(id) = &group.sis_id {
                by_sis_id.entry(id).or_default().push(group.id);
            }
        }
        Self {
            sight,
            taken: Taken::of(plan, &sight.snapshot),
            by_sis_id,
            groups: groups.map(|group| (group.id, group)).collect(),
            known: plan.teams.iter().map(|team| team.group).collect(),
            made: HashMap::new(),
            limits: HashMap::new(),
            judged: Judged::default(),
        }
    }

    fn count(&mut self, change: &Change, verdict: &Verdict) {
        let all = change.users().len().max(1) as u64;
        self.judged.all += all;
        self.judged.stale += match verdict {
            Verdict::Do { stale, .. } | Verdict::Fill { stale, .. } => stale.len() as u64,
            Verdict::Stale { .. } => all,
            Verdict::AlreadySo => 0,
        };
    }

    fn now(&self, user: UserId) -> &'a [GroupId] {
        self.sight.places.get(&user).map_or(&[], Vec::as_slice)
    }

    fn found(&self, user: UserId) -> Before {
        let teams = self.now(user).to_vec();
        Before { user, teams }
    }

    fn is_before(&self, before: &Before) -> bool {
        let mut teams = before.teams.clone();
        teams.sort_unstable();
        self.now(before.user) == teams
    }

    fn step(&mut self, step: &Step) -> Verdict {
        let when = |is_before, is_after| match (is_after, is_before) {
            (true, _) => Verdict::AlreadySo,
            (_, true) => all(&step.change),
            _ => NOTHING_FOUND,
        };
        let group = |id: &GroupId| self.groups.get(id).copied();
        let named =
            |group: &SnapshotGroup, name: &str| names::exact(&group.name) == names::exact(name);
        match &step.change {
            Change::MakeSet(_) => match &self.sight.snapshot.set {
                Some(set) => {
                    self.judged.set = Some(set.id);
                    Verdict::AlreadySo
                }
                None => all(&step.change),
            },
            Change::Rename(rename) => group(&rename.group).map_or(NOTHING_FOUND, |group| {
                let is_free = self.taken.is_free(&rename.to, Some(group.id));
                let is_before = named(group, &rename.from) && is_free;
                when(is_before, named(group, &rename.to))
            }),
            Change::Adopt(adopt) => group(&adopt.group).map_or(NOTHING_FOUND, |group| {
                when(
                    group.sis_id.is_none(),
                    group.sis_id.as_ref() == Some(&adopt.sis_id),
                )
            }),
            Change::Limit(limit) => group(&limit.group).map_or(NOTHING_FOUND, |group| {
                let now = self.limit(group);
                when(now == limit.from, now == Some(limit.to))
            }),
            Change::Make(make) => self.make(make),
            Change::Place(place) => {
                let to = self.at(&place.to);
                let now = self.now(place.before.user);
                match to {
                    Some(to) if now == [to] => Verdict::AlreadySo,
                    _ if self.is_before(&place.before) && self.is_there(&place.to) => {
                        all(&step.change)
                    }
                    _ => Verdict::Stale {
                        found: vec![self.found(place.before.user)],
                    },
                }
            }
            Change::Remove(remove) => self.remove(remove),
            Change::Turn(turn) => {
                let mut moves = turn.moves.iter();
                let is_after = moves.clone().all(|place| {
                    self.at(&place.to)
                        .is_some_and(|to| self.now(place.before.user) == [to])
                });
                let holds = moves.all(|place| self.is_before(&place.before));
                // The seat is given after the steps that this one follows, such as a higher limit.
                let planned = self.limits.get(&turn.group).copied();
                let limit = group(&turn.group).and_then(|group| planned.or(self.limit(group)));
                match (is_after, holds) {
                    (true, _) => Verdict::AlreadySo,
                    (_, true) if limit == Some(turn.limit) => all(&step.change),
                    _ => Verdict::Stale {
                        found: turn
                            .moves
                            .iter()
                            .map(|it| self.found(it.before.user))
                            .collect(),
                    },
                }
            }
            Change::Lead(lead) => match &lead.team {
                TeamAt::New(_) => all(&step.change),
                TeamAt::Group(id) => group(id).map_or(NOTHING_FOUND, |group| {
                    when(group.leader == lead.from, group.leader == Some(lead.to))
                }),
            },
            Change::Delete(delete) => match group(&delete.group) {
                None => Verdict::AlreadySo,
                Some(group) => when(named(group, &delete.name), false),
            },
            Change::Tags(tags) => self.tags(tags),
            Change::Give(give) => {
                let Some(tag) = self.at(&give.tag) else {
                    return match &give.tag {
                        TeamAt::New(_) => all(&step.change),
                        TeamAt::Group(_) => NOTHING_FOUND,
                    };
                };
                if !self.groups.contains_key(&tag) {
                    return NOTHING_FOUND;
                }
                let people = give.people.iter().copied();
                let people: Vec<_> = people
                    .filter(|user| !self.now(*user).contains(&tag))
                    .collect();
                match people.is_empty() {
                    true => Verdict::AlreadySo,
                    false => all(&Change::Give(GiveTag {
                        people,
                        ..give.clone()
                    })),
                }
            }
            Change::Take(take) => {
                let people = take.people.iter().copied();
                let people: Vec<_> = people
                    .filter(|user| self.now(*user).contains(&take.tag))
                    .collect();
                match people.is_empty() {
                    true => Verdict::AlreadySo,
                    false => all(&Change::Take(TakeTag {
                        people,
                        ..take.clone()
                    })),
                }
            }
        }
    }

    fn limit(&self, group: &SnapshotGroup) -> Option<u64> {
        let set = self.sight.snapshot.set.as_ref();
        group.limit.or(set.and_then(|set| set.group_limit))
    }

    fn at(&self, team: &TeamAt) -> Option<GroupId> {
        match team {
            TeamAt::Group(group) => Some(*group),
            TeamAt::New(new) => self.made.get(new).copied(),
        }
    }

    /// Whether a team is there, or will be made.
    fn is_there(&self, team: &TeamAt) -> bool {
        match team {
            TeamAt::Group(group) => self.groups.contains_key(group),
            TeamAt::New(_) => true,
        }
    }

    /// Groups that the plan did not know, of these.
    fn new_groups(&self, groups: &[GroupId]) -> Vec<GroupId> {
        let groups = groups.iter().copied();
        groups.filter(|id| !self.known.contains(id)).collect()
    }

    fn note_made(&mut self, team: NewTeam, group: GroupId) {
        self.made.insert(team.clone(), group);
        self.judged.made.push((team, group));
    }

    fn make(&mut self, make: &MakeTeam) -> Verdict {
        let found = match &make.sis_id {
            Some(id) => {
                let named = self.by_sis_id.get(&**id);
                self.new_groups(named.map_or(&[], Vec::as_slice))
            }
            None => self.new_groups(self.taken.named(&make.name)),
        };
        let group = match *found {
            [] => None,
            [group] => Some(group),
            _ => return NOTHING_FOUND,
        };
        // Somebody has given the name to another group since, which may be the one that is meant.
        if !self.taken.is_free(&make.name, group) {
            return NOTHING_FOUND;
        }
        let is_in = |before: &&Before| group.is_none_or(|group| self.now(before.user) != [group]);
        let left = make.people.iter().filter(is_in);
        let (people, stale): (Vec<_>, Vec<_>) =
            left.cloned().partition(|before| self.is_before(before));
        let stale: Vec<_> = stale.iter().map(|before| self.found(before.user)).collect();
        let Some(group) = group else {
            return Verdict::Do {
                change: Change::Make(MakeTeam {
                    people,
                    ..make.clone()
                }),
                stale,
            };
        };
        self.note_made(make.team(), group);
        match people.is_empty() && stale.is_empty() {
            true => Verdict::AlreadySo,
            false => Verdict::Fill {
                group,
                people,
                stale,
            },
        }
    }

    fn remove(&self, remove: &Remove) -> Verdict {
        let is_out = |before: &Before| {
            let mut rest = before.teams.clone();
            rest.retain(|group| *group != remove.from);
            rest.sort_unstable();
            self.now(before.user) == rest
        };
        let left = remove.people.iter().filter(|before| !is_out(before));
        let (people, stale): (Vec<_>, Vec<_>) =
            left.cloned().partition(|before| self.is_before(before));
        let found: Vec<_> = stale.iter().map(|before| self.found(before.user)).collect();
        match (people.is_empty(), found.is_empty()) {
            (true, true) => Verdict::AlreadySo,
            (true, false) => Verdict::Stale { found },
            (false, _) => Verdict::Do {
                change: Change::Remove(Remove {
                    people,
                    ..remove.clone()
                }),
                stale: found,
            },
        }
    }
}
