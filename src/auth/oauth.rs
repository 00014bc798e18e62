//! Tokens that renew themselves.

mod state;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;
use tokio::time::{Instant, sleep};
use tracing::{Instrument, debug, debug_span, warn};

use super::{
    Authorization, Credentials, LoginCode, OAuthApp, Revoked, TokenStore, Tokens,
    renewal::{self, Cause, Renewable, Step, cut_off, to_the_end},
};
use crate::error::{Error, ErrorKind, Result};
use state::State;

/// When the store is looked at after the server knew a refresh token no longer, each time after
/// the one before: another process may have it replaced and be about to save the new one.
const LOOKS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_millis(100),
    Duration::from_millis(400),
];

/// The tokens of one login as [`Credentials`]: renewed 60 seconds before they expire, and when
/// the server no longer takes them.
///
/// A renewal ends the life of the access token before it. So there is one at a time, for all
/// clones and all clients that share them, and everybody waits for it; but for two seconds at most
/// as long as the old token is good, so that a token endpoint that hangs holds up nobody. It goes
/// on to its end also when those who wait are dropped. New tokens go to the [`TokenStore`] before
/// they are used.
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
        let tokens = tokens.clone();
        let this = Self::with(app, tokens.clone(), Some(Arc::new(store)))?;
        to_the_end(async move {
            this.0.save(&tokens).await?;
            Ok(this)
        })
        .await
    }

    /// Exchanges the code of a login for tokens and saves them to the store. Once begun, it goes
    /// on to its end, also when its future is dropped: a code is good once.
    ///
    /// # Errors
    /// Those of [`OAuthApp::exchange`] and of [`keep`](Self::keep).
    ///
    /// Source: *OAuth2 Endpoints*.
    pub async fn log_in(app: OAuthApp, code: LoginCode, store: impl TokenStore) -> Result<Self> {
        to_the_end(async move {
            let tokens = app.exchange(code).await?;
            Self::keep(app, &tokens, store).await
        })
        .await
    }

    /// Exchanges the code of another login for tokens that [`replace`](Self::replace) those of
    /// this one, for all clones. Once begun, it goes on to its end, as [`log_in`](Self::log_in).
    ///
    /// # Errors
    /// Those of [`OAuthApp::exchange`] and of [`replace`](Self::replace).
    ///
    /// Source: *OAuth2 Endpoints*.
    pub async fn log_in_again(&self, code: LoginCode) -> Result<()> {
        let this = self.clone();
        to_the_end(async move {
            let tokens = this.0.app.exchange(code).await?;
            this.replace(tokens).await
        })
        .await
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
        to_the_end(async move {
            let _turn = shared.turn.lock().await;
            shared.state().replaced(tokens);
            shared.save_pending().await.map(drop)
        })
        .await
    }

    /// Revokes the login on the server, refresh token included, and clears the store. A login that
    /// the server no longer knows counts as revoked. Once begun, it goes on to its end, also when
    /// its future is dropped.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for a service without a revocation URL, such as Studio; those
    /// of the server and of the store.
    ///
    /// Source: *OAuth2 Endpoints*.
    pub async fn revoke(&self) -> Result<Revoked> {
        let shared = self.0.clone();
        to_the_end(async move { shared.revoke().await }).await
    }
}

impl Credentials for OAuth {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        Box::pin(async {
            let shared = &self.0;
            let mut step = renewal::step(shared, Cause::Expiry, |state, now| {
                state.to_use(now, shared.store.is_some())
            })?;
            loop {
                step = step.followed().await;
                // What came of the renewal, or did not come of it in time, matters only to those
                // whose token is at its end.
                let good = shared.state().good(Instant::now());
                step = match (step, good) {
                    (Step::Use(authorization), _) => return Ok(authorization),
                    (Step::Fail(_) | Step::Join(..), Some(authorization)) => {
                        return Ok(authorization);
                    }
                    (Step::Fail(error), None) => return Err(error),
                    (Step::Join(flight, _), None) => Step::Join(flight, None),
                    (Step::GiveUp | Step::Start, _) => return Err(cut_off()),
                };
            }
        })
    }

    fn refused<'a>(&'a self, used: &'a Authorization) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async {
            let shared = &self.0;
            let step = renewal::step(shared, Cause::Refusal, |state, now| {
                state.to_replace(used, now, shared.store.is_some())
            })?;
            match step.followed().await {
                Step::Use(authorization) => Ok(!authorization.is_same(used)),
                Step::Fail(error) => Err(error),
                _ => Ok(false),
            }
        })
    }
}

impl Renewable for Shared {
    type State = State;

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn renewal(
        self: &Arc<Self>,
        state: &State,
        cause: Cause,
    ) -> BoxFuture<'static, Result<Authorization>> {
        let (this, stale) = (self.clone(), state.authorization().clone());
        let work = async move {
            let _turn = this.turn.lock().await;
            this.renew(&stale, cause).await
        };
        Box::pin(work.instrument(debug_span!("canvas_groups.renew_token")))
    }
}

impl Shared {
    /// Ends the login. In one turn, so that one which begins meanwhile is not taken for it.
    async fn revoke(&self) -> Result<Revoked> {
        let _turn = self.turn.lock().await;
        let revoked = match self.revoke_on_server().await {
            Err(error) if error.kind() == ErrorKind::LoginRequired => Revoked::default(),
            outcome => outcome?,
        };
        self.state().end(Error::new(
            ErrorKind::LoginRequired,
            "the login was revoked",
        ));
        if let Some(store) = &self.store {
            store.clear().await?;
        }
        Ok(revoked)
    }

    async fn revoke_on_server(&self) -> Result<Revoked> {
        let url = self.app.revocation_url().ok_or_else(|| {
            Error::new(
                ErrorKind::Configuration,
                "this service has no revocation URL: delete the access in its settings",
            )
        })?;
        let used = self.save_pending().await?;
        match self.app.revoke(url, &used).await {
            Err(error) if error.kind() == ErrorKind::Authentication => {
                let renewed = self.renew(&used, Cause::Refusal).await?;
                if renewed.is_same(&used) {
                    return Err(error);
                }
                self.app.revoke(url, &renewed).await
            }
            outcome => outcome,
        }
    }

    /// Has the newest tokens stored and in use. For those whose turn it is, as all that follows.
    async fn renew(&self, stale: &Authorization, cause: Cause) -> Result<Authorization> {
        let mut current = self.save_pending().await?;
        if !current.is_same(stale) {
            return Ok(current);
        }
        if let Some(stored) = self.stored_by_another().await? {
            debug!("the store has other tokens: they are used");
            let is_due = stored.is_due(Instant::now());
            current = self.state().adopt(stored)?;
            // Another refresh token alone is no reason not to renew.
            if !is_due && !current.is_same(stale) {
                return Ok(current);
            }
        }
        if cause == Cause::Refusal && self.state().is_hopeless(Instant::now()) {
            return Ok(current);
        }
        self.refresh(cause).await
    }

    /// What another process saved since these tokens were.
    async fn stored_by_another(&self) -> Result<Option<Tokens>> {
        let Some(store) = &self.store else {
            return Ok(None);
        };
        let stored = store.load().await?;
        Ok(stored.filter(|stored| !stored.is_same(self.state().tokens())))
    }

    /// What another process has saved by now, or will have soon.
    async fn stored_since(&self) -> Result<Option<Tokens>> {
        for pause in LOOKS.into_iter().filter(|_| self.store.is_some()) {
            sleep(pause).await;
            if let Some(stored) = self.stored_by_another().await? {
                return Ok(Some(stored));
            }
        }
        Ok(None)
    }

    async fn refresh(&self, cause: Cause) -> Result<Authorization> {
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
        let refused = match self.app.refresh(refresh_token).await {
            Ok(tokens) => {
                let tokens = tokens.following(&earlier);
                self.state().received(tokens, cause, Instant::now());
                return self.save_pending().await;
            }
            Err(refused) => refused,
        };
        let error = refused.error;
        debug!(kind = ?error.kind(), status = ?error.status(), "no new access token");
        let error = error.of_credentials("no new access token").not_sent();
        if let Some(refresh_token) = refused.refresh_token {
            let tokens = earlier.with_refresh_token(refresh_token);
            self.state().rescued(tokens);
            self.save_pending().await?;
        }
        if error.kind() == ErrorKind::LoginRequired {
            if let Some(stored) = self.stored_since().await? {
                debug!("another process was faster: its tokens are used");
                return self.state().adopt(stored);
            }
            self.state().end(error.share());
        }
        Err(error)
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
