//! A fake Studio on loopback.

mod groups;
mod handler;
mod institution;
mod logins;
mod oauth;
mod ping;
mod refusal;
mod requests;
mod routes;
mod site;
mod users;

use std::time::Duration;

pub use institution::{Institution, SmallInstitution};

use super::{
    handle::handle,
    oauth::{DeveloperKey, NewKey},
    server::Server,
};
use canvas_groups::{Result, Studio, studio::UserId};
use site::StudioSite;

/// A fake Studio: a server on loopback with the users and groups of an institution.
///
/// It listens on a free port from [`start`](Self::start) until it is dropped. It needs a tokio
/// runtime, and serves clients in any language.
///
/// Where the documentation is silent it does this: a batch is carried out as a whole or not at
/// all; adding a user who is there sets the permission; changing or removing one who is not is
/// refused; the words `remove`, `destroy` and `delete` all remove; the answer has all users of the
/// group.
///
/// ```
/// use canvas_groups::studio::{ListGroupUsers, Permission, UpdateGroupUsers};
/// use canvas_groups_fake::FakeStudio;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> canvas_groups::Result<()> {
/// let (fake, ids) = FakeStudio::start().await?;
/// let studio = fake.client();
/// let batch = UpdateGroupUsers::new(ids.group).add(ids.outsider, Permission::Member);
/// studio.send(batch).await?;
/// let users: Vec<_> = studio.stream(ListGroupUsers::new(ids.group)).try_collect().await?;
/// assert_eq!(users.len(), 3);
/// # Ok(())
/// # }
/// ```
pub struct FakeStudio {
    server: Server<StudioSite>,
    token: String,
    client: Studio,
}

impl FakeStudio {
    /// Starts one with [`Institution::small`] in it, and returns the ids of its records.
    ///
    /// # Errors
    /// As [`FakeStudioBuilder::start`].
    pub async fn start() -> Result<(Self, SmallInstitution)> {
        let (institution, ids) = Institution::small();
        Ok((Self::builder(institution).start().await?, ids))
    }

    /// Starts to build a fake with these users and groups in it and settings of your own.
    pub fn builder(institution: Institution) -> FakeStudioBuilder {
        FakeStudioBuilder {
            institution,
            latency: Duration::ZERO,
            token_lifetime: Duration::from_secs(7200),
            port: 0,
        }
    }

    /// Its address, such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The access token of an administrator.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A client with [`token`](Self::token).
    pub fn client(&self) -> Studio {
        self.client.clone()
    }

    /// Issues an access token of a user, which does not expire by itself.
    pub fn token_of(&self, user: UserId) -> String {
        self.server.site().lock().logins.issue(user.get())
    }

    /// A client with a new token of a user.
    pub fn client_of(&self, user: UserId) -> Result<Studio> {
        client(&self.url(), &self.token_of(user))
    }

    /// Expires an access token.
    pub fn expire(&self, token: &str) {
        self.server.site().lock().logins.forget(token);
    }

    /// Makes a developer key, with which an application can log users in: see
    /// [`OAuthApp::studio`](canvas_groups::auth::OAuthApp::studio).
    pub fn add_key(&self, key: NewKey) -> DeveloperKey {
        self.server.site().lock().logins.keys.add(key)
    }

    /// Sets the user at the browser, who logs in from now on. Default: an administrator.
    pub fn log_in_as(&self, user: UserId) {
        self.server.site().lock().logins.browser_user.user = user.get();
    }

    /// Sets whether the user at the browser denies logins to applications. Default: no.
    pub fn refuse_logins(&self, refuse: bool) {
        self.server.site().lock().logins.browser_user.consents = !refuse;
    }

    /// Opens the address of a login as the browser of the person whom
    /// [`log_in_as`](Self::log_in_as) names, and returns the one at which it comes back: the
    /// redirect URI, with a code or a refusal.
    ///
    /// # Errors
    /// As [`FakeCanvas::browse`](super::FakeCanvas::browse).
    pub async fn browse(&self, url: impl AsRef<str>) -> Result<String> {
        self.server.browse(url.as_ref()).await
    }

    /// Reads or changes the users and groups between two requests. The fake waits until `look`
    /// returns, so `look` must not call it.
    pub fn institution<R>(&self, look: impl FnOnce(&mut Institution) -> R) -> R {
        look(&mut self.server.site().lock().institution)
    }
}

handle!(FakeStudio, such as "GET groups/:group_id/users");

/// Builds a [`FakeStudio`].
#[derive(Debug)]
#[must_use]
pub struct FakeStudioBuilder {
    institution: Institution,
    latency: Duration,
    token_lifetime: Duration,
    port: u16,
}

impl FakeStudioBuilder {
    /// The port to listen on. Default: any free port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// How much longer every request takes. Default: no longer.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// How long an access token from a login lives. Default: two hours.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](canvas_groups::ErrorKind::Configuration) if it cannot listen:
    /// the port is taken, or loopback may not be used.
    pub async fn start(mut self) -> Result<FakeStudio> {
        let admin = self.institution.any_admin();
        let make = |_| StudioSite::new(self.institution, self.token_lifetime, admin);
        let server = Server::open(self.port, self.latency, make).await?;
        let token = server.site().lock().logins.issue(admin);
        let client = client(&server.url(), &token)?;
        Ok(FakeStudio {
            server,
            token,
            client,
        })
    }
}

fn client(url: &str, token: &str) -> Result<Studio> {
    Studio::builder(url)
        .token(token)
        .user_agent("fake-studio")
        .build()
}
