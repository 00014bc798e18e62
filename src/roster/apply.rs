//! Carrying out a plan.

mod calls;
mod expected;
mod fills;
mod judge;
mod making;
mod run;
mod schedule;
mod taken;
mod trouble;
mod verify;
mod work;

use std::{
    collections::HashMap,
    fmt,
    future::{IntoFuture, poll_fn},
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures::{FutureExt, Stream, future::BoxFuture};
use jiff::{SignedDuration, Timestamp};

use judge::Judged;
use run::Run;

use super::{
    Guard, Outcome, Plan, Report, SetKey, SnapshotSet, StepId,
    reading::{Sight, host, look},
};
use crate::{Canvas, Error, ErrorKind, GroupId, Result, transport::runtime};

/// How old a snapshot may be without being taken again.
const FRESH: SignedDuration = SignedDuration::from_secs(60);

impl Canvas {
    /// Carries out a plan if the guard allows it. Await it for the report, or read it event by event.
    ///
    /// A plan whose snapshot is older than a minute, or that was read from JSON, is held against the
    /// set as it is now, which takes two calls, mostly. Who is no longer where the plan expects them is
    /// left alone, and the report tells of them as [`Stale`](Outcome::Stale); when that is more than a
    /// quarter, and more than 3, nothing is done at all.
    ///
    /// Up to 8 calls are under way at a time, as the throttle lets them, but never two moves or
    /// removals that touch one team. What was sent and got no answer is looked for, and never made
    /// twice. After a last look at the set the report says what is not as the plan wants it. To go
    /// on after an apply that was stopped, take a new snapshot and make a new plan: what is done
    /// already is not in it.
    ///
    /// Needs the rights to manage groups, and for what the plan has of it those to add and delete
    /// groups and to manage SIS data.
    ///
    /// # Errors
    /// Only before the first write; later ones are in the report. [`ErrorKind::Guard`] if the guard
    /// refuses the plan, as it does with every plan that has errors, and if the plan is for another
    /// host. Where the set is looked at first, also if it is in another course or of another kind than
    /// the plan says, if the course has ended, if the set's members decide who is in which group, or if
    /// a job is running on it; and the errors of [`snapshot`](crate::Client::snapshot).
    /// [`ErrorKind::Configuration`] outside a Tokio runtime.
    ///
    /// # Examples
    /// With a line for each step, and an end when the user says so:
    ///
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas, plan: canvas_groups::roster::Plan) -> canvas_groups::Result<()> {
    /// use canvas_groups::roster::{ApplyEvent, Guard};
    ///
    /// let mut apply = canvas.apply(&plan, &Guard::default());
    /// loop {
    ///     tokio::select! {
    ///         event = apply.try_next() => match event? {
    ///             Some(ApplyEvent::StepEnded { step, outcome, ended, steps, .. }) => {
    ///                 println!("{ended}/{steps} {step}: {}", outcome.as_str());
    ///             }
    ///             Some(_) => {}
    ///             None => break,
    ///         },
    ///         _ = tokio::signal::ctrl_c() => apply.stop(),
    ///     }
    /// }
    /// let report = apply.await?;
    /// println!("{report}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn apply(&self, plan: &Plan, guard: &Guard) -> Apply {
        Apply {
            canvas: self.clone(),
            plan: Arc::new(plan.clone()),
            guard: guard.clone(),
            stage: Stage::Begin,
            is_stopping: false,
        }
    }
}

/// What happens while a plan is carried out.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ApplyEvent {
    /// The guard let the plan through, and the steps begin.
    #[non_exhaustive]
    Began {
        /// How many there are.
        steps: u64,
    },
    /// A step has ended.
    #[non_exhaustive]
    StepEnded {
        /// The step.
        step: StepId,
        /// What came of it.
        outcome: Outcome,
        /// How many have ended, with this one.
        ended: u64,
        /// How many there are.
        steps: u64,
    },
    /// All steps have ended, and the set is looked at once more.
    Verifying,
}

/// A plan that is being carried out: what [`Canvas::apply`](crate::Client::apply) returns.
///
/// Awaited, it gives the [`Report`]. As a stream it gives [events](ApplyEvent) and ends when the
/// report is ready, which it gives when it is awaited then. Nothing is sent before it is awaited or
/// polled. The calls under way live in it, so dropping the future of [`try_next`](Self::try_next)
/// before it is ready loses nothing. Dropping the whole starts no further call, and what was under
/// way may have happened; after [`stop`](Self::stop) there is a report.
#[must_use = "a plan is not carried out until the apply is awaited or polled"]
pub struct Apply {
    canvas: Canvas,
    plan: Arc<Plan>,
    guard: Guard,
    stage: Stage,
    is_stopping: bool,
}

/// What comes next. What is under way lives here, not in a future that may be dropped.
enum Stage {
    Begin,
    /// Look at the set again, because the snapshot is old or not to be believed.
    Look(Timestamp, BoxFuture<'static, Result<Sight>>),
    Run(Box<Run>),
    Verify(Box<Run>, BoxFuture<'static, Vec<String>>),
    Done(Box<Report>),
    Over,
}

impl Apply {
    /// The next event, or `None` when the report is ready.
    ///
    /// # Errors
    /// As [`Canvas::apply`](crate::Client::apply). Once, and `None` from then on.
    pub async fn try_next(&mut self) -> Result<Option<ApplyEvent>> {
        poll_fn(|context| self.poll_event(context))
            .await
            .transpose()
    }

    /// Starts no further step. Those that are under way end, and seats that were given for a while
    /// are taken back; poll or await it on to get the report.
    pub fn stop(&mut self) {
        self.is_stopping = true;
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<ApplyEvent>>> {
        loop {
            match &mut self.stage {
                Stage::Over | Stage::Done(_) => return Poll::Ready(None),
                Stage::Begin => {
                    self.stage = Stage::Over;
                    match self.begin() {
                        Ok(stage) => self.stage = stage,
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    }
                }
                Stage::Look(began_at, looking) => {
                    let began_at = *began_at;
                    let sight = ready!(looking.as_mut().poll(context));
                    self.stage = Stage::Over;
                    match sight.and_then(|sight| self.judge(began_at, &sight)) {
                        Ok(stage) => self.stage = stage,
                        Err(error) => return Poll::Ready(Some(Err(error.without_body()))),
                    }
                }
                Stage::Run(run) => {
                    if self.is_stopping {
                        run.stop("the program asked for it");
                    }
                    if let Some(event) = ready!(run.poll(context)) {
                        return Poll::Ready(Some(Ok(event)));
                    }
                    if let Stage::Run(run) = mem::replace(&mut self.stage, Stage::Over) {
                        let (stage, event) = self.verify(run);
                        self.stage = stage;
                        if let Some(event) = event {
                            return Poll::Ready(Some(Ok(event)));
                        }
                    }
                }
                Stage::Verify(run, looking) => {
                    let remaining = ready!(looking.as_mut().poll(context));
                    let report = run.report(remaining);
                    self.stage = Stage::Done(Box::new(report));
                }
            }
        }
    }

    /// Checks the plan, and looks at the set again if the snapshot is old or from a file.
    fn begin(&self) -> Result<Stage> {
        runtime()?;
        let began_at = Timestamp::now();
        let (plan, host) = (&*self.plan, host(&self.canvas));
        if plan.host != host {
            return Err(refused(format!(
                "the plan is for {}, and the client is one of {host}: use a client of the plan's \
                 host, or make a new plan",
                plan.host
            )));
        }
        self.guard.check_at(plan, began_at)?;
        // A snapshot from the future is not believed.
        let age = began_at.duration_since(plan.taken_at);
        let is_fresh = !plan.is_read() && (SignedDuration::ZERO..=FRESH).contains(&age);
        if plan.steps.is_empty() || is_fresh {
            let judged = Judged::fresh(plan);
            let teams = plan.teams.iter();
            let counts = teams.map(|team| (team.group, team.students + team.others));
            return Ok(self.run(judged, counts.collect(), began_at));
        }
        let canvas = self.canvas.clone();
        let key = match plan.set {
            Some(set) => SetKey::Existing {
                category: set.into(),
                course: None,
                is_tags: None,
            },
            None => SetKey::InCourse {
                course: plan.course.into(),
                name: plan.set_name.clone(),
                is_tags: plan.is_tags,
            },
        };
        let teams = plan.teams.iter();
        let others: HashMap<_, _> = teams.map(|team| (team.group, team.others)).collect();
        let looking = async move {
            let mut sight = look(&canvas, &key, &[], false).await?;
            match sight.count_listed(&canvas, &others).await {
                // They are others then, so the guard counts fewer students and allows less.
                Err(error) if matches!(error.kind(), ErrorKind::Scope | ErrorKind::Forbidden) => {}
                counted => counted?,
            }
            Ok(sight)
        };
        Ok(Stage::Look(began_at, looking.boxed()))
    }

    /// Holds the plan against the set as it is now.
    fn judge(&self, began_at: Timestamp, sight: &Sight) -> Result<Stage> {
        let now = &sight.snapshot;
        if now.course.id != self.plan.course {
            return Err(refused(format!(
                "the plan is for course {}, and the set is in course {}: make a new plan",
                self.plan.course, now.course.id
            )));
        }
        if now.set.is_some() && now.is_tags != self.plan.is_tags {
            let called = |is_tags| if is_tags { "tags" } else { "groups" };
            return Err(refused(format!(
                "the plan is for a set of {}, and the set is one of {}: make a new plan",
                called(self.plan.is_tags),
                called(now.is_tags)
            )));
        }
        if now.course.is_concluded {
            return Err(refused(format!(
                "course {} has ended or was deleted since the plan was made: nothing in it can be \
                 changed",
                now.course.id
            )));
        }
        let set = now.set.as_ref();
        if let Some(role) = set.and_then(SnapshotSet::protecting_role) {
            return Err(refused(format!(
                "the set has the role {role}: its members decide who is in which group"
            )));
        }
        if let Some(job) = now.set.as_ref().and_then(|set| set.running_job) {
            return Err(refused(format!(
                "job {job} is running on the set: wait for it, then make a new plan"
            )));
        }
        let counted = Plan::clone(&self.plan).counted_in(now);
        self.guard.check_at(&counted, began_at)?;
        let judged = Judged::of(&self.plan, sight);
        let groups = now.groups.iter();
        let counts = groups.map(|group| (group.id, group.seats_taken()));
        Ok(self.run(judged, counts.collect(), began_at))
    }

    fn run(&self, judged: Judged, counts: HashMap<GroupId, u64>, began_at: Timestamp) -> Stage {
        let too_stale = judged.too_stale();
        let mut run = Run::new(&self.canvas, self.plan.clone(), judged, counts, began_at);
        run.stopped = too_stale;
        Stage::Run(Box::new(run))
    }

    /// The last look, where something was written.
    fn verify(&self, mut run: Box<Run>) -> (Stage, Option<ApplyEvent>) {
        match run.expected.made.set().filter(|_| run.is_to_be_verified()) {
            None => {
                let report = run.report(Vec::new());
                (Stage::Done(Box::new(report)), None)
            }
            Some(set) => {
                let names = verify::names_of(&self.plan);
                let expected = mem::take(&mut run.expected);
                run.expected.made.add_set(set);
                let looking = verify::verify(self.canvas.clone(), set, names, expected);
                let stage = Stage::Verify(run, looking.boxed());
                (stage, Some(ApplyEvent::Verifying))
            }
        }
    }
}

fn refused(text: String) -> Error {
    Error::new(ErrorKind::Guard, text)
}

/// Carries the plan out to the end.
impl IntoFuture for Apply {
    type Output = Result<Report>;
    type IntoFuture = BoxFuture<'static, Result<Report>>;

    fn into_future(mut self) -> Self::IntoFuture {
        async move {
            while self.try_next().await?.is_some() {}
            match self.stage {
                Stage::Done(report) => Ok(*report),
                _ => Err(Error::request_invalid(
                    "this apply has ended with an error before: make a new one",
                )),
            }
        }
        .boxed()
    }
}

impl Stream for Apply {
    type Item = Result<ApplyEvent>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_event(context)
    }
}

impl fmt::Debug for Apply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Apply")
            .field("host", &self.plan.host)
            .field("set", &self.plan.set)
            .field("steps", &self.plan.steps.len())
            .finish_non_exhaustive()
    }
}
