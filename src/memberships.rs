//! Memberships: the ties between users and groups.
//!
//! To move a student to another group of the same set, send one [`CreateMembership`] to the new
//! group: where a user may be in one group of a set, the server ends the old membership by itself.
//! Removing first and adding then leaves a moment, or after a failure more than that, in which the
//! student is in no group.
//!
//! Source: the Groups chapter of the Canvas LMS REST API.

mod bulk;
mod model;
mod requests;

pub use bulk::{
    AddCourseMembers, AddMembers, AddedMembers, FailedMembership, RemoveUsers, RemovedUsers,
};
pub use model::{Membership, MembershipState, SettableState};
pub use requests::{
    CreateMembership, DeleteMembership, GetMembership, GetUserMembership, ListMemberships,
    RemoveUser, UpdateMembership, UpdateUserMembership,
};
