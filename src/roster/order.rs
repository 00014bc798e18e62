//! In which order: so that nobody is without a team in between, and no limit is passed.

mod rings;
mod tags;

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::{
    Adopt, Before, Change, DeleteTeam, MakeSet, MakeTeam, Place, Remove, Rename, SetLeader,
    SetLimit, Step, StepId, TeamAt,
    difference::{Changes, Facts, Move, Node, Person},
    finding::{FindingKind, Findings},
    names,
};
use crate::GroupId;

/// Puts changes into steps.
pub(super) struct Order<'a, 'f> {
    facts: &'f Facts<'a>,
    findings: &'f mut Findings,
    steps: Vec<Step>,
    /// The step that makes the set.
    set: Option<StepId>,
    /// The steps that make teams.
    made: HashMap<Node, StepId>,
    /// The steps that place students.
    placed: HashMap<usize, StepId>,
    /// The steps by which students leave groups that are to be deleted.
    emptied: BTreeMap<usize, Vec<StepId>>,
    seats: HashMap<usize, Seats>,
    /// Groups with a free seat and somebody who waits for one.
    open: VecDeque<usize>,
    moves: Vec<Move>,
    is_done: Vec<bool>,
}

/// The seats of a group that has a limit and is to take somebody.
#[derive(Debug, Default)]
struct Seats {
    /// How many there may be while students are placed: no limit is lowered before.
    capacity: u64,
    /// How many have to leave before a seat is free.
    too_many: u64,
    /// The steps that have to be done for any seat to be free.
    base: Vec<StepId>,
    /// Free seats, each with the steps that free it.
    free: VecDeque<Vec<StepId>>,
    /// Moves that wait: those first whose students free a seat that others wait for.
    useful: VecDeque<usize>,
    plain: VecDeque<usize>,
}

impl Seats {
    fn waits(&self) -> bool {
        !self.useful.is_empty() || !self.plain.is_empty()
    }

    fn next(&mut self) -> Option<usize> {
        self.useful.pop_front().or_else(|| self.plain.pop_front())
    }
}

impl<'a, 'f> Order<'a, 'f> {
    pub(super) fn new(facts: &'f Facts<'a>, findings: &'f mut Findings) -> Self {
        Self {
            facts,
            findings,
            steps: Vec::new(),
            set: None,
            made: HashMap::new(),
            placed: HashMap::new(),
            emptied: BTreeMap::new(),
            seats: HashMap::new(),
            open: VecDeque::new(),
            moves: Vec::new(),
            is_done: Vec::new(),
        }
    }

    pub(super) fn steps(mut self, changes: Changes, new_set: Option<MakeSet>) -> Vec<Step> {
        if self.facts.snapshot.is_tags {
            return self.tag_steps(&changes, new_set);
        }
        self.emptied = changes.deleted.iter().map(|at| (*at, Vec::new())).collect();
        if let Some(new_set) = new_set {
            let id = StepId::new(format!("set:{}", new_set.name));
            self.set = Some(self.push(id, Change::MakeSet(new_set), Vec::new(), &[]));
        }
        self.rename();
        let later = self.count_seats(&changes);
        let created = self.make_teams(&changes.moves);
        let raised = self.raise_limits();
        let mut removals = changes.removals;
        // A seat that is needed is freed first; everybody else leaves when all have their place.
        let takers: Vec<usize> = removals
            .keys()
            .copied()
            .filter(|at| self.seats.contains_key(at))
            .collect();
        for at in takers {
            if let Some(people) = removals.remove(&at) {
                self.remove(at, people);
            }
        }
        self.place(created, later);
        self.rings();
        for (at, people) in removals {
            self.remove(at, people);
        }
        self.lower_limits(&raised);
        self.lead(&changes.moves);
        self.delete(&changes.deleted);
        self.steps
    }

    fn push(&mut self, id: StepId, change: Change, needs: Vec<StepId>, lines: &[u64]) -> StepId {
        let mut lines = lines.to_vec();
        lines.sort_unstable();
        lines.dedup();
        self.steps.push(Step {
            id: id.clone(),
            change,
            needs,
            lines,
        });
        id
    }

    fn group(&self, at: usize) -> GroupId {
        self.facts.targets.groups[at].id
    }

    fn team(&self, node: Node) -> TeamAt {
        match self.facts.targets.groups.get(node) {
            Some(group) => TeamAt::Group(group.id),
            None => {
                let team = self.facts.team_at[node].map(|team| &self.facts.targets.teams[team]);
                TeamAt::New(team.map_or_else(
                    || super::NewTeam::Name(String::new()),
                    |team| team.new_team(),
                ))
            }
        }
    }

    fn before(&self, student: usize) -> Before {
        let teams = self.facts.teams_of[student].iter();
        Before {
            user: self.facts.people.get(student).id,
            teams: teams.map(|at| self.group(*at)).collect(),
        }
    }

    /// Names and SIS ids. Canvas lets groups of a set share a name, so names that are swapped need
    /// no third one in between.
    fn rename(&mut self) {
        let facts = self.facts;
        for team in &facts.targets.teams {
            let Some(group) = team.at.map(|at| facts.targets.groups[at]) else {
                continue;
            };
            if names::exact(&group.name) != team.name {
                let rename = Rename {
                    group: group.id,
                    from: group.name.clone(),
                    to: team.name.clone(),
                };
                let id = StepId::new(format!("rename:{}", group.id));
                self.push(id, Change::Rename(rename), Vec::new(), &team.lines);
            }
            if let Some(sis_id) = &team.sis_id {
                let adopt = Adopt {
                    group: group.id,
                    sis_id: sis_id.clone(),
                };
                let id = StepId::new(format!("adopt:{}:{sis_id}", group.id));
                self.push(id, Change::Adopt(adopt), Vec::new(), &team.lines);
            }
        }
    }

    /// Notes who waits for a seat where. Returns the moves into teams without a limit.
    fn count_seats(&mut self, changes: &Changes) -> Vec<usize> {
        self.moves.clone_from(&changes.moves);
        self.is_done = vec![false; self.moves.len()];
        let facts = self.facts;
        let mut later = Vec::new();
        let mut waiting = Vec::new();
        let counts = facts.counts_then(changes);
        for (index, step) in self.moves.iter().enumerate() {
            if facts.is_new(step.to) {
                continue;
            }
            let capacity = match (facts.limit_now(step.to), facts.limit_then(step.to)) {
                (Some(now), Some(then)) => Some(now.max(then)),
                _ => None,
            };
            // A team that would end over its limit is an error that was told already.
            let fits = |capacity: &u64| counts.get(&step.to).is_none_or(|count| count <= capacity);
            let Some(capacity) = capacity.filter(fits) else {
                later.push(index);
                continue;
            };
            let seats = self.seats.entry(step.to).or_default();
            seats.capacity = capacity;
            waiting.push(index);
        }
        for index in waiting {
            let step = &self.moves[index];
            let mut from = facts.teams_of[step.person.student].iter();
            let frees = from.any(|at| self.seats.contains_key(at));
            if let Some(seats) = self.seats.get_mut(&step.to) {
                match frees {
                    true => seats.useful.push_back(index),
                    false => seats.plain.push_back(index),
                }
            }
        }
        let mut all: Vec<_> = self.seats.iter_mut().collect();
        all.sort_unstable_by_key(|(at, _)| **at);
        for (&at, seats) in all {
            let now = facts.limit_now(at).unwrap_or(seats.capacity);
            let count = facts.count_now(at);
            let usable = now.min(seats.capacity);
            for _ in count..usable {
                seats.free.push_back(Vec::new());
            }
            if seats.capacity > now {
                let id = limit_id(facts.targets.groups[at].id, Some(now), seats.capacity);
                for _ in now.max(count)..seats.capacity {
                    seats.free.push_back(vec![id.clone()]);
                }
                if count > now {
                    seats.base.push(id);
                }
            }
            seats.too_many = count.saturating_sub(seats.capacity);
            self.open.push_back(at);
        }
        later
    }

    /// Notes that a student has left all teams by a step.
    fn left(&mut self, student: usize, step: &StepId) {
        let facts = self.facts;
        for at in &facts.teams_of[student] {
            self.left_one(*at, step);
        }
    }

    fn left_one(&mut self, at: usize, step: &StepId) {
        if let Some(steps) = self.emptied.get_mut(&at) {
            if steps.last() != Some(step) {
                steps.push(step.clone());
            }
        }
        let Some(seats) = self.seats.get_mut(&at) else {
            return;
        };
        if seats.too_many > 0 {
            seats.too_many -= 1;
            seats.base.push(step.clone());
            return;
        }
        let mut needs = seats.base.clone();
        needs.push(step.clone());
        needs.dedup();
        seats.free.push_back(needs);
        if seats.waits() {
            self.open.push_back(at);
        }
    }

    /// Makes teams with their people. Returns the moves that one call has no room for.
    fn make_teams(&mut self, moves: &[Move]) -> Vec<usize> {
        let facts = self.facts;
        let mut people: BTreeMap<Node, Vec<usize>> = BTreeMap::new();
        for (index, step) in moves.iter().enumerate() {
            if facts.is_new(step.to) {
                people.entry(step.to).or_default().push(index);
            }
        }
        let mut rest = Vec::new();
        for (team, node) in facts.targets.teams.iter().zip(&facts.nodes) {
            if team.at.is_some() {
                continue;
            }
            let mut first = people.remove(node).unwrap_or_default();
            if first.len() > MakeTeam::MAX_INVITEES {
                rest.extend(first.split_off(MakeTeam::MAX_INVITEES));
            }
            let mut lines = team.lines.clone();
            lines.extend(first.iter().flat_map(|index| &moves[*index].person.lines));
            let make = MakeTeam {
                name: team.name.clone(),
                sis_id: team.sis_id.clone(),
                limit: team.limit,
                people: first
                    .iter()
                    .map(|index| self.before(moves[*index].person.student))
                    .collect(),
            };
            let id = StepId::new(format!("create:{}", make.team()));
            let needs = self.set.iter().cloned().collect();
            let id = self.push(id, Change::Make(make), needs, &lines);
            for index in first {
                self.is_done[index] = true;
                let student = moves[index].person.student;
                self.placed.insert(student, id.clone());
                self.left(student, &id);
            }
            self.made.insert(*node, id);
        }
        rest
    }

    /// Raises limits that go up. Returns them, so that the others can be lowered.
    fn raise_limits(&mut self) -> Vec<usize> {
        let mut raised = Vec::new();
        for (index, team) in self.facts.targets.teams.iter().enumerate() {
            let (Some(at), Some(to)) = (team.at, team.limit) else {
                continue;
            };
            if self.facts.limit_now(at).is_some_and(|now| to > now) {
                self.limit(at, to, &team.lines);
                raised.push(index);
            }
        }
        raised
    }

    fn lower_limits(&mut self, raised: &[usize]) {
        for (index, team) in self.facts.targets.teams.iter().enumerate() {
            let (Some(at), Some(to)) = (team.at, team.limit) else {
                continue;
            };
            if !raised.contains(&index) && self.facts.limit_now(at) != Some(to) {
                self.limit(at, to, &team.lines);
            }
        }
    }

    fn limit(&mut self, at: usize, to: u64, lines: &[u64]) {
        let (group, from) = (self.group(at), self.facts.limit_now(at));
        let id = limit_id(group, from, to);
        let limit = SetLimit { group, from, to };
        self.push(id, Change::Limit(limit), Vec::new(), lines);
    }

    fn remove(&mut self, at: usize, people: Vec<Person>) {
        let lines: Vec<_> = people.iter().flat_map(|person| &person.lines).collect();
        let lines: Vec<_> = lines.into_iter().copied().collect();
        let from = self.group(at);
        let before = people.iter().map(|person| self.before(person.student));
        let remove = Remove {
            from,
            people: before.collect(),
        };
        let id = StepId::new(format!("remove:{from}"));
        let id = self.push(id, Change::Remove(remove), Vec::new(), &lines);
        for _ in people {
            self.left_one(at, &id);
        }
    }

    /// Places students, each as soon as there is a seat.
    fn place(&mut self, created: Vec<usize>, unlimited: Vec<usize>) {
        for index in created.into_iter().chain(unlimited) {
            let made = self.made.get(&self.moves[index].to);
            let needs = made.into_iter().cloned().collect();
            self.place_one(index, needs);
        }
        self.fill();
    }

    /// Gives all free seats to those who wait for them.
    fn fill(&mut self) {
        while let Some(at) = self.open.pop_front() {
            while let Some(seats) = self.seats.get_mut(&at) {
                if seats.free.is_empty() {
                    break;
                }
                let Some(index) = seats.next() else { break };
                if self.is_done[index] {
                    continue;
                }
                let needs = seats.free.pop_front().unwrap_or_default();
                self.place_one(index, needs);
            }
        }
    }

    fn place_one(&mut self, index: usize, needs: Vec<StepId>) {
        let Move { person, to } = self.moves[index].clone();
        let place = Place {
            before: self.before(person.student),
            to: self.team(to),
        };
        let id = place_id("place", &place);
        let id = self.push(id, Change::Place(place), needs, &person.lines);
        self.is_done[index] = true;
        self.placed.insert(person.student, id.clone());
        self.left(person.student, &id);
    }

    fn lead(&mut self, moves: &[Move]) {
        let facts = self.facts;
        let moved: HashMap<usize, Node> = moves
            .iter()
            .map(|step| (step.person.student, step.to))
            .collect();
        let mut removed = std::collections::HashSet::new();
        for step in &self.steps {
            if let Change::Remove(remove) = &step.change {
                removed.extend(
                    remove
                        .people
                        .iter()
                        .map(|person| (person.user, remove.from)),
                );
            }
        }
        let ends_in = |student: usize, node: Node| match moved.get(&student) {
            Some(to) => *to == node,
            None => {
                let user = facts.people.get(student).id;
                let group = facts.targets.groups.get(node);
                facts.teams_of[student].contains(&node)
                    && group.is_some_and(|group| !removed.contains(&(user, group.id)))
            }
        };
        let mut led = Vec::new();
        for (team, node) in facts.targets.teams.iter().zip(&facts.nodes) {
            let Some(wish) = team.leader else { continue };
            led.push(*node);
            let Some(student) = facts.new_leader(*node, wish, &ends_in, self.findings) else {
                continue;
            };
            let to = facts.people.get(student).id;
            let from = facts
                .targets
                .groups
                .get(*node)
                .and_then(|group| group.leader);
            if from == Some(to) {
                continue;
            }
            let lead = SetLeader {
                team: self.team(*node),
                from,
                to,
            };
            let id = StepId::new(format!("lead:{}:{to}", lead.team));
            let mut needs: Vec<_> = self.made.get(node).into_iter().cloned().collect();
            needs.extend(self.placed.get(&student).cloned());
            needs.dedup();
            self.push(id, Change::Lead(lead), needs, &wish.lines);
        }
        for (at, group) in facts.targets.groups.iter().enumerate() {
            let leader = group.leader.and_then(|leader| facts.people.index(leader));
            let Some(leader) = leader else { continue };
            if facts.teams_of[leader].contains(&at) && !ends_in(leader, at) && !led.contains(&at) {
                let text = format!(
                    "{} leads {} and leaves it: it has no leader then, unless the set chooses one",
                    facts.who(leader),
                    facts.called(at)
                );
                self.findings.warn(FindingKind::LeaderLeaves, &[], text);
            }
        }
    }

    fn delete(&mut self, deleted: &[usize]) {
        for at in deleted {
            let group = self.facts.targets.groups[*at];
            let delete = DeleteTeam {
                group: group.id,
                name: group.name.clone(),
            };
            let mut needs = self.emptied.remove(at).unwrap_or_default();
            needs.sort_unstable();
            needs.dedup();
            let id = StepId::new(format!("delete:{}", group.id));
            self.push(id, Change::Delete(delete), needs, &[]);
        }
    }
}

fn limit_id(group: GroupId, from: Option<u64>, to: u64) -> StepId {
    StepId::new(match from {
        Some(from) => format!("limit:{group}:{from}->{to}"),
        None => format!("limit:{group}:none->{to}"),
    })
}

fn place_id(verb: &str, place: &Place) -> StepId {
    let from = place.before.teams.iter().map(GroupId::to_string);
    let from = match place.before.teams.is_empty() {
        true => "none".to_owned(),
        false => from.collect::<Vec<_>>().join("+"),
    };
    StepId::new(format!("{verb}:{}:{from}->{}", place.before.user, place.to))
}
