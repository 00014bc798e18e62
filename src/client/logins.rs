//! Many logins that share one way to the server.

use std::sync::Arc;

use secrecy::SecretString;

use super::Client;
use crate::{
    credentials::{Credentials, StaticToken},
    endpoint::Service,
    error::Result,
};

impl<S: Service> Client<S> {
    /// Returns a client to the same server with other credentials.
    ///
    /// For services with many logins: build one client, and derive one for each login. They share
    /// connections, TLS and settings, but the quota, which servers keep for each login, and the
    /// budget of retries are the new client's own. A derived client costs less than 50 microseconds
    /// and 4 KiB, so it can be made for each web request; keep it while a login is busy, because
    /// what it learned of the quota goes with it. A user whom this client
    /// [acts as](crate::Client::as_user) is not taken over.
    ///
    /// # Errors
    /// Those of [`Credentials::check_root`], for credentials that belong to another server.
    ///
    /// # Examples
    /// ```
    /// use canvas_groups::{Canvas, auth::StaticToken};
    ///
    /// let school = Canvas::new("https://school.instructure.com", "token-of-the-service")?;
    /// let amy = school.with_token("token-of-amy")?;
    /// let bob = school.with_credentials(StaticToken::new("token-of-bob")?)?;
    /// # Ok::<(), canvas_groups::Error>(())
    /// ```
    pub fn with_credentials(&self, credentials: impl Credentials) -> Result<Self> {
        credentials.check_root(self.root())?;
        Ok(self.with_login(Arc::new(credentials)))
    }

    /// Returns a client to the same server with another access token; for Commons, with the id of
    /// another session. It shares what a client
    /// [with other credentials](Self::with_credentials) shares.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a malformed token.
    pub fn with_token(&self, token: impl Into<SecretString>) -> Result<Self> {
        let authorization = S::authorization(token.into())?;
        self.with_credentials(StaticToken::always(authorization))
    }

    pub(super) fn with_login(&self, credentials: Arc<dyn Credentials>) -> Self {
        let mut client = self.clone();
        client.transport = Arc::new(client.transport.with_credentials(credentials));
        client.options.as_user = None;
        client
    }
}
