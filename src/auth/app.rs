//! The application that people log in to with OAuth2.

use std::{fmt, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{
    error::{Error, Result},
    transport::{HttpSettings, TokenClient, address},
};

/// A registered application: a developer key of Canvas or of Studio.
///
/// Cloning is cheap. One application serves any number of logins.
///
/// ```
/// use canvas_groups::auth::OAuthApp;
///
/// let app = OAuthApp::canvas("https://school.instructure.com", "10000000000001")
///     .client_secret("secret of the developer key")
///     .redirect_uri("https://tool.school.edu/callback")
///     .user_agent("roster-sync/2.1")
///     .build()?;
/// let (url, pending) = app.login().scopes(["url:GET|/api/v1/users/self/groups"]).start()?;
/// // Send the browser to `url`, keep `pending` until it comes back.
/// # Ok::<(), canvas_groups::Error>(())
/// ```
#[derive(Clone)]
pub struct OAuthApp(Arc<App>);

struct App {
    client_id: String,
    client_secret: Option<SecretString>,
    client_authentication: ClientAuthentication,
    redirect_uri: Option<String>,
    authorization_url: Url,
    token_url: Url,
    revocation_url: Option<Url>,
    http: TokenClient,
}

/// How the application authenticates itself when it asks for tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// `client_id` and `client_secret` in the body.
    #[default]
    Body,
    /// HTTP Basic. Both are sent as they are, without percent-encoding, which is how the servers
    /// read them.
    Basic,
}

impl OAuthApp {
    /// An application of Canvas with a developer key's id.
    ///
    /// `url` is the address of the institution, as for [`Canvas`](crate::Canvas). The endpoints
    /// are `login/oauth2/auth` and `login/oauth2/token` below it.
    pub fn canvas(url: impl AsRef<str>, client_id: impl Into<String>) -> OAuthAppBuilder {
        OAuthAppBuilder::new(url.as_ref(), client_id.into(), &CANVAS)
    }

    /// An application of Studio with a developer key's id. Studio's developer keys are not those of
    /// Canvas.
    ///
    /// `url` is the address of the institution's Studio, such as
    /// `https://school.instructuremedia.com`. The endpoints are `api/public/oauth/authorize` and
    /// `api/public/oauth/token` below it.
    pub fn studio(url: impl AsRef<str>, client_id: impl Into<String>) -> OAuthAppBuilder {
        OAuthAppBuilder::new(url.as_ref(), client_id.into(), &STUDIO)
    }

    pub(super) fn client_id(&self) -> &str {
        &self.0.client_id
    }

    pub(super) fn redirect_uri(&self) -> Option<&str> {
        self.0.redirect_uri.as_deref()
    }

    pub(super) fn authorization_url(&self) -> &Url {
        &self.0.authorization_url
    }

    pub(super) fn token_url(&self) -> &Url {
        &self.0.token_url
    }

    pub(super) fn revocation_url(&self) -> Option<&Url> {
        self.0.revocation_url.as_ref()
    }

    pub(super) fn http(&self) -> &TokenClient {
        &self.0.http
    }

    pub(super) fn client_secret(&self) -> Option<&SecretString> {
        self.0.client_secret.as_ref()
    }

    /// The id and the secret, if they are sent in a header and not in the body.
    pub(super) fn basic(&self) -> Option<SecretString> {
        let secret = self.client_secret().map_or("", |it| it.expose_secret());
        match self.0.client_authentication {
            ClientAuthentication::Body => None,
            ClientAuthentication::Basic => {
                let pair = format!("{}:{secret}", self.client_id());
                Some(STANDARD.encode(pair).into())
            }
        }
    }

    pub(super) fn basic_header(credentials: &SecretString) -> Option<HeaderValue> {
        HeaderValue::try_from(format!("Basic {}", credentials.expose_secret())).ok()
    }
}

impl fmt::Debug for OAuthApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthApp")
            .field("client_id", &self.0.client_id)
            .field("redirect_uri", &self.0.redirect_uri)
            .field("authorization_url", &self.0.authorization_url.as_str())
            .field("token_url", &self.0.token_url.as_str())
            .finish_non_exhaustive()
    }
}

/// Where a service has its endpoints.
struct Endpoints {
    api_root: &'static str,
    authorization: &'static str,
    token: &'static str,
    revocation: Option<&'static str>,
}

const CANVAS: Endpoints = Endpoints {
    api_root: "api/v1/",
    authorization: "login/oauth2/auth",
    token: "login/oauth2/token",
    revocation: Some("login/oauth2/token"),
};

const STUDIO: Endpoints = Endpoints {
    api_root: "api/public/v1/",
    authorization: "api/public/oauth/authorize",
    token: "api/public/oauth/token",
    revocation: None,
};

/// Builds an [`OAuthApp`].
#[must_use = "`build` returns the application"]
pub struct OAuthAppBuilder {
    url: String,
    endpoints: &'static Endpoints,
    authorization_url: Option<String>,
    token_url: Option<String>,
    revocation_url: Option<String>,
    client_id: String,
    client_secret: Option<SecretString>,
    client_authentication: ClientAuthentication,
    redirect_uri: Option<String>,
    http: HttpSettings,
    timeout: Duration,
}

impl OAuthAppBuilder {
    fn new(url: &str, client_id: String, endpoints: &'static Endpoints) -> Self {
        Self {
            url: url.to_owned(),
            endpoints,
            authorization_url: None,
            token_url: None,
            revocation_url: None,
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
    /// [`Configuration`](crate::ErrorKind::Configuration) for a URL that is invalid or not `https`; for an empty client id
    /// or secret; for a redirect URI with a fragment; and for HTTP Basic with a `:` in the id or
    /// without a secret.
    pub fn build(self) -> Result<OAuthApp> {
        self.check()?;
        let (base, http) = (self.url.as_str(), self.http.allow_http);
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
        Ok(OAuthApp(Arc::new(App {
            authorization_url: endpoint(
                "authorization URL",
                &self.authorization_url,
                authorization,
            )?,
            revocation_url,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn the_endpoints_are_beside_the_api_and_keep_the_path_of_the_base_url() {
        let endpoints = |builder: OAuthAppBuilder| {
            let app = builder.build().unwrap();
            [app.authorization_url(), app.token_url()].map(|url| url.as_str().to_owned())
        };
        for base in ["https://c.example/lms", "https://c.example/lms/api/v1/"] {
            assert_eq!(
                endpoints(OAuthApp::canvas(base, "1")),
                [
                    "https://c.example/lms/login/oauth2/auth",
                    "https://c.example/lms/login/oauth2/token"
                ]
            );
        }
        for base in ["https://s.example", "https://s.example/api/public/v1"] {
            assert_eq!(
                endpoints(OAuthApp::studio(base, "1")),
                [
                    "https://s.example/api/public/oauth/authorize",
                    "https://s.example/api/public/oauth/token"
                ]
            );
        }
        let own = OAuthApp::studio("https://s.example", "1")
            .authorization_url("https://sso.example/in")
            .token_url("https://sso.example/token");
        assert_eq!(
            endpoints(own),
            ["https://sso.example/in", "https://sso.example/token"]
        );
    }

    #[test]
    fn what_cannot_work_is_refused_when_it_is_built() {
        let app = |id: &str| OAuthApp::canvas("https://c.example", id);
        let basic = ClientAuthentication::Basic;
        for builder in [
            OAuthApp::canvas("http://c.example", "1"),
            OAuthApp::canvas("c.example", "1"),
            app(""),
            app("1").client_secret(""),
            app("1").redirect_uri("/callback"),
            app("1").redirect_uri("https://t.example/#here"),
            app("1").token_url("http://elsewhere.example/token"),
            app("1").client_authentication(basic),
            app("a:b").client_secret("s").client_authentication(basic),
            app("1").user_agent("a\nb"),
        ] {
            let error = builder.build().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
        }
        let allowed = OAuthApp::canvas("http://c.example", "1").allow_http(true);
        assert!(allowed.build().is_ok());
    }

    #[test]
    fn trap_18_no_debug_output_shows_the_secret() {
        let builder = OAuthApp::canvas("https://c.example", "1").client_secret("s3cret");
        assert!(!format!("{builder:?}").contains("s3cret"));
        assert!(!format!("{:?}", builder.build().unwrap()).contains("s3cret"));
    }
}
