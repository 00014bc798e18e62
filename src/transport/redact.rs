//! Keeps credentials out of what people read.

use std::{borrow::Cow, fmt};

use secrecy::{ExposeSecret, SecretString};

/// The secrets that went out with a request, so that a server that echoes them does not put them
/// into an error.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Vec<SecretString>);

impl Secrets {
    pub(crate) fn new(secrets: Vec<SecretString>) -> Self {
        Self(secrets)
    }

    /// A body without them.
    pub(crate) fn scrub<'a>(&self, body: &'a [u8]) -> Cow<'a, [u8]> {
        let mut body = Cow::Borrowed(body);
        for secret in &self.0 {
            let secret = secret.expose_secret().as_bytes();
            if let Some(clean) = without(&body, secret) {
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

/// The body with each occurrence of a secret replaced; `None` if there is none.
fn without(body: &[u8], secret: &[u8]) -> Option<Vec<u8>> {
    let find = |from: &[u8]| {
        from.windows(secret.len())
            .position(|window| window == secret)
    };
    if secret.is_empty() {
        return None;
    }
    let mut at = find(body)?;
    let (mut clean, mut rest) = (Vec::with_capacity(body.len()), body);
    loop {
        clean.extend_from_slice(&rest[..at]);
        clean.extend_from_slice(b"[redacted]");
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
        let secrets = Secrets::new(vec!["s3cret".into(), "".into()]);
        assert_eq!(
            &*secrets.scrub(b"a s3crets3cret b"),
            b"a [redacted][redacted] b"
        );
        assert!(matches!(secrets.scrub(b"clean"), Cow::Borrowed(b"clean")));
        assert!(!format!("{secrets:?}").contains("s3cret"));
    }
}
