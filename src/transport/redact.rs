//! Keeps credentials out of errors and logs.

mod spelling;

use std::{borrow::Cow, fmt, ops::Range, sync::Arc};

use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};

use crate::error::{BODY_LIMIT, Error};
use spelling::Units;

/// The secrets that went out with a request, so that a server that echoes them does not put them
/// into an error.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Vec<Arc<Known>>);

/// A secret, as it is and with everything in it undone that looks like an escape.
struct Known {
    plain: SecretString,
    decoded: Zeroizing<Vec<u8>>,
}

/// How often an escape may be escaped again.
const DEPTH: usize = 4;

impl Secrets {
    /// Ignores secrets of fewer than 8 characters, which no service issues: removing them would
    /// remove common words.
    pub(crate) fn new(secrets: Vec<SecretString>) -> Self {
        let mut this = Self::default();
        secrets.into_iter().for_each(|secret| this.add(&secret));
        this
    }

    /// Adds a secret, unless it is there.
    pub(crate) fn add(&mut self, secret: &SecretString) {
        let text = secret.expose_secret();
        let mut known = self.0.iter();
        if text.len() < 8 || known.any(|known| known.plain.expose_secret() == text) {
            return;
        }
        let mut units = Units::of(text.as_bytes());
        (0..DEPTH).any(|_| !units.decode());
        self.0.push(Arc::new(Known {
            decoded: units.bytes(),
            plain: secret.clone(),
        }));
    }

    /// Adds all of `others`, and keeps the newest `limit` of them.
    pub(crate) fn extend(&mut self, others: &Self, limit: usize) {
        for other in &others.0 {
            self.0.retain(|known| !Arc::ptr_eq(known, other));
            let text = other.plain.expose_secret();
            self.0.retain(|known| known.plain.expose_secret() != text);
            self.0.push(other.clone());
        }
        self.0.drain(..self.0.len().saturating_sub(limit));
    }

    /// The text without the secrets; `None` if it contains none.
    pub(crate) fn cleaned(&self, text: &str) -> Option<String> {
        let text = text.strip_suffix('…').unwrap_or(text);
        match self.scrub(text.as_bytes()) {
            Cow::Borrowed(_) => None,
            Cow::Owned(clean) => Some(String::from_utf8_lossy(&clean).into_owned()),
        }
    }

    /// The beginning of what a server says, as long as that of a body which an error quotes, without
    /// the secrets.
    pub(crate) fn start_of(&self, text: &str) -> String {
        let clean = self.scrub_start(text.as_bytes(), BODY_LIMIT);
        let mut start = String::from_utf8_lossy(&clean).into_owned();
        if text.len() > BODY_LIMIT {
            start.push('…');
        }
        start
    }

    /// The error without the secrets, as it is handed out.
    pub(crate) fn hidden_in(&self, error: Error) -> Error {
        error.scrubbed(|text| self.cleaned(text))
    }

    /// Whether the secrets are in the text, in any spelling.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        !self.places(text.as_bytes()).is_empty()
    }

    /// The body without the secrets, even if it breaks off inside one.
    pub(crate) fn scrub<'a>(&self, body: &'a [u8]) -> Cow<'a, [u8]> {
        self.scrub_start(body, body.len())
    }

    /// The first `limit` bytes of the body without the secrets, which may begin before the end of
    /// these and end after it. What comes far behind is not looked at.
    pub(crate) fn scrub_start<'a>(&self, body: &'a [u8], limit: usize) -> Cow<'a, [u8]> {
        let kept = limit.min(body.len());
        let longest = self.0.iter().map(|known| known.plain.expose_secret().len());
        let margin = longest.max().unwrap_or(0) * spelling::LONGEST;
        let seen = kept.saturating_add(margin).min(body.len());
        without(&body[..kept], self.places(&body[..seen]))
    }

    /// Where the secrets are, in order and without overlaps. One that the text breaks off in is at
    /// its end.
    fn places(&self, text: &[u8]) -> Vec<(usize, usize)> {
        if self.0.is_empty() || text.len() < COINCIDENCE {
            return Vec::new();
        }
        let mut places = Vec::new();
        let mut units = Units::of(text);
        for _ in 0..=DEPTH {
            for known in &self.0 {
                let plain = known.plain.expose_secret().as_bytes();
                units.find(plain, &mut places);
                units.find_begun(plain, COINCIDENCE, &mut places);
                if *known.decoded != plain {
                    units.find(&known.decoded, &mut places);
                    units.find_begun(&known.decoded, COINCIDENCE, &mut places);
                }
            }
            if !units.decode() {
                break;
            }
        }
        merged(places)
    }
}

/// The text without what `find` finds in it, as it is and with escapes undone.
pub(super) fn without_found(
    text: &[u8],
    find: impl Fn(&[u8]) -> Vec<Range<usize>>,
) -> Cow<'_, [u8]> {
    let mut places = Vec::new();
    let mut units = Units::of(text);
    for _ in 0..=DEPTH {
        let found = find(units.text()).into_iter();
        places.extend(found.map(|part| units.place(part)));
        if !units.decode() {
            break;
        }
    }
    without(text, merged(places))
}

/// The places in order, and those that overlap as one.
fn merged(mut places: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    places.sort_unstable();
    let mut merged: Vec<(usize, usize)> = Vec::with_capacity(places.len());
    for (from, to) in places {
        match merged.last_mut() {
            Some(last) if from < last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// The text without these places, which may begin before its end and end after it.
fn without(text: &[u8], places: Vec<(usize, usize)>) -> Cow<'_, [u8]> {
    if places.first().is_none_or(|(from, _)| *from >= text.len()) {
        return Cow::Borrowed(text);
    }
    let (mut clean, mut at) = (Vec::with_capacity(text.len()), 0);
    for (from, to) in places.into_iter().filter(|(from, _)| *from < text.len()) {
        clean.extend_from_slice(&text[at..from]);
        clean.extend_from_slice(REDACTED);
        at = to;
    }
    clean.extend_from_slice(text.get(at..).unwrap_or_default());
    Cow::Owned(clean)
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

const REDACTED: &[u8] = b"[redacted]";

/// As many bytes at the end of a text are taken for the beginning of a secret. Fewer may be
/// coincidence.
const COINCIDENCE: usize = 8;

#[cfg(test)]
mod tests;
