//! Values that parameters take.

use crate::open_enum::open_enum;

open_enum! {
    /// What the server can be asked to add to a category. Undocumented.
    pub enum CategoryInclude {
        /// `Category::groups_count`.
        GroupsCount = "groups_count",
        /// `Category::unassigned_users_count`.
        UnassignedUsersCount = "unassigned_users_count",
        /// `Category::groups`.
        Groups = "groups",
    }
}

open_enum! {
    /// Which count decides how many groups are made, where there is no self sign-up.
    pub enum SplitGroups {
        /// No groups are made, whatever the counts say.
        None = "0",
        /// The number of groups does; a number of members alone then makes no groups.
        ByGroupCount = "1",
        /// The number of members does, and the groups are filled with students.
        ByMemberCount = "2",
    }
}
