//! Random texts that nobody can guess, and the challenge made from one (RFC 7636).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind, Result};

/// 256 random bits as 43 characters: a `state`, or the verifier of a challenge.
pub(super) fn random() -> Result<SecretString> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes).map_err(|error| {
        Error::new(
            ErrorKind::Configuration,
            "the operating system provides no random numbers",
        )
        .with_source(error)
    })?;
    Ok(URL_SAFE_NO_PAD.encode(bytes.as_slice()).into())
}

/// The hash of a verifier, which is all that the authorization server sees at first (`S256`).
pub(super) fn challenge(verifier: &SecretString) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose_secret()))
}

/// Whether two texts are equal, in a time that does not depend on where they differ.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    let pairs = one.bytes().zip(other.bytes());
    one.len() == other.len() && pairs.fold(0, |seen, (a, b)| seen | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into();
        assert_eq!(
            challenge(&verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn random_texts_differ_and_have_the_length_and_letters_of_a_verifier() {
        let (one, other) = (random().unwrap(), random().unwrap());
        assert!(!is_same(one.expose_secret(), other.expose_secret()));
        assert_eq!(one.expose_secret().len(), 43);
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        assert!(one.expose_secret().chars().all(is_allowed));
    }

    #[test]
    fn texts_are_compared_whole() {
        assert!(is_same("abc", "abc") && is_same("", ""));
        for other in ["abd", "ab", "abcd", "", "Abc"] {
            assert!(!is_same("abc", other), "{other}");
        }
    }
}
