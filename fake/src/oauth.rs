//! What the logins of Canvas and Studio have in common: developer keys, codes, and the person at
//! the browser.

use std::{collections::HashMap, fmt, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{StatusCode, header};
use tokio::time::Instant;
use url::Url;

use super::{
    http_request::HttpRequest,
    params::Params,
    reply::Reply,
    secret::{random, random_hex},
};

/// How long a code lives.
const CODE_LIFETIME: Duration = Duration::from_secs(600);

/// The redirect URI of applications that have no server of their own.
pub(crate) const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

/// A developer key to make: how an application is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct NewKey {
    pub(crate) redirect_uri: String,
    pub(crate) is_public: bool,
    pub(crate) scopes: Option<Vec<String>>,
}

impl NewKey {
    /// The key of an application with a secret, to which browsers return at this URI.
    pub fn new(redirect_uri: impl Into<String>) -> Self {
        Self {
            redirect_uri: redirect_uri.into(),
            is_public: false,
            scopes: None,
        }
    }

    /// Makes it the key of a public application, which has no secret and must use PKCE. *Canvas
    /// only.*
    pub fn public(mut self) -> Self {
        self.is_public = true;
        self
    }

    /// Makes the key enforce scopes, and allows only these. *Canvas only.*
    pub fn scopes<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }
}

/// A developer key, with which an application logs users in.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeveloperKey {
    /// The id.
    pub client_id: String,
    /// The secret; a public application has none.
    pub client_secret: Option<String>,
    /// Where browsers return to.
    pub redirect_uri: String,
}

impl fmt::Debug for DeveloperKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeveloperKey")
            .field("client_id", &self.client_id)
            .field("has_client_secret", &self.client_secret.is_some())
            .field("redirect_uri", &self.redirect_uri)
            .finish()
    }
}

/// A developer key as its server knows it.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) client_id: String,
    pub(crate) secret: Option<String>,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Option<Vec<String>>,
}

impl Key {
    pub(crate) fn is_public(&self) -> bool {
        self.secret.is_none()
    }

    pub(crate) fn allows(&self, redirect_uri: &str) -> bool {
        redirect_uri == self.redirect_uri || redirect_uri == OUT_OF_BAND
    }
}

#[derive(Debug, Default)]
pub(crate) struct Keys(HashMap<String, Key>);

impl Keys {
    pub(crate) fn add(&mut self, key: NewKey) -> DeveloperKey {
        let number = 10_000_000_000_001 + self.0.len();
        let key = Key {
            client_id: number.to_string(),
            secret: (!key.is_public).then(|| random(64)),
            redirect_uri: key.redirect_uri,
            scopes: key.scopes,
        };
        let shown = DeveloperKey {
            client_id: key.client_id.clone(),
            client_secret: key.secret.clone(),
            redirect_uri: key.redirect_uri.clone(),
        };
        self.0.insert(key.client_id.clone(), key);
        shown
    }

    pub(crate) fn get(&self, client_id: Option<&str>) -> Option<&Key> {
        self.0.get(client_id?)
    }
}

/// The result of a login, until the application exchanges it for tokens.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) client_id: String,
    pub(crate) user: u64,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    /// What the verifier must hash to.
    pub(crate) challenge: Option<String>,
    ends: Instant,
}

impl Code {
    /// The code for an application whose login the user has approved, by the parameters of the
    /// login.
    pub(crate) fn new(key: &Key, user: u64, params: &Params) -> Self {
        let scopes = params.text("scope").or_else(|| params.text("scopes"));
        let scopes = scopes.unwrap_or_default();
        let method = params.text("code_challenge_method");
        let challenge = params.filled("code_challenge");
        Self {
            client_id: key.client_id.clone(),
            user,
            redirect_uri: params.text("redirect_uri").unwrap_or_default(),
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            challenge: challenge.filter(|_| method.as_deref() == Some("S256")),
            ends: Instant::now() + CODE_LIFETIME,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Codes(HashMap<String, Code>);

impl Codes {
    pub(crate) fn add(&mut self, code: Code) -> String {
        let text = random_hex(128);
        self.0.insert(text.clone(), code);
        text
    }

    /// A code that was not used and is not too old.
    pub(crate) fn get_mut(&mut self, text: &str) -> Option<&mut Code> {
        let code = self.0.get_mut(text)?;
        (code.ends > Instant::now()).then_some(code)
    }

    /// Uses a code up.
    pub(crate) fn remove(&mut self, text: &str) {
        self.0.remove(text);
    }
}

/// The user at the browser.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BrowserUser {
    pub(crate) user: u64,
    /// Whether the user approves logins.
    pub(crate) consents: bool,
}

/// The id and secret by which an application shows who it is: by HTTP Basic, or in the body.
pub(crate) fn client(request: &HttpRequest, params: &Params) -> (Option<String>, Option<String>) {
    let header = request.header(header::AUTHORIZATION);
    let basic = header.and_then(|value| value.strip_prefix("Basic "));
    let basic = basic.and_then(|text| STANDARD.decode(text).ok());
    let basic = basic.and_then(|pair| String::from_utf8(pair).ok());
    match basic.as_deref().and_then(|pair| pair.split_once(':')) {
        Some((id, secret)) => (Some(id.to_owned()), Some(secret.to_owned())),
        None => (params.filled("client_id"), params.filled("client_secret")),
    }
}

/// Sends the browser on to a URI with these parameters, those that have a value.
pub(crate) fn send_on(uri: &str, params: &[(&str, Option<&str>)]) -> Reply {
    let Ok(mut url) = Url::parse(uri) else {
        return Reply::empty(StatusCode::BAD_REQUEST);
    };
    let set = params
        .iter()
        .filter_map(|(name, value)| Some((name, (*value)?)));
    url.query_pairs_mut().extend_pairs(set);
    Reply::empty(StatusCode::FOUND).header(header::LOCATION, url.as_str())
}
