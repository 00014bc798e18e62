//! How an application is built.

use std::{fmt, sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{App, ClientAuthentication, OAuthApp};
use crate::{
    auth::issuer::{Issuer, SpentStates},
    error::{Error, Result},
    transport::{HttpSettings, Network, TokenClient, address},
};

/// Where a service has its endpoints.
pub(super) struct Endpoints {
    api_root: &'static str,
    authorization: &'static str,
    token: &'static str,
    revocation: Option<&'static str>,
    /// Whether renewals replace refresh tokens for confidential clients too.
    rotates: bool,
}

pub(super) const CANVAS: Endpoints = Endpoints {
    api_root: "api/v1/",
    authorization: "login/oauth2/auth",
    token: "login/oauth2/token",
    revocation: Some("login/oauth2/token"),
    rotates: false,
};

pub(super) const STUDIO: Endpoints = Endpoints {
    api_root: "api/public/v1/",
    authorization: "api/public/oauth/authorize",
    token: "api/public/oauth/token",
    revocation: None,
    rotates: true,
};

/// Builds an [`OAuthApp`].
#[must_use = "`build` returns the application"]
pub struct OAuthAppBuilder {
    url: String,
    endpoints: &'static Endpoints,
    authorization_url: Option<String>,
    token_url: Option<String>,
    revocation_url: Option<String>,
    allowed_origins: Vec<String>,
    issuer: Option<String>,
    client_id: String,
    client_secret: Option<SecretString>,
    client_authentication: ClientAuthentication,
    redirect_uri: Option<String>,
    http: HttpSettings,
    timeout: Duration,
}

impl OAuthAppBuilder {
    pub(super) fn new(url: &str, client_id: String, endpoints: &'static Endpoints) -> Self {
        Self {
            url: url.to_owned(),
            endpoints,
            authorization_url: None,
            token_url: None,
            revocation_url: None,
            allowed_origins: Vec::new(),
            issuer: None,
            client_id,
            client_secret: None,
            client_authentication: ClientAuthentication::default(),
            redirect_uri: None,
            http: HttpSettings::default(),
            timeout: Duration::from_secs(15),
        }
    }

    /// The secret of the developer key. A public client has none.
    pub fn client_secret(mut self, secret: impl Into<SecretString>) -> Self {
        self.client_secret = Some(secret.into());
        self
    }

    /// How the id and the secret are sent. By default in the body.
    pub fn client_authentication(mut self, how: ClientAuthentication) -> Self {
        self.client_authentication = how;
        self
    }

    /// The URI that the browser comes back to, exactly as the developer key has it. For programs
    /// without a server it is `urn:ietf:wg:oauth:2.0:oob`, which shows the code in the browser.
    /// Needed to log people in, but not to renew tokens.
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uri = Some(uri.into());
        self
    }

    /// Another URL for people to log in at.
    pub fn authorization_url(mut self, url: impl Into<String>) -> Self {
        self.authorization_url = Some(url.into());
        self
    }

    /// Another URL to get tokens from.
    pub fn token_url(mut self, url: impl Into<String>) -> Self {
        self.token_url = Some(url.into());
        self
    }

    /// Another URL to revoke tokens at, by a `DELETE` with the access token. With Canvas it is the
    /// token URL; Studio documents none.
    pub fn revocation_url(mut self, url: impl Into<String>) -> Self {
        self.revocation_url = Some(url.into());
        self
    }

    /// Another address that tokens of this application may be sent to. By default they belong to the
    /// address of the institution: tokens that were issued elsewhere are refused, and so is a client
    /// of another address. Allow the former address of an institution that was renamed, or the
    /// address of a gateway to its API. May be called several times.
    ///
    /// Only scheme, host and port count.
    pub fn allow_origin(mut self, url: impl Into<String>) -> Self {
        self.allowed_origins.push(url.into());
        self
    }

    /// The identifier with which the server names itself in the parameter `iss` of a callback
    /// (RFC 9207). By default that must be a URL with the origin of the authorization URL. A
    /// callback without `iss` is accepted, as neither Canvas nor Studio sends it.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Your product, such as `roster-sync/2.1 (it@school.edu)`, for the `User-Agent`.
    pub fn user_agent(mut self, product: impl Into<String>) -> Self {
        self.http.user_agent = Some(product.into());
        self
    }

    /// Allows plain `http` for hosts other than this machine. Secrets are then sent unencrypted.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.http.allow_http = allow;
        self
    }

    /// Sets certificates, the proxy and extra headers, for the requests for tokens.
    pub fn network(mut self, network: Network) -> Self {
        self.http.network = network;
        self
    }

    /// How long connecting may take. Default: 10 seconds.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.http.connect_timeout = limit;
        self
    }

    /// How long a request for tokens may take as a whole. Default: 15 seconds, less than an attempt
    /// of a call that waits for it.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Builds the application. Needs no runtime and sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a URL that is invalid or not `https`; for an empty client id
    /// or secret; for a redirect URI with a fragment; and for HTTP Basic with a `:` in the id or
    /// without a secret.
    pub fn build(self) -> Result<OAuthApp> {
        self.check()?;
        let (base, http) = (self.url.as_str(), self.http.allow_http);
        let origin = |url: Url| url.origin().ascii_serialization();
        let root = self.endpoints.api_root;
        let own_origin = address::below(base, http, root, root).map(origin)?;
        let allowed = self.allowed_origins.iter();
        let allowed = allowed.map(|url| address::checked("allowed origin", url, http).map(origin));
        let endpoint = |name: &str, own: &Option<String>, path: &str| match own {
            Some(url) => address::checked(name, url, http),
            None => address::below(base, http, self.endpoints.api_root, path),
        };
        let authorization = self.endpoints.authorization;
        let token_url = endpoint("token URL", &self.token_url, self.endpoints.token)?;
        let revocation_url = match (&self.revocation_url, self.endpoints.revocation) {
            (None, None) => None,
            (own, path) => Some(endpoint("revocation URL", own, path.unwrap_or_default())?),
        };
        let authorization_url =
            endpoint("authorization URL", &self.authorization_url, authorization)?;
        let issuer = match self.issuer {
            Some(name) => Issuer::Named(name),
            None => Issuer::Origin(origin(authorization_url.clone())),
        };
        Ok(OAuthApp(Arc::new(App {
            authorization_url,
            revocation_url,
            origin: own_origin,
            allowed_origins: allowed.collect::<Result<_>>()?,
            issuer,
            rotates: self.endpoints.rotates || self.client_secret.is_none(),
            spent_states: SpentStates::default(),
            http: TokenClient::new(&self.http, self.timeout, &token_url)?,
            token_url,
            client_id: self.client_id,
            client_secret: self.client_secret,
            client_authentication: self.client_authentication,
            redirect_uri: self.redirect_uri,
        })))
    }

    fn check(&self) -> Result<()> {
        let is_empty = |secret: &SecretString| secret.expose_secret().is_empty();
        let problem = match &self.redirect_uri {
            _ if self.client_id.is_empty() => "the client id is empty",
            _ if self.client_secret.as_ref().is_some_and(is_empty) => {
                "the client secret is empty: leave it out for a public client"
            }
            _ if self.client_authentication == ClientAuthentication::Basic
                && (self.client_secret.is_none() || self.client_id.contains(':')) =>
            {
                "HTTP Basic needs a client secret, and a client id without a colon"
            }
            Some(uri) if Url::parse(uri).is_err() => "the redirect URI is not an absolute URI",
            Some(uri) if uri.contains('#') => "the redirect URI must not have a fragment",
            _ => return Ok(()),
        };
        Err(Error::configuration(problem))
    }
}

impl fmt::Debug for OAuthAppBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthAppBuilder")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
