//! The number that tells which form a stored value has.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Written as `1`; any other number is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Format;

const FORMAT: u64 = 1;

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(FORMAT)
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            FORMAT => Ok(Self),
            other => Err(de::Error::custom(format!(
                "this is format {other}, and only format {FORMAT} can be read: use the release of \
                 canvas-groups that wrote it"
            ))),
        }
    }
}
