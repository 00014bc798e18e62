//! Tokens that renew themselves.

mod state;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::future::BoxFuture;
use tokio::{runtime::Handle, sync::watch, time::Instant};
use tracing::{Instrument, debug, debug_span, warn};

use super::{Authorization, Credentials, OAuthApp, Revoked, TokenStore, Tokens};
use crate::{
    error::{Error, ErrorKind, Result},
    transport::outside_runtime,
};
use state::{Cause, State, Step};

/// The tokens of one login as [`Credentials`]: renewed 60 seconds before they expire, and when
/// the server no longer takes them.
///
/// A renewal ends the life of the access token before it. So there is one at a time, for all
/// clones and all clients that share them, and everybody waits for it. It goes on to its end also
/// when those who wait are dropped. New tokens go to the [`TokenStore`] before they are used.
///
/// After a renewal that failed, calls fail with the same error for a while, without another try:
/// a second at first, a minute at most, or as long as the server asks for. A login that the server
/// no longer knows stays dead ([`ErrorKind::LoginRequired`]) until [`replace`](Self::replace), or
/// until another process puts the tokens of a new login into the store.
///
/// ```no_run
/// use canvas_groups::{Canvas, auth::{FileStore, OAuth, OAuthApp}};
///
/// # async fn run() -> canvas_groups::Result<()> {
/// let url = "https://school.instructure.com";
/// let app = OAuthApp::canvas(url, "10000000000001").client_secret("secret").build()?;
/// let oauth = OAuth::restore(app, FileStore::new("tokens.json")).await?;
/// let canvas = Canvas::builder(url).credentials(oauth).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct OAuth(Arc<Shared>);

struct Shared {
    app: OAuthApp,
    store: Option<Arc<dyn TokenStore>>,
    state: Mutex<State>,
    /// Who changes the tokens, or the store, does it alone.
    turn: tokio::sync::Mutex<()>,
}

impl OAuth {
    /// Tokens that are kept in memory only.
    ///
    /// With Studio, and with a public client of Canvas, a renewal ends the life of the refresh
    /// token too: the login is then lost with the process.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for an access token that no header can hold.
    pub fn new(app: OAuthApp, tokens: Tokens) -> Result<Self> {
        Self::with(app, tokens, None)
    }

    /// Tokens fresh from a login. They are saved to the store first.
    ///
    /// # Errors
    /// Those of the store, and those of [`new`](Self::new).
    pub async fn keep(app: OAuthApp, tokens: &Tokens, store: impl TokenStore) -> Result<Self> {
        let this = Self::with(app, tokens.clone(), Some(Arc::new(store)))?;
        this.0.save(tokens).await?;
        Ok(this)
    }

    /// The tokens of an earlier login, from the store.
    ///
    /// # Errors
    /// [`ErrorKind::LoginRequired`] when the store has none; those of the store, and those of
    /// [`new`](Self::new).
    pub async fn restore(app: OAuthApp, store: impl TokenStore) -> Result<Self> {
        let tokens = store.load().await?.ok_or_else(|| {
            Error::new(ErrorKind::LoginRequired, "the store of the tokens is empty")
        })?;
        Self::with(app, tokens, Some(Arc::new(store)))
    }

    fn with(app: OAuthApp, tokens: Tokens, store: Option<Arc<dyn TokenStore>>) -> Result<Self> {
        Ok(Self(Arc::new(Shared {
            app,
            store,
            state: Mutex::new(State::new(tokens)?),
            turn: tokio::sync::Mutex::default(),
        })))
    }

    /// The newest tokens, also when the store failed to take them.
    pub fn tokens(&self) -> Tokens {
        self.0.state().newest().clone()
    }

    /// Replaces the tokens by those of a new login, for all clones. They are saved to the store
    /// first.
    ///
    /// # Errors
    /// [`ErrorKind::TokenStore`] when the store fails; the next call then tries to save them
    /// again. [`ErrorKind::Configuration`] for an access token that no header can hold.
    pub async fn replace(&self, tokens: Tokens) -> Result<()> {
        Authorization::bearer(tokens.access_token().clone())?;
        let shared = self.0.clone();
        let work = async move {
            let _turn = shared.turn.lock().await;
            shared.state().replaced(tokens);
            shared.save_pending().await.map(drop)
        };
        let task = runtime()?.spawn(work.in_current_span());
        task.await.unwrap_or_else(|_| Err(cut_off()))
    }

    /// Revokes the login on the server, refresh token included, and clears the store. A login that
    /// the server no longer knows counts as revoked.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for a service without a revocation URL, such as Studio; those
    /// of the server and of the store.
    ///
    /// Source: *OAuth2 Endpoints*.
    pub async fn revoke(&self) -> Result<Revoked> {
        let revoked = match self.revoke_on_server().await {
            Err(error) if error.kind() == ErrorKind::LoginRequired => Revoked::default(),
            outcome => outcome?,
        };
        let _turn = self.0.turn.lock().await;
        self.0.state().end(Error::new(
            ErrorKind::LoginRequired,
            "the login was revoked",
        ));
        if let Some(store) = &self.0.store {
            store.clear().await?;
        }
        Ok(revoked)
    }

    async fn revoke_on_server(&self) -> Result<Revoked> {
        let app = &self.0.app;
        let url = app.revocation_url().ok_or_else(|| {
            Error::new(
                ErrorKind::Configuration,
                "this service has no revocation URL: delete the access in its settings",
            )
        })?;
        let used = self.authorization().await?;
        match app.revoke(url, &used).await {
            Err(error) if error.kind() == ErrorKind::Authentication => {
                if !self.refused(&used).await? {
                    return Err(error);
                }
                app.revoke(url, &self.authorization().await?).await
            }
            outcome => outcome,
        }
    }
}

impl Credentials for OAuth {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        Box::pin(async {
            let step = self.0.step(Cause::Expiry, State::to_use)?;
            let step = match self.0.follow(step).await {
                Step::Fail(error) => self.0.state().in_spite_of(error, Instant::now()),
                step => step,
            };
            match step {
                Step::Use(authorization) => Ok(authorization),
                Step::Fail(error) => Err(error),
                _ => Err(cut_off()),
            }
        })
    }

    fn refused<'a>(&'a self, used: &'a Authorization) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async {
            let step = self.0.step(Cause::Refusal, |state, now, has_store| {
                state.to_replace(used, now, has_store)
            })?;
            match self.0.follow(step).await {
                Step::Use(authorization) => Ok(!authorization.is_same(used)),
                Step::Fail(error) => Err(error),
                _ => Ok(false),
            }
        })
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides, and starts the renewal if that is the decision.
    fn step(
        self: &Arc<Self>,
        cause: Cause,
        decide: impl FnOnce(&State, Instant, bool) -> Step,
    ) -> Result<Step> {
        let runtime = runtime()?;
        let (landing, flight) = {
            let mut state = self.state();
            let step = decide(&state, Instant::now(), self.store.is_some());
            if !matches!(step, Step::Start) {
                return Ok(step);
            }
            let (sender, flight) = watch::channel(None);
            state.took_off(flight.clone());
            let landing = Landing {
                shared: self.clone(),
                stale: state.authorization().clone(),
                outcome: None,
                sender,
            };
            (landing, flight)
        };
        // Not under the lock: a runtime that is shutting down drops the task, which takes it.
        runtime.spawn(
            landing
                .fly(cause)
                .instrument(debug_span!("canvas_groups.renew_token")),
        );
        Ok(Step::Join(flight))
    }

    /// Waits where that is the next step.
    async fn follow(&self, step: Step) -> Step {
        let Step::Join(mut flight) = step else {
            return step;
        };
        match flight.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(Ok(authorization))) => Step::Use(authorization.clone()),
            Ok(Some(Err(error))) => Step::Fail(error.share()),
            _ => Step::Fail(cut_off()),
        }
    }

    /// Has the newest tokens stored and in use.
    async fn renew(&self, stale: &Authorization, cause: Cause) -> Result<Authorization> {
        let _turn = self.turn.lock().await;
        if self.state().pending().is_some() {
            return self.save_pending().await;
        }
        let current = self.state().authorization().clone();
        if !current.is_same(stale) {
            return Ok(current);
        }
        if let Some(stored) = self.stored_by_another().await? {
            debug!("the store has other tokens: they are used");
            let is_due = stored.is_due(Instant::now());
            let authorization = self.state().adopt(stored)?;
            if !is_due {
                return Ok(authorization);
            }
        }
        if cause == Cause::Refusal && self.state().is_hopeless(Instant::now()) {
            return Ok(current);
        }
        self.refresh(cause).await?;
        self.save_pending().await
    }

    /// What another process saved since these tokens were.
    async fn stored_by_another(&self) -> Result<Option<Tokens>> {
        let Some(store) = &self.store else {
            return Ok(None);
        };
        let stored = store.load().await?;
        Ok(stored.filter(|stored| !stored.is_same(self.state().tokens())))
    }

    async fn refresh(&self, cause: Cause) -> Result<()> {
        let earlier = {
            let state = self.state();
            match state.ended() {
                Some(error) => return Err(error),
                None => state.tokens().clone(),
            }
        };
        let refresh_token = earlier.refresh_token().ok_or_else(|| {
            Error::new(
                ErrorKind::LoginRequired,
                "the access token is no longer good, and there is no refresh token",
            )
        })?;
        debug!(?cause, "renewing the access token");
        match self.app.refresh(refresh_token).await {
            Ok(tokens) => {
                let tokens = tokens.following(&earlier);
                self.state().received(tokens, cause, Instant::now());
                Ok(())
            }
            Err(error) => {
                debug!(kind = ?error.kind(), status = ?error.status(), "no new access token");
                let error = error.of_credentials("no new access token").not_sent();
                if error.kind() == ErrorKind::LoginRequired {
                    self.state().end(error.share());
                }
                Err(error)
            }
        }
    }

    /// Stores what was received, then lets it be used.
    async fn save_pending(&self) -> Result<Authorization> {
        let pending = self.state().pending().cloned();
        let Some(tokens) = pending else {
            return Ok(self.state().authorization().clone());
        };
        if let Err(error) = self.save(&tokens).await {
            warn!(kind = ?error.kind(), "the new tokens are not stored");
            return Err(Error::token_store(
                "the new tokens are not stored: they stay in memory, unused, and are saved again \
                 with the next call",
            )
            .with_source(error));
        }
        self.state().adopt(tokens)
    }

    async fn save(&self, tokens: &Tokens) -> Result<()> {
        match &self.store {
            Some(store) => store.save(tokens).await,
            None => Ok(()),
        }
    }
}

impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth")
            .field("app", &self.0.app)
            .field("store", &self.0.store)
            .finish_non_exhaustive()
    }
}

/// A renewal under way. However it ends, all who wait for it are told.
struct Landing {
    shared: Arc<Shared>,
    stale: Authorization,
    outcome: Option<Result<Authorization>>,
    sender: watch::Sender<Option<Result<Authorization>>>,
}

impl Landing {
    async fn fly(mut self, cause: Cause) {
        let outcome = self.shared.renew(&self.stale, cause).await;
        self.outcome = Some(outcome);
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        let outcome = self.outcome.take().unwrap_or_else(|| Err(cut_off()));
        self.shared.state().landed(&outcome, Instant::now());
        self.sender.send_replace(Some(outcome));
    }
}

fn runtime() -> Result<Handle> {
    Handle::try_current().map_err(|_| outside_runtime())
}

fn cut_off() -> Error {
    Error::authentication(
        "the renewal of the access token was cut off: its runtime ended, or the token store \
         panicked",
    )
}
