//! References: the forms in which a path may name a record.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use super::{
    AccountId, CategoryId, CourseId, GroupId, MembershipId, SectionId, Segment, SegmentOf, TermId,
    UserId, is_blank,
};
use crate::error::Error;

/// The error for a text that does not name a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} names no {what}: use {accepted}")]
pub struct InvalidReference {
    text: String,
    what: &'static str,
    accepted: Cow<'static, str>,
}

impl InvalidReference {
    pub(crate) fn of_id(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            what: "record by its id",
            accepted: "a whole number".into(),
        }
    }
}

/// As [`ErrorKind::Request`](crate::ErrorKind::Request).
impl From<InvalidReference> for Error {
    fn from(invalid: InvalidReference) -> Self {
        Self::request_invalid(invalid.to_string())
    }
}

/// What all references hold: the number, or the text before it is escaped.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Name {
    Number(u64),
    Text(Cow<'static, str>),
}

impl Name {
    fn keyed(kind: &str, value: &str) -> Self {
        // The server cuts `.json` off the end of a path, and with it the end of a key. It also
        // reads the hex form of a key, which cannot end like that.
        let in_hex =
            value.ends_with(".json") && (kind.starts_with("sis_") || kind.starts_with("lti_"));
        Self::Text(Cow::Owned(if in_hex {
            let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
            format!("hex:{kind}:{hex}")
        } else {
            format!("{kind}:{value}")
        }))
    }

    fn parse(text: &str, kinds: &[&str], words: &[&'static str]) -> Option<Self> {
        if let Ok(number) = text.parse() {
            return Some(Self::Number(number));
        }
        if let Some(word) = words.iter().find(|word| **word == text) {
            return Some(Self::Text(Cow::Borrowed(word)));
        }
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let is_sharded = text
            .split_once('~')
            .is_some_and(|(shard, local)| is_number(shard) && is_number(local));
        let (kind, value) = text
            .strip_prefix("hex:")
            .unwrap_or(text)
            .split_once(':')
            .unwrap_or_default();
        let is_hex = text.starts_with("hex:");
        let is_key = kinds.contains(&kind)
            && match is_hex {
                true => decoded(value).is_some_and(|value| !is_blank(&value)),
                false => !is_blank(value),
            };
        (is_sharded || is_key).then(|| match is_hex || is_sharded {
            true => Self::Text(Cow::Owned(text.to_owned())),
            false => Self::keyed(kind, value),
        })
    }

    fn segment(&self) -> Segment<'_> {
        Segment(match self {
            Self::Number(number) => SegmentOf::Number(*number),
            Self::Text(_) if self.is_blank() => SegmentOf::Text(""),
            Self::Text(text) => SegmentOf::Text(text),
        })
    }

    /// Whether it is a key without a value, which names nothing.
    fn is_blank(&self) -> bool {
        match self {
            Self::Number(_) => false,
            Self::Text(text) => {
                let value = text.split_once(':').map_or(&**text, |(_, value)| value);
                let hex = text
                    .strip_prefix("hex:")
                    .and_then(|key| key.split_once(':'));
                match hex {
                    Some((_, value)) => decoded(value).is_none_or(|value| is_blank(&value)),
                    None => is_blank(value),
                }
            }
        }
    }
}

/// The text of a key in hex form.
fn decoded(hex: &str) -> Option<String> {
    let digits = hex.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|_| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    String::from_utf8(digits.collect::<Option<_>>()?).ok()
}

macro_rules! references {
    ($(
        $(#[$meta:meta])*
        $name:ident($id:ident) as $what:literal {
            $($(#[$kdoc:meta])* $key:ident = $kind:literal,)*
        }
        words { $($(#[$wdoc:meta])* $word:ident = $text:literal,)* }
    )+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Name);

        impl $name {
            $(
                $(#[$kdoc])*
                #[doc = concat!("\n\nSent as `", $kind, ":…`. White space around the value is ignored.")]
                pub fn $key(value: impl AsRef<str>) -> Self {
                    Self(Name::keyed($kind, value.as_ref()))
                }
            )*
            $(
                $(#[$wdoc])*
                pub fn $word() -> Self {
                    Self(Name::Text(Cow::Borrowed($text)))
                }
            )*

            /// Parses a reference as it is written in paths: a number, `shard~number`, or one of
            /// the forms above, such as
            #[doc = concat!("`", $($kind, ":…`, `",)* $($text, "`, `",)* "17`.")]
            ///
            /// # Errors
            /// [`InvalidReference`], which lists what is accepted.
            pub fn parse(text: impl AsRef<str>) -> Result<Self, InvalidReference> {
                let (text, kinds, words) = (text.as_ref(), &[$($kind),*], &[$($text),*]);
                Name::parse(text, kinds, words).map(Self).ok_or_else(|| {
                    let kinds = [$(concat!($kind, ":VALUE")),*];
                    let mut accepted = vec!["a number"];
                    accepted.extend_from_slice(words);
                    accepted.extend_from_slice(&kinds);
                    InvalidReference {
                        text: text.to_owned(),
                        what: $what,
                        accepted: accepted.join(", ").into(),
                    }
                })
            }

            /// Whether it is a key without a value, which names nothing.
            #[allow(dead_code)] // Asked of users alone.
            pub(crate) fn is_blank(&self) -> bool {
                self.0.is_blank()
            }

            /// The reference as a segment of a path, escaped.
            pub fn segment(&self) -> Segment<'_> {
                self.0.segment()
            }
        }

        impl From<$id> for $name {
            fn from(id: $id) -> Self {
                Self(Name::Number(id.get()))
            }
        }

        impl From<&$id> for $name {
            fn from(id: &$id) -> Self {
                (*id).into()
            }
        }

        impl From<&$name> for $name {
            fn from(reference: &$name) -> Self {
                reference.clone()
            }
        }

        impl FromStr for $name {
            type Err = InvalidReference;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        /// The reference as it was given, not escaped.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match &self.0 {
                    Name::Number(number) => number.fmt(f),
                    Name::Text(text) => f.pad(text),
                }
            }
        }

        /// # Errors
        /// For a key with a blank value, which names nothing.
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match &self.0 {
                    _ if self.is_blank() => Err(ser::Error::custom(format!(
                        "{:?} names no {}: give the key a value", self.to_string(), $what
                    ))),
                    Name::Number(number) => serializer.serialize_u64(*number),
                    Name::Text(text) => serializer.serialize_str(text),
                }
            }
        }

        /// From a number, or a text that [`parse`](Self::parse) takes.
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = deserializer.deserialize_any(super::TextOrNumber)?;
                Self::parse(text).map_err(de::Error::custom)
            }
        }
    )+ };
}

references! {
    /// Names a group.
    ///
    /// ```
    /// use canvas_groups::{GroupId, GroupRef};
    ///
    /// let by_id = GroupRef::from(GroupId::new(17));
    /// let by_sis_id = GroupRef::sis("Math 4/a");
    /// assert_eq!(by_sis_id.segment().to_string(), "sis_group_id:Math%204%2Fa");
    /// assert_eq!(GroupRef::parse("17")?, by_id);
    /// # Ok::<(), canvas_groups::InvalidReference>(())
    /// ```
    GroupRef(GroupId) as "group" {
        /// The group with an SIS id.
        sis = "sis_group_id",
        /// The group with an LTI context id.
        lti_context = "lti_context_id",
    }
    words {}
    /// Names a course.
    CourseRef(CourseId) as "course" {
        /// The course with an SIS id.
        sis = "sis_course_id",
        /// The course with an SIS integration id.
        sis_integration = "sis_integration_id",
        /// The course with an LTI context id.
        lti_context = "lti_context_id",
        /// The course with a UUID.
        uuid = "uuid",
    }
    words {}
    /// Names a section of a course.
    SectionRef(SectionId) as "section" {
        /// The section with an SIS id.
        sis = "sis_section_id",
        /// The section with an SIS integration id.
        sis_integration = "sis_integration_id",
    }
    words {}
    /// Names a term.
    TermRef(TermId) as "term" {
        /// The term with an SIS id.
        sis = "sis_term_id",
        /// The term with an SIS integration id.
        sis_integration = "sis_integration_id",
    }
    words {}
    /// Names an account.
    AccountRef(AccountId) as "account" {
        /// The account with an SIS id.
        sis = "sis_account_id",
        /// The account with an SIS integration id.
        sis_integration = "sis_integration_id",
        /// The account with an LTI context id.
        lti_context = "lti_context_id",
        /// The account with a UUID.
        uuid = "uuid",
    }
    words {
        /// The root account of the host.
        self_ = "self",
        /// The default account of the installation.
        default_ = "default",
        /// The site admin account.
        site_admin = "site_admin",
    }
    /// Names a user.
    UserRef(UserId) as "user" {
        /// The user with an SIS id.
        sis = "sis_user_id",
        /// The user with a login, whose case is ignored.
        login = "sis_login_id",
        /// The user with an SIS integration id.
        sis_integration = "sis_integration_id",
        /// The user with an LTI user id of any version.
        lti_user = "lti_user_id",
        /// The user with an LTI 1.1 id.
        lti_1_1 = "lti_1_1_id",
        /// The user with an LTI 1.3 id.
        lti_1_3 = "lti_1_3_id",
        /// The user with a UUID.
        uuid = "uuid",
    }
    words {
        /// The user whom the token belongs to.
        self_ = "self",
    }
    /// Names a group category.
    CategoryRef(CategoryId) as "group category" {
        /// The category with an SIS id.
        sis = "sis_group_category_id",
    }
    words {}
    /// Names a membership.
    MembershipRef(MembershipId) as "membership" {}
    words {
        /// The membership of the user whom the token belongs to.
        self_ = "self",
    }
}
