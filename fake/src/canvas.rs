//! A fake Canvas on loopback.

mod activity;
mod api_request;
mod bucket;
mod categories;
mod data;
mod exports;
mod files;
mod finder;
mod groups;
mod handler;
mod html;
mod imports;
mod jobs;
mod joining;
mod json;
mod launch;
mod launches;
mod logins;
mod memberships;
mod oauth;
mod open_request;
mod platform;
mod progress;
mod rights;
mod routes;
mod sample;
mod school;
mod seed;
mod settings;
mod show;
mod site;
mod streams;
mod tags;
mod tokens;

use std::time::Duration;

pub use bucket::Throttle;
pub(crate) use platform::Platform;
pub use sample::SmallSchool;
pub use school::{Role, School};
pub use seed::NewUser;
pub use settings::UploadEnding;

use super::{
    handle::handle,
    oauth::{DeveloperKey, NewKey},
    server::Server,
};
use canvas_groups::{Canvas, Result, UserId};
use settings::Settings;
use site::CanvasSite;
use tokens::TokenState;

/// A fake Canvas: a server on loopback with an institution in it.
///
/// It listens on a free port from [`start`](Self::start) until it is dropped. It needs a tokio
/// runtime, and serves clients in any language.
///
/// ```
/// use canvas_groups::groups::ListCourseGroups;
/// use canvas_groups_fake::FakeCanvas;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> canvas_groups::Result<()> {
/// let (fake, school) = FakeCanvas::start().await?;
/// let groups = fake.client().stream(ListCourseGroups::new(school.course));
/// assert_eq!(groups.try_collect::<Vec<_>>().await?.len(), 3);
/// # Ok(())
/// # }
/// ```
pub struct FakeCanvas {
    server: Server<CanvasSite>,
    token: String,
    client: Canvas,
}

impl FakeCanvas {
    /// Starts one with [`School::small`] in it, and returns the ids of its records.
    ///
    /// # Errors
    /// As [`FakeCanvasBuilder::start`].
    pub async fn start() -> Result<(Self, SmallSchool)> {
        let (school, ids) = School::small();
        Ok((Self::builder(school).start().await?, ids))
    }

    /// Starts to build a fake with this school in it and settings of your own.
    pub fn builder(school: School) -> FakeCanvasBuilder {
        FakeCanvasBuilder {
            school,
            settings: Settings::default(),
            latency: Duration::ZERO,
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
    pub fn client(&self) -> Canvas {
        self.client.clone()
    }

    /// Issues an access token of a user, which does not expire by itself.
    pub fn token_of(&self, user: UserId) -> String {
        self.server.site().lock().tokens.issue(user.get(), None)
    }

    /// Issues an access token of a developer key that enforces scopes, such as
    /// `url:GET|/api/v1/groups/:group_id/users`.
    pub fn scoped_token_of<T: Into<String>>(
        &self,
        user: UserId,
        scopes: impl IntoIterator<Item = T>,
    ) -> String {
        let scopes = scopes.into_iter().map(Into::into).collect();
        self.server
            .site()
            .lock()
            .tokens
            .issue(user.get(), Some(scopes))
    }

    /// A client with a new token of a user.
    pub fn client_of(&self, user: UserId) -> Result<Canvas> {
        client(&self.url(), &self.token_of(user))
    }

    /// Reads or changes the school between two requests. The fake waits until `look` returns, so
    /// `look` must not call it, nor a [`FakeLor`](super::FakeLor) that belongs to it.
    pub fn school<R>(&self, look: impl FnOnce(&mut School) -> R) -> R {
        look(&mut self.server.site().lock().school)
    }

    /// Uses up the quota of a token: requests are refused until enough of it has drained. Has no
    /// effect on a fake that does not throttle.
    pub fn throttle(&self, token: &str) {
        if let Some(rules) = &self.server.site().settings.throttle {
            self.server.site().lock().buckets.fill(token, rules);
        }
    }

    /// Makes a developer key, with which an application can log users in: see
    /// [`OAuthApp::canvas`](canvas_groups::auth::OAuthApp::canvas).
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

    /// Whose token [`token`](Self::token) is.
    pub(crate) fn admin(&self) -> u64 {
        self.server.site().lock().school.any_admin()
    }

    /// What a tool that is launched at this address may ask of this Canvas.
    pub(crate) fn platform(&self, tool: String) -> Platform {
        Platform::of(self.server.site().clone(), tool)
    }

    /// Expires a token as after its lifetime of an hour: the server no longer knows it.
    pub fn expire(&self, token: &str) {
        self.set_state(token, TokenState::Gone);
    }

    /// Expires a token as on the date that was set for it: the server says so, and a refresh does
    /// not help.
    pub fn expire_for_good(&self, token: &str) {
        self.set_state(token, TokenState::Expired);
    }

    /// Revokes a token, and the login that it came from.
    pub fn revoke(&self, token: &str) {
        self.set_state(token, TokenState::Revoked);
    }

    fn set_state(&self, token: &str, state: TokenState) {
        if let Some(token) = self.server.site().lock().tokens.get_mut(token) {
            token.state = state;
        }
    }
}

handle!(FakeCanvas, such as "POST groups/:group_id/memberships");

/// Builds a [`FakeCanvas`].
#[derive(Debug)]
#[must_use]
pub struct FakeCanvasBuilder {
    school: School,
    settings: Settings,
    latency: Duration,
    port: u16,
}

impl FakeCanvasBuilder {
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

    /// How it throttles, or `None` for not at all. Default: like Canvas by default.
    pub fn throttle(mut self, throttle: impl Into<Option<Throttle>>) -> Self {
        self.settings.throttle = throttle.into();
        self
    }

    /// Whether it behaves like a server of some years ago, which answers 401 for a missing right
    /// and 403 when it throttles. Default: no.
    pub fn old_server(mut self, old: bool) -> Self {
        self.settings.is_old = old;
        self
    }

    /// Whether requests need a `User-Agent`, as on hosted Canvas. Default: yes.
    pub fn demand_user_agent(mut self, demand: bool) -> Self {
        self.settings.demands_user_agent = demand;
        self
    }

    /// How long a job in the background takes. Default: 200 ms.
    pub fn job_duration(mut self, duration: Duration) -> Self {
        self.settings.job_duration = duration;
        self
    }

    /// How long an access token from a login lives. Default: an hour.
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.token_lifetime = lifetime;
        self
    }

    /// How the second step of an upload ends. Default: with 201.
    pub fn upload_ending(mut self, ending: UploadEnding) -> Self {
        self.settings.upload_ending = ending;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](canvas_groups::ErrorKind::Configuration) if it cannot listen:
    /// the port is taken, or loopback may not be used.
    pub async fn start(self) -> Result<FakeCanvas> {
        let Self {
            mut school,
            settings,
            latency,
            port,
        } = self;
        let admin = school.any_admin();
        let make = |url| CanvasSite::new(url, settings, school, admin);
        let server = Server::open(port, latency, make).await?;
        let token = server.site().lock().tokens.issue(admin, None);
        let client = client(&server.url(), &token)?;
        Ok(FakeCanvas {
            server,
            token,
            client,
        })
    }
}

fn client(url: &str, token: &str) -> Result<Canvas> {
    Canvas::builder(url)
        .token(token)
        .user_agent("fake-canvas")
        .build()
}
