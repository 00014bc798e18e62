//! Clients: the two verbs, and how a client is built.

use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};

use secrecy::SecretString;
use serde::de::DeserializeOwned;
use url::Url;

use crate::{
    auth::{Authorization, Credentials, StaticToken},
    endpoint::{Endpoint, FromResponse, Outgoing, Service, service},
    error::{Error, ErrorKind, Result},
    ids::UserRef,
    page::{Page, Paginator},
    transport::{AS_USER, CallOptions, RetryPolicy, Running, Settings, Target, Transport, address},
};

/// A client of Canvas LMS.
pub type Canvas = Client<service::Canvas>;

/// A client of Canvas Commons. Its secret is the id of a session: see
/// [`LorSession`](crate::auth::LorSession) for sessions that are opened through Canvas.
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
/// The request of another service does not compile:
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
/// 2. The call waits at the throttle gate until the quota of the token, as the answers of the last
///    seconds told of it, has room for it; in the order in which calls came. Where nothing was
///    heard for some seconds, it is sent to find out.
/// 3. Then, once or several times:
///    1. the credentials are attached, as a rule in a header marked as sensitive;
///    2. the request is sent, with time limits;
///    3. the answer is read, up to the size limit;
///    4. what is not a success becomes an [`Error`];
///    5. when the server says that the credentials are dead, they are renewed once, if they can be;
///    6. the [`RetryPolicy`] decides whether to wait and try again.
/// 4. The answer is decoded; a decode error names the place in the JSON.
///
/// Redirects are not followed, cookies are not kept, and every request names its sender in the
/// `User-Agent`, which hosted Canvas demands.
pub struct Client<S: Service> {
    transport: Arc<Transport>,
    options: CallOptions,
    allow_http: bool,
    service: PhantomData<fn() -> S>,
}

impl<S: Service> Client<S> {
    /// A client with default settings and an access token; of Commons with the id of a session.
    ///
    /// `url` is the address of the institution, such as `https://school.instructure.com`, with or
    /// without the path of the API. Commons has [regions](crate::lor::Region) instead.
    ///
    /// # Errors
    /// As [`ClientBuilder::build`].
    pub fn new(url: impl AsRef<str>, token: impl Into<SecretString>) -> Result<Self> {
        Self::builder(url).token(token).build()
    }

    /// A client with settings of its own.
    pub fn builder(url: impl AsRef<str>) -> ClientBuilder<S> {
        ClientBuilder {
            url: url.as_ref().to_owned(),
            credentials: None,
            user_agent: None,
            allow_http: false,
            connect_timeout: Duration::from_secs(10),
            max_body: 64 * 1024 * 1024,
            max_in_flight: 12,
            options: CallOptions {
                as_user: None,
                attempt_timeout: Duration::from_secs(30),
                deadline: Duration::from_secs(180),
                retry: RetryPolicy::default(),
            },
            service: PhantomData,
        }
    }

    /// Sends a request and returns its answer; of a list request the first page.
    ///
    /// # Errors
    /// See [`ErrorKind`] for all there are. [`Error::outcome_unknown`] tells whether a write may
    /// have happened all the same.
    pub fn send<E: Endpoint<Service = S>>(
        &self,
        request: E,
    ) -> impl Future<Output = Result<E::Response>> + Send + use<S, E> {
        let mut options = self.options.clone();
        if !request.is_repeatable() {
            options.retry = options.retry.for_unrepeatable();
        }
        self.answer(self.target(&request), options)
    }

    /// Sends a request to another API of the same server: `api_root` stands in the place of the
    /// service's own.
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
        let transport = self.transport.clone();
        async move { R::from_outcome(Running::start(&transport, target?, options)?.await) }
    }

    /// The address below which all routes of the service are.
    pub(crate) fn root(&self) -> &Url {
        &self.transport.root
    }

    /// All items of a list, page after page, as a stream.
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

    /// What a call of more than one request works with.
    pub(crate) fn parts(&self) -> (&Arc<Transport>, &CallOptions) {
        (&self.transport, &self.options)
    }

    /// Whether plain `http` is allowed on the network.
    pub(crate) fn allows_http(&self) -> bool {
        self.allow_http
    }

    /// A client like this one, but with credentials of its own, which it does not renew.
    pub(crate) fn with_authorization(&self, authorization: Authorization) -> Self {
        let credentials = Arc::new(StaticToken::always(authorization));
        let mut client = self.clone();
        client.transport = Arc::new(client.transport.with_credentials(credentials));
        client
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

    /// This client with another limit for each attempt of a call, from the first byte sent to the
    /// last one read. Connections and credentials stay shared.
    #[must_use = "this client stays as it was"]
    pub fn with_attempt_timeout(&self, limit: Duration) -> Self {
        self.with(|options| options.attempt_timeout = limit)
    }

    /// This client with another limit for a call with all its attempts and the waits between
    /// them. Waiting for a place among the calls in flight does not count.
    #[must_use = "this client stays as it was"]
    pub fn with_deadline(&self, limit: Duration) -> Self {
        self.with(|options| options.deadline = limit)
    }

    /// This client with another retry policy.
    #[must_use = "this client stays as it was"]
    pub fn with_retry(&self, policy: RetryPolicy) -> Self {
        self.with(|options| options.retry = policy)
    }

    /// This client with one attempt a call. Its pauses stay: those of the throttle hold up others.
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
    /// This client acting as another user: its calls run with that user's rights and see what that
    /// user sees, on every page of a list too. Connections, credentials and limits stay shared.
    ///
    /// Needs the permission to become other users, and for an administrator all permissions that
    /// this one has. The server's log names both users. A user named by `UserRef::self_()` is the
    /// caller, so nothing changes.
    ///
    /// # Errors
    /// [`ErrorKind::Request`] for a reference with nothing in it, such as `UserRef::sis("")`: the
    /// server would run the calls as the caller. The calls themselves fail with
    /// [`ErrorKind::Masquerade`] when the user is unknown, or may not be acted for; if it was
    /// merged into another one, [`Error::merged_into_user_id`] may name that.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
    /// use canvas_groups::{UserRef, groups::ListMyGroups};
    ///
    /// let as_student = canvas.as_user(UserRef::sis("S-1234"))?;
    /// let groups = as_student.stream(ListMyGroups::new()).try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn as_user(&self, user: impl Into<UserRef>) -> Result<Self> {
        let user = user.into().to_string();
        let value = user.rsplit_once(':').map_or(&*user, |(_, value)| value);
        if value.trim().is_empty() {
            return Err(Error::request_invalid(format!(
                "`{user}` names nobody to act as: the call would run as the caller"
            )));
        }
        Ok(self.with(|options| options.as_user = Some(user.into())))
    }
}

impl<S: Service> Clone for Client<S> {
    fn clone(&self) -> Self {
        Self {
            transport: self.transport.clone(),
            options: self.options.clone(),
            allow_http: self.allow_http,
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

/// Settings of a client to be.
#[must_use = "a client comes out of `build`"]
pub struct ClientBuilder<S: Service> {
    url: String,
    credentials: Option<Result<Arc<dyn Credentials>>>,
    user_agent: Option<String>,
    allow_http: bool,
    connect_timeout: Duration,
    max_body: usize,
    max_in_flight: usize,
    options: CallOptions,
    service: PhantomData<fn() -> S>,
}

impl<S: Service> ClientBuilder<S> {
    /// An access token that does not change; for Commons the id of a session.
    pub fn token(mut self, token: impl Into<SecretString>) -> Self {
        let token = S::authorization(token.into()).map(StaticToken::always);
        self.credentials = Some(token.map(|token| Arc::new(token) as Arc<dyn Credentials>));
        self
    }

    /// Credentials of any kind.
    pub fn credentials(mut self, credentials: impl Credentials) -> Self {
        self.credentials = Some(Ok(Arc::new(credentials)));
        self
    }

    /// Your product, such as `roster-sync/2.1 (it@school.edu)`. It stands in the `User-Agent`
    /// before the name of this crate, and tells the institution's administrators who calls. In
    /// plain ASCII.
    pub fn user_agent(mut self, product: impl Into<String>) -> Self {
        self.user_agent = Some(product.into());
        self
    }

    /// Allows plain `http` for hosts other than the loopback ones. The token then travels in clear,
    /// and so do files to a store that the server names.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// How long making a connection may take. Default: 10 seconds.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long each attempt of a call may take, from the first byte sent to the last one read.
    /// Default: 30 seconds.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.options.attempt_timeout = limit;
        self
    }

    /// How long a call may take with all its attempts and the waits between them. Waiting for a
    /// place among the calls in flight does not count. Default: 3 minutes.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.options.deadline = limit;
        self
    }

    /// When failed calls are repeated.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry = policy;
        self
    }

    /// How many bytes an answer may have, counted after decompression. Default: 64 MiB.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// How many calls of this client and its clones are under way at once; others wait for their
    /// turn. Default: 12, about what Canvas lets one token have. With Canvas fewer may start at a
    /// time: as many as the quota that its answers tell of allows.
    pub fn max_in_flight(mut self, calls: usize) -> Self {
        self.max_in_flight = calls;
        self
    }

    /// The client.
    ///
    /// Needs no runtime and sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for a base URL that is not a valid one, or not `https`; for a
    /// missing or malformed token or product name; and for an `https` host when the crate was
    /// compiled without TLS.
    pub fn build(self) -> Result<Client<S>> {
        let root = address::below(&self.url, self.allow_http, S::API_ROOT, S::API_ROOT)?;
        let credentials = self
            .credentials
            .unwrap_or_else(|| Err(configuration("credentials are missing: call `token`")))?;
        let transport = Transport::new(Settings {
            root,
            user_agent: address::user_agent(self.user_agent.as_deref())?,
            credentials,
            challenges: S::CHALLENGES,
            connect_timeout: self.connect_timeout,
            max_body: self.max_body,
            max_in_flight: self.max_in_flight,
        })?;
        Ok(Client {
            transport: Arc::new(transport),
            options: self.options,
            allow_http: self.allow_http,
            service: PhantomData,
        })
    }
}

impl<S: Service> fmt::Debug for ClientBuilder<S> {
    /// Without the URL: a password in it is refused by `build` only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("credentials", &self.credentials)
            .field("user_agent", &self.user_agent)
            .field("allow_http", &self.allow_http)
            .field("connect_timeout", &self.connect_timeout)
            .field("max_body", &self.max_body)
            .field("max_in_flight", &self.max_in_flight)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

fn configuration(message: &str) -> Error {
    Error::new(ErrorKind::Configuration, message)
}
