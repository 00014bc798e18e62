//! Values that parameters take.

use serde::{Serialize, Serializer};

use crate::open_enum::open_enum;

open_enum! {
    /// What a category can be asked to bring along. Undocumented.
    pub enum CategoryInclude {
        /// `Category::groups_count`.
        GroupsCount = "groups_count",
        /// `Category::unassigned_users_count`.
        UnassignedUsersCount = "unassigned_users_count",
        /// `Category::groups`.
        Groups = "groups",
    }
}

/// A switch that the server reads from the texts `0` and `1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SplitGroups(bool);

impl From<bool> for SplitGroups {
    fn from(on: bool) -> Self {
        Self(on)
    }
}

impl Serialize for SplitGroups {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.0 { "1" } else { "0" })
    }
}
