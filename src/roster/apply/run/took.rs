//! What ended calls mean for their steps.

use super::{Ended, Run};
use crate::{
    Error, GroupId,
    roster::{
        Change, Outcome, TeamAt,
        apply::{calls::Work, expected::Went},
    },
};

impl Run {
    pub(super) fn took(&mut self, ended: Ended) {
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
}
