//! Enumerations to which the server may add values.

/// Declares an enumeration of texts that keeps an unknown value unchanged, as `Other`.
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal,)+ }
    ) => {
        $(#[$meta])*
        ///
        /// A value that this crate does not know is kept unchanged in `Other`. Use `from` to make
        /// values from text: it finds the named ones.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        $vis enum $name {
            $($(#[$vmeta])* #[doc = concat!("\n\n`", $text, "`")] $variant,)+
            /// Any other value.
            Other(String),
        }

        impl $name {
            /// The values that this crate knows by name, such as for the help of a command line.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant,)+];

            /// Whether this is one of [`KNOWN`](Self::KNOWN), and not `Other`.
            ///
            /// Every text becomes a value, so a program that reads one from a person asks this to
            /// refuse a typing error.
            pub fn is_known(&self) -> bool {
                Self::KNOWN.contains(self)
            }

            /// The value as the API writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }

            fn known(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::known(text).unwrap_or_else(|| Self::Other(text.to_owned()))
            }
        }

        impl From<&Self> for $name {
            fn from(value: &Self) -> Self {
                value.clone()
            }
        }

        impl From<$name> for $crate::List<$name> {
            fn from(value: $name) -> Self {
                Self::one(value)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::known(&text).unwrap_or(Self::Other(text))
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
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                std::borrow::Cow::<'de, str>::deserialize(deserializer).map(|text| Self::from(&*text))
            }
        }
    };
}

pub(crate) use open_enum;

#[cfg(test)]
mod tests {
    use crate::groups::JoinLevel;

    #[test]
    fn trap_23_an_unknown_value_is_kept_and_given_back_unchanged() {
        let odd = "Réd \"x\"";
        let cases = [
            ("invitation_only", JoinLevel::InvitationOnly),
            (odd, JoinLevel::Other(odd.to_owned())),
        ];
        for (text, value) in cases {
            let json = serde_json::to_string(text).unwrap();
            assert_eq!(serde_json::from_str::<JoinLevel>(&json).unwrap(), value);
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
            assert_eq!(JoinLevel::from(text.to_owned()), value);
            assert_eq!(value.to_string(), text);
            assert_eq!(JoinLevel::from(&value), value);
        }
    }

    #[test]
    fn a_command_line_can_list_the_known_values_and_refuse_the_others() {
        let known: Vec<_> = JoinLevel::KNOWN.iter().map(JoinLevel::as_str).collect();
        let all = [
            "parent_context_auto_join",
            "parent_context_request",
            "invitation_only",
        ];
        assert_eq!(known, all);
        for text in all {
            assert!(JoinLevel::from(text).is_known(), "{text}");
            // A known word in `Other` is no value of its own to the server, but a slip in code.
            assert!(!JoinLevel::Other(text.to_owned()).is_known(), "{text}");
        }
        for slip in ["invitation", "Invitation_only", "invitation_only ", ""] {
            assert!(!JoinLevel::from(slip).is_known(), "{slip}");
        }
    }
}
