//! A fake Canvas on loopback.

mod accounts;
mod activity;
mod api_request;
mod bucket;
mod builder;
mod categories;
pub(crate) mod collation;
mod courses;
mod data;
mod enrollments;
mod exports;
mod files;
mod finder;
mod groups;
mod handler;
mod headers;
mod hooks;
mod html;
mod imports;
mod jobs;
mod joining;
mod json;
mod launch;
mod launches;
mod logins;
mod memberships;
mod moves;
mod notices;
mod oauth;
mod open_request;
mod own;
mod platform;
mod progress;
mod replica;
mod rights;
mod routes;
mod sample;
mod school;
mod search;
mod sections;
mod seed;
mod settings;
mod show;
mod site;
mod streams;
mod submissions;
mod tags;
mod tokens;
mod users;

pub use bucket::Throttle;
pub use builder::FakeCanvasBuilder;
pub use notices::{Notice, NoticeKind};
pub use own::{RouteAnswer, RouteRequest};
pub(crate) use platform::Platform;
pub use replica::Hold;
pub use sample::SmallSchool;
pub use school::{Role, School, SisAccess};
pub use seed::NewUser;
pub use settings::UploadEnding;

use super::{
    faults::known_route,
    handle::handle,
    oauth::{DeveloperKey, NewKey},
    server::{Server, Site},
};
use canvas_groups::{Canvas, Result, UserId};
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
        FakeCanvasBuilder::new(school)
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

    /// Has somebody else change the school right before a request: the `nth` one from now on to a
    /// route such as `POST groups/:group_id/memberships`, where 1 is the next one. The change is
    /// made once, after the request was received and before anything is done for it.
    ///
    /// The fake waits until `change` returns, so `change` must not call it.
    ///
    /// ```
    /// use canvas_groups::memberships::CreateMembership;
    /// use canvas_groups_fake::FakeCanvas;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> canvas_groups::Result<()> {
    /// let (fake, school) = FakeCanvas::start().await?;
    /// let (group, student) = (school.groups[2], school.students[0]);
    /// fake.before(1, "POST groups/:group_id/memberships", move |school| {
    ///     school.delete_group(group);
    /// })?;
    /// let late = fake.client().send(CreateMembership::new(group, student)).await;
    /// assert_eq!(late.unwrap_err().kind(), canvas_groups::ErrorKind::NotFound);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Request`](canvas_groups::ErrorKind::Request) if there is no such route, or
    /// `nth` is 0.
    pub fn before(
        &self,
        nth: usize,
        route: &str,
        change: impl FnOnce(&mut School) + Send + 'static,
    ) -> Result<()> {
        let site = self.server.site();
        let route = known_route(route, |method, path| site.known(method, path))?;
        site.hooks.add(nth, route, change)
    }

    /// Makes the replica of the database lag: until it catches up, exports to CSV show the school
    /// as it is now. All other requests read and write the main database. See [`Hold`] for how
    /// long that lasts; [`release_replica`](Self::release_replica) ends it at any time.
    pub fn hold_replica(&self, hold: Hold) {
        let mut data = self.server.site().lock();
        let school = data.school.clone();
        data.replica.hold(school, hold);
    }

    /// Lets the replica of the database catch up at once.
    pub fn release_replica(&self) {
        self.server.site().lock().replica.release();
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

    /// Opens the address of a login as the browser of the person whom
    /// [`log_in_as`](Self::log_in_as) names, and returns the one at which it comes back: the
    /// redirect URI, with a code or a refusal.
    ///
    /// ```
    /// use canvas_groups::auth::{OAuth, OAuthApp};
    /// use canvas_groups_fake::{FakeCanvas, NewKey};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> canvas_groups::Result<()> {
    /// let (fake, school) = FakeCanvas::start().await?;
    /// let key = fake.add_key(NewKey::new("https://tool.example/callback").public());
    /// let app = OAuthApp::canvas(fake.url(), key.client_id).redirect_uri(key.redirect_uri).build()?;
    ///
    /// fake.log_in_as(school.students[0]);
    /// let (url, pending) = app.login().start()?;
    /// let back = fake.browse(url).await?;
    /// assert!(back.starts_with("https://tool.example/callback?code="));
    ///
    /// let tokens = app.exchange(pending.code(&back)?).await?;
    /// assert_eq!(tokens.user_id(), Some(school.students[0]));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](canvas_groups::ErrorKind::Invalid) with the status and the text of a
    /// page that does not send the browser on, as for an unknown key or redirect URI;
    /// [`ErrorKind::Request`](canvas_groups::ErrorKind::Request) for an address of another server.
    pub async fn browse(&self, url: impl AsRef<str>) -> Result<String> {
        self.server.browse(url.as_ref()).await
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

fn client(url: &str, token: &str) -> Result<Canvas> {
    Canvas::builder(url)
        .token(token)
        .user_agent("fake-canvas")
        .build()
}
