//! The wait for a job: asks at growing intervals until the job has ended or the time is up.

use std::{
    fmt,
    future::{IntoFuture, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::{FutureExt, Stream, future::BoxFuture};
use tokio::time::{Instant, Sleep, error::Elapsed, sleep_until, timeout_at};

use super::{GetProgress, Progress, ProgressState};
use crate::{
    Canvas, Error, ErrorKind, ProgressId, Result,
    ids::is_same_number,
    transport::{Secrets, Transport, runtime},
};

impl Canvas {
    /// Waits for a job: to its end when awaited, or state by state as a stream.
    ///
    /// The job is a [`Progress`], owned or borrowed, or its id. It is asked for after half a
    /// second, or at once where there is only an id, then at intervals that double up to 10
    /// seconds, and a last time shortly before 15 minutes are over; each can be set. Giving up, or
    /// dropping the wait, does not end the job: it can be waited for again. A job that has ended
    /// already is not asked for.
    ///
    /// # Errors
    /// [`ErrorKind::JobFailed`] with the server's message when the job failed or was canceled,
    /// [`ErrorKind::Timeout`] when it has not ended in time, and those of [`GetProgress`] that are
    /// not [transient](Error::is_transient): after one that is, the job is asked for again.
    /// [`ErrorKind::Decode`] and [`ErrorKind::Redirect`] only when they come twice in a row: once,
    /// something on the way may have answered in the place of the server.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
    /// use canvas_groups::{CategoryId, categories::AssignUnassigned};
    ///
    /// let job = canvas.send(AssignUnassigned::new(CategoryId::new(17))).await?;
    /// canvas.wait(&job).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// With a bar to show, and an hour of time:
    ///
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas, job: canvas_groups::progress::Progress) -> canvas_groups::Result<()> {
    /// use std::time::Duration;
    ///
    /// let mut wait = canvas.wait(job).deadline(Duration::from_secs(3600));
    /// while let Some(state) = wait.try_next().await? {
    ///     println!("{:.0} %", state.completion.unwrap_or(0.0));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait(&self, job: impl Into<Job>) -> Wait {
        let (client, job) = (self.clone(), job.into());
        let id = job.id;
        let transport = client.parts().0.clone();
        Wait::new(job, move || client.send(GetProgress::new(id)).boxed()).hiding(transport)
    }
}

/// A job to wait for: made from its [`Progress`], owned or borrowed, or from its id.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    id: ProgressId,
    /// As it was when it was last seen.
    seen: Option<Progress>,
}

impl From<Progress> for Job {
    fn from(progress: Progress) -> Self {
        Self {
            id: progress.id,
            seen: Some(progress),
        }
    }
}

impl From<&Progress> for Job {
    fn from(progress: &Progress) -> Self {
        progress.clone().into()
    }
}

impl From<ProgressId> for Job {
    fn from(id: ProgressId) -> Self {
        Self { id, seen: None }
    }
}

/// A wait for a job: what [`Canvas::wait`](crate::Client::wait) returns.
///
/// Awaited, it gives the job as it was when it had done its work. As a stream it gives every state
/// that it sees, first the one that it began with, if any, and ends after the last; of a job that
/// failed the last is an error. Nothing is asked before it is awaited or polled, and dropping the
/// future of [`try_next`](Self::try_next) before it is ready loses nothing.
#[must_use = "a wait does nothing until it is awaited or polled"]
pub struct Wait {
    ask: Box<dyn Fn() -> BoxFuture<'static, Result<Progress>> + Send + Sync>,
    /// What a server may repeat in the words of a job.
    secrets: Box<dyn Fn() -> Secrets + Send + Sync>,
    job: Job,
    /// Why the last question failed, if the next one may succeed.
    trouble: Option<Error>,
    step: Step,
    interval: Duration,
    max_interval: Duration,
    deadline: Duration,
    end: Option<Instant>,
    /// How often the state of the job was requested, this time included.
    questions: u32,
    /// Whether the end leaves no time for another question.
    is_last: bool,
}

/// What comes next. What is under way lives here, not in a future that may be dropped.
enum Step {
    /// Look at the last state.
    Judge,
    /// Then ask, if there is time before the end.
    Sleep(Pin<Box<Sleep>>, Instant),
    Ask(BoxFuture<'static, Result<Result<Progress>, Elapsed>>),
    GiveUp,
    Done,
}

impl Wait {
    /// Below this, a client would do little else than ask.
    const SHORTEST: Duration = Duration::from_millis(10);
    /// Above this, a sum of points in time may overflow.
    const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    /// How long before the end the last question comes, to be answered in time.
    const RESERVE: Duration = Duration::from_secs(1);

    pub(crate) fn new(
        job: Job,
        ask: impl Fn() -> BoxFuture<'static, Result<Progress>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            ask: Box::new(ask),
            secrets: Box::new(Secrets::default),
            job,
            trouble: None,
            step: Step::Judge,
            interval: Duration::from_millis(500),
            max_interval: Duration::from_secs(10),
            deadline: Duration::from_secs(15 * 60),
            end: None,
            questions: 0,
            is_last: false,
        }
    }

    /// The same for a job of the server behind this transport, which may repeat its secrets.
    pub(crate) fn hiding(mut self, transport: Arc<Transport>) -> Self {
        self.secrets = Box::new(move || transport.known_secrets());
        self
    }

    /// How long to wait before asking the first time; doubles each time. Default: 0.5 seconds, at
    /// least 10 milliseconds.
    pub fn interval(mut self, first: Duration) -> Self {
        self.interval = first;
        self
    }

    /// How long to wait at most before asking again. Default: 10 seconds.
    pub fn max_interval(mut self, longest: Duration) -> Self {
        self.max_interval = longest;
        self
    }

    /// How long to wait at most, from when the wait is first polled. The last question comes up to
    /// a second before: when the answer to it is not the end, neither is there time for another.
    /// Default: 15 minutes.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = limit;
        self
    }

    /// The next state, or `None` after the last.
    ///
    /// # Errors
    /// As [`Canvas::wait`](crate::Client::wait). Once, and `None` from then on.
    pub async fn try_next(&mut self) -> Result<Option<Progress>> {
        poll_fn(|context| self.poll_state(context))
            .await
            .transpose()
    }

    fn poll_state(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Progress>>> {
        let state = ready!(self.poll_step(context));
        Poll::Ready(state.map(|state| state.map_err(|error| self.handed_out(error))))
    }

    fn handed_out(&self, error: Error) -> Error {
        (self.secrets)().hidden_in(error)
    }

    fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Progress>>> {
        loop {
            match &mut self.step {
                Step::Done => return Poll::Ready(None),
                Step::GiveUp => {
                    self.step = Step::Done;
                    return Poll::Ready(Some(Err(self.out_of_time())));
                }
                Step::Judge => {
                    if let Some(state) = self.judge().transpose() {
                        return Poll::Ready(Some(state));
                    }
                }
                Step::Sleep(sleep, end) => {
                    ready!(sleep.as_mut().poll(context));
                    self.step = match *end <= Instant::now() {
                        true => Step::GiveUp,
                        false => Step::Ask(timeout_at(*end, (self.ask)()).boxed()),
                    };
                }
                Step::Ask(asking) => {
                    let outcome = ready!(asking.as_mut().poll(context));
                    self.step = Step::Done;
                    match outcome {
                        Ok(answer) => match answer.and_then(|state| self.checked(state)) {
                            Ok(state) => {
                                (self.job.seen, self.trouble) = (Some(state), None);
                                self.step = Step::Judge;
                            }
                            Err(error) if self.may_pass(&error) => {
                                self.trouble = Some(error);
                                self.step = self.rest();
                            }
                            Err(error) => return Poll::Ready(Some(Err(error))),
                        },
                        Err(_elapsed) => self.step = Step::GiveUp,
                    }
                }
            }
        }
    }

    /// The state, if it is that of this job.
    fn checked(&self, state: Progress) -> Result<Progress> {
        match is_same_number(state.id.get(), self.job.id.get()) {
            true => Ok(state),
            false => Err(Error::new(
                ErrorKind::Decode,
                format!(
                    "the answer about {} is that of the job {}: check for a proxy or portal on \
                     the way to the server",
                    self.named(),
                    state.id,
                ),
            )),
        }
    }

    /// Whether the next question may be answered. Something between here and the server, such as
    /// the page of a proxy that restarts, may answer once in the server's place; twice in a row,
    /// that is the answer.
    fn may_pass(&self, error: &Error) -> bool {
        let is_foreign =
            |error: &Error| matches!(error.kind(), ErrorKind::Decode | ErrorKind::Redirect);
        let is_first = !self.trouble.as_ref().is_some_and(is_foreign);
        error.is_transient() || is_foreign(error) && is_first
    }

    /// Gives the last state out, if one is known, and decides what comes after it.
    fn judge(&mut self) -> Result<Option<Progress>> {
        self.step = Step::Done;
        let state = self.job.seen.as_ref().map(|seen| &seen.workflow_state);
        match state {
            Some(Some(ProgressState::Completed)) => {}
            Some(Some(ProgressState::Failed | ProgressState::Canceled)) => {
                return Err(self.failed());
            }
            _ => {
                runtime()?;
                self.step = self.rest();
            }
        }
        Ok(self.job.seen.clone())
    }

    /// A pause before the next question, which comes early enough to be answered before the end.
    fn rest(&mut self) -> Step {
        if self.is_last {
            return Step::GiveUp;
        }
        let now = Instant::now();
        let end = *self.end.get_or_insert_with(|| {
            let limit = self.deadline.min(Self::LONGEST);
            now + limit
        });
        let left = end.saturating_duration_since(now);
        let pause = match (self.questions, &self.job.seen) {
            // There is nothing to show yet.
            (0, None) => Duration::ZERO,
            _ => {
                let pause = self.interval.min(self.max_interval).max(Self::SHORTEST);
                self.interval = pause.saturating_mul(2);
                pause
            }
        };
        self.questions += 1;
        self.is_last = pause >= left;
        let latest = left.saturating_sub(Self::RESERVE.min(left / 2));
        let wake = match self.is_last {
            true => now + latest,
            false => now + pause,
        };
        Step::Sleep(Box::pin(sleep_until(wake)), end)
    }

    fn state(&self) -> Option<&ProgressState> {
        self.job.seen.as_ref()?.workflow_state.as_ref()
    }

    fn named(&self) -> String {
        let seen = self.job.seen.as_ref();
        match seen.and_then(|seen| seen.tag.as_ref()) {
            Some(tag) => format!("the job {} ({tag})", self.job.id),
            None => format!("the job {}", self.job.id),
        }
    }

    fn failed(&self) -> Error {
        let state = self.state().map_or("failed", ProgressState::as_str);
        let message = self.job.seen.as_ref().and_then(Progress::reason);
        // It may be as long as any answer.
        let message = message.map(|message| (self.secrets)().start_of(&message));
        let message = message.as_deref();
        let reason = message.unwrap_or("the server gives no reason");
        Error::job_failed(
            format!("{} {state}: {reason}", self.named()),
            state,
            message,
        )
    }

    fn out_of_time(&mut self) -> Error {
        let (job, limit) = (self.named(), self.deadline);
        let state = match (&self.job.seen, self.state()) {
            (_, Some(state)) => format!("was `{}` when last asked", state.as_str()),
            (Some(_), None) => "did not tell its state when last asked".to_owned(),
            (None, _) => "could not be asked".to_owned(),
        };
        let error = Error::new(
            ErrorKind::Timeout,
            format!(
                "{job} {state}, and the wait of {limit:?} is over: the job goes on, wait for it \
                 again"
            ),
        );
        match self.trouble.take() {
            Some(trouble) => error.with_source(trouble),
            None => error,
        }
    }
}

/// Waits to the end.
impl IntoFuture for Wait {
    type Output = Result<Progress>;
    type IntoFuture = BoxFuture<'static, Result<Progress>>;

    fn into_future(mut self) -> Self::IntoFuture {
        async move {
            while self.try_next().await?.is_some() {}
            match self.state() {
                Some(ProgressState::Failed | ProgressState::Canceled) => {
                    Err(self.handed_out(self.failed()))
                }
                Some(ProgressState::Completed) => self.job.seen.ok_or_else(used_up),
                _ => Err(used_up()),
            }
        }
        .boxed()
    }
}

fn used_up() -> Error {
    Error::request_invalid("this wait has ended with an error before: make a new one")
}

impl Stream for Wait {
    type Item = Result<Progress>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_state(context)
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("job", &self.job)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
