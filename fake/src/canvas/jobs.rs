//! Jobs in the background. They move by the clock alone: what a job does is done when its time is
//! over, before anything else is looked at, whether or not somebody asks for its progress.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    json::{members, time},
    school::{Context, School},
};
use crate::clock::saturating_add;

/// What a job does. It ends with what its progress shows then, or with the message of its failure.
pub(crate) type Work = Arc<dyn Fn(&mut School) -> Result<Done, String> + Send + Sync>;

/// What the progress of a job shows that is done.
#[derive(Debug, Clone, Default)]
pub(crate) struct Done {
    pub(crate) results: Option<Value>,
    pub(crate) message: Option<String>,
}

/// All jobs, by the id of their progress.
#[derive(Debug, Clone, Default)]
pub(crate) struct Jobs {
    all: BTreeMap<u64, Job>,
    /// Those that are not over, by their end.
    pending: BTreeSet<(Instant, u64)>,
}

/// What a job is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Category(u64),
    Course(u64),
    User(u64),
}

/// A job to start.
pub(crate) struct NewJob {
    pub(crate) tag: &'static str,
    pub(crate) subject: Subject,
    /// Who may cancel it. Most jobs belong to nobody.
    pub(crate) user: Option<u64>,
    /// How long it waits for its turn.
    pub(crate) queued: Duration,
    /// How long it runs then.
    pub(crate) running: Duration,
    pub(crate) work: Work,
}

#[derive(Clone)]
struct Job {
    tag: &'static str,
    subject: Subject,
    user: Option<u64>,
    begins: Instant,
    ends: Instant,
    created_at: Timestamp,
    updated_at: Timestamp,
    outcome: Outcome,
}

#[derive(Clone)]
enum Outcome {
    Pending(Work),
    Completed(Done),
    Failed {
        message: Option<String>,
        completion: f64,
    },
}

/// In how many steps a job does its work.
const STEPS: f64 = 30.0;

impl Job {
    fn state(&self, now: Instant) -> &'static str {
        match &self.outcome {
            Outcome::Pending(_) if now < self.begins => "queued",
            Outcome::Pending(_) => "running",
            Outcome::Completed(_) => "completed",
            Outcome::Failed { .. } => "failed",
        }
    }

    /// How much is done, in percent. It rises in steps, as if there were so many things to do.
    fn completion(&self, now: Instant) -> f64 {
        match &self.outcome {
            Outcome::Pending(_) => {
                let whole = self.ends.saturating_duration_since(self.begins);
                let run = now.saturating_duration_since(self.begins);
                match whole.is_zero() {
                    true => 0.0,
                    false => {
                        let done = run.as_secs_f64() / whole.as_secs_f64() * STEPS;
                        100.0 * done.min(STEPS).floor() / STEPS
                    }
                }
            }
            Outcome::Completed(_) => 100.0,
            Outcome::Failed { completion, .. } => *completion,
        }
    }
}

impl Job {
    /// How much is done before the end, in percent: where a job is when it fails.
    fn last_step(&self) -> f64 {
        match self.begins == self.ends {
            true => 0.0,
            false => 100.0 * (STEPS - 1.0) / STEPS,
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("tag", &self.tag)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

impl School {
    /// Starts a job, and gives the id of its progress.
    pub(crate) fn start(&mut self, job: NewJob) -> u64 {
        let id = self.next_id();
        let begins = saturating_add(Instant::now(), job.queued);
        let ends = saturating_add(begins, job.running);
        let record = Job {
            tag: job.tag,
            subject: job.subject,
            user: job.user,
            begins,
            ends,
            created_at: Timestamp::now(),
            updated_at: Timestamp::now(),
            outcome: Outcome::Pending(job.work),
        };
        self.jobs.all.insert(id, record);
        self.jobs.pending.insert((ends, id));
        id
    }

    /// Does the work of all jobs that are due.
    pub(crate) fn run_due_jobs(&mut self) {
        let now = match self.jobs.pending.is_empty() {
            true => return,
            false => Instant::now(),
        };
        while let Some((ends, id)) = self.jobs.pending.first().copied() {
            if ends > now {
                return;
            }
            self.jobs.pending.pop_first();
            let job = self.jobs.all.get(&id);
            let Some(Outcome::Pending(work)) = job.map(|job| job.outcome.clone()) else {
                continue;
            };
            let completion = job.map_or(0.0, Job::last_step);
            let outcome = match work(self) {
                Ok(done) => Outcome::Completed(done),
                Err(message) => Outcome::Failed {
                    message: Some(message),
                    completion,
                },
            };
            if let Some(job) = self.jobs.all.get_mut(&id) {
                job.outcome = outcome;
                job.updated_at = Timestamp::now();
            }
        }
    }

    /// When the last job with this tag that is about a set of a course, or the course itself, ends.
    pub(crate) fn last_end(&self, tag: &str, course: u64) -> Option<Instant> {
        let pending = self.jobs.pending.iter().rev();
        let mut jobs = pending.filter_map(|(ends, id)| Some((*ends, self.jobs.all.get(id)?)));
        let found = jobs.find(|(_, job)| {
            let of = match job.subject {
                Subject::Course(course) => Some(Context::Course(course)),
                Subject::Category(id) => self.categories.get(&id).map(|set| set.context),
                Subject::User(_) => None,
            };
            job.tag == tag && of == Some(Context::Course(course))
        });
        found.map(|(ends, _)| ends)
    }

    /// The job of a group set that is not over; the oldest, if there are several.
    pub(crate) fn pending_job(&self, category: u64) -> Option<u64> {
        let pending = self.jobs.pending.iter().map(|(_, id)| *id);
        pending
            .filter(|id| {
                let job = self.jobs.all.get(id);
                job.is_some_and(|job| job.subject == Subject::Category(category))
            })
            .min()
    }

    pub(crate) fn show_progress(&self, id: u64, url: &str) -> Value {
        let Some(job) = self.jobs.all.get(&id) else {
            return Value::Null;
        };
        let now = Instant::now();
        let (context_type, context_id) = match job.subject {
            Subject::Category(id) => ("GroupCategory", id),
            Subject::Course(id) => ("Course", id),
            Subject::User(id) => ("User", id),
        };
        let message = match &job.outcome {
            Outcome::Failed { message, .. } => message.as_deref(),
            Outcome::Completed(done) => done.message.as_deref(),
            Outcome::Pending(_) => None,
        };
        let mut shown = members(json!({
            "id": id,
            "context_id": context_id,
            "context_type": context_type,
            "user_id": job.user,
            "tag": job.tag,
            "completion": percent(job.completion(now)),
            "workflow_state": job.state(now),
            "created_at": time(job.created_at),
            "updated_at": time(job.updated_at),
            "message": message,
            "url": format!("{url}/api/v1/progress/{id}"),
        }));
        if let Outcome::Completed(Done {
            results: Some(results),
            ..
        }) = &job.outcome
        {
            shown.insert("results".to_owned(), results.clone());
        }
        shown.into()
    }

    /// What a job is about.
    pub(crate) fn subject(&self, id: u64) -> Option<Subject> {
        Some(self.jobs.all.get(&id)?.subject)
    }

    /// Fails a job of this user, even if it is over. Returns whether the job belongs to the user.
    pub(crate) fn cancel(&mut self, id: u64, user: u64, message: Option<String>) -> bool {
        let job = self.jobs.all.get_mut(&id);
        let Some(job) = job.filter(|job| job.user == Some(user)) else {
            return false;
        };
        self.jobs.pending.remove(&(job.ends, id));
        job.outcome = Outcome::Failed {
            message,
            completion: job.completion(Instant::now()),
        };
        job.updated_at = Timestamp::now();
        true
    }

    /// The message of a job that crashes.
    pub(crate) fn crashed(&mut self) -> String {
        format!("Unexpected error, ID: {}", self.next_id())
    }
}

fn percent(completion: f64) -> Value {
    match completion.fract() == 0.0 {
        true => Value::from(completion as u64),
        false => Value::from(completion),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FakeCanvas;
    use canvas_groups::{
        ErrorKind, ProgressId,
        progress::{CancelProgress, GetProgress, ProgressState},
    };

    #[tokio::test]
    async fn who_started_a_job_cancels_it_before_its_work_is_done() {
        let (fake, ids) = FakeCanvas::start().await.unwrap();
        let job = |running| NewJob {
            tag: "test",
            subject: Subject::Course(ids.course.get()),
            user: Some(ids.teacher.get()),
            queued: Duration::ZERO,
            running,
            work: Arc::new(|school| {
                school.add_course("Worked");
                Ok(Done {
                    results: Some(json!({ "id": 7 })),
                    message: None,
                })
            }),
        };
        let (long, short) = fake.school(|school| {
            let hour = Duration::from_secs(3600);
            (school.start(job(hour)), school.start(job(Duration::ZERO)))
        });
        let (long, short) = (ProgressId::new(long), ProgressId::new(short));
        let teacher = fake.client_of(ids.teacher).unwrap();
        let done = teacher.send(GetProgress::new(short)).await.unwrap();
        assert_eq!(done.file_id().map(|id| id.get()), Some(7));
        let other = fake.client().send(CancelProgress::new(long)).await;
        assert_eq!(other.unwrap_err().kind(), ErrorKind::Forbidden);
        let cancel = CancelProgress::new(long).message("enough");
        let failed = teacher.send(cancel).await.unwrap();
        assert_eq!(failed.workflow_state, Some(ProgressState::Failed));
        assert_eq!(failed.message.as_deref(), Some("enough"));
        // One that is over fails too.
        let late = teacher.send(CancelProgress::new(short)).await.unwrap();
        assert_eq!(late.workflow_state, Some(ProgressState::Failed));
        assert_eq!((late.message, late.completion), (None, Some(100.0)));
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(7200)).await;
        let worked = |school: &mut School| {
            let courses = school.courses.values();
            courses.filter(|course| course.name == "Worked").count()
        };
        assert_eq!(fake.school(worked), 1);
    }
}
