//! The steps of a plan under way.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, atomic::AtomicBool},
    task::{Context, Poll},
};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use jiff::Timestamp;

use super::{
    ApplyEvent,
    calls::{Site, Work},
    expected::{Expected, Went},
    fills::{Fill, Fills},
    judge::{Judged, Verdict},
    schedule::{Schedule, deletes},
    trouble::Trouble,
    work::{place, work},
};
use crate::{
    Canvas, Error, GroupId, Result, UserId,
    roster::{
        Before, Change, Made, Outcome, Place, Plan, Report, StepId, StepReport, TeamAt,
        reading::{SeenGroup, see_groups},
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

/// How far a step is.
#[derive(Debug)]
struct State {
    verdict: Verdict,
    /// How many of its jobs are under way or to come.
    jobs: usize,
    /// What came of its own call.
    outcome: Outcome,
    /// People for whom it was not done.
    left_out: Vec<UserId>,
    /// What was said of the first of them.
    why: Option<String>,
    ended: Option<Outcome>,
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
        let states = judged.verdicts.into_iter().map(|verdict| State {
            verdict,
            jobs: 0,
            outcome: Outcome::Done,
            left_out: Vec::new(),
            why: None,
            ended: None,
        });
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
                let outcome = outcome.unwrap_or_else(|| Outcome::not_tried("it was never due"));
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
                    _ => Outcome::not_tried("all was stopped before it"),
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

    fn count(&mut self) {
        let canvas = self.site.canvas.clone();
        let set = self.expected.made.set();
        self.flight.push(
            async move {
                let Some(set) = set else {
                    return Ended::Counted(Err(Error::request_invalid(
                        "the set was not made, so nothing shows whether its groups are empty: make \
                         a new plan",
                    )));
                };
                let seen = see_groups(&canvas, set.into()).await;
                let seen = seen.map_err(Error::without_body);
                Ended::Counted(seen.map(|(_, groups)| {
                    let groups = groups.into_iter();
                    groups.map(|group| (group.id, group)).collect()
                }))
            }
            .boxed(),
        );
    }

    /// What the requests of a step need of what was made.
    fn made_for(&self, change: &Change) -> Made {
        let all = &self.expected.made;
        let mut made = all.set().map_or_else(Made::default, Made::in_set);
        let team = match change {
            Change::Place(place) => Some(&place.to),
            Change::Lead(lead) => Some(&lead.team),
            Change::Give(give) => Some(&give.tag),
            _ => None,
        };
        if let Some(team @ TeamAt::New(new)) = team
            && let Some(group) = all.group(team)
        {
            made.add(new.clone(), group);
        }
        made
    }

    /// Why a step cannot be done, if something that it needs was not.
    fn unmet(&self, step: usize) -> Option<Outcome> {
        let step = &self.plan.steps[step];
        let unmet = step.needs.iter().find(|need| {
            let need = self
                .places
                .get(need)
                .map(|place| (*place, &self.states[*place]));
            need.is_none_or(|(place, state)| !self.is_met(&step.change, place, state))
        })?;
        Some(Outcome::not_tried(format!("it needs {unmet}")))
    }

    fn is_met(&self, change: &Change, place: usize, state: &State) -> bool {
        let Some(outcome) = &state.ended else {
            return false;
        };
        if outcome.is_complete() {
            return true;
        }
        if matches!(change, Change::Place(_) | Change::Turn(_))
            && are_away(&self.plan.steps[place].change, outcome)
        {
            return true;
        }
        // A team that was made is there, whoever of its people is missing.
        let new = match &self.plan.steps[place].change {
            Change::Make(make) => make.team(),
            _ => return false,
        };
        let new = TeamAt::New(new);
        let made = self.expected.made.group(&new).is_some();
        match change {
            Change::Place(place) => made && place.to == new,
            Change::Lead(lead) => {
                let is_stale = match outcome {
                    Outcome::Stale { found } => found.iter().any(|it| it.user == lead.to),
                    _ => false,
                };
                made && lead.team == new && !is_stale && !state.left_out.contains(&lead.to)
            }
            _ => false,
        }
    }

    /// Why a team is not deleted, if somebody is in it or it is gone already.
    fn not_empty(&self, change: &Change) -> Option<Outcome> {
        if !deletes(change) {
            return None;
        }
        let groups = match &self.counted {
            Some(Ok(groups)) => groups,
            Some(Err(error)) => return Some(Outcome::failed(error)),
            None => return Some(Outcome::not_tried("nobody looked whether it is empty")),
        };
        let (ids, is_all): (Vec<GroupId>, bool) = match change {
            Change::Delete(delete) => (vec![delete.group], true),
            Change::Tags(tags) => (
                tags.delete.iter().map(|delete| delete.group).collect(),
                tags.create.is_empty() && tags.rename.is_empty(),
            ),
            _ => return None,
        };
        let there: Vec<_> = ids.iter().filter_map(|group| groups.get(group)).collect();
        let is_used = there
            .iter()
            .any(|group| group.members_count != Some(0) || group.has_submission != Some(false));
        match there.len() {
            0 if is_all => Some(Outcome::AlreadySo),
            // Tags are changed all together, which one that is gone makes impossible.
            left if is_used || left < ids.len() => Some(Outcome::stale([])),
            _ => None,
        }
    }

    fn took(&mut self, ended: Ended) {
        match ended {
            Ended::Counted(groups) => {
                self.counted = Some(groups.map_err(|error| error.to_string()));
                self.schedule.let_go();
            }
            Ended::Step(step, change, work) => self.took_step(step, &change, work),
            Ended::Fill(step, before, work) => {
                for write in &work.writes {
                    self.wrote(write.as_ref());
                }
                let to = self.filled_team(step);
                self.fills.ended(before.teams.iter().chain(&to));
                match work.outcome.is_complete() {
                    true => self.expected.went.push(Went {
                        user: before.user,
                        from: before.teams,
                        to,
                    }),
                    false => {
                        let state = &mut self.states[step];
                        state.left_out.push(before.user);
                        if let Outcome::Failed { error } = work.outcome {
                            state.why.get_or_insert(error);
                        }
                    }
                }
                self.job_ended(step);
            }
        }
    }

    fn filled_team(&self, step: usize) -> Option<GroupId> {
        match &self.plan.steps[step].change {
            Change::Make(make) => self.expected.made.group(&TeamAt::New(make.team())),
            _ => None,
        }
    }

    fn took_step(&mut self, step: usize, change: &Change, work: Work) {
        for write in &work.writes {
            self.wrote(write.as_ref());
        }
        if let Some(set) = work.set {
            self.expected.made.add_set(set);
        }
        for (team, group) in &work.made {
            self.expected.made.add(team.clone(), *group);
        }
        self.expected.note(change, &work);
        let to = self.filled_team(step);
        let state = &mut self.states[step];
        state.outcome = work.outcome;
        if let Outcome::Partly { left_out, error } = &state.outcome {
            state.left_out.extend(left_out);
            state.why.clone_from(error);
        }
        if let Some(to) = to
            && !work.rest.is_empty()
        {
            self.fill_later(step, to, work.rest);
        }
        self.job_ended(step);
    }

    /// Notes how a write ended.
    fn wrote(&mut self, write: Option<&Error>) {
        self.has_written = true;
        if let Some(why) = self.trouble.note(write) {
            self.stopped.get_or_insert(why);
        }
    }

    fn job_ended(&mut self, step: usize) {
        let state = &mut self.states[step];
        state.jobs -= 1;
        if state.jobs == 0 {
            self.settle(step);
        }
    }

    /// Ends a step whose jobs have all ended.
    fn settle(&mut self, step: usize) {
        let state = &mut self.states[step];
        let stale: &[Before] = match &state.verdict {
            Verdict::Do { stale, .. } | Verdict::Fill { stale, .. } => stale,
            _ => &[],
        };
        let is_over = matches!(
            state.outcome,
            Outcome::Done | Outcome::AlreadySo | Outcome::Partly { .. }
        );
        let outcome = match (is_over, state.left_out.is_empty(), stale.is_empty()) {
            (true, true, false) => Outcome::stale(stale.to_vec()),
            (true, false, _) => {
                let left_out = state.left_out.iter().copied();
                let stale = stale.iter().map(|before| before.user);
                Outcome::partly_for(left_out.chain(stale), state.why.clone())
            }
            _ => state.outcome.clone(),
        };
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

/// Whether the people whom a step was to take out of groups are all out of them, though it found
/// some elsewhere than it expected: the seats that it was to free are free.
fn are_away(change: &Change, outcome: &Outcome) -> bool {
    let Outcome::Stale { found } = outcome else {
        return false;
    };
    let is_away = |now: &Before| match change {
        Change::Remove(remove) => !now.teams.contains(&remove.from),
        Change::Place(place) => {
            let mut teams = place.before.teams.iter();
            place.before.user == now.user && teams.all(|team| !now.teams.contains(team))
        }
        _ => false,
    };
    !found.is_empty() && found.iter().all(is_away)
}
