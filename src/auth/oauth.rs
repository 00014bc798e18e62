//! Tokens that renew themselves.

mod shared;
mod state;

use std::{fmt, sync::Arc};

use futures::future::BoxFuture;
use tokio::time::Instant;

use super::{
    Authorization, Credentials, LoginCode, OAuthApp, Revoked, TokenStore, Tokens,
    renewal::{self, Cause, Renewable, Step, cut_off, to_the_end},
};
use crate::error::{Error, ErrorKind, Result};
use shared::Shared;

/// The tokens of one login as [`Credentials`]: renewed one to two minutes before they expire, and
/// when the server no longer takes them.
///
/// A renewal ends the life of the access token before it. So there is one at a time, for all
/// clones and all clients that share them, and everybody waits for it; but for two seconds at most
/// as long as the old token is good, so that a token endpoint that hangs holds up nobody. It goes
/// on to its end also when those who wait are dropped, but not when the runtime ends: see
/// [`settled`](Self::settled). New tokens go to the [`TokenStore`] before they are used.
///
/// Calls are what renews a login; nothing does between them. Canvas ends that of a public client,
/// one without a secret, when it was not renewed for some time, by default two hours.
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
    /// When the store fails, the tokens are gone with the code. Who wants to try that again has
    /// them from [`OAuthApp::exchange`], for [`keep`](Self::keep).
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
        Ok(Self(Arc::new(Shared::new(app, tokens, store)?)))
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
        to_the_end(async move { shared.replace(tokens).await }).await
    }

    /// Waits until no renewal or other change of the tokens is under way, whatever comes of it. For
    /// the end of a program: where a runtime ends in the middle of a renewal, a refresh token that
    /// is replaced with it is lost, and the login too.
    pub async fn settled(&self) {
        self.0.settled().await;
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

impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth")
            .field("app", &self.0.app)
            .field("store", &self.0.store)
            .finish_non_exhaustive()
    }
}
