//! The tokens of one login.

use std::{fmt, time::Duration};

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{issuer::origin_of, secret_value::SecretValue};
use crate::{
    error::{Error, Result},
    ids::UserId,
};

/// How long before its end a token is renewed at the latest; less for one that lives only minutes.
/// Each process picks a time between this and twice as long. Otherwise processes that share a login
/// would all renew it at once and invalidate one another's tokens.
const EARLY: Duration = Duration::from_secs(60);

/// The tokens of a login: an access token and, usually, a refresh token to renew it with.
///
/// `Debug` shows neither of them. [`to_json`](Self::to_json) does, for a
/// [`TokenStore`](super::TokenStore).
///
/// ```
/// use canvas_groups::{auth::Tokens, secrecy::ExposeSecret};
///
/// let tokens = Tokens::new("1~access").with_refresh_token("1~refresh");
/// let row = tokens.to_json();
/// let again = Tokens::from_json(row.expose_secret())?;
/// assert_eq!(again.access_token().expose_secret(), "1~access");
/// # Ok::<(), canvas_groups::Error>(())
/// ```
#[derive(Clone)]
pub struct Tokens {
    access_token: SecretString,
    refresh_token: Option<SecretString>,
    expires_at: Option<Timestamp>,
    user_id: Option<UserId>,
    origin: Option<String>,
    life: Option<Life>,
}

/// The end of a token by the monotonic clock.
#[derive(Debug, Clone, Copy)]
struct Life {
    end: Instant,
    early: Duration,
}

impl Tokens {
    /// An access token that does not expire and cannot be renewed, unless more is set.
    pub fn new(access_token: impl Into<SecretString>) -> Self {
        Self {
            access_token: access_token.into(),
            refresh_token: None,
            expires_at: None,
            user_id: None,
            origin: None,
            life: None,
        }
    }

    /// The same with a refresh token.
    pub fn with_refresh_token(mut self, refresh_token: impl Into<SecretString>) -> Self {
        self.refresh_token = Some(refresh_token.into());
        self
    }

    /// The same with a time at which the access token expires.
    pub fn with_expires_at(mut self, expires_at: Timestamp) -> Self {
        let left = expires_at.duration_since(Timestamp::now());
        self.life = Life::of(left.try_into().unwrap_or_default());
        self.expires_at = Some(expires_at);
        self
    }

    /// The same with the user who logged in.
    pub fn with_user_id(mut self, user_id: UserId) -> Self {
        self.user_id = Some(user_id);
        self
    }

    /// The same with the address of the institution that issued them, of which only scheme, host
    /// and port count. [`OAuth`](super::OAuth) sends them to no other one. It sets this for tokens
    /// that have none.
    pub fn with_origin(mut self, url: impl AsRef<str>) -> Self {
        self.origin = Some(origin_of(url.as_ref()));
        self
    }

    /// The token that requests carry.
    pub fn access_token(&self) -> &SecretString {
        &self.access_token
    }

    /// The token that new access tokens are obtained with. Canvas issues none with a token that was
    /// created by hand.
    pub fn refresh_token(&self) -> Option<&SecretString> {
        self.refresh_token.as_ref()
    }

    /// When the access token expires; `None` if the server did not say.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// The user who logged in, if the server says who: Canvas does, Studio does not.
    pub fn user_id(&self) -> Option<UserId> {
        self.user_id
    }

    /// The origin that they belong to, such as `https://school.instructure.com`; `None` for tokens
    /// that were not used yet, or were stored before origins were.
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// All of this as JSON, including the secrets, for a store.
    pub fn to_json(&self) -> SecretString {
        let json = self.written();
        std::str::from_utf8(&json).unwrap_or_default().into()
    }

    fn written(&self) -> Zeroizing<Vec<u8>> {
        let stored = Written {
            access_token: self.access_token.expose_secret(),
            refresh_token: self.refresh_token().map(ExposeSecret::expose_secret),
            expires_at: self.expires_at,
            user_id: self.user_id,
            origin: self.origin(),
        };
        // Room for all of it, with every character escaped: growing would leave copies behind.
        let (access, refresh) = self.secrets();
        let texts = [
            access,
            refresh.unwrap_or_default(),
            self.origin().unwrap_or_default(),
        ];
        let room = 6 * texts.iter().map(|text| text.len()).sum::<usize>() + 256;
        let mut json = Zeroizing::new(Vec::with_capacity(room));
        // Strings and numbers in a plain structure: serializing them cannot fail.
        let _ = serde_json::to_writer(&mut *json, &stored);
        json
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// [`ErrorKind::TokenStore`](crate::ErrorKind::TokenStore) for anything else.
    pub fn from_json(text: &str) -> Result<Self> {
        let damaged =
            || Error::token_store("the stored tokens are damaged: delete them and log in again");
        // The parser's words may hold a piece of a token, so they are left out.
        let stored: Stored = serde_json::from_str(text).map_err(|_| damaged())?;
        let SecretValue::Text(access_token) = stored.access_token else {
            return Err(damaged());
        };
        let refresh_token = match stored.refresh_token {
            SecretValue::Text(token) => Some(token),
            SecretValue::Missing | SecretValue::Null => None,
            SecretValue::Plain | SecretValue::Nested => return Err(damaged()),
        };
        let tokens = Self {
            refresh_token,
            user_id: stored.user_id,
            origin: stored.origin.as_deref().map(origin_of),
            ..Self::new(access_token)
        };
        Ok(match stored.expires_at {
            Some(expires_at) => tokens.with_expires_at(expires_at),
            None => tokens,
        })
    }

    /// The same, expiring this long from now.
    pub(super) fn lasting(mut self, life: Duration) -> Self {
        self.life = Life::of(life);
        self.expires_at = SignedDuration::try_from(life)
            .ok()
            .and_then(|life| Timestamp::now().checked_add(life).ok());
        self
    }

    /// Takes over from the earlier tokens what the answer to a renewal left out.
    pub(super) fn following(mut self, earlier: &Self) -> Self {
        self.refresh_token = self.refresh_token.or_else(|| earlier.refresh_token.clone());
        self.user_id = self.user_id.or(earlier.user_id);
        self
    }

    /// Whether it is time to renew the access token.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.life.is_some_and(|life| now + life.early >= life.end)
    }

    /// Whether the access token has certainly expired.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.life.is_some_and(|life| now >= life.end)
    }

    /// Whether both tokens are those of `other`.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.secrets() == other.secrets()
    }

    fn secrets(&self) -> (&str, Option<&str>) {
        let refresh_token = self.refresh_token.as_ref();
        (
            self.access_token.expose_secret(),
            refresh_token.map(ExposeSecret::expose_secret),
        )
    }
}

impl Life {
    /// `None` for a life longer than the clock can count.
    fn of(life: Duration) -> Option<Self> {
        Some(Self {
            end: Instant::now().checked_add(life)?,
            early: EARLY.min(life / 4).mul_f64(1.0 + fastrand::f64()),
        })
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("has_refresh_token", &self.refresh_token.is_some())
            .field("expires_at", &self.expires_at)
            .field("user_id", &self.user_id)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// The form in which a store keeps tokens.
#[serde_with::skip_serializing_none]
#[derive(Serialize)]
struct Written<'a> {
    access_token: &'a str,
    refresh_token: Option<&'a str>,
    expires_at: Option<Timestamp>,
    user_id: Option<UserId>,
    origin: Option<&'a str>,
}

/// The same as it is read.
#[derive(Deserialize)]
struct Stored {
    access_token: SecretValue,
    #[serde(default)]
    refresh_token: SecretValue,
    expires_at: Option<Timestamp>,
    user_id: Option<UserId>,
    origin: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_back_from_json_as_they_went() {
        let tokens = Tokens::new("a\"1")
            .with_refresh_token("r")
            .with_user_id(UserId::new(u64::MAX))
            .with_origin("https://School.example/lms/api/v1/")
            .lasting(Duration::from_secs(3600));
        let again = Tokens::from_json(tokens.to_json().expose_secret()).unwrap();
        assert!(again.is_same(&tokens));
        assert_eq!(again.refresh_token().unwrap().expose_secret(), "r");
        assert_eq!(again.expires_at(), tokens.expires_at());
        assert_eq!(again.user_id(), tokens.user_id());
        assert_eq!(again.origin(), Some("https://school.example"));
        assert!(!again.is_due(Instant::now()));
    }

    #[test]
    fn damaged_json_is_an_error_without_the_token_in_it() {
        for text in [
            r#"{"access_token":["s3cret"]}"#,
            r#"{"access_token":null,"refresh_token":"s3cret"}"#,
            r#"{"access_token":"s3cret","refresh_token":{"a":"s3cret"}}"#,
            r#"{"access_token":"s3cret","refresh_token":"s3cret","expires_at":"s3cret"}"#,
            r#"{"refresh_token":"s3cret"}"#,
            r#"{"access_token":"s3cret"#,
            "",
        ] {
            let error = Tokens::from_json(text).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::TokenStore, "{text}");
            assert!(!format!("{error} {error:?}").contains("s3cret"));
        }
    }

    #[test]
    fn tokens_may_be_stored_without_an_origin() {
        let stored = r#"{"access_token":"a\u0022\/b","refresh_token":null,"user_id":7}"#;
        let tokens = Tokens::from_json(stored).unwrap();
        assert_eq!(tokens.access_token().expose_secret(), "a\"/b");
        assert!(tokens.refresh_token().is_none() && tokens.origin().is_none());
    }

    #[test]
    fn the_json_of_tokens_has_room_for_all_of_it_and_leaves_no_copy_behind() {
        for length in [1, 100, 10_000] {
            let text = "\u{1}".repeat(length);
            let tokens = Tokens::new(&*text)
                .with_refresh_token(&*text)
                .with_user_id(UserId::new(u64::MAX))
                .with_origin(&text)
                .with_expires_at(Timestamp::MAX);
            let json = tokens.written();
            assert_eq!(json.capacity(), 18 * length + 256);
            let again = Tokens::from_json(tokens.to_json().expose_secret()).unwrap();
            assert!(again.is_same(&tokens));
        }
    }

    #[test]
    fn a_token_is_due_one_to_two_minutes_early_and_a_short_one_in_its_second_half() {
        for (life, from, due) in [(3600, 3480, 3540), (240, 120, 180), (20, 10, 15), (0, 0, 0)] {
            let tokens = Tokens::new("a").lasting(Duration::from_secs(life));
            let now = Instant::now();
            let at = |seconds| now + Duration::from_millis(seconds * 1000);
            assert!(tokens.is_due(at(due)), "{life}");
            assert!(due == 0 || !tokens.is_due(at(from) - Duration::from_millis(500)));
            assert_eq!(tokens.is_over(at(due)), life == 0);
            assert!(tokens.is_over(at(life)));
        }
    }

    #[test]
    fn tokens_that_end_together_are_not_due_together() {
        let now = Instant::now();
        let tokens = || Tokens::new("a").lasting(Duration::from_secs(3600));
        let half_way = now + Duration::from_secs(3510);
        let due = (0..200).filter(|_| tokens().is_due(half_way)).count();
        assert!((40..160).contains(&due), "{due}");
    }

    #[test]
    fn a_life_beyond_all_clocks_has_no_end() {
        let tokens = Tokens::new("a").lasting(Duration::MAX);
        assert_eq!(tokens.expires_at(), None);
        assert!(!tokens.is_due(Instant::now()));
        let past = Tokens::new("a").with_expires_at(Timestamp::MIN);
        assert!(past.is_over(Instant::now()));
    }

    #[test]
    fn trap_18_no_debug_output_shows_the_tokens() {
        let tokens = Tokens::new("s3cret-a").with_refresh_token("s3cret-r");
        assert!(!format!("{tokens:?}").contains("s3cret"));
    }
}
