//! How a client is built.

use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};

use secrecy::SecretString;

use super::Client;
use crate::{
    credentials::{Credentials, StaticToken},
    endpoint::Service,
    error::{Error, Result},
    transport::{CallOptions, HttpSettings, Network, RetryPolicy, Settings, Transport, address},
};

/// Builds a [`Client`].
#[must_use = "call `build` to get the client"]
pub struct ClientBuilder<S: Service> {
    url: String,
    credentials: Option<Result<Arc<dyn Credentials>>>,
    http: HttpSettings,
    max_body: usize,
    max_in_flight: usize,
    allow_private_stores: bool,
    options: CallOptions,
    service: PhantomData<fn() -> S>,
}

impl<S: Service> ClientBuilder<S> {
    pub(super) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            credentials: None,
            http: HttpSettings::default(),
            max_body: 64 * 1024 * 1024,
            max_in_flight: 12,
            allow_private_stores: false,
            options: CallOptions {
                as_user: None,
                attempt_timeout: Duration::from_secs(75),
                deadline: Duration::from_secs(300),
                retry: RetryPolicy::default(),
            },
            service: PhantomData,
        }
    }

    /// Sets an access token that does not change; for Commons, the id of a session.
    pub fn token(mut self, token: impl Into<SecretString>) -> Self {
        let token = S::authorization(token.into()).map(StaticToken::always);
        self.credentials = Some(token.map(|token| Arc::new(token) as Arc<dyn Credentials>));
        self
    }

    /// Sets credentials of any kind, such as an [`OAuth`](crate::auth::OAuth); or
    /// [`NoLogin`](crate::auth::NoLogin), for a client that only others are derived from.
    pub fn credentials(mut self, credentials: impl Credentials) -> Self {
        self.credentials = Some(Ok(Arc::new(credentials)));
        self
    }

    /// Sets the name of your product, such as `roster-sync/2.1 (it@school.edu)`, in plain ASCII. In
    /// the `User-Agent` it stands before the name of this crate and tells the institution's
    /// administrators who calls.
    pub fn user_agent(mut self, product: impl Into<String>) -> Self {
        self.http.user_agent = Some(product.into());
        self
    }

    /// Allows plain `http` to hosts other than loopback. The token is then sent unencrypted, and so
    /// are files to a store that the server names.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.http.allow_http = allow;
        self
    }

    /// Allows the server to name a store at a private address, for schools that keep their files
    /// inside.
    ///
    /// A file that is uploaded goes where the server says. By default that may be the server itself
    /// or a public address, and not one that is private, link-local, shared or a cloud's own, since
    /// a server elsewhere should not make this program connect to machines around it. A server on
    /// this machine may name this machine; a remote one never may, whatever is set here.
    ///
    /// Names are judged by the addresses that they have when they are connected to. Where a proxy is
    /// used, it looks them up, so that only addresses in numbers are judged.
    pub fn allow_private_stores(mut self, allow: bool) -> Self {
        self.allow_private_stores = allow;
        self
    }

    /// Sets certificates, the proxy and extra headers.
    pub fn network(mut self, network: Network) -> Self {
        self.http.network = network;
        self
    }

    /// Limits how long opening a connection may take. Default: 10 seconds.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.http.connect_timeout = limit;
        self
    }

    /// Limits how long each attempt of a call may take, from the first byte sent to the last byte
    /// read. Default: 75 seconds, a little more than Canvas itself allows. After a `GET` that took
    /// longer, its next attempt may take twice as long, up to the deadline.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.options.attempt_timeout = limit;
        self
    }

    /// Limits how long a whole call may take, with all its attempts and the waits between them. The
    /// time that a call waits until it may start does not count. Default: 5 minutes.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.options.deadline = limit;
        self
    }

    /// Sets when failed calls are repeated.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry = policy;
        self
    }

    /// Limits the size of an answer in bytes, counted after decompression. Default: 64 MiB.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Limits how many calls of this client and its clones are in flight at once; others wait for
    /// their turn. Default: 12, about as many as Canvas allows one token. Canvas may allow fewer:
    /// no more calls start than its quota has room for.
    #[doc(alias = "throttle")]
    #[doc(alias = "rate limit")]
    pub fn max_in_flight(mut self, calls: usize) -> Self {
        self.max_in_flight = calls;
        self
    }

    /// Builds the client.
    ///
    /// This needs no runtime and sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a base URL that is invalid
    /// or not `https`, for a missing or malformed token or product name, for a wrong setting of the
    /// [`Network`], which it names, and for an `https` URL if
    /// the crate was compiled without TLS; those of [`Credentials::check_root`] for credentials that
    /// belong to another server.
    pub fn build(self) -> Result<Client<S>> {
        let root = address::below(&self.url, self.http.allow_http, S::API_ROOT, S::API_ROOT)?;
        let credentials = self.credentials.unwrap_or_else(|| {
            Err(Error::configuration(
                "credentials are missing: call `token` or `credentials`, which takes `NoLogin` for \
                 a client that only others are derived from",
            ))
        })?;
        credentials.check_root(&root)?;
        let transport = Transport::new(Settings {
            root,
            http: self.http,
            credentials,
            challenges: S::CHALLENGES,
            max_body: self.max_body,
            max_in_flight: self.max_in_flight,
            allow_private_stores: self.allow_private_stores,
        })?;
        Ok(Client {
            transport: Arc::new(transport),
            options: self.options,
            service: PhantomData,
        })
    }
}

impl<S: Service> fmt::Debug for ClientBuilder<S> {
    /// Leaves out the URL: it may contain a password, which only `build` refuses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("credentials", &self.credentials)
            .field("http", &self.http)
            .field("max_body", &self.max_body)
            .field("max_in_flight", &self.max_in_flight)
            .field("allow_private_stores", &self.allow_private_stores)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
