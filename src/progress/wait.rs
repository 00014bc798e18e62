//! The wait for a job: asks at growing intervals until the job has ended or the time is up.

use std::{
    fmt,
    future::{IntoFuture, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::{FutureExt, Stream, future::BoxFuture};
use tokio::{
    runtime::Handle,
    time::{Instant, Sleep, error::Elapsed, sleep_until, timeout_at},
};

use super::{GetProgress, Progress, ProgressState};
use crate::{Canvas, Error, ErrorKind, Result, transport::outside_runtime};

impl Canvas {
    /// Waits for a job: to its end when awaited, or state by state as a stream.
    ///
    /// It asks after half a second, then at intervals that double up to 10 seconds, and gives up
    /// after 15 minutes; each can be set. Giving up, or dropping the wait, does not end the job: it
    /// can be waited for again. A job that has ended already is not asked for.
    ///
    /// # Errors
    /// [`ErrorKind::JobFailed`] with the server's message when the job failed or was canceled,
    /// [`ErrorKind::Timeout`] when it has not ended in time, and those of [`GetProgress`].
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
    /// use canvas_groups::{CategoryId, categories::AssignUnassigned};
    ///
    /// let job = canvas.send(AssignUnassigned::new(CategoryId::new(17))).await?;
    /// canvas.wait(job).await?;
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
    pub fn wait(&self, progress: Progress) -> Wait {
        let (client, id) = (self.clone(), progress.id);
        Wait::new(progress, move || client.send(GetProgress::new(id)).boxed())
    }
}

/// A wait for a job: what [`Canvas::wait`](crate::Client::wait) returns.
///
/// Awaited, it gives the job as it was when it had done its work. As a stream it gives every state
/// that it sees, the one that it began with first, and ends after the last; of a job that failed the
/// last is an error. Nothing is asked before it is awaited or polled, and dropping the future of
/// [`try_next`](Self::try_next) before it is ready loses nothing.
#[must_use = "a wait does nothing until it is awaited or polled"]
pub struct Wait {
    ask: Box<dyn Fn() -> BoxFuture<'static, Result<Progress>> + Send + Sync>,
    last: Progress,
    step: Step,
    interval: Duration,
    max_interval: Duration,
    deadline: Duration,
    end: Option<Instant>,
}

/// What comes next. What is under way lives here, not in a future that may be dropped.
enum Step {
    /// Look at the last state.
    Judge,
    /// Then ask, if there is time before the end.
    Sleep(Pin<Box<Sleep>>, Instant),
    Ask(BoxFuture<'static, Result<Result<Progress>, Elapsed>>),
    Done,
}

impl Wait {
    /// Below this, a client would do little but ask.
    const SHORTEST: Duration = Duration::from_millis(10);
    /// Above this, points in time may not be reckoned with.
    const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

    fn new(
        progress: Progress,
        ask: impl Fn() -> BoxFuture<'static, Result<Progress>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            ask: Box::new(ask),
            last: progress,
            step: Step::Judge,
            interval: Duration::from_millis(500),
            max_interval: Duration::from_secs(10),
            deadline: Duration::from_secs(15 * 60),
            end: None,
        }
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

    /// How long to wait at all, from when the wait is first polled. Default: 15 minutes.
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
        loop {
            match &mut self.step {
                Step::Done => return Poll::Ready(None),
                Step::Judge => return Poll::Ready(Some(self.judge())),
                Step::Sleep(sleep, end) => {
                    ready!(sleep.as_mut().poll(context));
                    if *end <= Instant::now() {
                        self.step = Step::Done;
                        return Poll::Ready(Some(Err(self.out_of_time())));
                    }
                    self.step = Step::Ask(timeout_at(*end, (self.ask)()).boxed());
                }
                Step::Ask(asking) => {
                    let outcome = ready!(asking.as_mut().poll(context));
                    self.step = Step::Done;
                    match outcome {
                        Ok(Ok(state)) => {
                            self.last = state;
                            self.step = Step::Judge;
                        }
                        Ok(Err(error)) => return Poll::Ready(Some(Err(error))),
                        Err(_elapsed) => return Poll::Ready(Some(Err(self.out_of_time()))),
                    }
                }
            }
        }
    }

    /// Gives the last state out, and decides what comes after it.
    fn judge(&mut self) -> Result<Progress> {
        self.step = Step::Done;
        match self.last.workflow_state {
            Some(ProgressState::Completed) => {}
            Some(ProgressState::Failed | ProgressState::Canceled) => return Err(self.failed()),
            _ => self.step = self.rest()?,
        }
        Ok(self.last.clone())
    }

    /// A pause before the next question, no longer than until the end.
    fn rest(&mut self) -> Result<Step> {
        if Handle::try_current().is_err() {
            return Err(outside_runtime());
        }
        let now = Instant::now();
        let end = *self.end.get_or_insert_with(|| {
            let limit = self.deadline.min(Self::LONGEST);
            now + limit
        });
        let pause = self.interval.min(self.max_interval).max(Self::SHORTEST);
        self.interval = pause.saturating_mul(2);
        let wake = now + pause.min(end.saturating_duration_since(now));
        Ok(Step::Sleep(Box::pin(sleep_until(wake)), end))
    }

    fn state(&self) -> &str {
        let state = self.last.workflow_state.as_ref();
        state.map_or("in no known state", ProgressState::as_str)
    }

    fn job(&self) -> String {
        match &self.last.tag {
            Some(tag) => format!("the job {} ({tag})", self.last.id),
            None => format!("the job {}", self.last.id),
        }
    }

    fn failed(&self) -> Error {
        let (state, message) = (self.state(), self.last.message.as_deref());
        let reason = message.unwrap_or("the server gives no reason");
        Error::job_failed(format!("{} {state}: {reason}", self.job()), state, message)
    }

    fn out_of_time(&self) -> Error {
        let (job, state, limit) = (self.job(), self.state(), self.deadline);
        Error::new(
            ErrorKind::Timeout,
            format!("{job} is still {state} after {limit:?}: it goes on, wait for it again"),
        )
    }
}

/// Waits to the end.
impl IntoFuture for Wait {
    type Output = Result<Progress>;
    type IntoFuture = BoxFuture<'static, Result<Progress>>;

    fn into_future(mut self) -> Self::IntoFuture {
        async move {
            while self.try_next().await?.is_some() {}
            match self.last.workflow_state {
                Some(ProgressState::Completed) => Ok(self.last),
                Some(ProgressState::Failed | ProgressState::Canceled) => Err(self.failed()),
                _ => Err(Error::request_invalid(
                    "this wait has ended with an error before: make a new one",
                )),
            }
        }
        .boxed()
    }
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
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
