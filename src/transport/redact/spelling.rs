//! The ways in which a text may be spelled: escaped for an address, for JSON, for a web page.

use std::ops::Range;

use secrecy::zeroize::Zeroizing;

use crate::lenient::is_invisible;

/// How many bytes a byte of a secret may take at most: escaped for JSON, then for an address.
pub(super) const LONGEST: usize = 24;

/// A text in bytes, each with the place in the original that it was read from.
pub(super) struct Units {
    bytes: Zeroizing<Vec<u8>>,
    places: Vec<(u32, u32)>,
}

impl Units {
    pub(super) fn of(text: &[u8]) -> Self {
        let places = (0..text.len() as u32).map(|at| (at, at + 1));
        Self {
            bytes: Zeroizing::new(text.to_vec()),
            places: places.collect(),
        }
    }

    /// The text as far as its escapes are undone.
    pub(super) fn text(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn bytes(self) -> Zeroizing<Vec<u8>> {
        self.bytes
    }

    /// Undoes one layer of escapes. Returns whether there was one.
    pub(super) fn decode(&mut self) -> bool {
        let may_begin = |byte: &u8| matches!(byte, b'%' | b'\\' | b'&') || !byte.is_ascii();
        if !self.bytes.iter().any(may_begin) {
            return false;
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.bytes.len()));
        let mut places = Vec::with_capacity(self.places.len());
        let mut at = 0;
        let mut has_changed = false;
        while at < self.bytes.len() {
            let rest = &self.bytes[at..];
            match escape(rest) {
                Some((character, length)) => {
                    let place = (self.places[at].0, self.places[at + length - 1].1);
                    let mut buffer = [0; 4];
                    let decoded = match character {
                        Decoded::Byte(byte) => {
                            buffer[0] = byte;
                            &buffer[..1]
                        }
                        Decoded::Character(character) => {
                            character.encode_utf8(&mut buffer).as_bytes()
                        }
                        Decoded::Nothing => &[],
                    };
                    bytes.extend_from_slice(decoded);
                    places.extend(decoded.iter().map(|_| place));
                    at += length;
                    has_changed = true;
                }
                None => {
                    bytes.push(rest[0]);
                    places.push(self.places[at]);
                    at += 1;
                }
            }
        }
        (self.bytes, self.places) = (bytes, places);
        has_changed
    }

    /// Adds all places of a secret. Whether its letters are large or small makes no difference: the
    /// names of hosts are written small.
    pub(super) fn find(&self, secret: &[u8], found: &mut Vec<(usize, usize)>) {
        let Some(first) = secret.first() else {
            return;
        };
        // Both forms of the first byte; `+` may stand for a space.
        let (small, large) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
        let is_first =
            |byte: &u8| *byte == small || *byte == large || *byte == b'+' && *first == b' ';
        let mut at = 0;
        while let Some(next) = self.bytes[at..].iter().position(is_first) {
            at += next;
            let end = at + secret.len();
            match self.bytes.get(at..end) {
                None => break,
                Some(window) if is_same(window, secret) => {
                    found.push(self.place(at..end));
                    at = end;
                }
                Some(_) => at += 1,
            }
        }
    }

    /// Adds the place of a secret that the text breaks off in, after at least `least` bytes of it
    /// and perhaps within an escape.
    pub(super) fn find_begun(&self, secret: &[u8], least: usize, found: &mut Vec<(usize, usize)>) {
        let whole = self.bytes.len();
        for end in [whole, whole - cut_escape(&self.bytes)] {
            let mut lengths = (least..secret.len()).rev();
            let begun = lengths.find(|length| {
                let start = end.checked_sub(*length);
                start.is_some_and(|start| is_same(&self.bytes[start..end], &secret[..*length]))
            });
            if let Some(length) = begun {
                found.push(self.place(end - length..whole));
            }
        }
    }

    /// Where a part of the text, which is not empty, is in the original.
    pub(super) fn place(&self, units: Range<usize>) -> (usize, usize) {
        let (from, _) = self.places[units.start];
        let (_, to) = self.places[units.end - 1];
        (from as usize, to as usize)
    }
}

/// Whether a text is the secret. Forms write a space as `+`.
fn is_same(text: &[u8], secret: &[u8]) -> bool {
    let mut pairs = text.iter().zip(secret);
    pairs
        .all(|(byte, wanted)| byte.eq_ignore_ascii_case(wanted) || *byte == b'+' && *wanted == b' ')
}

enum Decoded {
    Byte(u8),
    Character(char),
    Nothing,
}

/// The escape that a text begins with: what it stands for, and its length.
fn escape(text: &[u8]) -> Option<(Decoded, usize)> {
    match text[0] {
        b'%' => in_address(text),
        b'\\' => after_backslash(text),
        b'&' => entity(text),
        0xc2..=0xf4 => mark(text),
        _ => None,
    }
}

fn in_address(text: &[u8]) -> Option<(Decoded, usize)> {
    if matches!(text.get(1), Some(b'u' | b'U')) {
        return Some((Decoded::Character(character(text.get(2..6)?)?), 6));
    }
    let byte = number(text.get(1..3)?, 16)?;
    Some((Decoded::Byte(byte as u8), 3))
}

fn after_backslash(text: &[u8]) -> Option<(Decoded, usize)> {
    let plain = |byte| Some((Decoded::Byte(byte), 2));
    match *text.get(1)? {
        b'u' | b'U' if text.get(2) == Some(&b'{') => {
            let end = text.iter().take(12).position(|byte| *byte == b'}')?;
            let character = character(&text[3..end])?;
            Some((Decoded::Character(character), end + 1))
        }
        b'u' | b'U' => {
            let high = number(text.get(2..6)?, 16)?;
            let Some(character) = char::from_u32(high) else {
                // Two halves of a character; secrets have none of these.
                return Some((Decoded::Nothing, 6));
            };
            Some((Decoded::Character(character), 6))
        }
        b'x' | b'X' => Some((Decoded::Byte(number(text.get(2..4)?, 16)? as u8), 4)),
        b'n' => plain(b'\n'),
        b'r' => plain(b'\r'),
        b't' => plain(b'\t'),
        b'b' => plain(8),
        b'f' => plain(12),
        byte if byte.is_ascii_punctuation() => plain(byte),
        _ => None,
    }
}

/// The entities of web pages for the signs that secrets may have.
const ENTITIES: [(&[u8], u8); 33] = [
    (b"amp", b'&'),
    (b"lt", b'<'),
    (b"gt", b'>'),
    (b"quot", b'"'),
    (b"apos", b'\''),
    (b"sol", b'/'),
    (b"bsol", b'\\'),
    (b"plus", b'+'),
    (b"equals", b'='),
    (b"colon", b':'),
    (b"semi", b';'),
    (b"comma", b','),
    (b"period", b'.'),
    (b"num", b'#'),
    (b"percnt", b'%'),
    (b"ast", b'*'),
    (b"midast", b'*'),
    (b"commat", b'@'),
    (b"lowbar", b'_'),
    (b"excl", b'!'),
    (b"quest", b'?'),
    (b"dollar", b'$'),
    (b"lpar", b'('),
    (b"rpar", b')'),
    (b"lsqb", b'['),
    (b"lbrack", b'['),
    (b"rsqb", b']'),
    (b"rbrack", b']'),
    (b"lcub", b'{'),
    (b"rcub", b'}'),
    (b"verbar", b'|'),
    (b"grave", b'`'),
    (b"Hat", b'^'),
];

fn entity(text: &[u8]) -> Option<(Decoded, usize)> {
    let named = text[1..].strip_prefix(b"#");
    let (is_number, body) = match named {
        Some(digits) => (true, digits),
        None => (false, &text[1..]),
    };
    let begin = text.len() - body.len();
    let word = body.iter().take(12);
    let length = word.take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let (word, after) = body.split_at(length);
    let has_end = after.first() == Some(&b';');
    let whole = begin + length + usize::from(has_end);
    // At the end of the text it may be cut off.
    if is_number && !has_end && whole == text.len() {
        return None;
    }
    if is_number {
        let hex = word.strip_prefix(b"x").or_else(|| word.strip_prefix(b"X"));
        let code = match hex {
            Some(digits) => number(digits, 16)?,
            None => number(word, 10)?,
        };
        return Some((Decoded::Character(char::from_u32(code)?), whole));
    }
    let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
    let (_, byte) = ENTITIES.iter().find(|(name, _)| is(name) && has_end)?;
    Some((Decoded::Byte(*byte), whole))
}

/// A character that nobody sees is left out.
fn mark(text: &[u8]) -> Option<(Decoded, usize)> {
    let length = match text[0] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    };
    let character = std::str::from_utf8(text.get(..length)?)
        .ok()?
        .chars()
        .next()?;
    is_invisible(character).then_some((Decoded::Nothing, length))
}

fn character(digits: &[u8]) -> Option<char> {
    char::from_u32(number(digits, 16)?)
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let is_digit = |byte: &u8| char::from(*byte).is_digit(radix);
    let is_number = !digits.is_empty() && digits.iter().all(is_digit);
    let digits = is_number
        .then(|| std::str::from_utf8(digits).ok())
        .flatten()?;
    u32::from_str_radix(digits, radix).ok()
}

/// How many bytes at the end of a text are the beginning of an escape that is cut off.
fn cut_escape(text: &[u8]) -> usize {
    let tail = &text[text.len().saturating_sub(9)..];
    let begin = tail
        .iter()
        .rposition(|byte| matches!(byte, b'%' | b'\\' | b'&'));
    begin.map_or(0, |begin| {
        let is_open = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'#' | b'{');
        match tail[begin + 1..].iter().all(is_open) {
            true => tail.len() - begin,
            false => 0,
        }
    })
}
