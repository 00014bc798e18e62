//! The way of a person's browser back from the login, with a code.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use secrecy::{ExposeSecret, SecretString};

use super::{
    codes::kind_of_callback_code,
    issuer::{Issuer, StateDigest, digest},
    pkce,
};
use crate::error::{Diagnosis, Error, ErrorDetail, ErrorKind, Result};

/// A login that has begun and whose browser has not come back yet.
///
/// A web server keeps it with the browser's session, never in a URL: [`state`](Self::state) proves
/// that the browser that comes back is the one that was sent, and [`verifier`](Self::verifier) that
/// the login was begun by the program that asks for the tokens.
///
/// It can be completed only once: after a callback with its state it accepts no other, and neither
/// do its clones. An [`OAuthApp`](super::OAuthApp) and its clones also refuse a second code with
/// the same state, for the ten minutes that a code is valid. Delete it from the session once it
/// [`is_over`](Self::is_over), and not before: anybody can send a browser to the callback.
#[derive(Clone)]
pub struct PendingLogin {
    state: SecretString,
    verifier: Option<SecretString>,
    /// Unknown for a login that was put together from its parts.
    issuer: Option<Issuer>,
    is_over: Arc<AtomicBool>,
}

impl PendingLogin {
    /// A pending login, from the parts that were kept of it: its [`state`](Self::state), and its
    /// [`verifier`](Self::verifier) if it has one.
    ///
    /// For web servers that keep it in a session store, in which only texts can be kept. Both parts
    /// are secrets of the session. What is lost is little: the `iss` of a refusal is not checked,
    /// that of a code only by [`OAuthApp::exchange`](super::OAuthApp::exchange), and this login
    /// does not know whether another one made of the same parts is over. The application does, as
    /// long as the process runs.
    ///
    /// ```
    /// use canvas_groups::{auth::{OAuthApp, PendingLogin}, secrecy::{ExposeSecret, SecretString}};
    ///
    /// # let app = OAuthApp::canvas("https://school.instructure.com", "10000000000001")
    /// #     .redirect_uri("https://tool.school.edu/callback")
    /// #     .build()?;
    /// let (url, pending) = app.login().start()?;
    /// // What goes into the session:
    /// let state = pending.state().expose_secret().to_owned();
    /// let verifier = pending.verifier().map(|it| it.expose_secret().to_owned());
    ///
    /// // And out of it, when the browser is back:
    /// let pending = PendingLogin::new(state, verifier.map(SecretString::from));
    /// # let _ = (url, pending);
    /// # Ok::<(), canvas_groups::Error>(())
    /// ```
    pub fn new(state: impl Into<SecretString>, verifier: Option<SecretString>) -> Self {
        Self {
            state: state.into(),
            verifier,
            issuer: None,
            is_over: Arc::default(),
        }
    }

    /// The same with what `iss` has to be in the callback.
    pub(super) fn with_issuer(mut self, issuer: &Issuer) -> Self {
        self.issuer = Some(issuer.clone());
        self
    }

    /// The text that comes back with the browser.
    pub fn state(&self) -> &SecretString {
        &self.state
    }

    /// The text behind the challenge; `None` without PKCE.
    pub fn verifier(&self) -> Option<&SecretString> {
        self.verifier.as_ref()
    }

    /// Whether this login, or a clone of it, has come back with a code or a refusal and accepts no
    /// other callback. As long as it is not, whatever came was about another login, or had nothing
    /// in it, and the browser may still come back.
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    /// Reads the code from the URL that the browser came back to: either the whole URL, or its path
    /// and query.
    ///
    /// # Errors
    /// * [`ErrorKind::LoginRequired`]: the URL does not belong to this login (keep waiting, as
    ///   anybody may have sent it), this login came back before, or the person refused.
    ///   [`is_over`](Self::is_over) tells the first from the others.
    /// * [`ErrorKind::Configuration`]: the server refused the application or its scopes.
    /// * [`ErrorKind::Forbidden`]: this user may not use the application.
    /// * [`ErrorKind::Server`], [`ErrorKind::Invalid`]: the server had another reason.
    ///
    /// [`Error::details`] has the code of the server's reason, such as `access_denied`. It is empty
    /// for a URL that does not belong to this login. Canvas omits the state from some of its
    /// refusals. Such an error cannot be tied to a login, since anybody may have sent it, so the
    /// login stays pending. Show it to the person all the same: it says that it is unconfirmed, and
    /// has a second detail with the field `state`.
    pub fn code(&self, callback: &str) -> Result<LoginCode> {
        let callback = Callback::of(callback)?;
        if !self.has_sent(&callback) {
            return Err(callback.unconfirmed().unwrap_or_else(foreign));
        }
        let iss = callback.iss;
        let is_elsewhere = |iss: &str| self.issuer.as_ref().is_some_and(|issuer| !issuer.is(iss));
        if iss.as_deref().is_some_and(is_elsewhere) {
            return Err(LoginCode::foreign_issuer());
        }
        let code = match (callback.error, callback.code) {
            (Some(error), _) => Err(refusal(error, callback.description)),
            (None, Some(code)) if !code.expose_secret().is_empty() => Ok(code),
            _ => return Err(no_code()),
        };
        if self.is_over.swap(true, Ordering::SeqCst) {
            return Err(LoginCode::spent());
        }
        Ok(LoginCode {
            code: code?,
            verifier: self.verifier.clone(),
            returned: Some(Returned {
                state: digest(self.state.expose_secret()),
                iss,
            }),
        })
    }

    fn has_sent(&self, callback: &Callback) -> bool {
        let state = callback.state.as_deref().unwrap_or_default();
        !state.is_empty() && pkce::is_same(state, self.state.expose_secret())
    }

    /// A code that the person copied from the browser, after a login with the redirect URI
    /// `urn:ietf:wg:oauth:2.0:oob`. White space around it is ignored.
    pub fn code_by_hand(&self, code: impl Into<SecretString>) -> LoginCode {
        LoginCode {
            code: code.into().expose_secret().trim().into(),
            verifier: self.verifier.clone(),
            returned: None,
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
    /// What came with it in a callback.
    pub(super) returned: Option<Returned>,
}

/// What the application checks before it sends a code anywhere.
pub(super) struct Returned {
    pub(super) state: StateDigest,
    pub(super) iss: Option<String>,
}

impl LoginCode {
    pub(super) fn spent() -> Error {
        Error::new(
            ErrorKind::LoginRequired,
            "this login came back before, and a login can be completed only once: begin a new one",
        )
    }

    pub(super) fn foreign_issuer() -> Error {
        Error::new(
            ErrorKind::LoginRequired,
            "the callback names another server as its issuer than the one of this login: begin a \
             new one",
        )
    }
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
    iss: Option<String>,
    code: Option<SecretString>,
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
            let parameter = match &*name {
                "code" => {
                    let earlier = this.code.replace(SecretString::from(&*value));
                    once("code", earlier.is_none())?;
                    continue;
                }
                "state" => &mut this.state,
                "iss" => &mut this.iss,
                "error" => &mut this.error,
                "error_description" => &mut this.description,
                _ => continue,
            };
            once(&name, parameter.replace(value.into_owned()).is_none())?;
        }
        Ok(this)
    }

    /// The error of a callback without any state, which may be of this login or of anybody.
    fn unconfirmed(&self) -> Option<Error> {
        let has_state = self.state.as_ref().is_some_and(|state| !state.is_empty());
        if has_state || self.code.is_some() {
            return None;
        }
        let error = self.error.clone().filter(|error| !error.is_empty())?;
        let kind = kind_of_callback_code(&error);
        let mut diagnosis = Diagnosis::coded(error, self.description.clone());
        diagnosis.details.push(ErrorDetail {
            field: Some("state".to_owned()),
            code: None,
            message: Some("missing, so it is unconfirmed that this is about this login".to_owned()),
        });
        Some(Error::diagnosed(kind, diagnosis))
    }
}

fn once(name: &str, is_first: bool) -> Result<()> {
    match is_first {
        true => Ok(()),
        false => Err(Error::new(
            ErrorKind::LoginRequired,
            format!("the callback has two values of `{name}`: begin the login again"),
        )),
    }
}

fn refusal(error: String, description: Option<String>) -> Error {
    let kind = kind_of_callback_code(&error);
    Error::diagnosed(kind, Diagnosis::coded(error, description))
}

fn foreign() -> Error {
    Error::new(
        ErrorKind::LoginRequired,
        "the callback does not have the state of this login: it belongs to another one",
    )
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

    fn pending() -> PendingLogin {
        PendingLogin::new("st+te", Some("verifier".into()))
    }

    #[test]
    fn a_callback_is_read_only_with_the_state_of_its_login() {
        for good in [
            "https://t.example/back?code=abc%2F1&state=st%2Bte",
            "/back?state=st%2Bte&code=abc%2F1&extra=1#top",
        ] {
            let code = pending().code(good).unwrap();
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
            let error = pending().code(bad).unwrap_err();
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

    /// Every redirect of the login that the servers document, and those of the standards.
    const REFUSALS: [(&str, ErrorKind); 19] = [
        ("access_denied", ErrorKind::LoginRequired),
        ("login_required", ErrorKind::LoginRequired),
        ("interaction_required", ErrorKind::LoginRequired),
        ("consent_required", ErrorKind::LoginRequired),
        ("account_selection_required", ErrorKind::LoginRequired),
        ("invalid_grant", ErrorKind::LoginRequired),
        ("invalid_request", ErrorKind::Configuration),
        ("invalid_client", ErrorKind::Configuration),
        ("invalid_scope", ErrorKind::Configuration),
        ("invalid_target", ErrorKind::Configuration),
        ("unauthorized_client", ErrorKind::Configuration),
        ("unsupported_grant_type", ErrorKind::Configuration),
        ("unsupported_response_type", ErrorKind::Configuration),
        ("unsupported_prompt_type", ErrorKind::Configuration),
        ("client_not_allowed_for_user", ErrorKind::Forbidden),
        ("server_error", ErrorKind::Server),
        ("temporarily_unavailable", ErrorKind::Server),
        ("something_new", ErrorKind::Invalid),
        ("Access_Denied", ErrorKind::Invalid),
    ];

    #[test]
    fn a_refusal_in_a_callback_keeps_its_code_and_words() {
        for (error, kind) in REFUSALS {
            let url = format!("/back?error={error}&error_description=in+words&state=s");
            let refused = PendingLogin::new("s", None).code(&url).unwrap_err();
            assert_eq!(refused.kind(), kind, "{error}");
            assert_eq!(refused.details().len(), 1);
            assert_eq!(refused.details()[0].code.as_deref(), Some(error));
            assert!(refused.to_string().contains("in words"), "{refused}");
            assert!(!refused.to_string().contains("unconfirmed"), "{refused}");
        }
        let pending = PendingLogin::new("s", None);
        let silent = pending
            .code("/back?error=access_denied&state=s")
            .unwrap_err();
        assert!(silent.to_string().contains("access_denied"));
    }

    #[test]
    fn a_refusal_without_a_state_is_told_as_unconfirmed_and_leaves_the_login_pending() {
        let pending = PendingLogin::new("s", None);
        for (error, kind) in REFUSALS {
            for state in ["", "&state="] {
                let url = format!("/back?error={error}&error_description=in+words{state}");
                let refused = pending.code(&url).unwrap_err();
                assert_eq!(refused.kind(), kind, "{error}");
                let [reason, note] = refused.details() else {
                    panic!("{refused:?}");
                };
                assert_eq!(reason.code.as_deref(), Some(error));
                assert_eq!(note.field.as_deref(), Some("state"));
                let line = refused.to_string();
                assert!(
                    line.contains("in words") && line.contains("unconfirmed"),
                    "{line}"
                );
            }
        }
        // With a state of another login, with a code, or without an error it stays foreign.
        for foreign in [
            "/back?error=access_denied&state=other",
            "/back?error=access_denied&code=abc",
            "/back?error=",
            "/back?error_description=in+words",
        ] {
            let error = pending.code(foreign).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::LoginRequired, "{foreign}");
            assert!(error.details().is_empty(), "{error:?}");
        }
        pending.code("/back?code=abc&state=s").unwrap();
    }

    #[test]
    fn a_login_is_good_once_for_all_clones_whatever_came_back() {
        for first in ["code=abc", "error=access_denied"] {
            let pending = PendingLogin::new("s", None);
            let clone = pending.clone();
            // What is foreign or has nothing in it does not use it up.
            for nothing in [
                "code=x&state=other",
                "code=x",
                "state=s",
                "code=&state=s",
                "code=x&code=y&state=s",
                "error=access_denied",
                "error=access_denied&state=other",
            ] {
                pending.code(&format!("/back?{nothing}")).unwrap_err();
                assert!(!pending.is_over() && !clone.is_over(), "{nothing}");
            }
            let outcome = pending.code(&format!("/back?{first}&state=s"));
            assert!(pending.is_over() && clone.is_over());
            assert_eq!(outcome.is_ok(), first == "code=abc");
            for second in ["code=abc", "code=def", "error=access_denied"] {
                let error = clone.code(&format!("/back?{second}&state=s")).unwrap_err();
                assert!(error.to_string().contains("only once"), "{error}");
                assert!(error.details().is_empty());
            }
        }
    }

    #[test]
    fn a_callback_that_names_another_issuer_is_refused() {
        let issuer = Issuer::Origin("https://school.example".into());
        let callback = |rest: &str| {
            let pending = PendingLogin::new("s", None).with_issuer(&issuer);
            pending.code(&format!("/back?state=s&{rest}"))
        };
        for good in ["code=a", "code=a&iss=https%3A%2F%2Fschool.example"] {
            callback(good).unwrap();
        }
        for bad in [
            "code=a&iss=https%3A%2F%2Fevil.example",
            "code=a&iss=",
            "error=access_denied&iss=https%3A%2F%2Fevil.example",
            "code=a&iss=https%3A%2F%2Fschool.example&iss=https%3A%2F%2Fevil.example",
        ] {
            let error = callback(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::LoginRequired, "{bad}");
            assert!(error.details().is_empty(), "{error:?}");
        }
    }

    #[test]
    fn trap_18_no_debug_output_shows_state_verifier_or_code() {
        let pending = PendingLogin::new("s3cret", Some("s3cret".into()));
        let code = pending.code_by_hand("s3cret");
        assert!(!format!("{pending:?} {code:?}").contains("s3cret"));
    }
}
