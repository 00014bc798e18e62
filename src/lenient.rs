//! Reads values that servers write in more than one way.

use std::fmt;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserializer, de};

/// A text without the byte order mark that some programs put at its start.
pub(crate) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// Whether a character is not seen, or changes the order in which others are: with such marks a
/// text can look like another one.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Reads a timestamp; a plain date counts as its midnight in UTC. Anything else is read as `None`:
/// one odd record must not make its whole page unreadable.
pub(crate) fn timestamp<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    deserializer.deserialize_any(TimestampOrNone)
}

struct TimestampOrNone;

impl<'de> de::Visitor<'de> for TimestampOrNone {
    type Value = Option<Timestamp>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a timestamp, a date or null")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let midnight = || {
            let date: Date = text.parse().ok()?;
            let midnight = date.to_zoned_datetime(TimeZone::UTC).ok()?;
            Some(midnight.timestamp())
        };
        Ok(text.parse().ok().or_else(midnight))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_comes_in_many_forms_and_no_form_fails() {
        let read = |json: &str| {
            let value = timestamp(&mut serde_json::Deserializer::from_str(json)).unwrap();
            value.map(|time| time.to_string())
        };
        let cases = [
            (r#""2013-01-23T23:59:00Z""#, Some("2013-01-23T23:59:00Z")),
            (
                r#""2013-01-23T23:59:00.5-07:00""#,
                Some("2013-01-24T06:59:00.5Z"),
            ),
            (r#""2013-01-23""#, Some("2013-01-23T00:00:00Z")),
            (r#""""#, None),
            (r#""soon""#, None),
            ("null", None),
            ("17", None),
        ];
        for (json, expected) in cases {
            assert_eq!(read(json).as_deref(), expected, "{json}");
        }
    }
}
