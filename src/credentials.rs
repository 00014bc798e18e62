//! What a call is let in by: a secret and its place, and whoever keeps it ready.

mod authorization;

use std::{fmt, sync::Arc};

use futures::future::{self, BoxFuture};
use secrecy::SecretString;

use crate::error::Result;

pub use authorization::Authorization;
pub(crate) use authorization::SecretSlot;

/// Gives what a request needs to be let in, and is told when that was refused. The docs of the
/// [module](crate::auth) have one in full.
pub trait Credentials: fmt::Debug + Send + Sync + 'static {
    /// What to attach to the next attempt of a call. Asked before each attempt: keep it ready.
    ///
    /// # Errors
    /// Whatever keeps the credentials from being had; the call fails with it. With
    /// [`Error::unavailable`](crate::Error::unavailable), as when a vault does not answer, it is
    /// first repeated as often as the client's [`RetryPolicy`](crate::RetryPolicy) has it for calls without a connection.
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>>;

    /// Told when the server refused `used` as no longer good. `true` says that there is another
    /// now and the call is worth one more attempt. By default there is none.
    ///
    /// Many calls may tell of the same refusal at once: compare `used` with what is current, and
    /// renew only if it still is. A call tells of one refusal at most, and each page of a list is a
    /// call: if the server then refuses the other credentials too, it fails with
    /// [`ErrorKind::Authentication`](crate::ErrorKind::Authentication).
    ///
    /// # Errors
    /// Whatever keeps new credentials from being had; the call fails with it, or is repeated, as
    /// with those of [`authorization`](Self::authorization).
    fn refused<'a>(&'a self, used: &'a Authorization) -> BoxFuture<'a, Result<bool>> {
        let _ = used;
        Box::pin(future::ready(Ok(false)))
    }
}

impl<C: Credentials + ?Sized> Credentials for Arc<C> {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        (**self).authorization()
    }

    fn refused<'a>(&'a self, used: &'a Authorization) -> BoxFuture<'a, Result<bool>> {
        (**self).refused(used)
    }
}

/// An access token that stays the same: one made on the profile page, or by an administrator.
#[derive(Debug, Clone)]
pub struct StaticToken(Authorization);

impl StaticToken {
    /// The token.
    ///
    /// # Errors
    /// As [`Authorization::bearer`].
    pub fn new(token: impl Into<SecretString>) -> Result<Self> {
        Authorization::bearer(token).map(Self)
    }

    /// What is always attached.
    pub(crate) fn always(authorization: Authorization) -> Self {
        Self(authorization)
    }
}

impl Credentials for StaticToken {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        Box::pin(future::ready(Ok(self.0.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn trap_29_line_breaks_in_a_token_are_refused_when_it_is_built() {
        for token in [
            "a\r\nHost: evil",
            "abc\n",
            "",
            "two words",
            "t\u{e4}st",
            "nul\0",
        ] {
            let error = StaticToken::new(token).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(token.is_empty() || !format!("{error} {error:?}").contains(token));
        }
        assert!(StaticToken::new("1~aZ09-._+/=").is_ok());
    }

    #[test]
    fn trap_18_no_debug_output_shows_the_token() {
        let token = StaticToken::new("7~s3cret").unwrap();
        assert!(!format!("{token:?}").contains("s3cret"));
    }
}
