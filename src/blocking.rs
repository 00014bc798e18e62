//! Clients for programs without async. Needs the feature `blocking`.
//!
//! They have the same two verbs and take the same requests as the async clients, which do the work:
//! a runtime in the background runs them, one for a client, its clones and the clients derived from
//! it. Whatever has no method here is run by [`Client::block_on`].
//!
//! ```no_run
//! use canvas_groups::{CourseId, blocking::Canvas, groups::{CreateGroup, ListCourseGroups}};
//!
//! # fn main() -> canvas_groups::Result<()> {
//! let canvas = Canvas::new("https://school.instructure.com", "access-token")?;
//! let group = canvas.send(CreateGroup::new().name("Math Teachers"))?;
//! println!("group {}", group.id);
//! for group in canvas.stream(ListCourseGroups::new(CourseId::new(7))) {
//!     println!("{}", group?.name);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Not inside a runtime
//!
//! A call that is made on a thread of a tokio runtime, as within `#[tokio::main]`, would hold up
//! that runtime. It returns an error of the kind
//! [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) instead and sends nothing: use the
//! async client there, which [`Client::async_client`] returns.
//!
//! That goes for `spawn_blocking` and `block_in_place` too: they may block, but tokio does not tell
//! them from the threads that may not. The async client works there with the runtime's own handle:
//!
//! ```no_run
//! # async fn run(canvas: canvas_groups::Canvas) -> Result<(), Box<dyn std::error::Error>> {
//! use canvas_groups::{GroupId, groups::GetGroup};
//! use tokio::{runtime::Handle, task};
//!
//! let group = task::spawn_blocking(move || {
//!     Handle::current().block_on(canvas.send(GetGroup::new(GroupId::new(17))))
//! });
//! println!("{}", group.await??.name);
//! # Ok(())
//! # }
//! ```

mod list;
mod runtime;

use std::{fmt, future::IntoFuture, ops::ControlFlow, sync::Arc};

use secrecy::SecretString;
use serde::de::DeserializeOwned;

use crate::{
    ClientBuilder, Endpoint, FileId, Page, Quota, Result, Service, UserRef,
    files::{File, Source, Upload, UploadFile, UploadFromUrl, UrlUpload},
    progress::{Job, Progress, Wait},
    roster::{ApplyEvent, Guard, Plan, Report, Roster, Snapshot},
    service,
};
use runtime::Background;

pub use list::{List, Pages};

/// A client of Canvas LMS for programs without async.
pub type Canvas = Client<service::Canvas>;

/// A client of Canvas Commons for programs without async.
#[doc(alias = "Commons")]
pub type Lor = Client<service::Lor>;

/// A client of Canvas Studio for programs without async.
pub type Studio = Client<service::Studio>;

/// A client of one service for programs without async. Cloning is cheap.
pub struct Client<S: Service> {
    client: crate::Client<S>,
    background: Arc<Background>,
}

impl<S: Service> Client<S> {
    /// Creates a client with default settings: see [`Client::new`](crate::Client::new).
    ///
    /// # Errors
    /// As [`ClientBuilder::build`], and [`ErrorKind::Configuration`](crate::ErrorKind::Configuration)
    /// when the machine has no thread left for the runtime.
    pub fn new(url: impl AsRef<str>, token: impl Into<SecretString>) -> Result<Self> {
        Self::of(crate::Client::new(url, token)?)
    }

    /// Builds a client with other settings.
    ///
    /// ```
    /// use canvas_groups::{Canvas, blocking};
    ///
    /// let settings = Canvas::builder("https://school.instructure.com")
    ///     .token("access-token")
    ///     .user_agent("roster-sync/2.1 (it@school.edu)");
    /// let canvas = blocking::Canvas::build(settings)?;
    /// # Ok::<(), canvas_groups::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn build(settings: ClientBuilder<S>) -> Result<Self> {
        Self::of(settings.build()?)
    }

    /// Wraps an async client.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) when the machine has no thread
    /// left for the runtime.
    pub fn of(client: crate::Client<S>) -> Result<Self> {
        let background = Arc::new(Background::start()?);
        Ok(Self { client, background })
    }

    /// The async client that does the work.
    pub fn async_client(&self) -> &crate::Client<S> {
        &self.client
    }

    /// The same runtime, with a client that is derived from this one's: with another time limit,
    /// another login, acting as another user.
    ///
    /// ```
    /// use std::time::Duration;
    /// use canvas_groups::blocking::Canvas;
    ///
    /// let canvas = Canvas::new("https://school.instructure.com", "access-token")?;
    /// let patient = canvas.with(canvas.async_client().with_deadline(Duration::from_secs(900)));
    /// # Ok::<(), canvas_groups::Error>(())
    /// ```
    #[must_use = "this client stays as it was"]
    pub fn with(&self, client: crate::Client<S>) -> Self {
        Self {
            client,
            background: self.background.clone(),
        }
    }

    /// Returns a client with another access token: see
    /// [`Client::with_token`](crate::Client::with_token).
    ///
    /// # Errors
    /// As there.
    pub fn with_token(&self, token: impl Into<SecretString>) -> Result<Self> {
        Ok(self.with(self.client.with_token(token)?))
    }

    /// Sends a request and returns its answer; for a list request, the first page.
    ///
    /// # Errors
    /// As [`Client::send`](crate::Client::send), and for a call
    /// [inside a runtime](self#not-inside-a-runtime).
    pub fn send<E: Endpoint<Service = S>>(&self, request: E) -> Result<E::Response> {
        self.block_on(self.client.send(request))?
    }

    /// Returns all items of a list as an iterator, which fetches them page by page, ahead of the
    /// reader.
    pub fn stream<T, E>(&self, request: E) -> List<T>
    where
        T: DeserializeOwned,
        E: Endpoint<Service = S, Response = Page<T>>,
    {
        List::new(self.client.stream(request), self.background.clone())
    }

    /// Fetches the page after `page`, or returns `None` if that is the last one.
    ///
    /// # Errors
    /// As [`Client::next_page`](crate::Client::next_page).
    pub fn next_page<T: DeserializeOwned>(&self, page: &Page<T>) -> Result<Option<Page<T>>> {
        self.block_on(self.client.next_page(page))?
    }

    /// What the client knows of the quota of its login at this moment. Nothing is sent.
    pub fn quota(&self) -> Quota {
        self.client.quota()
    }

    /// Runs a future of the async client, such as one that has no method here.
    ///
    /// ```no_run
    /// # fn run(canvas: canvas_groups::blocking::Canvas) -> canvas_groups::Result<()> {
    /// use canvas_groups::{CourseId, csv::UserKey, users::ListCourseUsers};
    ///
    /// let course = ListCourseUsers::new(CourseId::new(7));
    /// let keys = [UserKey::sis("S-1"), UserKey::login("amy")];
    /// let users = canvas.async_client().resolve_users(course, keys);
    /// let users = canvas.block_on(users)??;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration)
    /// [inside a runtime](self#not-inside-a-runtime).
    pub fn block_on<F: Future>(&self, future: F) -> Result<F::Output> {
        self.background.run(future)
    }
}

impl Canvas {
    /// Returns a client that acts as another user: see [`Client::as_user`](crate::Client::as_user).
    ///
    /// # Errors
    /// As there.
    pub fn as_user(&self, user: impl Into<UserRef>) -> Result<Self> {
        Ok(self.with(self.client.as_user(user)?))
    }

    /// Waits for a job to its end.
    ///
    /// # Errors
    /// As [`Client::wait`](crate::Client::wait).
    pub fn wait(&self, job: impl Into<Job>) -> Result<Progress> {
        self.wait_with(job, |wait| wait)
    }

    /// Waits for a job with other settings.
    ///
    /// ```no_run
    /// # fn run(canvas: canvas_groups::blocking::Canvas, job: canvas_groups::progress::Progress) -> canvas_groups::Result<()> {
    /// use std::time::Duration;
    ///
    /// canvas.wait_with(job, |wait| wait.deadline(Duration::from_secs(3600)))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Client::wait`](crate::Client::wait).
    pub fn wait_with(
        &self,
        job: impl Into<Job>,
        set: impl FnOnce(Wait) -> Wait,
    ) -> Result<Progress> {
        let wait = set(self.client.wait(job));
        self.block_on(wait.into_future())?
    }

    /// Uploads a file to a group.
    ///
    /// # Errors
    /// As [`Client::upload`](crate::Client::upload).
    pub fn upload(&self, request: UploadFile, source: impl Into<Source>) -> Result<File> {
        self.upload_with(request, source, |upload| upload)
    }

    /// Uploads a file to a group with other settings, such as a function that is called
    /// with the progress.
    ///
    /// # Errors
    /// As [`Client::upload`](crate::Client::upload).
    pub fn upload_with(
        &self,
        request: UploadFile,
        source: impl Into<Source>,
        set: impl FnOnce(Upload) -> Upload,
    ) -> Result<File> {
        let upload = set(self.client.upload(request, source));
        self.block_on(upload.into_future())?
    }

    /// Has the server fetch a file for a group from an address.
    ///
    /// # Errors
    /// As [`Client::upload_from_url`](crate::Client::upload_from_url).
    pub fn upload_from_url(&self, request: UploadFromUrl) -> Result<UrlUpload> {
        self.block_on(self.client.upload_from_url(request))?
    }

    /// Waits until the server has fetched a file.
    ///
    /// # Errors
    /// As [`Client::wait_for_file`](crate::Client::wait_for_file).
    pub fn wait_for_file(&self, upload: UrlUpload) -> Result<FileId> {
        self.block_on(self.client.wait_for_file(upload))?
    }

    /// Looks at the set of a roster and at the students of its course.
    ///
    /// # Errors
    /// As [`Client::snapshot`](crate::Client::snapshot).
    pub fn snapshot(&self, roster: &Roster) -> Result<Snapshot> {
        self.block_on(self.client.snapshot(roster))?
    }

    /// Carries out a plan, if the guard lets it through.
    ///
    /// ```no_run
    /// # fn run(canvas: canvas_groups::blocking::Canvas, roster: canvas_groups::roster::Roster) -> canvas_groups::Result<()> {
    /// use canvas_groups::roster::{Guard, Plan, Policy};
    ///
    /// let plan = Plan::new(&roster, &canvas.snapshot(&roster)?, &Policy::default());
    /// println!("{plan}");
    /// println!("{}", canvas.apply(&plan, &Guard::default())?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Client::apply`](crate::Client::apply).
    pub fn apply(&self, plan: &Plan, guard: &Guard) -> Result<Report> {
        self.block_on(self.client.apply(plan, guard).into_future())?
    }

    /// Carries out a plan and tells a function of each event. After the first
    /// [`Break`](ControlFlow::Break) that it returns, no further step is started, as by
    /// [`Apply::stop`](crate::roster::Apply::stop); the report tells how far the plan came.
    ///
    /// ```no_run
    /// # fn run(canvas: canvas_groups::blocking::Canvas, plan: canvas_groups::roster::Plan) -> canvas_groups::Result<()> {
    /// use std::ops::ControlFlow;
    /// use canvas_groups::roster::{ApplyEvent, Guard};
    ///
    /// let report = canvas.apply_with(&plan, &Guard::default(), |event| {
    ///     if let ApplyEvent::StepEnded { step, outcome, .. } = event {
    ///         println!("{step}: {}", outcome.as_str());
    ///     }
    ///     ControlFlow::Continue(())
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Client::apply`](crate::Client::apply).
    pub fn apply_with(
        &self,
        plan: &Plan,
        guard: &Guard,
        mut told: impl FnMut(ApplyEvent) -> ControlFlow<()>,
    ) -> Result<Report> {
        let mut apply = self.client.apply(plan, guard);
        while let Some(event) = self.block_on(apply.try_next())?? {
            if told(event).is_break() {
                apply.stop();
            }
        }
        self.block_on(apply.into_future())?
    }
}

impl<S: Service> Clone for Client<S> {
    fn clone(&self) -> Self {
        self.with(self.client.clone())
    }
}

impl<S: Service> fmt::Debug for Client<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("blocking::Client")
            .field(&self.client)
            .finish()
    }
}
