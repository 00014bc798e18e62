//! The application that people log in to with OAuth2.

mod builder;

use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use tokio::time::Instant;
use url::Url;

use super::{
    LoginCode, Tokens,
    issuer::{Issuer, SpentStates},
};
use crate::{
    error::{Error, Result},
    transport::TokenClient,
};
use builder::{CANVAS, STUDIO};

pub use builder::OAuthAppBuilder;

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
    /// Where the service is: its tokens go there, and to the other origins that are allowed.
    origin: String,
    allowed_origins: Vec<String>,
    issuer: Issuer,
    rotates: bool,
    spent_states: SpentStates,
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

    /// What `iss` has to be in a callback.
    pub(super) fn issuer(&self) -> &Issuer {
        &self.0.issuer
    }

    /// Whether a renewal replaces the refresh token, so that an answer which gets lost may take
    /// the login with it. Studio always does, Canvas for public clients.
    pub(super) fn rotates(&self) -> bool {
        self.0.rotates
    }

    /// Whether the tokens of this application may be sent to an origin.
    fn trusts(&self, origin: &str) -> bool {
        origin == self.0.origin || self.0.allowed_origins.iter().any(|it| it == origin)
    }

    /// Refuses to send the tokens of this application to the API at `root`, if that is elsewhere.
    pub(super) fn check_root(&self, root: &Url) -> Result<()> {
        let there = root.origin().ascii_serialization();
        match self.trusts(&there) {
            true => Ok(()),
            false => Err(self.foreign(&format!("a client of {there}"))),
        }
    }

    /// Binds tokens to this application, unless they are bound to another one.
    pub(super) fn bind(&self, tokens: Tokens) -> Result<Tokens> {
        match tokens.origin() {
            None => Ok(tokens.with_origin(&*self.0.origin)),
            Some(origin) if self.trusts(origin) => Ok(tokens),
            Some(origin) => Err(self.foreign(&format!("tokens issued by {origin}"))),
        }
    }

    fn foreign(&self, what: &str) -> Error {
        let own = &self.0.origin;
        Error::configuration(format!(
            "{what} cannot be used with a login at {own}: use the same address for both, or allow \
             the other one with `OAuthAppBuilder::allow_origin`"
        ))
    }

    /// Refuses the code of another server, and one whose login came back before.
    pub(super) fn admit(&self, code: &LoginCode) -> Result<()> {
        let Some(returned) = &code.returned else {
            return Ok(());
        };
        if returned
            .iss
            .as_ref()
            .is_some_and(|iss| !self.0.issuer.is(iss))
        {
            return Err(LoginCode::foreign_issuer());
        }
        match self.0.spent_states.spend(returned.state, Instant::now()) {
            true => Ok(()),
            false => Err(LoginCode::spent()),
        }
    }

    /// The id and the secret, if they are sent in a header and not in the body.
    pub(super) fn basic(&self) -> Option<SecretString> {
        let secret = self.client_secret().map_or("", |it| it.expose_secret());
        match self.0.client_authentication {
            ClientAuthentication::Body => None,
            ClientAuthentication::Basic => {
                let pair = Zeroizing::new(format!("{}:{secret}", self.client_id()));
                Some(STANDARD.encode(pair.as_bytes()).into())
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
