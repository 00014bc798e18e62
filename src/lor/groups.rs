//! Groups.

use serde::{Deserialize, Serialize, Serializer, ser};
use serde_with::{DefaultOnNull, serde_as, skip_serializing_none};

use super::{AccountId, GroupId};
use crate::{Done, Page, made_of::made_of, request::request};

request! {
    /// Creates a group in the caller's account.
    ///
    /// For administrators alone.
    ///
    /// # Errors
    /// `Request` for a name that is too short or too long; nothing is sent then. After a lost
    /// answer, list the groups before creating it again: whether names are unique is not known.
    ///
    /// Source: *Create a group*.
    POST "groups" on Lor => Group;
    pub struct CreateGroup {
        required {
            /// the name, 1 to 50 characters.
            name: GroupName = impl Into<GroupName>
        }
    }
}

request! {
    /// Lists groups: for administrators all of the account, for others those they can use.
    ///
    /// Source: *List all groups for an account*.
    GET "groups" on Lor => Page<Group>;
    pub struct ListGroups {}
}

request! {
    /// Gets a group.
    ///
    /// For administrators and managers of the group.
    ///
    /// Source: *Get a group by its ID*.
    GET "groups/{group}" on Lor => Group;
    pub struct GetGroup {
        path { group: GroupId }
    }
}

request! {
    /// Gives a group another name.
    ///
    /// For administrators and managers of the group.
    ///
    /// # Errors
    /// `Request` for a name that is too short or too long; nothing is sent then.
    ///
    /// Source: *Update a group*.
    PUT "groups/{group}" on Lor => Group;
    pub struct RenameGroup {
        path { group: GroupId }
        required {
            /// the new name, 1 to 50 characters.
            name: GroupName = impl Into<GroupName>
        }
    }
}

request! {
    /// Deletes a group.
    ///
    /// For administrators alone.
    ///
    /// A deletion whose answer was lost is repeated; a 404 with any JSON then means that it is done,
    /// and one without JSON, such as an empty one or a page, is `NotFound` with an unknown outcome.
    ///
    /// Source: *Deletes a group*.
    DELETE "groups/{group}" on Lor => Done;
    pub struct DeleteGroup {
        path { group: GroupId }
    }
}

/// The name of a group. Made from any text; sent only if it has 1 to 50 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupName(String);

impl<T: Into<String>> From<T> for GroupName {
    fn from(name: T) -> Self {
        Self(name.into())
    }
}

impl Serialize for GroupName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.chars().count() {
            1..=50 => self.0.serialize(serializer),
            length => Err(ser::Error::custom(format!(
                "the name of a Commons group has 1 to 50 characters, and this one {length}"
            ))),
        }
    }
}

/// A group.
#[serde_as]
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Group {
    /// The id.
    pub id: GroupId,
    /// The name; empty if the server sent none.
    #[serde_as(deserialize_as = "DefaultOnNull")]
    #[serde(default)]
    pub name: String,
    /// The account.
    pub account_id: Option<AccountId>,
    /// Whether the caller manages the group. Lists have it; elsewhere it is missing, which does
    /// not mean no.
    pub is_manager: Option<bool>,
}

made_of! {
    Group { id: GroupId; name, account_id, is_manager }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_44_a_missing_is_manager_is_not_false() {
        let read = |json: &str| serde_json::from_str::<Group>(json).unwrap();
        assert_eq!(read(r#"{"id":"7"}"#).is_manager, None);
        assert_eq!(read(r#"{"id":"7","isManager":null}"#).is_manager, None);
        let listed = read(r#"{"id":"7","name":null,"isManager":false,"new":[1]}"#);
        assert_eq!(listed.is_manager, Some(false));
        assert_eq!(listed.name, "");
    }
}
