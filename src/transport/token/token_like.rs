//! Finds what looks like a token, in answers that may hold one that only the server knew.

use std::{borrow::Cow, ops::Range};

use crate::transport::redact;

/// Names whose values are secrets, whatever they look like.
const NAMES: [&[u8]; 8] = [
    b"access_token",
    b"refresh_token",
    b"id_token",
    b"client_secret",
    b"code_verifier",
    b"client_assertion",
    b"password",
    b"secret",
];

/// A text without anything that looks like a token, in whatever spelling: long words that no language
/// has, and values named like a secret.
pub(super) fn without(text: &[u8]) -> Cow<'_, [u8]> {
    redact::without_found(text, places)
}

/// The same of a text; `None` if there is nothing of that kind in it.
pub(super) fn cleaned(text: &str) -> Option<String> {
    match without(text.as_bytes()) {
        Cow::Borrowed(_) => None,
        Cow::Owned(clean) => Some(String::from_utf8_lossy(&clean).into_owned()),
    }
}

fn places(text: &[u8]) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let word = rest.iter().take_while(|byte| is_of_token(**byte)).count();
        let found = match word {
            0 => None,
            _ => named_value(&rest[..word], &rest[word..])
                .map(|(from, to)| at + word + from..at + word + to)
                .or_else(|| is_token_like(&rest[..word]).then_some(at..at + word)),
        };
        at = found.as_ref().map_or(at + word.max(1), |found| found.end);
        places.extend(found);
    }
    places
}

/// The characters of tokens, codes, JWTs and Base64.
fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/%".contains(&byte)
}

/// Whether a part between slashes is too long, and of too many kinds of characters, to be a word.
fn is_token_like(word: &[u8]) -> bool {
    let mut parts = word.split(|byte| *byte == b'/');
    parts.any(|part| {
        let has = |kind: fn(&u8) -> bool| part.iter().any(kind);
        let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
        let has_both = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
        match part.len() {
            0..16 => false,
            16..24 => has_both,
            24..40 => has_both || is_mixed,
            _ => true,
        }
    })
}

/// Where the value behind `word` is in `rest`, if `word` names a secret: `name=value`,
/// `"name": "value"`, and the same within a JSON string.
fn named_value(word: &[u8], rest: &[u8]) -> Option<(usize, usize)> {
    let is_name = |name: &&[u8]| {
        let end = word.len().checked_sub(name.len()).map(|at| &word[at..]);
        end.is_some_and(|end| end.eq_ignore_ascii_case(name))
    };
    NAMES.iter().find(|name| is_name(name))?;
    let skip = |from: usize| {
        let padding = rest[from..].iter();
        from + padding
            .take_while(|byte| b"\\\"' \t\r\n".contains(byte))
            .count()
    };
    let separator = skip(0);
    if !matches!(rest.get(separator)?, b'=' | b':') {
        return None;
    }
    let from = skip(separator + 1);
    let value = &rest[from..];
    let length = length_of_value(value);
    (length > 0).then_some((from, from + length))
}

/// How long the value is with which a text begins.
fn length_of_value(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            // One that escapes a quote ends a value, and one that escapes something else is within
            // it. A run of them is passed at once: to look to its end from each would take too long.
            b'\\' => {
                let run = text[at..].iter().take_while(|byte| **byte == b'\\').count();
                match text.get(at + run) {
                    None | Some(b'"' | b'\'') => return at,
                    Some(_) => at += run,
                }
            }
            byte if b"\"'&,;<>[]{} \t\r\n".contains(byte) => return at,
            _ => at += 1,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_tokens(text: &str) -> String {
        String::from_utf8(without(text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn what_looks_like_a_token_is_left_out() {
        for token in [
            "7~aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5zA7bC9dE1fG3hI5jK7lM9nO1pQ3r",
            "0123456789abcdef",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            "dGhpcyBpcyBhIHNlY3JldA/short/c2VjcmV0IHRvbywgYW5kIGxvbmc",
            "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
            "QWxhZGRpbjpvcGVuIHNlc2FtZQ",
            "a%2Fb3c4d5e6f7g8h9i0",
        ] {
            for (before, after) in [
                ("", ""),
                ("the token ", " is unknown"),
                ("{\"error\":\"", "\"}"),
                ("?x=", "&y=1"),
            ] {
                let text = format!("{before}{token}{after}");
                assert_eq!(without_tokens(&text), format!("{before}[redacted]{after}"));
            }
        }
    }

    #[test]
    fn a_value_named_like_a_secret_is_left_out_however_short_it_is() {
        for (text, expected) in [
            (
                r#"{"access_token":"a1","x":1}"#,
                r#"{"access_token":"[redacted]","x":1}"#,
            ),
            ("refresh_token=b2&x=1", "refresh_token=[redacted]&x=1"),
            (
                "Client_Secret: hush, please",
                "Client_Secret: [redacted], please",
            ),
            (
                r#""{\"refresh_token\": \"b2\"}""#,
                r#""{\"refresh_token\": \"[redacted]\"}""#,
            ),
            (
                "?access_token=a1&refresh_token=b2",
                "?access_token=[redacted]&refresh_token=[redacted]",
            ),
        ] {
            assert_eq!(without_tokens(text), expected);
        }
    }

    /// Each character as JSON, an address or a web page may spell it, also one within another.
    #[test]
    fn what_looks_like_a_token_is_left_out_in_every_spelling() {
        type Spelling = fn(char) -> String;
        let spellings: [Spelling; 9] = [
            |c| format!("\\u{:04x}", c as u32),
            |c| format!("\\U{:04X}", c as u32),
            |c| format!("\\\\u{:04x}", c as u32),
            |c| format!("\\x{:02x}", c as u32),
            |c| format!("%{:02X}", c as u32),
            |c| format!("%25{:02x}", c as u32),
            |c| format!("&#{};", c as u32),
            |c| format!("&#x{:x};", c as u32),
            |c| format!("\\u0026#x{:x};", c as u32),
        ];
        let token = "7~aB3dE5fG7hI9jK1lM3nO5p";
        for spelling in spellings {
            let spelled = |text: &str| text.chars().map(spelling).collect::<String>();
            for every in [1, 3, 9] {
                let letters = token.chars().enumerate();
                let mixed: String = letters
                    .map(|(at, c)| match at % every {
                        0 => spelling(c),
                        _ => c.to_string(),
                    })
                    .collect();
                let text = format!("{{\"error\":\"{mixed}\"}}");
                assert_eq!(
                    without_tokens(&text),
                    "{\"error\":\"[redacted]\"}",
                    "{text}"
                );
            }
            // The name, the value, or both.
            for (name, value) in [
                (spelled("access_token"), "hush".to_owned()),
                ("access_token".to_owned(), spelled("hush")),
                ("secret".to_owned(), format!("h{}sh", spelling('u'))),
                (spelled("secret"), spelled("hush")),
            ] {
                let text = format!("{{\"{name}\":\"{value}\",\"x\":1}}");
                // A name in which every letter is escaped may look like a token itself.
                let clean = without_tokens(&text);
                assert!(
                    clean.ends_with(":\"[redacted]\",\"x\":1}"),
                    "{text}: {clean}"
                );
            }
        }
        // What is no escape does not end a value either.
        for text in [
            r#""secret":"hu\qsh""#,
            r#""secret":"hu\u00sh""#,
            r#""secret":"hu\\\\sh""#,
        ] {
            assert_eq!(without_tokens(text), "\"secret\":\"[redacted]\"", "{text}");
        }
    }

    #[test]
    fn words_of_a_server_stay() {
        for text in [
            "",
            "refresh_token not found",
            r#"{"error":"invalid_grant","error_description":"authorization_code not found"}"#,
            r#"{"access_token":null}"#,
            "The grant_type you requested is not currently supported",
            "https://school.instructure.com/login/oauth2/token",
            "<title>Wartungsarbeiten bis 2026-11-29T21:30:00Z</title>",
            "client 10000000000001 is unknown",
            "secret: ",
        ] {
            let kept = without_tokens(text).replace("[redacted]", "null");
            assert_eq!(kept, text);
        }
    }

    /// Half a trillion steps, if each were followed to the end of its run.
    #[test]
    fn a_run_of_backslashes_is_passed_once() {
        let run = "\\".repeat(1024 * 1024);
        let value = |text: &str| named_value(b"secret", text.as_bytes());
        let length = run.len();
        // Within a value, at its end, and as all that there is.
        assert_eq!(value(&format!("=a{run}b\"")), Some((1, length + 3)));
        assert_eq!(value(&format!("=a{run}\"")), Some((1, 2)));
        assert_eq!(value(&format!("=a{run}")), Some((1, 2)));
        assert_eq!(value(&format!("={run}")), None);
        let text = format!("secret=a{run}b");
        assert_eq!(without_tokens(&text), "secret=[redacted]");
        // Runs without end, each of another value.
        let many = format!("secret=a{}", "\\\\x".repeat(300_000));
        assert_eq!(without_tokens(&many), "secret=[redacted]");
    }
}
