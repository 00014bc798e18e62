//! The secret that a call is authenticated with, where it goes, and who provides it.

mod authorization;

use std::{fmt, sync::Arc};

use futures::future::{self, BoxFuture};
use secrecy::SecretString;
use url::Url;

use crate::error::{Error, ErrorKind, Result};

pub use authorization::Authorization;
pub(crate) use authorization::SecretSlot;

/// Provides the secret that authenticates a request, and is told when a server refuses it. The docs
/// of the [module](crate::auth) have a complete example.
pub trait Credentials: fmt::Debug + Send + Sync + 'static {
    /// What to attach to the next attempt of a call. Called before each attempt, so keep it ready.
    ///
    /// # Errors
    /// The reason why there are no credentials; the call fails with it. After
    /// [`Error::unavailable`](crate::Error::unavailable), for example because a vault does not
    /// answer, the call is first repeated as often as the client's
    /// [`RetryPolicy`](crate::RetryPolicy) repeats calls that could not connect.
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>>;

    /// Called when the server refused `used` as no longer valid. Return `true` if there are other
    /// credentials now, so that the call is attempted once more. By default there are none.
    ///
    /// Many calls may report the same refusal at once: compare `used` with the current credentials,
    /// and renew them only if they are the same. A call reports one refusal at most, and each page
    /// of a list is a call of its own. If the server refuses the new credentials too, the call fails
    /// with [`ErrorKind::Authentication`](crate::ErrorKind::Authentication).
    ///
    /// # Errors
    /// The reason why there are no new credentials; the call fails with it or is repeated, as with
    /// the errors of [`authorization`](Self::authorization).
    fn refused<'a>(&'a self, used: &'a Authorization) -> BoxFuture<'a, Result<bool>> {
        let _ = used;
        Box::pin(future::ready(Ok(false)))
    }

    /// Called when a client is built with these credentials: whether they may be sent to the API
    /// whose routes are all below `root`. By default they may, whatever it is.
    ///
    /// # Errors
    /// The reason why not; the client is not built.
    fn check_root(&self, root: &Url) -> Result<()> {
        let _ = root;
        Ok(())
    }
}

impl<C: Credentials + ?Sized> Credentials for Arc<C> {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        (**self).authorization()
    }

    fn refused<'a>(&'a self, used: &'a Authorization) -> BoxFuture<'a, Result<bool>> {
        (**self).refused(used)
    }

    fn check_root(&self, root: &Url) -> Result<()> {
        (**self).check_root(root)
    }
}

/// An access token that does not change: one created on the profile page, or by an administrator.
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

    /// Always attaches this.
    pub(crate) fn always(authorization: Authorization) -> Self {
        Self(authorization)
    }
}

impl Credentials for StaticToken {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        Box::pin(future::ready(Ok(self.0.clone())))
    }
}

/// The credentials of a client that only others are derived from, by
/// [`with_credentials`](crate::Client::with_credentials) or [`with_token`](crate::Client::with_token).
///
/// A service for many people that has no token of its own builds its first client with these. Calls
/// of that client itself fail with [`ErrorKind::LoginRequired`], and nothing is sent.
///
/// ```
/// use canvas_groups::{Canvas, auth::NoLogin};
///
/// let school = Canvas::builder("https://school.instructure.com")
///     .credentials(NoLogin)
///     .user_agent("groups-page/1.0 (it@school.edu)")
///     .build()?;
/// let amy = school.with_token("token-of-amy")?;
/// # Ok::<(), canvas_groups::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoLogin;

impl Credentials for NoLogin {
    fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
        let text = "this client has no login of its own";
        let error = Error::new(ErrorKind::LoginRequired, text)
            .with_hint("derive a client of a login with `with_credentials`");
        Box::pin(future::ready(Err(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
