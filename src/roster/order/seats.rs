//! Who waits for a seat, and who frees one.

use std::collections::VecDeque;

use super::{Order, limit_id, place_id};
use crate::roster::{
    Change, Place, StepId,
    difference::{Changes, Move},
};

/// The seats of a group that has a limit and is to take somebody.
#[derive(Debug, Default)]
pub(super) struct Seats {
    /// How many there may be while students are placed: no limit is lowered before.
    pub(super) capacity: u64,
    /// How many have to leave before a seat is free.
    pub(super) too_many: u64,
    /// The steps that have to be done for any seat to be free.
    pub(super) base: Vec<StepId>,
    /// The step that raises the limit.
    pub(super) raised_by: Option<StepId>,
    /// Free seats, each with the steps that free it.
    pub(super) free: VecDeque<Vec<StepId>>,
    /// Moves that wait: those first whose students free a seat that others wait for.
    pub(super) useful: VecDeque<usize>,
    pub(super) plain: VecDeque<usize>,
}

impl Seats {
    fn waits(&self) -> bool {
        !self.useful.is_empty() || !self.plain.is_empty()
    }

    fn next(&mut self) -> Option<usize> {
        self.useful.pop_front().or_else(|| self.plain.pop_front())
    }
}

impl Order<'_, '_> {
    /// Notes who waits for a seat where. Returns the moves into teams without a limit.
    pub(super) fn count_seats(&mut self, changes: &Changes) -> Vec<usize> {
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
            let wanted = &self.moves[index];
            let mut from = facts.teams_of[wanted.person.student].iter();
            let frees = from.any(|at| self.seats.contains_key(at));
            if let Some(seats) = self.seats.get_mut(&wanted.to) {
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
                    seats.base.push(id.clone());
                }
                seats.raised_by = Some(id);
            }
            seats.too_many = count.saturating_sub(seats.capacity);
            self.open.push_back(at);
        }
        later
    }

    /// Notes that a student has left all teams by a step.
    pub(super) fn left(&mut self, student: usize, step: &StepId) {
        let facts = self.facts;
        for at in &facts.teams_of[student] {
            self.left_one(*at, step);
        }
    }

    pub(super) fn left_one(&mut self, at: usize, step: &StepId) {
        if let Some(steps) = self.emptied.get_mut(&at)
            && steps.last() != Some(step)
        {
            steps.push(step.clone());
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

    /// Places students, each as soon as there is a seat.
    pub(super) fn place(&mut self, created: Vec<usize>, unlimited: Vec<usize>) {
        for index in created.into_iter().chain(unlimited) {
            let made = self.made.get(&self.moves[index].to);
            let needs = made.into_iter().cloned().collect();
            self.place_one(index, needs);
        }
        self.fill();
    }

    /// Gives all free seats to those who wait for them.
    pub(super) fn fill(&mut self) {
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

    pub(super) fn place_one(&mut self, index: usize, needs: Vec<StepId>) {
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
}
