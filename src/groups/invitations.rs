//! The answer to an invitation.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeSeq};
use serde_json::{Map, Value};
use serde_with::skip_serializing_none;

use crate::{GroupId, UserId, memberships::Membership};

/// Who was invited to a group and who was not.
///
/// The server drops unknown logins and texts that it cannot read: they are in neither list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
#[must_use = "some people may not have been invited"]
pub struct Invitations {
    /// The memberships, new or found there: `invited` in communities, `accepted` in other groups.
    pub invited: Vec<Membership>,
    /// The people who have no membership: the group is full, or its set restricts sign-up to one
    /// section and they share none with the members.
    pub not_invited: Vec<NotInvited>,
}

/// A person who was not invited.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NotInvited {
    /// The group.
    pub group_id: Option<GroupId>,
    /// The user.
    pub user_id: Option<UserId>,
}

/// Writes the array that the server sends.
impl Serialize for Invitations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut array = serializer.serialize_seq(None)?;
        for membership in &self.invited {
            array.serialize_element(membership)?;
        }
        for person in &self.not_invited {
            array.serialize_element(person)?;
        }
        array.end()
    }
}

/// Reads the array of memberships. One that was never saved has no id.
impl<'de> Deserialize<'de> for Invitations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut this = Self::default();
        for record in Vec::<Map<String, Value>>::deserialize(deserializer)? {
            let is_saved = record.get("id").is_some_and(|id| !id.is_null());
            let record = Value::Object(record);
            match is_saved {
                true => this.invited.push(read(record)?),
                false => this.not_invited.push(read(record)?),
            }
        }
        Ok(this)
    }
}

fn read<T: de::DeserializeOwned, E: de::Error>(record: Value) -> Result<T, E> {
    serde_json::from_value(record).map_err(E::custom)
}
