//! Students who change places between teams that are all full.

use std::collections::HashMap;

use super::{Order, place_id};
use crate::roster::{
    Change, Place, Rings, Turn,
    difference::Node,
    finding::{FindingKind, counted},
};

/// How many teams of a ring are named in its finding.
const NAMED: usize = 5;

impl Order<'_, '_> {
    /// What is left when no team has a free seat: every team that somebody waits for has as many
    /// who go as who come, so the moves form rings.
    pub(super) fn rings(&mut self) {
        let mut leaving: HashMap<Node, Vec<usize>> = HashMap::new();
        let waiting = || (0..self.moves.len()).filter(|index| !self.is_done[*index]);
        for index in waiting() {
            for at in &self.facts.teams_of[self.moves[index].person.student] {
                leaving.entry(*at).or_default().push(index);
            }
        }
        self.swaps();
        for first in 0..self.moves.len() {
            while !self.is_done[first] {
                let Some(ring) = self.ring_from(self.moves[first].to, &mut leaving) else {
                    break;
                };
                self.turn(ring);
            }
        }
        let left = (0..self.moves.len()).filter(|index| !self.is_done[*index]);
        for index in left.collect::<Vec<_>>() {
            let wanted = &self.moves[index];
            let text = format!(
                "{} cannot be placed in {}: no order of the changes frees a seat there in time; \
                 give the team a higher limit",
                self.facts.who(wanted.person.student),
                self.facts.called(wanted.to)
            );
            let lines = wanted.person.lines.clone();
            self.findings.error(FindingKind::NoOrder, &lines, text);
        }
    }

    /// Rings of two first: they are the commonest, and short rings are over soon.
    fn swaps(&mut self) {
        let mut between: HashMap<(Node, Node), Vec<usize>> = HashMap::new();
        for index in 0..self.moves.len() {
            if self.is_done[index] {
                continue;
            }
            let wanted = &self.moves[index];
            let [from] = *self.facts.teams_of[wanted.person.student] else {
                continue;
            };
            let back = between.get_mut(&(wanted.to, from)).and_then(Vec::pop);
            match back {
                Some(other) if !self.is_done[other] && self.is_full(&[from, wanted.to]) => {
                    self.turn(vec![other, index]);
                }
                _ => between.entry((from, wanted.to)).or_default().push(index),
            }
        }
    }

    /// Whether groups are full to the last seat, but not more than that.
    fn is_full(&self, nodes: &[Node]) -> bool {
        let is_full = |node: &Node| {
            let seats = self.seats.get(node);
            seats.is_some_and(|seats| seats.too_many == 0 && seats.free.is_empty())
        };
        nodes.iter().all(is_full)
    }

    /// Follows those who leave, from group to group, until one comes up again.
    fn ring_from(
        &self,
        start: Node,
        leaving: &mut HashMap<Node, Vec<usize>>,
    ) -> Option<Vec<usize>> {
        let mut path: Vec<usize> = Vec::new();
        let mut seen: HashMap<Node, usize> = HashMap::new();
        let mut node = start;
        loop {
            if let Some(begin) = seen.get(&node) {
                let ring = path.split_off(*begin);
                let nodes: Vec<_> = ring.iter().map(|index| self.moves[*index].to).collect();
                return self.is_full(&nodes).then_some(ring);
            }
            seen.insert(node, path.len());
            let leavers = leaving.get_mut(&node)?;
            while leavers.last().is_some_and(|index| self.is_done[*index]) {
                leavers.pop();
            }
            let index = *leavers.last()?;
            path.push(index);
            node = self.moves[index].to;
        }
    }

    /// Makes one step of a ring. On entry each move goes to the team that the next one leaves; the
    /// step has the reverse order, so that each move takes the seat that the one before it freed.
    fn turn(&mut self, mut ring: Vec<usize>) {
        // Nodes are in the order of group ids. Starting at the lowest makes the step the same wherever
        // the ring was found.
        let lowest = (0..ring.len()).min_by_key(|position| self.moves[ring[*position]].to);
        let Some(lowest) = lowest else { return };
        let length = ring.len();
        ring.rotate_left((lowest + 1) % length);
        ring.reverse();
        let to_place = |index: &usize| {
            let wanted = &self.moves[*index];
            Place {
                before: self.before(wanted.person.student),
                to: self.team(wanted.to),
            }
        };
        let moves: Vec<Place> = ring.iter().map(to_place).collect();
        let raised = self.moves[ring[0]].to;
        let limit = self.seats.get(&raised).map_or(0, |seats| seats.capacity);
        let lines = ring
            .iter()
            .flat_map(|index| &self.moves[*index].person.lines);
        let lines: Vec<_> = lines.copied().collect();
        for index in &ring {
            self.is_done[*index] = true;
        }
        let named = ring.iter().take(NAMED);
        let named = named.map(|index| self.facts.called(self.moves[*index].to));
        let mut names: Vec<_> = named.collect();
        if ring.len() > NAMED {
            let more = (ring.len() - NAMED) as u64;
            names.push(format!("and {}", counted(more, "other", "others")));
        }
        if self.facts.policy.rings == Rings::Refuse {
            let text = format!(
                "students change places between full teams: {}; Policy::rings(Rings::Turn) allows \
                 one seat more meanwhile",
                names.join(", ")
            );
            self.findings.error(FindingKind::Ring, &lines, text);
            return;
        }
        let text = format!(
            "students change places between full teams: {}; {} has one seat more meanwhile",
            names.join(", "),
            names[0]
        );
        self.findings.note(FindingKind::Ring, &lines, text);
        let id = place_id("turn", &moves[0]);
        let group = self.group(raised);
        let turn = Turn {
            group,
            limit,
            moves,
        };
        let seats = ring
            .iter()
            .filter_map(|index| self.seats.get(&self.moves[*index].to));
        let needs = seats.filter_map(|seats| seats.raised_by.clone()).collect();
        let id = self.push(id, Change::Turn(turn), needs, &lines);
        for (position, index) in ring.iter().enumerate() {
            let student = self.moves[*index].person.student;
            self.placed.insert(student, id.clone());
            // The seat that is left within the ring is taken by the next move.
            let taken = self.moves[ring[(position + 1) % ring.len()]].to;
            let from = self.facts.teams_of[student].iter();
            for at in from.copied().filter(|at| *at != taken).collect::<Vec<_>>() {
                self.left_one(at, &id);
            }
        }
        self.fill();
    }
}
