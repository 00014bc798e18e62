//! Invitations, and who was invited.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeSeq};
use serde_json::{Map, Value};
use serde_with::skip_serializing_none;

use super::Emails;
use crate::{GroupId, GroupRef, UserId, memberships::Membership, request::request};

request! {
    /// Invites people by e-mail address; the answer tells who was invited and who was not.
    ///
    /// Logins, SIS ids of users and `Name <address>` are understood too, ids of Canvas are not.
    /// Addresses that nobody has make placeholder users; what cannot be read, and unknown logins,
    /// are silently dropped, so the answer may name fewer people than the request. Only communities
    /// really invite: in every other group the people are members at once, whether they belong to
    /// the course or not. Needs a moderator or administrator.
    ///
    /// # Errors
    /// `Request` for an empty list or a blank address; nothing is sent then. After a lost answer,
    /// list the memberships before inviting again: it may send mail twice.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
    /// use canvas_groups::{GroupId, groups::InviteToGroup};
    ///
    /// let invite = InviteToGroup::new(GroupId::new(17), ["ada@example.edu", "grace@example.edu"]);
    /// let answer = canvas.send(invite).await?;
    /// println!("{} invited", answer.invited.len());
    /// for person in answer.not_invited {
    ///     println!("no room for {:?}", person.user_id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Source: *Invite others to a group*.
    POST "groups/{group}/invite" => Invitations;
    pub struct InviteToGroup {
        path { group: GroupRef }
        required {
            /// the e-mail addresses.
            invitees: Emails = impl Into<Emails>
        }
    }
}

/// Who was invited to a group and who was not: the answer of [`InviteToGroup`].
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
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
            if is_saved {
                this.invited.push(read(record)?);
                continue;
            }
            let person: NotInvited = read(record)?;
            // A record of nobody is not one of a membership.
            if person.user_id.is_none() {
                return Err(de::Error::missing_field("user_id"));
            }
            this.not_invited.push(person);
        }
        Ok(this)
    }
}

fn read<T: de::DeserializeOwned, E: de::Error>(record: Value) -> Result<T, E> {
    serde_json::from_value(record).map_err(E::custom)
}
