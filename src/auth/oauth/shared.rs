//! The tokens of one login, and the work on them.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::BoxFuture;
use tokio::time::{Instant, sleep};
use tracing::{Instrument, debug, debug_span, warn};

use super::state::LoginState;
use crate::{
    auth::{
        Authorization, OAuthApp, Revoked, TokenStore, Tokens,
        renewal::{self, Cause, Renewable},
    },
    error::{Error, ErrorKind, Result},
};

/// The pauses before each look into the store after the server no longer knew a refresh token:
/// another process may have replaced it and be about to save the new one.
const STORE_RECHECKS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_millis(100),
    Duration::from_millis(400),
];

/// What all clones share.
pub(super) struct Shared {
    pub(super) app: OAuthApp,
    pub(super) store: Option<Arc<dyn TokenStore>>,
    state: Mutex<LoginState>,
    /// Held by whoever changes the tokens or the store.
    turn: tokio::sync::Mutex<()>,
}

impl Renewable for Shared {
    type Held = LoginState;

    fn held(&self) -> MutexGuard<'_, LoginState> {
        self.state()
    }

    fn renewal(
        self: &Arc<Self>,
        state: &LoginState,
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
    pub(super) fn new(
        app: OAuthApp,
        tokens: Tokens,
        store: Option<Arc<dyn TokenStore>>,
    ) -> Result<Self> {
        Ok(Self {
            app,
            state: Mutex::new(LoginState::new(tokens, store.is_some())?),
            store,
            turn: tokio::sync::Mutex::default(),
        })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, LoginState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nothing is working on the tokens any more.
    pub(super) async fn settled(&self) {
        renewal::settled(self).await;
        drop(self.turn.lock().await);
    }

    /// Begins another login.
    pub(super) async fn replace(&self, tokens: Tokens) -> Result<()> {
        let _turn = self.turn.lock().await;
        self.state().replaced(tokens);
        self.save_pending().await.map(drop)
    }

    /// Ends the login. In a single turn, so that a login which begins meanwhile is not mistaken for
    /// this one.
    pub(super) async fn revoke(&self) -> Result<Revoked> {
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

    /// Stores the newest tokens and uses them. The caller has the turn, here and in all that follows.
    async fn renew(&self, stale: &Authorization, cause: Cause) -> Result<Authorization> {
        let mut current = self.save_pending().await?;
        if !current.is_same(stale) {
            return Ok(current);
        }
        if let Some(stored) = self.stored_by_another().await? {
            debug!("the store has other tokens: they are used");
            let is_due = stored.is_due(Instant::now());
            current = self.state().adopt(stored)?;
            // With another refresh token alone, the renewal is still needed.
            if !is_due && !current.is_same(stale) {
                return Ok(current);
            }
        }
        if cause == Cause::Refusal && self.state().was_just_replaced(Instant::now()) {
            return Ok(current);
        }
        self.refresh(cause).await
    }

    /// The tokens that another process saved since these.
    async fn stored_by_another(&self) -> Result<Option<Tokens>> {
        let Some(store) = &self.store else {
            return Ok(None);
        };
        let Some(stored) = store.load().await? else {
            return Ok(None);
        };
        let stored = self.app.bind(stored)?;
        Ok((!stored.is_same(self.state().tokens())).then_some(stored))
    }

    /// The tokens that another process has saved by now, or saves in the next moments.
    async fn stored_since(&self) -> Result<Option<Tokens>> {
        for pause in STORE_RECHECKS.into_iter().filter(|_| self.store.is_some()) {
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
            match state.no_renewal() {
                Some(error) => return Err(error),
                None => state.tokens().clone(),
            }
        };
        let refresh_token = earlier.refresh_token().ok_or_else(|| {
            Error::new(
                ErrorKind::LoginRequired,
                "the access token is no longer valid, and there is no refresh token",
            )
        })?;
        debug!(?cause, "renewing the access token");
        let refused = match self.app.refresh(refresh_token).await {
            Ok(tokens) => {
                let tokens = self.app.bind(tokens.following(&earlier))?;
                self.state().received(tokens, cause, Instant::now());
                return self.save_pending().await;
            }
            Err(refused) => refused,
        };
        let error = refused.error;
        debug!(kind = ?error.kind(), status = ?error.status(), "no new access token");
        let may_have_run = error.outcome_unknown() && error.is_transient();
        // A success without usable tokens may have replaced the refresh token all the same.
        let is_success = error.status().is_some_and(|status| status.is_success());
        let is_replaced = refused.refresh_token.is_some();
        let is_lost = (may_have_run || is_success && !is_replaced) && self.app.rotates();
        let mut error = as_renewal_error(error);
        if is_lost {
            error = self.state().answer_was_lost(error);
        }
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

    /// Records in the store where the tokens belong to.
    pub(super) async fn bind_stored(&self) {
        let _turn = self.turn.lock().await;
        let tokens = self.state().tokens().clone();
        let Some(store) = &self.store else {
            return;
        };
        if let Err(error) = store.bind(&tokens).await {
            // They are bound in this process, and good to use.
            warn!(kind = ?error.kind(), "the origin of the tokens is not stored");
        }
    }

    pub(super) async fn save(&self, tokens: &Tokens) -> Result<()> {
        match &self.store {
            Some(store) => store.save(tokens).await,
            None => Ok(()),
        }
    }
}

/// Why a renewal failed, as an error of the call that needed it. Whatever became of the renewal,
/// the call itself was not sent.
fn as_renewal_error(error: Error) -> Error {
    let error = match error.kind() {
        // Something other than the token endpoint answered, such as the login page of a network.
        // That ends no login, and the next attempt may reach the endpoint.
        ErrorKind::Status | ErrorKind::Redirect | ErrorKind::Decode | ErrorKind::TooLarge => error
            .with_kind(ErrorKind::Connect)
            .with_context("no new access token, as nothing answered like a token endpoint"),
        _ => error.with_context("no new access token"),
    };
    error.not_sent()
}
