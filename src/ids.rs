//! The ids of records, and other ways to name a record in a path.
//!
//! An id type (`GroupId`) holds the number that Canvas gave the record. It is read from a number or
//! a text, exactly, up to 64 bits. A reference (`GroupRef`) is what a path accepts: the id, or a
//! key of the institution such as an SIS id. Every id converts into its reference, and no bare
//! number into an id, so `GetGroup::new(group.id)` and `GetGroup::new(GroupRef::sis("math-4"))`
//! both work. Routes that accept only plain numbers ask for the id type.

pub(crate) mod keys;
pub(crate) mod rare;
mod reference;
mod shard;

use std::fmt;

use serde::de;

pub(crate) use shard::{is_same_number, number_in, without_shard};

pub use reference::{
    AccountRef, CategoryRef, CourseRef, GroupRef, InvalidReference, MembershipRef, SectionRef,
    TermRef, UserRef,
};

/// One segment of a path, escaped so that it cannot break out of it.
///
/// For [`Endpoint::path`](crate::Endpoint::path) of your own requests.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'a>(SegmentOf<'a>);

#[derive(Debug, Clone, Copy)]
enum SegmentOf<'a> {
    Number(u64),
    Text(&'a str),
}

impl<'a> Segment<'a> {
    /// A text as one segment of a path.
    ///
    /// `.`, `..` and the empty text mean something else in a path and cannot be escaped, and a
    /// blank text names nothing: a request with one of them is refused before it is sent.
    pub fn new(text: &'a str) -> Self {
        Self(SegmentOf::Text(text))
    }

    pub(crate) fn number(number: u64) -> Self {
        Self(SegmentOf::Number(number))
    }
}

impl fmt::Display for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Everything but the characters that may stand in a segment unescaped.
        const ESCAPED: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
            .remove(b'-')
            .remove(b'.')
            .remove(b'_')
            .remove(b'~')
            .remove(b':');
        match self.0 {
            SegmentOf::Number(number) => number.fmt(f),
            // Shown as nothing: a path with an empty segment is refused before it is sent.
            SegmentOf::Text(text) if is_blank(text) => Ok(()),
            SegmentOf::Text(text) => percent_encoding::utf8_percent_encode(text, ESCAPED).fmt(f),
        }
    }
}

/// Whether a text shows nothing: it is empty, or white space and invisible characters alone. The
/// server trims keys, and then looks for a record without one.
pub(crate) fn is_blank(text: &str) -> bool {
    !text.chars().any(is_seen)
}

/// Whether a character shows: it is neither white space nor invisible.
pub(crate) fn is_seen(character: char) -> bool {
    !(character.is_whitespace() || character.is_control() || is_invisible(character))
}

/// The text without white space and invisible characters around it.
///
/// What chooses the form of the last sign is a part of the sign: the flags of England and Scotland are
/// one black flag with different invisible characters after it. After letters and digits, such
/// characters choose nothing, and only hide in the text.
pub(crate) fn trimmed(text: &str) -> &str {
    let text = text.trim_start_matches(|c| !is_seen(c));
    let seen = text.trim_end_matches(|c| !is_seen(c));
    let rest = &text[seen.len()..];
    let chooses_form = |last: char, character: char| match character {
        '\u{fe00}'..='\u{fe0f}' => !last.is_alphanumeric(),
        _ => last == BLACK_FLAG && is_of_flag(character),
    };
    let kept = seen.chars().next_back().map_or(0, |last| {
        rest.len() - rest.trim_start_matches(|it| chooses_form(last, it)).len()
    });
    &text[..seen.len() + kept]
}

/// The flag that invisible characters after it make that of a part of a country.
pub(crate) const BLACK_FLAG: char = '\u{1f3f4}';

/// Whether a character tells which flag a black flag before it is.
pub(crate) fn is_of_flag(character: char) -> bool {
    matches!(character, '\u{e0020}'..='\u{e007f}')
}

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident;)+) => { $(
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize,
        )]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// The id with this number.
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// The number.
            pub const fn get(self) -> u64 {
                self.0
            }

            /// The id as a segment of a path.
            pub fn segment(&self) -> $crate::Segment<'_> {
                $crate::Segment::number(self.0)
            }
        }

        impl From<&Self> for $name {
            fn from(id: &Self) -> Self {
                *id
            }
        }

        impl From<$name> for u64 {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::InvalidReference;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let number = text.parse().map_err(|_| $crate::InvalidReference::of_id(text))?;
                Ok(Self(number))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                deserializer.deserialize_any($crate::ids::NumberOrText).map(Self)
            }
        }
    )+ };
}

/// Like `ids!`, for services whose ids are texts.
macro_rules! text_ids {
    ($($(#[$meta:meta])* $name:ident;)+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The id with this text.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The id as a segment of a path.
            pub fn segment(&self) -> $crate::Segment<'_> {
                $crate::Segment::new(&self.0)
            }

            /// Refuses an id that names nobody.
            #[allow(dead_code)] // Not every id stands in a body.
            pub(crate) fn check(&self) -> $crate::Result<()> {
                match $crate::ids::is_blank(&self.0) {
                    true => Err($crate::Error::request_invalid(concat!(
                        "the ", stringify!($name), " is blank: give the id of a record"
                    ))),
                    false => Ok(()),
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&Self> for $name {
            fn from(id: &Self) -> Self {
                id.clone()
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(text.into())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                deserializer.deserialize_any($crate::ids::TextOrNumber).map(Self)
            }
        }
    )+ };
}

pub(crate) use crate::lenient::is_invisible;
pub(crate) use {ids, text_ids};

ids! {
    /// The id of a group.
    GroupId;
    /// The id of a user.
    UserId;
    /// The id of a course.
    CourseId;
    /// The id of an account.
    AccountId;
    /// The id of a group category, the group set of the web pages.
    CategoryId;
    /// The id of a membership, which connects a user and a group.
    MembershipId;
    /// The id of a file.
    FileId;
    /// The id of a folder.
    FolderId;
    /// The id of a background job's progress.
    ProgressId;
    /// The id of an SIS import.
    SisImportId;
    /// The id of a section of a course.
    SectionId;
    /// The id of an enrollment: of the tie between a user and a section, not of either.
    EnrollmentId;
    /// The id of a role.
    RoleId;
    /// The id of a term.
    TermId;
}

/// Reads an id from a number or from its decimal text.
pub(crate) struct NumberOrText;

impl de::Visitor<'_> for NumberOrText {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id, as a whole number or its text")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<u64, E> {
        Ok(number)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<u64, E> {
        u64::try_from(number).map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<u64, E> {
        text.parse()
            .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

/// Reads an id from a text, or from a number, whose digits are then the text.
pub(crate) struct TextOrNumber;

impl de::Visitor<'_> for TextOrNumber {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id, as a text or a whole number")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<String, E> {
        match u64::try_from(number) {
            Ok(number) => self.visit_u64(number),
            Err(_) => Err(E::invalid_value(de::Unexpected::Signed(number), &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_22_ids_above_two_to_the_53_and_as_text_are_exact() {
        for number in [
            0,
            9_007_199_254_740_993,
            43_460_000_000_000_001,
            i64::MAX as u64,
        ] {
            let id = GroupId::new(number);
            assert_eq!(
                serde_json::from_str::<GroupId>(&number.to_string()).unwrap(),
                id
            );
            assert_eq!(
                serde_json::from_str::<GroupId>(&format!("\"{number}\"")).unwrap(),
                id
            );
            assert_eq!(serde_json::to_string(&id).unwrap(), number.to_string());
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for wrong in ["-1", "1.5", "\"x\"", "\"\"", "null", "[1]"] {
            assert!(serde_json::from_str::<GroupId>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_text_that_is_no_id_is_refused_in_words() {
        let error = "x7".parse::<GroupId>().unwrap_err();
        let words = "\"x7\" names no record by its id: use a whole number";
        assert_eq!(error.to_string(), words);
        let error = crate::Error::from(error);
        assert_eq!(error.kind(), crate::ErrorKind::Request);
        assert_eq!(error.to_string(), words);
    }

    #[test]
    fn references_are_read_from_numbers_and_texts_as_they_are_written() {
        for reference in [
            GroupRef::from(&GroupId::new(u64::MAX)),
            GroupRef::sis("a/b"),
            GroupRef::sis("a.json"),
        ] {
            let json = serde_json::to_string(&reference).unwrap();
            assert_eq!(serde_json::from_str::<GroupRef>(&json).unwrap(), reference);
        }
        let number = |text| serde_json::from_str::<UserRef>(text);
        assert_eq!(number("\"7\"").unwrap(), UserId::new(7).into());
        assert_eq!(number("\"self\"").unwrap(), UserRef::self_());
        for wrong in ["-7", "\"\"", "\"sis_group_id:x\"", "null", "[1]"] {
            assert!(number(wrong).is_err(), "{wrong}");
        }
    }
}
