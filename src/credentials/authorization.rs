//! The secret that is attached to a request, and where it goes.

use std::{borrow::Cow, fmt};

use http::{
    HeaderName, HeaderValue,
    header::{AUTHORIZATION, COOKIE},
};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, ErrorKind, Result};

/// A secret, and where it goes in a request.
///
/// It is attached at the last moment, so neither errors nor traces nor
/// [`Outgoing`](crate::Outgoing) show it.
#[derive(Clone)]
pub struct Authorization {
    slot: SecretSlot,
    secret: SecretString,
}

/// Where a secret goes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum SecretSlot {
    Header(HeaderName, HeaderValue),
    Query(Cow<'static, str>),
    Body(Cow<'static, str>),
    /// There is none to attach.
    Nowhere,
}

impl Authorization {
    /// `Authorization: Bearer` with a token.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] for a token that cannot be sent in a header: empty, or with
    /// spaces, line breaks or other control characters in it.
    pub fn bearer(token: impl Into<SecretString>) -> Result<Self> {
        let token = checked("the access token", token.into())?;
        Self::in_header(AUTHORIZATION, "Bearer ", token)
    }

    /// A header that holds the secret alone.
    ///
    /// # Errors
    /// As [`bearer`](Self::bearer).
    pub fn header(name: HeaderName, secret: impl Into<SecretString>) -> Result<Self> {
        Self::in_header(name, "", checked("the secret", secret.into())?)
    }

    /// A cookie that holds the secret.
    ///
    /// # Errors
    /// As [`bearer`](Self::bearer), and for a character that is not allowed in a cookie.
    pub fn cookie(name: &str, secret: impl Into<SecretString>) -> Result<Self> {
        let secret = checked("the secret", secret.into())?;
        if secret.expose_secret().contains([',', ';', '"', '\\']) {
            return Err(unusable(
                "the secret contains a character that is not allowed in a cookie",
            ));
        }
        Self::in_header(COOKIE, &format!("{name}="), secret)
    }

    /// A query parameter that holds the secret.
    ///
    /// Servers and proxies often log URLs, so prefer a header.
    ///
    /// # Errors
    /// As [`bearer`](Self::bearer).
    pub fn query(
        name: impl Into<Cow<'static, str>>,
        secret: impl Into<SecretString>,
    ) -> Result<Self> {
        let secret = checked("the secret", secret.into())?;
        let slot = SecretSlot::Query(name.into());
        Ok(Self { slot, secret })
    }

    /// A member of the JSON body that holds the secret.
    ///
    /// A request without a body, or with a body that is not a JSON object, then fails with
    /// [`ErrorKind::Request`] and is not sent.
    ///
    /// # Errors
    /// As [`bearer`](Self::bearer).
    pub fn body_member(
        name: impl Into<Cow<'static, str>>,
        secret: impl Into<SecretString>,
    ) -> Result<Self> {
        let secret = checked("the secret", secret.into())?;
        let slot = SecretSlot::Body(name.into());
        Ok(Self { slot, secret })
    }

    /// Nothing, for an address that lets in everyone who knows it.
    pub(crate) fn none() -> Self {
        Self {
            slot: SecretSlot::Nowhere,
            secret: SecretString::default(),
        }
    }

    fn in_header(name: HeaderName, before: &str, secret: SecretString) -> Result<Self> {
        let value = HeaderValue::try_from(format!("{before}{}", secret.expose_secret()));
        let mut value = value.map_err(|_| unusable("the secret cannot be sent in a header"))?;
        value.set_sensitive(true);
        let slot = SecretSlot::Header(name, value);
        Ok(Self { slot, secret })
    }

    /// Whether this is the same secret as `other`, in the same place.
    pub fn is_same(&self, other: &Self) -> bool {
        self.slot == other.slot && self.secret.expose_secret() == other.secret.expose_secret()
    }

    /// The value, if it goes into a header.
    pub(crate) fn header_value(&self) -> Option<HeaderValue> {
        match &self.slot {
            SecretSlot::Header(_, value) => Some(value.clone()),
            SecretSlot::Query(_) | SecretSlot::Body(_) | SecretSlot::Nowhere => None,
        }
    }

    pub(crate) fn slot(&self) -> &SecretSlot {
        &self.slot
    }

    pub(crate) fn secret(&self) -> &SecretString {
        &self.secret
    }
}

/// Refuses what cannot be a token: an empty text, or one with characters that could end the place
/// that it goes into.
fn checked(what: &str, secret: SecretString) -> Result<SecretString> {
    let text = secret.expose_secret();
    let problem = if text.is_empty() {
        "is empty: check where it is read from"
    } else if text.contains(['\r', '\n']) {
        "contains a line break: trim what was read from a file or a variable"
    } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        "contains a space or another character that cannot be in a token"
    } else {
        return Ok(secret);
    };
    Err(unusable(format!("{what} {problem}")))
}

fn unusable(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.slot {
            SecretSlot::Header(name, _) => write!(f, "Authorization(header {name}: …)"),
            SecretSlot::Query(name) => write!(f, "Authorization(query {name}=…)"),
            SecretSlot::Nowhere => f.write_str("Authorization(none)"),
            SecretSlot::Body(name) => write!(f, "Authorization(body {name}: …)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Make = fn(&str) -> Result<Authorization>;

    const PLACES: [Make; 5] = [
        |secret| Authorization::bearer(secret),
        |secret| Authorization::header(HeaderName::from_static("x-session-id"), secret),
        |secret| Authorization::cookie("session", secret),
        |secret| Authorization::query("session-id", secret),
        |secret| Authorization::body_member("sessionId", secret),
    ];

    #[test]
    fn trap_29_what_could_end_its_place_is_refused_wherever_it_goes() {
        for make in PLACES {
            for secret in ["a\r\nHost: evil", "abc\n", "", "two words", "t\u{e4}st"] {
                let error = make(secret).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Configuration);
                assert!(secret.is_empty() || !format!("{error} {error:?}").contains(secret));
            }
            assert!(make("1~aZ09-._+/=:").is_ok());
        }
        assert!(Authorization::cookie("session", "a;b=c").is_err());
    }

    #[test]
    fn trap_18_no_place_shows_its_secret() {
        for make in PLACES {
            let shown = format!("{:?}", make("s3cret").unwrap());
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }

    #[test]
    fn a_header_with_a_secret_in_it_is_marked() {
        let values = PLACES.map(|make| make("s3cret").unwrap().header_value());
        assert_eq!(values.iter().flatten().count(), 3);
        for value in values.into_iter().flatten() {
            assert!(value.is_sensitive());
            assert!(!format!("{value:?}").contains("s3cret"));
        }
    }

    #[test]
    fn a_secret_is_the_same_only_in_the_same_place() {
        for (at, make) in PLACES.into_iter().enumerate() {
            for (other, another) in PLACES.into_iter().enumerate() {
                let same = make("a").unwrap().is_same(&another("a").unwrap());
                assert_eq!(same, at == other);
            }
            assert!(!make("a").unwrap().is_same(&make("b").unwrap()));
        }
    }
}
