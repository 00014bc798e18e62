//! The keys by which lists and files name people, groups and tags.

use serde::{Deserialize, Serialize};

use super::{CategoryId, GroupId, UserId};

/// Who a row is about. Also what [`Canvas::resolve_users`](crate::Client::resolve_users) takes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UserKey {
    /// The user with this id.
    Canvas(UserId),
    /// The user with this SIS id.
    Sis(String),
    /// The user with this login.
    Login(String),
}

/// Which group a row is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GroupKey {
    /// The group with this name. If there is none, it is made.
    Name(String),
    /// The group with this id.
    Canvas(GroupId),
    /// The group with this SIS id.
    Sis(String),
}

/// Which tag a row is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TagKey {
    /// The tag with this name, in whichever set of the course. If there is none, it is made.
    Name(String),
    /// The tag with this id.
    Canvas(GroupId),
    /// The tag with this SIS id.
    Sis(String),
}

/// Which set of tags a tag belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TagSetKey {
    /// The set with this name. There must be one: see [`ImportTags::sets_exist`](crate::csv::ImportTags::sets_exist).
    Name(String),
    /// The set with this id.
    Canvas(CategoryId),
    /// The set with this SIS id.
    Sis(String),
}

macro_rules! keys {
    ($($key:ident {
        Canvas($id:ident),
        $($(#[$doc:meta])* $new:ident = $variant:ident,)+
    })+) => { $(
        impl $key {
            $(
                $(#[$doc])*
                pub fn $new(text: impl Into<String>) -> Self {
                    Self::$variant(text.into())
                }
            )+
        }

        impl From<$id> for $key {
            fn from(id: $id) -> Self {
                Self::Canvas(id)
            }
        }

        impl From<&$id> for $key {
            fn from(id: &$id) -> Self {
                Self::Canvas(*id)
            }
        }
    )+ };
}

keys! {
    UserKey {
        Canvas(UserId),
        /// The user with this SIS id.
        sis = Sis,
        /// The user with this login.
        login = Login,
    }
    GroupKey {
        Canvas(GroupId),
        /// The group with this name. If there is none, it is made.
        name = Name,
        /// The group with this SIS id.
        sis = Sis,
    }
    TagKey {
        Canvas(GroupId),
        /// The tag with this name, in whichever set of the course. If there is none, it is made.
        name = Name,
        /// The tag with this SIS id.
        sis = Sis,
    }
    TagSetKey {
        Canvas(CategoryId),
        /// The set with this name. There must be one: see
        /// [`ImportTags::sets_exist`](crate::csv::ImportTags::sets_exist).
        name = Name,
        /// The set with this SIS id.
        sis = Sis,
    }
}
