//! What comes back.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::{GroupId, MembershipId, SisImportId, UserId, made_of::made_of, open_enum::open_enum};

open_enum! {
    /// The state of a membership. Outside of communities all are accepted at once.
    pub enum MembershipState {
        /// The user is a member.
        Accepted = "accepted",
        /// The user was invited and has not answered.
        Invited = "invited",
        /// The user asked to join, and nobody has answered.
        Requested = "requested",
        /// The user was turned away.
        Rejected = "rejected",
        /// The user left or was removed.
        Deleted = "deleted",
    }
}

/// The states that a membership can be set to. The server ignores any other, and answers as after a
/// success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SettableState {
    /// The user is a member: accepts an invitation, or lets in someone who asked.
    Accepted,
}

/// A user's place in a group. Its id is neither that of the user nor that of the group.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Membership {
    /// The id of the membership.
    pub id: MembershipId,
    /// The group.
    pub group_id: Option<GroupId>,
    /// The user.
    pub user_id: Option<UserId>,
    /// The state.
    pub workflow_state: Option<MembershipState>,
    /// Whether the user moderates the group; `None` for memberships that an SIS import made.
    pub moderator: Option<bool>,
    /// When the membership was created.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub created_at: Option<Timestamp>,
    /// Whether the call that answered with it made it; false if the user was a member before. Only
    /// [`CreateMembership`](super::CreateMembership) tells.
    pub just_created: Option<bool>,
    /// The SIS id of the group. For callers who may read SIS data in the root account, so not for
    /// teachers.
    pub sis_group_id: Option<String>,
    /// The SIS import that made the membership. For callers who may manage SIS data
    /// in the root account.
    pub sis_import_id: Option<SisImportId>,
}

made_of! {
    Membership { id: MembershipId; group_id, user_id, workflow_state, moderator, created_at, just_created, sis_group_id, sis_import_id }
}
