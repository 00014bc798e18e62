//! The URL that a person's browser is sent to for a login.

use secrecy::ExposeSecret;
use url::Url;

use super::{OAuthApp, PendingLogin, pkce};
use crate::{
    error::{Error, Result},
    transport::address::MAX_URL,
};

/// The settings of a login. Created by [`OAuthApp::login`].
///
/// Settings marked *Canvas only* are unknown to Studio.
#[derive(Debug, Clone)]
#[must_use = "`start` returns the URL of the login"]
pub struct LoginRequest {
    app: OAuthApp,
    scopes: Vec<String>,
    purpose: Option<String>,
    force_login: bool,
    unique_id: Option<String>,
    prompt: Option<String>,
    pkce: bool,
}

impl OAuthApp {
    /// Begins a login: says where to send a person's browser.
    pub fn login(&self) -> LoginRequest {
        LoginRequest {
            app: self.clone(),
            scopes: Vec::new(),
            purpose: None,
            force_login: false,
            unique_id: None,
            prompt: None,
            pkce: true,
        }
    }
}

impl LoginRequest {
    /// The scopes to ask for, such as `url:GET|/api/v1/users/self/groups`. A developer key that
    /// enforces scopes must have them, and demands some. About 110 fit into a URL. *Canvas only.*
    pub fn scopes<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// The name of the token in the list on the person's profile page. *Canvas only.*
    pub fn purpose(mut self, purpose: impl Into<String>) -> Self {
        self.purpose = Some(purpose.into());
        self
    }

    /// Has the person log in again, even if the browser has a session. *Canvas only.*
    pub fn force_login(mut self, force: bool) -> Self {
        self.force_login = force;
        self
    }

    /// The login name to fill into the form. *Canvas only.*
    pub fn unique_id(mut self, unique_id: impl Into<String>) -> Self {
        self.unique_id = Some(unique_id.into());
        self
    }

    /// What the server may ask the person. With `none` it asks nothing, and answers with an error
    /// if it would have to. *Canvas only.*
    pub fn prompt(mut self, prompt: impl Into<String>) -> Self {
        self.prompt = Some(prompt.into());
        self
    }

    /// Whether the code is tied to this login by a challenge (PKCE, `S256`), so that a stolen code
    /// is useless. On by default; servers that do not support it ignore it.
    pub fn pkce(mut self, pkce: bool) -> Self {
        self.pkce = pkce;
        self
    }

    /// The URL to send the browser to, and what to keep until it comes back.
    ///
    /// # Errors
    /// [`Configuration`](crate::ErrorKind::Configuration) if the application has no redirect URI; [`Request`](crate::ErrorKind::Request)
    /// for more scopes than fit into a URL.
    pub fn start(self) -> Result<(Url, PendingLogin)> {
        let redirect_uri = self.app.redirect_uri().ok_or_else(no_redirect_uri)?;
        let verifier = self.pkce.then(pkce::random).transpose()?;
        let pending = PendingLogin::new(pkce::random()?, verifier);
        let pending = pending.with_issuer(self.app.issuer());
        let mut url = self.app.authorization_url().clone();
        let scope = (!self.scopes.is_empty()).then(|| self.scopes.join(" "));
        let challenge = pending.verifier().map(pkce::challenge);
        let parameters = [
            ("client_id", Some(self.app.client_id())),
            ("response_type", Some("code")),
            ("redirect_uri", Some(redirect_uri)),
            ("state", Some(pending.state().expose_secret())),
            ("scope", scope.as_deref()),
            ("purpose", self.purpose.as_deref()),
            ("force_login", self.force_login.then_some("1")),
            ("unique_id", self.unique_id.as_deref()),
            ("prompt", self.prompt.as_deref()),
            ("code_challenge", challenge.as_deref()),
            ("code_challenge_method", challenge.as_ref().map(|_| "S256")),
        ];
        let set = parameters
            .iter()
            .filter_map(|(name, value)| Some((name, (*value)?)));
        url.query_pairs_mut().extend_pairs(set);
        let length = url.as_str().len();
        if length > MAX_URL {
            return Err(Error::request_invalid(format!(
                "the URL of the login has {length} characters, and servers accept {MAX_URL}: ask \
                 for fewer scopes"
            )));
        }
        Ok((url, pending))
    }
}

pub(super) fn no_redirect_uri() -> Error {
    Error::configuration("the application has no redirect URI: set one with `redirect_uri`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn app() -> OAuthApp {
        OAuthApp::canvas("https://c.example/lms", "1 0")
            .redirect_uri("https://t.example?a=1&b=2")
            .build()
            .unwrap()
    }

    fn pairs(url: &Url) -> Vec<(String, String)> {
        let pairs = url.query_pairs().into_owned();
        pairs
            .filter(|(name, _)| name != "state" && name != "code_challenge")
            .collect()
    }

    #[test]
    fn the_address_of_a_login_has_what_was_asked_for_and_nothing_else() {
        let (url, pending) = app().login().start().unwrap();
        assert!(
            url.as_str()
                .starts_with("https://c.example/lms/login/oauth2/auth?")
        );
        let value = |name: &str| {
            let mut values = url.query_pairs().filter(|(key, _)| key == name);
            values.next().map(|(_, value)| value.into_owned()).unwrap()
        };
        assert_eq!(value("state"), pending.state().expose_secret());
        assert_eq!(
            value("code_challenge"),
            pkce::challenge(pending.verifier().unwrap())
        );
        assert!(
            !url.as_str()
                .contains(pending.verifier().unwrap().expose_secret())
        );
        let expected = [
            ("client_id", "1 0"),
            ("response_type", "code"),
            ("redirect_uri", "https://t.example?a=1&b=2"),
            ("code_challenge_method", "S256"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(pairs(&url), expected);
    }

    #[test]
    fn every_wish_is_in_the_address_of_a_login() {
        let login = app()
            .login()
            .scopes(["url:GET|/api/v1/groups/:id", "/auth/userinfo"])
            .purpose("Roster & sync")
            .force_login(true)
            .unique_id("ada@school.edu")
            .prompt("none")
            .pkce(false);
        let (url, pending) = login.start().unwrap();
        assert!(pending.verifier().is_none());
        let sent = pairs(&url);
        let sent: Vec<_> = sent.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            sent[3..],
            [
                ("scope", "url:GET|/api/v1/groups/:id /auth/userinfo"),
                ("purpose", "Roster & sync"),
                ("force_login", "1"),
                ("unique_id", "ada@school.edu"),
                ("prompt", "none"),
            ]
        );
    }

    #[test]
    fn two_logins_have_nothing_in_common() {
        let (_, one) = app().login().start().unwrap();
        let (_, other) = app().login().start().unwrap();
        assert_ne!(one.state().expose_secret(), other.state().expose_secret());
        assert_ne!(
            one.verifier().unwrap().expose_secret(),
            other.verifier().unwrap().expose_secret()
        );
    }

    #[test]
    fn more_scopes_than_a_url_takes_are_refused() {
        let scopes = vec!["url:GET|/api/v1/accounts/:account_id/groups"; 200];
        let error = app().login().scopes(scopes).start().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request);
        assert!(error.to_string().contains("fewer scopes"));
    }
}
