//! Secrets in JSON, read without leaving copies of them in memory.

use std::fmt;

use secrecy::{SecretString, zeroize::Zeroize};
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// A member of a JSON object that should hold a secret.
#[derive(Default)]
pub(super) enum SecretValue {
    /// The member is not there.
    #[default]
    Missing,
    Null,
    Text(SecretString),
    /// A number or a truth value.
    Plain,
    /// An array or an object.
    Nested,
}

impl<'de> Deserialize<'de> for SecretValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

/// Reads a member that must hold a secret.
pub(super) fn secret_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<SecretString, D::Error> {
    match SecretValue::deserialize(deserializer)? {
        SecretValue::Text(secret) => Ok(secret),
        _ => Err(D::Error::custom("the secret is not a text")),
    }
}

struct SecretVisitor;

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = SecretValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<SecretValue, E> {
        Ok(SecretValue::Text(text.into()))
    }

    fn visit_string<E: Error>(self, mut text: String) -> Result<SecretValue, E> {
        let secret = SecretString::from(&*text);
        text.zeroize();
        Ok(SecretValue::Text(secret))
    }

    fn visit_unit<E: Error>(self) -> Result<SecretValue, E> {
        Ok(SecretValue::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<SecretValue, E> {
        Ok(SecretValue::Plain)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<SecretValue, E> {
        Ok(SecretValue::Plain)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<SecretValue, E> {
        Ok(SecretValue::Plain)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<SecretValue, E> {
        Ok(SecretValue::Plain)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<SecretValue, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(SecretValue::Nested)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretValue, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(SecretValue::Nested)
    }
}
