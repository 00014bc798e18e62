//! Tokens that renew themselves.

mod shared;
mod state;

use std::{fmt, sync::Arc};

use futures::future::BoxFuture;
use url::Url;

use super::{
    Authorization, Credentials, LoginCode, OAuthApp, Revoked, TokenStore, Tokens,
    renewal::{self, run_detached},
};
use crate::error::{Error, ErrorKind, Result};
use shared::Shared;

/// The tokens of one login as [`Credentials`]: renewed one to two minutes before they expire, and
/// when the server no longer takes them.
///
/// A renewal invalidates the previous access token. So there is only one at a time, for all clones
/// and all clients that share them, and every call waits for it; but while the old token is still
/// valid it waits for two seconds at most, so that a token endpoint that hangs delays nobody for
/// long. A renewal runs to completion even if the calls that wait for it are dropped, but not if
/// the runtime ends: see [`settled`](Self::settled). New tokens go to the [`TokenStore`] before
/// they are used.
///
/// A login is renewed by calls, and not between them. Canvas ends the login of a public client,
/// which is one without a secret, when it has not been renewed for some time, by default two hours.
///
/// After a renewal has failed, calls fail with the same error for a while, without another attempt:
/// for one second at first, later for a minute at most, or for as long as the server asks. A login
/// that the server no longer knows stays dead ([`ErrorKind::LoginRequired`]) until
/// [`replace`](Self::replace) is called, or until another process puts the tokens of a new login
/// into the store.
///
/// The tokens belong to the address of their application: a client of another address cannot be
/// built with them, and tokens that were issued elsewhere are refused, unless
/// [`allow_origin`](super::OAuthAppBuilder::allow_origin) says otherwise.
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
    /// Uses tokens that are kept in memory only.
    ///
    /// With Studio, and with a public client of Canvas, a renewal invalidates the refresh token
    /// too, so the login is lost when the process ends.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for an access token that cannot be sent in a header, and for
    /// tokens that belong to another [origin](Tokens::origin) than `app`.
    pub fn new(app: OAuthApp, tokens: Tokens) -> Result<Self> {
        Self::with(app, tokens, None)
    }

    /// Uses the tokens of a new login, which are saved to the store first.
    ///
    /// # Errors
    /// Those of the store, and those of [`new`](Self::new).
    pub async fn keep(app: OAuthApp, tokens: &Tokens, store: impl TokenStore) -> Result<Self> {
        let tokens = app.bind(tokens.clone())?;
        let this = Self::with(app, tokens.clone(), Some(Arc::new(store)))?;
        run_detached(async move {
            this.0.save(&tokens).await?;
            Ok(this)
        })
        .await
    }

    /// Exchanges the code of a login for tokens and saves them to the store. Once begun, this runs
    /// to completion even if its future is dropped, because a code can be used only once.
    ///
    /// If the store fails, the tokens are lost. To be able to save them again, get them from
    /// [`OAuthApp::exchange`] and pass them to [`keep`](Self::keep).
    ///
    /// # Errors
    /// Those of [`OAuthApp::exchange`] and of [`keep`](Self::keep).
    ///
    /// Source: *OAuth2 Endpoints*.
    pub async fn log_in(app: OAuthApp, code: LoginCode, store: impl TokenStore) -> Result<Self> {
        run_detached(async move {
            let tokens = app.exchange(code).await?;
            Self::keep(app, &tokens, store).await
        })
        .await
    }

    /// Exchanges the code of another login for tokens that [`replace`](Self::replace) those of
    /// this one, for all clones. Once begun, this runs to completion, as [`log_in`](Self::log_in)
    /// does.
    ///
    /// # Errors
    /// Those of [`OAuthApp::exchange`] and of [`replace`](Self::replace).
    ///
    /// Source: *OAuth2 Endpoints*.
    pub async fn log_in_again(&self, code: LoginCode) -> Result<()> {
        let this = self.clone();
        run_detached(async move {
            let tokens = this.0.app.exchange(code).await?;
            this.replace(tokens).await
        })
        .await
    }

    /// The tokens of an earlier login, from the store.
    ///
    /// Tokens that were stored without an [origin](Tokens::origin) are bound to that of `app`. In a
    /// [`FileStore`](super::FileStore) they are so at once, in other stores with the next renewal,
    /// unless these have a [`bind`](TokenStore::bind).
    ///
    /// # Errors
    /// [`ErrorKind::LoginRequired`] if the store has none; those of the store, and those of
    /// [`new`](Self::new).
    pub async fn restore(app: OAuthApp, store: impl TokenStore) -> Result<Self> {
        let tokens = store.load().await?;
        let tokens = tokens.ok_or_else(|| {
            let place = store.place().map(|place| format!(" at {place}"));
            let place = place.unwrap_or_default();
            let text = format!("the token store{place} is empty");
            Error::new(ErrorKind::LoginRequired, text)
        })?;
        let is_bound = tokens.origin().is_some();
        let this = Self::with(app, tokens, Some(Arc::new(store)))?;
        if !is_bound {
            let shared = this.0.clone();
            // Outside a runtime this is left to a later use.
            let _ = run_detached(async move {
                shared.bind_stored().await;
                Ok(())
            })
            .await;
        }
        Ok(this)
    }

    fn with(app: OAuthApp, tokens: Tokens, store: Option<Arc<dyn TokenStore>>) -> Result<Self> {
        let tokens = app.bind(tokens)?;
        Ok(Self(Arc::new(Shared::new(app, tokens, store)?)))
    }

    /// The newest tokens, even if they could not be stored.
    pub fn tokens(&self) -> Tokens {
        self.0.state().newest().clone()
    }

    /// Replaces the tokens by those of a new login, for all clones. They are saved to the store
    /// first.
    ///
    /// # Errors
    /// [`ErrorKind::TokenStore`] when the store fails; the next call then tries to save them
    /// again. [`ErrorKind::Configuration`] as for [`new`](Self::new).
    pub async fn replace(&self, tokens: Tokens) -> Result<()> {
        let tokens = self.0.app.bind(tokens)?;
        Authorization::bearer(tokens.access_token().clone())?;
        let shared = self.0.clone();
        run_detached(async move { shared.replace(tokens).await }).await
    }

    /// Waits until no renewal or other change of the tokens is under way, whether or not it
    /// succeeds. Call this at the end of a program: if the runtime ends in the middle of a renewal,
    /// the new refresh token may be lost, and the login with it.
    pub async fn settled(&self) {
        self.0.settled().await;
    }

    /// Revokes the login on the server, including its refresh token, and clears the store. A login
    /// that the server no longer knows counts as revoked. Once begun, this runs to completion even
    /// if its future is dropped.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for a service without a revocation URL, such as Studio; those
    /// of the server and of the store.
    ///
    /// Source: *OAuth2 Endpoints*.
    pub async fn revoke(&self) -> Result<Revoked> {
        let shared = self.0.clone();
        run_detached(async move { shared.revoke().await }).await
    }
}

impl Credentials for OAuth {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        Box::pin(renewal::authorization(&self.0))
    }

    fn refused<'a>(&'a self, used: &'a Authorization) -> BoxFuture<'a, Result<bool>> {
        Box::pin(renewal::refused(&self.0, used))
    }

    fn check_root(&self, root: &Url) -> Result<()> {
        self.0.app.check_root(root)
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
