//! The requests for one membership, and the list.

use super::{Membership, MembershipState, SettableState};
use crate::{Done, GroupRef, List, MembershipRef, Page, UserRef, request::request};

request! {
    /// Lists the memberships of a group, by id.
    ///
    /// Needs the right to read the group's roster.
    ///
    /// Source: *List group memberships*.
    GET "groups/{group}/memberships" => Page<Membership>;
    pub struct ListMemberships {
        path { group: GroupRef }
        optional {
            /// Only memberships in one of these states: `Accepted`, `Invited`, `Requested`. Left
            /// out or empty, all three.
            filter_states: List<MembershipState> = impl Into<List<MembershipState>>,
            /// How many memberships a page holds, 1 to 100.
            per_page: u32,
        }
        endpoint { const ALWAYS_LINKED: bool = true; }
    }
}

request! {
    /// Gets a membership by its own id, or the caller's by `MembershipRef::self_()`.
    ///
    /// Needs the right to read the group's roster. The ids have types of their own, so the one
    /// cannot stand in the place of the other:
    ///
    /// ```compile_fail
    /// use canvas_groups::{GroupId, MembershipId, memberships::GetMembership};
    ///
    /// let (group, membership) = (GroupId::new(17), MembershipId::new(92));
    /// let swapped = GetMembership::new(membership, group);
    /// ```
    ///
    /// Source: *Get a single group membership*.
    GET "groups/{group}/memberships/{membership}" => Membership;
    pub struct GetMembership {
        path { group: GroupRef, membership: MembershipRef }
    }
}

request! {
    /// Gets the membership that a user has in a group. The answer is a membership, not a user.
    ///
    /// Needs the right to read the group's roster.
    ///
    /// # Errors
    /// `NotFound` also where the user exists but is no member.
    ///
    /// Source: *Get a single group membership*.
    GET "groups/{group}/users/{user}" => Membership;
    pub struct GetUserMembership {
        path { group: GroupRef, user: UserRef }
    }
}

request! {
    /// Adds a user to a group, or lets the caller join.
    ///
    /// A user who is already a member stays one, and `Membership::just_created` is false. In a group
    /// set whose users may be in one group each, the server removes the user from the other groups
    /// of the set: to move a student, send this one request and delete nothing.
    ///
    /// **Tags are moved in the same way**: a user who gets a tag by this request loses all other
    /// tags of its set. [`AddMembers`](super::AddMembers) and
    /// [`ImportTags`](crate::csv::ImportTags) leave them alone. A tag can be given to any user,
    /// enrolled or not, and needs the right to add tags (`manage_tags_add`).
    ///
    /// In communities only for oneself, where joining is open, and the membership begins as the
    /// group's join level says; moderators bring others in with
    /// [`InviteToGroup`](crate::groups::InviteToGroup). In other groups for oneself where
    /// students may sign up, or with the right to manage groups for anyone with an enrollment in
    /// the course that is not deleted, or for a user of the account; the user is a member at once,
    /// and is notified while the course is open.
    ///
    /// # Errors
    /// `Request` for a blank key; nothing is sent then. `Invalid` for a full group, and where
    /// sign-up is restricted and the user has no section in common with the members; `Forbidden`
    /// where joining is closed, and in a course that has ended.
    ///
    /// Source: *Create a membership*.
    POST "groups/{group}/memberships" => Membership;
    pub struct CreateMembership {
        path { group: GroupRef }
        required {
            /// the user.
            user_id: UserRef = impl Into<UserRef>
        }
    }
}

request! {
    /// Changes a membership. What is not set stays as it is.
    ///
    /// Needs a moderator of the group or an administrator; for a tag the right to manage tags
    /// (`manage_tags_manage`).
    ///
    /// Source: *Update a membership*.
    PUT "groups/{group}/memberships/{membership}" => Membership;
    pub struct UpdateMembership {
        path { group: GroupRef, membership: MembershipRef }
        optional {
            /// Accepts the membership. No other state can be set.
            workflow_state: SettableState,
            /// Whether the user moderates the group.
            moderator: bool,
        }
    }
}

impl UpdateMembership {
    /// Accepts the membership: an invitation, or the request of someone who asked to join. The same
    /// as [`workflow_state`](Self::workflow_state) with [`SettableState::Accepted`].
    pub fn accept(self) -> Self {
        self.workflow_state(SettableState::Accepted)
    }
}

request! {
    /// Changes the membership that a user has in a group. What is not set stays as it is.
    ///
    /// Needs a moderator of the group or an administrator; for a tag the right to manage tags
    /// (`manage_tags_manage`).
    ///
    /// Source: *Update a membership*.
    PUT "groups/{group}/users/{user}" => Membership;
    pub struct UpdateUserMembership {
        path { group: GroupRef, user: UserRef }
        optional {
            /// Accepts the membership. No other state can be set.
            workflow_state: SettableState,
            /// Whether the user moderates the group.
            moderator: bool,
        }
    }
}

impl UpdateUserMembership {
    /// Accepts the membership: an invitation, or the request of someone who asked to join. The same
    /// as [`workflow_state`](Self::workflow_state) with [`SettableState::Accepted`].
    pub fn accept(self) -> Self {
        self.workflow_state(SettableState::Accepted)
    }
}

request! {
    /// Ends a membership, by its own id; the caller's by `MembershipRef::self_()`.
    ///
    /// Everyone may leave a community, a group that students organise, or one with sign-up; to
    /// remove others takes a moderator or an administrator, and to take a tag away the right to
    /// delete tags (`manage_tags_delete`). A leader who leaves is no longer the leader.
    ///
    /// # Errors
    /// `NotFound` for a membership that has ended already, unless an earlier attempt of the same
    /// call got no answer: then it is gone as asked.
    ///
    /// Source: *Leave a group*.
    DELETE "groups/{group}/memberships/{membership}" => Done;
    pub struct DeleteMembership {
        path { group: GroupRef, membership: MembershipRef }
    }
}

request! {
    /// Removes a user from a group; `UserRef::self_()` leaves it.
    ///
    /// Everyone may leave a community, a group that students organise, or one with sign-up; to
    /// remove others takes a moderator or an administrator, and to take a tag away the right to
    /// delete tags (`manage_tags_delete`). A leader who leaves is no longer the leader.
    ///
    /// # Errors
    /// As [`DeleteMembership`].
    ///
    /// Source: *Leave a group*.
    DELETE "groups/{group}/users/{user}" => Done;
    pub struct RemoveUser {
        path { group: GroupRef, user: UserRef }
    }
}
