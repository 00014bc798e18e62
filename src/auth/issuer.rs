//! Which server a login belongs to.

use std::{collections::VecDeque, sync::Mutex, sync::PoisonError, time::Duration};

use sha2::{Digest, Sha256};
use tokio::time::Instant;
use url::Url;

/// How long a state is remembered after its login came back: as long as its code is valid.
const REMEMBERED: Duration = Duration::from_secs(600);

/// How many states are remembered at most.
const MAX_STATES: usize = 10_000;

/// The origin of a URL, such as `https://school.instructure.com`; the text itself if it is no URL,
/// which is then the origin of nothing.
pub(super) fn origin_of(url: &str) -> String {
    match Url::parse(url) {
        Ok(url) => url.origin().ascii_serialization(),
        Err(_) => url.to_owned(),
    }
}

/// What the parameter `iss` of a callback must be (RFC 9207).
#[derive(Debug, Clone)]
pub(super) enum Issuer {
    /// Exactly this text.
    Named(String),
    /// Any URL of this origin. Canvas publishes no identifier of its own.
    Origin(String),
}

impl Issuer {
    pub(super) fn is(&self, iss: &str) -> bool {
        match self {
            Self::Named(name) => name == iss,
            Self::Origin(origin) => *origin == origin_of(iss),
        }
    }
}

/// The states of logins that came back, so that none does twice. They are kept as digests.
#[derive(Default)]
pub(super) struct SpentStates(Mutex<VecDeque<(StateDigest, Instant)>>);

pub(super) type StateDigest = [u8; 32];

pub(super) fn digest(state: &str) -> StateDigest {
    Sha256::digest(state).into()
}

impl SpentStates {
    /// Remembers a state. Returns whether it is a new one.
    pub(super) fn spend(&self, state: StateDigest, now: Instant) -> bool {
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spent.retain(|(_, since)| now < *since + REMEMBERED);
        if spent.iter().any(|(other, _)| *other == state) {
            return false;
        }
        if spent.len() == MAX_STATES {
            spent.pop_front();
        }
        spent.push_back((state, now));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_a_name_or_any_url_of_its_origin() {
        let origin = Issuer::Origin("https://school.example".into());
        for (iss, expected) in [
            ("https://school.example", true),
            ("https://SCHOOL.example:443/lms", true),
            ("http://school.example", false),
            ("https://school.example.evil.example", false),
            ("https://school.example@evil.example", false),
            ("school.example", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(origin.is(iss), expected, "{iss}");
        }
        let named = Issuer::Named("https://sso.example/a".into());
        assert!(named.is("https://sso.example/a"));
        assert!(!named.is("https://sso.example/a/") && !named.is("https://sso.example"));
    }

    #[test]
    fn a_state_is_spent_once_and_forgotten_with_its_code() {
        let (states, now) = (SpentStates::default(), Instant::now());
        assert!(states.spend(digest("a"), now));
        assert!(!states.spend(digest("a"), now + REMEMBERED / 2));
        assert!(states.spend(digest("b"), now));
        assert!(states.spend(digest("a"), now + REMEMBERED));
    }

    #[test]
    fn states_without_end_take_no_memory_without_end() {
        let (states, now) = (SpentStates::default(), Instant::now());
        for number in 0..MAX_STATES + 5 {
            assert!(states.spend(digest(&number.to_string()), now));
        }
        assert_eq!(states.0.lock().unwrap().len(), MAX_STATES);
    }
}
