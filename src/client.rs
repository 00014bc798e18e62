//! Clients and their two verbs.

mod builder;
mod logins;
mod resume;
mod told;

use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};

use secrecy::SecretString;
use serde::de::DeserializeOwned;
use url::Url;

use crate::{
    credentials::{Authorization, StaticToken},
    endpoint::{Endpoint, FromResponse, Service, service},
    error::{Error, Result},
    ids::UserRef,
    outgoing::Outgoing,
    page::{NextPage, Page, Paginator},
    transport::{AS_USER, Answer, Call, CallOptions, RetryPolicy, Secrets, Target, Transport},
};

pub use builder::ClientBuilder;

/// A client of Canvas LMS.
pub type Canvas = Client<service::Canvas>;

/// A client of Canvas Commons. Its secret is the id of a session: see
/// [`LorSession`](crate::auth::LorSession) for sessions that are opened through Canvas.
#[doc(alias = "Commons")]
pub type Lor = Client<service::Lor>;

/// A client of Canvas Studio.
pub type Studio = Client<service::Studio>;

/// A client of one service. It takes the requests of that service and no others.
///
/// A client interprets requests with two verbs: [`send`](Self::send) for one answer and
/// [`stream`](Self::stream) for all items of a list. Cloning is cheap, and all clones share
/// connections, credentials and limits, so make one and clone it wherever it is needed.
///
/// ```
/// use canvas_groups::Canvas;
///
/// let canvas = Canvas::new("https://school.instructure.com", "access-token")?;
/// # Ok::<(), canvas_groups::Error>(())
/// ```
///
/// A request of another service does not compile:
///
/// ```compile_fail,E0271
/// # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
/// use canvas_groups::studio::{GroupId, ListGroupUsers};
///
/// canvas.send(ListGroupUsers::new(GroupId::new(1))).await?;
/// # Ok(())
/// # }
/// ```
///
/// # What happens to a call
///
/// 1. A tracing span opens, named by method and route, never by the filled path.
/// 2. The call waits at the throttle gate, in the order in which calls arrive, until the quota of
///    the token has room for it, judging by what the answers of the last
///    seconds said about it. If none came for some seconds, the call is sent to find out.
/// 3. Then, once or several times:
///    1. the credentials are attached, usually in a header marked as sensitive;
///    2. the request is sent, with time limits;
///    3. the answer is read, up to the size limit;
///    4. anything but a success that the route documents becomes an [`Error`];
///    5. if the server says that the credentials are no longer valid, they are renewed once, where
///       they can be;
///    6. the [`RetryPolicy`] decides whether to wait and try again.
/// 4. The answer is decoded; a decode error names the place in the JSON.
///
/// Redirects are not followed, cookies are not kept, and every request names its sender in the
/// `User-Agent`, which hosted Canvas requires.
pub struct Client<S: Service> {
    transport: Arc<Transport>,
    options: CallOptions,
    service: PhantomData<fn() -> S>,
}

impl<S: Service> Client<S> {
    /// Creates a client with default settings and an access token, or for Commons with the id of a
    /// session.
    ///
    /// `url` is the address of the institution, such as `https://school.instructure.com`, with or
    /// without the path of the API. Commons has [regions](crate::lor::Region) instead.
    ///
    /// # Errors
    /// As [`ClientBuilder::build`].
    pub fn new(url: impl AsRef<str>, token: impl Into<SecretString>) -> Result<Self> {
        Self::builder(url).token(token).build()
    }

    /// Begins building a client with other settings.
    pub fn builder(url: impl AsRef<str>) -> ClientBuilder<S> {
        ClientBuilder::new(url.as_ref())
    }

    /// Sends a request and returns its answer; for a list request, the first page.
    ///
    /// # Errors
    /// [`ErrorKind`](crate::ErrorKind) lists all there are. [`Error::outcome_unknown`] tells
    /// whether a write may have been carried out even though the call failed.
    pub fn send<E: Endpoint<Service = S>>(
        &self,
        request: E,
    ) -> impl Future<Output = Result<E::Response>> + Send + use<S, E> {
        let mut options = self.options.clone();
        if !request.is_repeatable() {
            options.retry = options.retry.for_unrepeatable();
        }
        let (after_write, advice) = (request.refused_after_write(), request.advice());
        let answer = self.answer(self.target(&request), options);
        async move {
            let answer = answer.await;
            answer.map_err(|error| error.of_endpoint(after_write, advice))
        }
    }

    /// Sends a request to another API of the same server, below `api_root` instead of the service's
    /// own root.
    pub(crate) fn send_beside<E: Endpoint<Service = S>>(
        &self,
        api_root: &str,
        request: E,
    ) -> impl Future<Output = Result<E::Response>> + Send + use<S, E> {
        let mut root = self.transport.root.clone();
        let prefix = root.path().strip_suffix(S::API_ROOT).unwrap_or_default();
        root.set_path(&format!("{prefix}{api_root}"));
        self.answer(self.target_below(&root, &request), self.options.clone())
    }

    pub(crate) fn answer<R: FromResponse>(
        &self,
        target: Result<Target>,
        options: CallOptions,
    ) -> impl Future<Output = Result<R>> + Send + use<S, R> {
        let call = target.map(|target| Call::new(&self.transport, target, options));
        async move { read(call?.start()?.await) }
    }

    /// The address that all routes of the service are below.
    pub(crate) fn root(&self) -> &Url {
        &self.transport.root
    }

    /// Returns all items of a list as a stream, which fetches them page by page.
    pub fn stream<T, E>(&self, request: E) -> Paginator<T>
    where
        T: DeserializeOwned,
        E: Endpoint<Service = S, Response = Page<T>>,
    {
        Paginator::new(
            self.transport.clone(),
            self.options.clone(),
            self.target(&request),
        )
    }

    /// Fetches the page after `page`, or returns `None` if that is the last one.
    ///
    /// This is for lists that are shown page by page, when a person asks for more. To read a whole
    /// list, use [`stream`](Self::stream), which is faster. The page after one that was fetched as
    /// another user is fetched as that user too.
    ///
    /// # Errors
    /// [`ErrorKind::Request`](crate::ErrorKind::Request) for a page from another server, and
    /// [`ErrorKind::Pagination`](crate::ErrorKind::Pagination) for one that leads back to an
    /// earlier page; nothing is sent in either case.
    /// [`ErrorKind::Pagination`](crate::ErrorKind::Pagination) also if it cannot be known whether
    /// the fetched page is the last one. Otherwise the errors of the request that the first page
    /// came from.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
    /// use canvas_groups::{CourseId, groups::ListCourseGroups};
    ///
    /// let first = canvas.send(ListCourseGroups::new(CourseId::new(7)).per_page(10)).await?;
    /// if let Some(second) = canvas.next_page(&first).await? {
    ///     println!("{} more groups", second.items.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn next_page<T: DeserializeOwned>(
        &self,
        page: &Page<T>,
    ) -> impl Future<Output = Result<Option<Page<T>>>> + Send + use<S, T> {
        let (transport, options) = (self.transport.clone(), self.options.clone());
        let next = page.next.clone();
        async move {
            let Some(next) = next else {
                return Ok(None);
            };
            let target = next.target(&transport.root, options.as_user.as_deref())?;
            let answer = Call::new(&transport, target, options).start()?.await;
            let answer = answer.map_err(NextPage::failed)?;
            Page::of(&answer, Some(next)).map(Some)
        }
    }

    /// What calls that consist of several requests are made with.
    pub(crate) fn parts(&self) -> (&Arc<Transport>, &CallOptions) {
        (&self.transport, &self.options)
    }

    /// A client like this one that always sends `authorization` and does not renew it.
    pub(crate) fn with_authorization(&self, authorization: Authorization) -> Self {
        self.with_login(Arc::new(StaticToken::always(authorization)))
    }

    fn target<E: Endpoint<Service = S>>(&self, request: &E) -> Result<Target> {
        self.target_below(&self.transport.root, request)
    }

    fn target_below<E: Endpoint<Service = S>>(&self, root: &Url, request: &E) -> Result<Target> {
        let mut outgoing = Outgoing::of(request)?;
        if let Some(user) = &self.options.as_user {
            outgoing.set_default(AS_USER, user);
        }
        Target::new(root, outgoing)
    }

    /// Returns a client with another time limit for each attempt of a call, from the first byte
    /// sent to the last byte read. It shares connections and credentials with this one.
    #[must_use = "this client stays as it was"]
    pub fn with_attempt_timeout(&self, limit: Duration) -> Self {
        self.with(|options| options.attempt_timeout = limit)
    }

    /// Returns a client with another time limit for a whole call, with all its attempts and the
    /// waits between them. The time that a call waits until it may start does not count.
    #[must_use = "this client stays as it was"]
    pub fn with_deadline(&self, limit: Duration) -> Self {
        self.with(|options| options.deadline = limit)
    }

    /// Returns a client with another retry policy.
    #[must_use = "this client stays as it was"]
    pub fn with_retry(&self, policy: RetryPolicy) -> Self {
        self.with(|options| options.retry = policy)
    }

    /// A client that attempts each call once. It keeps the pauses of its policy, because those of
    /// the throttle apply to other calls too.
    pub(crate) fn without_retries(&self) -> Self {
        self.with(|options| options.retry = options.retry.only_once())
    }

    fn with(&self, change: impl FnOnce(&mut CallOptions)) -> Self {
        let mut client = self.clone();
        change(&mut client.options);
        client
    }
}

impl Canvas {
    /// Returns a client that acts as another user: its calls run with that user's rights and see
    /// what that user sees, on every page of a list too. It shares connections, credentials and
    /// limits with this one.
    ///
    /// The caller needs the permission to act as other users, and to act as an administrator also
    /// all permissions of that administrator. The server logs both users. `UserRef::self_()` is the
    /// caller, so it changes nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Request`](crate::ErrorKind::Request) for an empty reference, such as
    /// `UserRef::sis("")`, with which the server would run the calls as the caller. The calls
    /// themselves fail with [`ErrorKind::Masquerade`](crate::ErrorKind::Masquerade) if the user is
    /// unknown or the caller may not act as this user; if the user was merged into another one,
    /// [`Error::merged_into_user_id`] may name that one.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
    /// use canvas_groups::{UserRef, groups::ListMyGroups};
    ///
    /// let as_student = canvas.as_user(UserRef::sis("S-1234"))?;
    /// let groups: Vec<_> = as_student.stream(ListMyGroups::new()).try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn as_user(&self, user: impl Into<UserRef>) -> Result<Self> {
        let user = user.into();
        if user.is_blank() {
            return Err(Error::request_invalid(format!(
                "`{user}` names nobody to act as: the call would run as the caller"
            )));
        }
        Ok(self.with(|options| options.as_user = Some(user.to_string().into())))
    }
}

/// Makes of an answer what it is read as. The error may quote it.
fn read<R: FromResponse>(outcome: Result<Answer>) -> Result<R> {
    let answered = outcome.as_ref();
    let secrets = answered.map_or_else(|_| Secrets::default(), |it| it.secrets.clone());
    R::from_outcome(outcome).map_err(|error| secrets.hidden_in(error))
}

impl<S: Service> Clone for Client<S> {
    fn clone(&self) -> Self {
        Self {
            transport: self.transport.clone(),
            options: self.options.clone(),
            service: PhantomData,
        }
    }
}

impl<S: Service> fmt::Debug for Client<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("transport", &self.transport)
            .field("options", &self.options)
            .finish()
    }
}
