//! A fake Commons on loopback.

mod data;
mod groups;
mod handler;
mod members;
mod records;
mod refusal;
mod requests;
mod routes;
mod sessions;
mod settings;
mod site;
mod users;

use std::time::Duration;

use super::{FakeCanvas, handle::handle, server::Server};
use canvas_groups::{Error, ErrorKind, Lor, Result, lor::UserId};
use settings::Settings;
use site::LorSite;

/// A fake Commons: a server on loopback with sessions, groups and their members.
///
/// It belongs to a [`FakeCanvas`], whose users are its users: a user of Commons is a user of that
/// Canvas who has opened Commons once, and the administrators of the root account administer
/// Commons. It listens on a free port from [`start`](Self::start) until it is dropped. It needs a
/// tokio runtime, and serves clients in any language.
///
/// Where the documentation is silent it does this: errors have the members `statusCode`, `error`
/// and `message`; unknown, missing and ended sessions are 401, a missing right is 403; several
/// groups may have the same name.
///
/// ```
/// use canvas_groups::lor::{AddMember, CreateGroup};
/// use canvas_groups_fake::{FakeCanvas, FakeLor};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> canvas_groups::Result<()> {
/// let (canvas, school) = FakeCanvas::start().await?;
/// let fake = FakeLor::start(&canvas).await?;
/// let teacher = fake.add_user(school.teacher)?;
/// let commons = fake.client();
/// let group = commons.send(CreateGroup::new("Algebra I")).await?;
/// commons.send(AddMember::new(&group.id, teacher).is_manager(true)).await?;
/// # Ok(())
/// # }
/// ```
pub struct FakeLor {
    server: Server<LorSite>,
    session: String,
    client: Lor,
}

impl FakeLor {
    /// Starts one for the users of a Canvas.
    ///
    /// # Errors
    /// As [`FakeLorBuilder::start`].
    pub async fn start(canvas: &FakeCanvas) -> Result<Self> {
        Self::builder().start(canvas).await
    }

    /// Starts to build a fake with settings of your own.
    pub fn builder() -> FakeLorBuilder {
        FakeLorBuilder {
            latency: Duration::ZERO,
            session_lifetime: Duration::from_secs(3600),
            hourly_limit: Some(2500),
            port: 0,
        }
    }

    /// The address of the API, such as `http://127.0.0.1:40123/api`.
    pub fn url(&self) -> String {
        format!("{}/api", self.server.url())
    }

    /// A session of an administrator.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// A client with [`session`](Self::session).
    pub fn client(&self) -> Lor {
        self.client.clone()
    }

    /// Makes a user of Canvas a user of Commons, as when the user opens it for the first time and
    /// accepts its terms. Someone who is one already keeps the id.
    ///
    /// # Errors
    /// [`ErrorKind::Request`] if the Canvas has no such user.
    pub fn add_user(&self, user: canvas_groups::UserId) -> Result<UserId> {
        let added = self.server.site().add_user(user.get());
        let added = added.map(UserId::new);
        added.ok_or_else(|| {
            Error::request_invalid(format!(
                "the fake Canvas has no user {user}: add one to its school"
            ))
        })
    }

    /// Opens a session of a user.
    pub fn session_of(&self, user: &UserId) -> String {
        self.server.site().open_session(user.as_str())
    }

    /// A client with a new session of a user.
    pub fn client_of(&self, user: &UserId) -> Result<Lor> {
        client(&self.url(), &self.session_of(user))
    }

    /// Ends all sessions, including that of [`client`](Self::client).
    pub fn end_sessions(&self) {
        self.server.site().lock().sessions.clear();
    }
}

handle!(FakeLor, such as "PUT groups/:id/members/:memberId");

/// Builds a [`FakeLor`].
#[derive(Debug)]
#[must_use]
pub struct FakeLorBuilder {
    latency: Duration,
    session_lifetime: Duration,
    hourly_limit: Option<u32>,
    port: u16,
}

impl FakeLorBuilder {
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

    /// How long a session lives. Default: an hour.
    pub fn session_lifetime(mut self, lifetime: Duration) -> Self {
        self.session_lifetime = lifetime;
        self
    }

    /// How many requests a user may send in an hour; `None` for any number. Default: 2,500.
    pub fn hourly_limit(mut self, limit: impl Into<Option<u32>>) -> Self {
        self.hourly_limit = limit.into();
        self
    }

    /// Starts it for the users of a Canvas.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if it cannot listen: the port is taken, or loopback may not be
    /// used.
    pub async fn start(self, canvas: &FakeCanvas) -> Result<FakeLor> {
        let make = |url| {
            let tool = format!("{url}/api/lti");
            let platform = canvas.platform(tool.clone());
            LorSite::new(Settings {
                platform,
                tool,
                session_lifetime: self.session_lifetime,
                hourly_limit: self.hourly_limit,
            })
        };
        let server = Server::open(self.port, self.latency, make).await?;
        let site = server.site();
        let admin = site.add_user(canvas.admin()).ok_or_else(|| {
            Error::new(
                ErrorKind::Configuration,
                "the fake Canvas has no administrator",
            )
        })?;
        let session = site.open_session(&admin);
        let client = client(&server.url(), &session)?;
        Ok(FakeLor {
            server,
            session,
            client,
        })
    }
}

fn client(url: &str, session: &str) -> Result<Lor> {
    Lor::builder(url)
        .token(session)
        .user_agent("fake-commons")
        .build()
}
