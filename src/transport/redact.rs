//! Keeps credentials out of errors and logs.

use std::{borrow::Cow, fmt};

use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

/// The secrets that went out with a request, so that a server that echoes them does not put them
/// into an error.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Vec<SecretString>);

impl Secrets {
    /// Ignores secrets of fewer than 8 characters, which no service issues: removing them would
    /// remove common words.
    pub(crate) fn new(mut secrets: Vec<SecretString>) -> Self {
        secrets.retain(|secret| secret.expose_secret().len() >= 8);
        Self(secrets)
    }

    /// The text without the secrets; `None` if it contains none.
    pub(crate) fn cleaned(&self, text: &str) -> Option<String> {
        let text = text.strip_suffix('…').unwrap_or(text);
        match self.scrub(text.as_bytes()) {
            Cow::Borrowed(_) => None,
            Cow::Owned(clean) => Some(String::from_utf8_lossy(&clean).into_owned()),
        }
    }

    /// The body without the secrets, even if it breaks off inside one.
    pub(crate) fn scrub<'a>(&self, body: &'a [u8]) -> Cow<'a, [u8]> {
        let mut body = Cow::Borrowed(body);
        for secret in self.0.iter().flat_map(echoes) {
            let secret = secret.expose_secret().as_bytes();
            if let Some(clean) = without(&body, secret) {
                body = Cow::Owned(clean);
            }
            let begun = begun_at_the_end(&body, secret);
            if begun > 0 {
                let mut clean = body.into_owned();
                clean.truncate(clean.len() - begun);
                clean.extend_from_slice(REDACTED);
                body = Cow::Owned(clean);
            }
        }
        body
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

/// The forms in which a server could echo a secret: unchanged, in an address, or in JSON.
fn echoes(secret: &SecretString) -> impl Iterator<Item = SecretString> {
    let text = secret.expose_secret();
    let in_address: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let in_json = text.replace('\\', "\\\\").replace('"', "\\\"");
    let others = [in_address, in_json].into_iter();
    let others = others.filter(move |written| written != text);
    std::iter::once(secret.clone()).chain(others.map(Into::into))
}

const REDACTED: &[u8] = b"[redacted]";

/// How many bytes at the end of a body are the beginning of a secret. Fewer than 8 are taken for
/// coincidence.
fn begun_at_the_end(body: &[u8], secret: &[u8]) -> usize {
    const COINCIDENCE: usize = 8;
    let mut lengths = (COINCIDENCE..secret.len()).rev();
    let ends_with = |start: &[u8]| {
        let end = body
            .len()
            .checked_sub(start.len())
            .and_then(|at| body.get(at..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(start))
    };
    lengths
        .find(|&length| ends_with(&secret[..length]))
        .unwrap_or(0)
}

/// The body with each occurrence of a secret replaced; `None` if there is none. Whether its letters
/// are large or small makes no difference: the names of hosts are written small.
fn without(body: &[u8], secret: &[u8]) -> Option<Vec<u8>> {
    let find = |from: &[u8]| {
        from.windows(secret.len())
            .position(|window| window.eq_ignore_ascii_case(secret))
    };
    if secret.is_empty() {
        return None;
    }
    let mut at = find(body)?;
    let (mut clean, mut rest) = (Vec::with_capacity(body.len()), body);
    loop {
        clean.extend_from_slice(&rest[..at]);
        clean.extend_from_slice(REDACTED);
        rest = &rest[at + secret.len()..];
        match find(rest) {
            Some(next) => at = next,
            None => break,
        }
    }
    clean.extend_from_slice(rest);
    Some(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_cut_out_of_a_body() {
        let secrets = Secrets::new(vec!["s3cret-token".into(), "".into()]);
        assert_eq!(
            &*secrets.scrub(b"a s3cret-tokens3cret-token b"),
            b"a [redacted][redacted] b"
        );
        assert_eq!(
            &*secrets.scrub(b"S3CRET-tokEN s3cret-TO"),
            b"[redacted] [redacted]"
        );
        assert!(matches!(secrets.scrub(b"clean"), Cow::Borrowed(b"clean")));
        assert!(!format!("{secrets:?}").contains("s3cret-token"));
    }

    #[test]
    fn a_secret_that_the_body_breaks_off_in_is_cut_out_too() {
        let secrets = Secrets::new(vec!["7~s3cret-token".into()]);
        assert_eq!(
            &*secrets.scrub(b"a 7~s3cret-token 7~s3cret-t"),
            b"a [redacted] [redacted]"
        );
        assert_eq!(&*secrets.scrub(b"a 7~s3cre"), b"a 7~s3cre");
        assert_eq!(
            secrets.cleaned("a 7~s3cret"),
            Some("a [redacted]".to_owned())
        );
        assert_eq!(secrets.cleaned("a"), None);
    }

    #[test]
    fn a_secret_is_known_in_every_form_in_which_it_could_come_back() {
        for (secret, forms) in [
            ("plain", &["plain"][..]),
            ("a:b\"", &["a:b\"", "a%3Ab%22", "a:b\\\""]),
        ] {
            let echoes: Vec<_> = echoes(&secret.into()).collect();
            let found: Vec<_> = echoes.iter().map(|form| form.expose_secret()).collect();
            assert_eq!(found, forms);
        }
    }
}
