//! The way of a person's browser back from the login, with a code.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::{codes::kind_of_callback_code, pkce};
use crate::error::{Diagnosis, Error, ErrorKind, Result};

/// A login that has begun and whose browser has not come back yet.
///
/// A web server keeps it with the browser's session, never in a URL: [`state`](Self::state) proves
/// that the browser that comes back is the one that was sent, and [`verifier`](Self::verifier) that
/// the login was begun by the program that asks for the tokens.
#[derive(Clone)]
pub struct PendingLogin {
    state: SecretString,
    verifier: Option<SecretString>,
}

impl PendingLogin {
    /// A pending login, from the parts that were kept of it.
    pub fn new(state: impl Into<SecretString>, verifier: Option<SecretString>) -> Self {
        Self {
            state: state.into(),
            verifier,
        }
    }

    /// The text that comes back with the browser.
    pub fn state(&self) -> &SecretString {
        &self.state
    }

    /// The text behind the challenge; `None` without PKCE.
    pub fn verifier(&self) -> Option<&SecretString> {
        self.verifier.as_ref()
    }

    /// Reads the code from the URL that the browser came back to: either the whole URL, or its path
    /// and query.
    ///
    /// # Errors
    /// * [`ErrorKind::LoginRequired`]: the URL does not belong to this login (keep waiting, as
    ///   anybody may have sent it), or the person refused.
    /// * [`ErrorKind::Configuration`]: the server refused the application or its scopes.
    /// * [`ErrorKind::Server`], [`ErrorKind::Invalid`]: the server had another reason.
    ///
    /// [`Error::details`] has the code of the server's reason, such as `access_denied`. It is empty
    /// for a URL that does not belong to this login.
    pub fn code(&self, callback: &str) -> Result<LoginCode> {
        let callback = Callback::of(callback)?;
        let is_ours =
            |state: &str| !state.is_empty() && pkce::is_same(state, self.state.expose_secret());
        if !callback.state.as_deref().is_some_and(is_ours) {
            return Err(Error::new(
                ErrorKind::LoginRequired,
                "the callback does not have the state of this login: it belongs to another one",
            ));
        }
        if let Some(error) = callback.error {
            let kind = kind_of_callback_code(&error);
            let diagnosis = Diagnosis::coded(error, callback.description);
            return Err(Error::diagnosed(kind, diagnosis));
        }
        match callback.code {
            Some(code) if !code.is_empty() => Ok(self.code_by_hand(code)),
            _ => Err(no_code()),
        }
    }

    /// A code that the person copied from the browser, after a login with the redirect URI
    /// `urn:ietf:wg:oauth:2.0:oob`. White space around it is ignored.
    pub fn code_by_hand(&self, code: impl Into<SecretString>) -> LoginCode {
        LoginCode {
            code: code.into().expose_secret().trim().into(),
            verifier: self.verifier.clone(),
        }
    }
}

impl fmt::Debug for PendingLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PendingLogin(…)")
    }
}

/// The code of a login. It is valid once, for ten minutes, and is exchanged for tokens by
/// [`OAuthApp::exchange`](super::OAuthApp::exchange).
pub struct LoginCode {
    pub(super) code: SecretString,
    pub(super) verifier: Option<SecretString>,
}

impl fmt::Debug for LoginCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginCode(…)")
    }
}

/// The parameters that a browser brings back.
#[derive(Default)]
struct Callback {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    description: Option<String>,
}

impl Callback {
    fn of(callback: &str) -> Result<Self> {
        let query = match callback.split_once('?') {
            Some((_, query)) => query.split('#').next().unwrap_or_default(),
            None => return Err(no_code()),
        };
        let mut this = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "state" => &mut this.state,
                "code" => &mut this.code,
                "error" => &mut this.error,
                "error_description" => &mut this.description,
                _ => continue,
            };
            if place.replace(value.into_owned()).is_some() {
                return Err(Error::new(
                    ErrorKind::LoginRequired,
                    format!("the callback has two values of `{name}`: begin the login again"),
                ));
            }
        }
        Ok(this)
    }
}

fn no_code() -> Error {
    Error::new(
        ErrorKind::LoginRequired,
        "the callback has no code: pass the whole URL that the browser came back to",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_is_read_only_with_the_state_of_its_login() {
        let pending = PendingLogin::new("st+te", Some("verifier".into()));
        for good in [
            "https://t.example/back?code=abc%2F1&state=st%2Bte",
            "/back?state=st%2Bte&code=abc%2F1&extra=1#top",
        ] {
            let code = pending.code(good).unwrap();
            assert_eq!(code.code.expose_secret(), "abc/1");
            assert_eq!(code.verifier.unwrap().expose_secret(), "verifier");
        }
        for bad in [
            "/back?code=abc",
            "/back?code=abc&state=",
            "/back?code=abc&state=other",
            "/back?code=abc&state=st%2Bte2",
            "/back?error=access_denied&state=other",
            "/back?code=abc&state=st%2Bte&state=st%2Bte",
            "/back?code=abc&code=def&state=st%2Bte",
            "/back?code=&state=st%2Bte",
            "/back?state=st%2Bte",
            "/favicon.ico",
            "",
        ] {
            let error = pending.code(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::LoginRequired, "{bad}");
            assert!(!format!("{error:?}").contains("abc"), "{error:?}");
        }
        let empty = PendingLogin::new("", None);
        assert!(empty.code("/back?code=abc&state=").is_err());
    }

    #[test]
    fn a_code_typed_in_comes_without_the_line_break_after_it() {
        let code = PendingLogin::new("s", None).code_by_hand(" c0de\n");
        assert_eq!(code.code.expose_secret(), "c0de");
    }

    #[test]
    fn a_refusal_in_a_callback_keeps_its_code_and_words() {
        let pending = PendingLogin::new("s", None);
        for (error, kind) in [
            ("access_denied", ErrorKind::LoginRequired),
            ("login_required", ErrorKind::LoginRequired),
            ("invalid_scope", ErrorKind::Configuration),
            ("unauthorized_client", ErrorKind::Configuration),
            ("server_error", ErrorKind::Server),
            ("something_new", ErrorKind::Invalid),
        ] {
            let url = format!("/back?error={error}&error_description=in+words&state=s");
            let refused = pending.code(&url).unwrap_err();
            assert_eq!(refused.kind(), kind, "{error}");
            assert_eq!(refused.details()[0].code.as_deref(), Some(error));
            assert!(refused.to_string().contains("in words"), "{refused}");
        }
        let silent = pending
            .code("/back?error=access_denied&state=s")
            .unwrap_err();
        assert!(silent.to_string().contains("access_denied"));
    }

    #[test]
    fn trap_18_no_debug_output_shows_state_verifier_or_code() {
        let pending = PendingLogin::new("s3cret", Some("s3cret".into()));
        let code = pending.code_by_hand("s3cret");
        assert!(!format!("{pending:?} {code:?}").contains("s3cret"));
    }
}
