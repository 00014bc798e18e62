//! Building a fake Canvas.

use std::time::Duration;

use canvas_groups::Result;
use http::Method;

use super::{
    FakeCanvas, RouteAnswer, RouteRequest, School, Throttle, UploadEnding, client,
    own::{self, OwnRoute},
    settings::Settings,
    site::CanvasSite,
};
use crate::server::Server;

/// Builds a [`FakeCanvas`].
#[derive(Debug)]
#[must_use]
pub struct FakeCanvasBuilder {
    school: School,
    settings: Settings,
    own: Vec<OwnRoute>,
    latency: Duration,
    port: u16,
}

impl FakeCanvasBuilder {
    pub(super) fn new(school: School) -> Self {
        Self {
            school,
            settings: Settings::default(),
            own: Vec::new(),
            latency: Duration::ZERO,
            port: 0,
        }
    }

    /// The port to listen on. Default: any free port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Adds a route of your own, to test an
    /// [endpoint of your own](canvas_groups::guide::endpoints) with: its method, its path below
    /// `/api/v1/`, and what answers it. It is served like all others, with the same tokens, scopes,
    /// quota, faults and journal, and comes before a route of the fake with the same path.
    ///
    /// The fake waits until `answer` returns, so `answer` must not call it. Where it panics, as a
    /// failed `assert!` in it does, the request is answered 500 with the text of the panic.
    ///
    /// ```
    /// use canvas_groups::http::Method;
    /// use canvas_groups_fake::{FakeCanvas, RouteAnswer, School};
    /// use serde_json::json;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> canvas_groups::Result<()> {
    /// let fake = FakeCanvas::builder(School::new())
    ///     .route(Method::GET, "accounts/:account_id/terms", |request| {
    ///         match request.account() {
    ///             Some(account) if request.is_admin_of(account) => {
    ///                 let terms = vec![json!({ "id": 1, "name": "Autumn 2026" })];
    ///                 request.page_in("enrollment_terms", terms)
    ///             }
    ///             Some(_) => request.forbidden(),
    ///             None => RouteAnswer::not_found(),
    ///         }
    ///     })
    ///     .start()
    ///     .await?;
    /// # let _ = fake;
    /// # Ok(())
    /// # }
    /// ```
    pub fn route(
        mut self,
        method: Method,
        path: &'static str,
        answer: impl Fn(&mut RouteRequest<'_, '_>) -> RouteAnswer + Send + Sync + 'static,
    ) -> Self {
        self.own.push(own::route(method, path, answer));
        self
    }

    /// How much longer every request takes. Default: no longer.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// How it throttles, or `None` for not at all: its answers then tell of a quota that nobody has
    /// touched. Default: like Canvas by default.
    pub fn throttle(mut self, throttle: impl Into<Option<Throttle>>) -> Self {
        self.settings.throttle = throttle.into();
        self
    }

    /// Whether it behaves like a server of November 2024, as many that schools run themselves do.
    /// Default: no.
    ///
    /// Such a server
    ///
    /// * answers 401 for a missing right, and 403 when it throttles,
    /// * leads on from a page beyond the end of a list, for ever, and takes a number for the first
    ///   page of a list that goes on at a bookmark,
    /// * has no routes for many tags or memberships at once, and shows tags among the groups,
    /// * has no route for the tags of many users, as such servers are assumed to,
    /// * ignores [`user_id`](canvas_groups::groups::ListCourseGroups::user_id) in lists of groups,
    ///   which then have all of them,
    /// * takes SIS ids for uploads and does not know
    ///   [`OnDuplicate::Error`](canvas_groups::files::OnDuplicate::Error),
    /// * says less: of groups, of the ends of self sign-up and of tokens, and of finished imports,
    /// * keeps names of sets of tags apart from those of other sets, and knows no PKCE.
    pub fn old_server(mut self, old: bool) -> Self {
        self.settings.is_old = old;
        self
    }

    /// Whether the groups of a user lie on several shards of the database, as they may on hosted
    /// Canvas: the list of one's own groups goes on at a bookmark then. Default: no.
    pub fn several_shards(mut self, several: bool) -> Self {
        self.settings.has_several_shards = several;
        self
    }

    /// Whether requests need a `User-Agent`, as on hosted Canvas. Default: yes.
    pub fn demand_user_agent(mut self, demand: bool) -> Self {
        self.settings.demands_user_agent = demand;
        self
    }

    /// Whether there is a route that removes several members of a group at once, which servers of
    /// 2024 lack. Default: yes, except on an [`old_server`](Self::old_server).
    pub fn bulk_removal(mut self, there: bool) -> Self {
        self.settings.has_bulk_removal = there;
        self
    }

    /// Whether moves between groups in opposite directions lock each other in the database, as on
    /// Canvas, where each locks the old group and then the new one. Of moves that are in flight at
    /// the same time and form a circle, the last is answered 500, and nothing is done for it. They
    /// meet only if requests take some time: see [`latency`](Self::latency). Default: no.
    pub fn deadlocks(mut self, deadlocks: bool) -> Self {
        self.settings.deadlocks = deadlocks;
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
    /// the port is taken, or loopback may not be used; or if the path of a
    /// [`route`](Self::route) is none.
    pub async fn start(self) -> Result<FakeCanvas> {
        let Self {
            mut school,
            settings,
            own,
            latency,
            port,
        } = self;
        own::check(&own)?;
        let admin = school.any_admin();
        let make = |url| CanvasSite::new(url, settings, own, school, admin);
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
