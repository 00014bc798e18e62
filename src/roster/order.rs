//! In which order: so that nobody is without a team in between, and no limit is passed.

mod rings;
mod seats;
mod tags;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use seats::Seats;

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
            if team.sis_id.is_none() {
                let text = format!(
                    "\"{}\" is made by name: let no two programs do that at once, because each \
                     could make one; an SIS id is unique",
                    team.name
                );
                self.findings
                    .note(FindingKind::MadeByName, &team.lines, text);
            }
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
    fn raise_limits(&mut self) -> HashSet<usize> {
        let mut raised = HashSet::new();
        for (index, team) in self.facts.targets.teams.iter().enumerate() {
            let (Some(at), Some(to)) = (team.at, team.limit) else {
                continue;
            };
            if self.facts.limit_now(at).is_some_and(|now| to > now) {
                self.limit(at, to, &team.lines);
                raised.insert(index);
            }
        }
        raised
    }

    fn lower_limits(&mut self, raised: &HashSet<usize>) {
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

    fn lead(&mut self, moves: &[Move]) {
        let facts = self.facts;
        let moved: HashMap<usize, Node> = moves
            .iter()
            .map(|step| (step.person.student, step.to))
            .collect();
        let mut removed = HashSet::new();
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
