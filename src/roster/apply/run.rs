//! The steps of a plan under way.

mod deletions;
mod needs;
mod state;
mod took;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, atomic::AtomicBool},
    task::{Context, Poll},
};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use jiff::Timestamp;

use self::state::State;
use super::{
    ApplyEvent,
    calls::{Site, Work},
    expected::Expected,
    fills::{Fill, Fills},
    judge::{Judged, Verdict},
    schedule::Schedule,
    trouble::Trouble,
    work::{place, work},
};
use crate::{
    Canvas, GroupId, Result,
    roster::{
        Before, Change, Made, Outcome, Place, Plan, Report, StepId, StepReport, TeamAt,
        reading::SeenGroup,
    },
};

/// How many calls are in flight at most.
const WIDTH: usize = 8;

/// What has ended.
enum Ended {
    Step(usize, Change, Work),
    /// One person was put into a team that is there.
    Fill(usize, Before, Work),
    /// The groups were looked at before some are deleted.
    Counted(Result<HashMap<GroupId, SeenGroup>>),
}

/// The steps of a plan under way. The calls live in it.
pub(super) struct Run {
    plan: Arc<Plan>,
    site: Site,
    schedule: Schedule,
    states: Vec<State>,
    places: HashMap<StepId, usize>,
    flight: FuturesUnordered<BoxFuture<'static, Ended>>,
    fills: Fills,
    counted: Option<Result<HashMap<GroupId, SeenGroup>, String>>,
    trouble: Trouble,
    ended: u64,
    has_written: bool,
    began_at: Timestamp,
    pub(super) stopped: Option<String>,
    pub(super) expected: Expected,
    pub(super) events: VecDeque<ApplyEvent>,
}

impl Run {
    pub(super) fn new(
        canvas: &Canvas,
        plan: Arc<Plan>,
        judged: Judged,
        counts: HashMap<GroupId, u64>,
        began_at: Timestamp,
    ) -> Self {
        let known = plan.teams.iter().map(|team| team.group).collect();
        let steps = plan.steps.iter().enumerate();
        let mut made = plan.set.map_or_else(Made::default, Made::in_set);
        if let Some(set) = judged.set {
            made.add_set(set);
        }
        for (team, group) in judged.made {
            made.add(team, group);
        }
        let states = judged.verdicts.into_iter().map(State::of);
        let began = ApplyEvent::Began {
            steps: plan.steps.len() as u64,
        };
        Self {
            site: Site {
                canvas: canvas.clone(),
                course: plan.course,
                known: Arc::new(known),
                lacks_bulk_removal: Arc::new(AtomicBool::new(false)),
            },
            schedule: Schedule::of(&plan.steps),
            states: states.collect(),
            places: steps
                .map(|(place, step)| (step.id.clone(), place))
                .collect(),
            plan,
            flight: FuturesUnordered::new(),
            fills: Fills::default(),
            counted: None,
            trouble: Trouble::default(),
            ended: 0,
            has_written: false,
            began_at,
            stopped: None,
            expected: Expected {
                counts,
                made,
                ..Expected::default()
            },
            events: VecDeque::from([began]),
        }
    }

    /// Goes on until there is an event, or all has ended.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<ApplyEvent>> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Poll::Ready(Some(event));
            }
            self.start();
            if !self.events.is_empty() {
                continue;
            }
            match self.flight.poll_next_unpin(context) {
                Poll::Ready(Some(ended)) => self.took(ended),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Starts no more, if there is more to start.
    pub(super) fn stop(&mut self, why: &str) {
        if self.stopped.is_none() && self.ended < self.states.len() as u64 {
            self.stopped = Some(why.to_owned());
        }
    }

    /// Whether a last look has anything to look for.
    pub(super) fn is_to_be_verified(&self) -> bool {
        self.has_written && !self.trouble.is_locked_out()
    }

    pub(super) fn report(&mut self, remaining: Vec<String>) -> Report {
        let mut report = Report::new(&self.plan, self.began_at);
        report.set = self.expected.made.set();
        report.stopped = self.stopped.take();
        let states = self.states.iter_mut();
        report.steps = self
            .plan
            .steps
            .iter()
            .zip(states)
            .map(|(step, state)| {
                let outcome = state.ended.take();
                let outcome = outcome.unwrap_or_else(|| Outcome::not_tried("its turn never came"));
                StepReport::new(&self.plan, step, outcome)
            })
            .collect();
        let undone = report.steps.iter().filter_map(StepReport::undone);
        report.remaining = remaining.into_iter().chain(undone).collect();
        report.ended_at = Timestamp::now();
        report
    }

    /// Starts as much as may be under way at once.
    fn start(&mut self) {
        if self.stopped.is_some() {
            return self.give_up();
        }
        while self.flight.len() < WIDTH && self.stopped.is_none() {
            if let Some(fill) = self.fills.next() {
                self.fill(fill);
            } else if let Some(step) = self.schedule.next() {
                self.begin(step);
            } else if self.schedule.has_only_held() && self.counted.is_none() {
                if self.flight.is_empty() {
                    self.count();
                }
                return;
            } else {
                return;
            }
        }
    }

    /// Ends what was not begun.
    fn give_up(&mut self) {
        for fill in self.fills.take() {
            let state = &mut self.states[fill.step];
            state.left_out.push(fill.before.user);
            state.jobs -= 1;
            if state.jobs == 0 {
                self.settle(fill.step);
            }
        }
        for step in 0..self.states.len() {
            let state = &self.states[step];
            if state.ended.is_none() && state.jobs == 0 {
                let outcome = match &state.verdict {
                    Verdict::AlreadySo => Outcome::AlreadySo,
                    Verdict::Stale { found } => Outcome::stale(found.clone()),
                    _ => Outcome::not_tried("the apply was stopped before it"),
                };
                self.end(step, outcome);
            }
        }
    }

    fn begin(&mut self, step: usize) {
        let change = &self.plan.steps[step].change;
        // What is so already, or is not to be done, needs no other step.
        let settled = match &self.states[step].verdict {
            Verdict::AlreadySo => Some(Outcome::AlreadySo),
            Verdict::Stale { found } => Some(Outcome::stale(found.clone())),
            Verdict::Do { .. } | Verdict::Fill { .. } => None,
        };
        let unmet = || self.unmet(step).or_else(|| self.not_empty(change));
        if let Some(outcome) = settled.or_else(unmet) {
            return self.end(step, outcome);
        }
        match self.states[step].verdict.clone() {
            Verdict::AlreadySo | Verdict::Stale { .. } => {}
            Verdict::Do { change, .. } => {
                self.states[step].jobs = 1;
                let made = self.made_for(&change);
                let calls = work(self.site.clone(), change.clone(), made);
                let calls = calls.map(move |work| Ended::Step(step, change, work));
                self.flight.push(calls.boxed());
            }
            Verdict::Fill { group, people, .. } => match people.is_empty() {
                true => self.settle(step),
                false => self.fill_later(step, group, people),
            },
        }
    }

    /// Puts people into a team one by one, when the teams that they come from are free.
    fn fill_later(&mut self, step: usize, to: GroupId, people: Vec<Before>) {
        self.states[step].jobs += people.len();
        self.fills.add(step, to, people);
    }

    fn fill(&mut self, fill: Fill) {
        let to = TeamAt::Group(fill.to);
        let Fill { step, before, .. } = fill;
        let person = Place {
            before: before.clone(),
            to,
        };
        let calls = place(self.site.clone(), person, Made::default());
        let calls = calls.map(move |work| Ended::Fill(step, before, work));
        self.flight.push(calls.boxed());
    }

    /// Ends a step whose jobs have all ended.
    fn settle(&mut self, step: usize) {
        let outcome = self.states[step].outcome();
        self.end(step, outcome);
    }

    fn end(&mut self, step: usize, outcome: Outcome) {
        self.states[step].ended = Some(outcome.clone());
        self.ended += 1;
        self.events.push_back(ApplyEvent::StepEnded {
            step: self.plan.steps[step].id.clone(),
            outcome,
            ended: self.ended,
            steps: self.states.len() as u64,
        });
        if self.stopped.is_none() {
            self.schedule.ended(step);
        }
    }
}
