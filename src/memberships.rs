//! Memberships: the ties between users and groups.
//!
//! | what for | request | permission |
//! |---|---|---|
//! | the memberships of a group | [`ListMemberships`] | to read the group's roster |
//! | one, by its own id | [`GetMembership`] | to read the group's roster |
//! | one, by its user | [`GetUserMembership`] | to read the group's roster |
//! | add a user, join, or move to this group | [`CreateMembership`] | sign-up or open joining for oneself; to manage groups for others |
//! | give many users a tag | [`AddMembers`] | to add tags |
//! | give all students of the course a tag | [`AddCourseMembers`] | to add tags |
//! | accept, or make a moderator, by its own id | [`UpdateMembership`] | moderator or administrator |
//! | the same, by its user | [`UpdateUserMembership`] | moderator or administrator |
//! | end one, or leave, by its own id | [`DeleteMembership`] | oneself, moderator or administrator |
//! | the same, by its user | [`RemoveUser`] | oneself, moderator or administrator |
//! | remove many users | [`RemoveUsers`] | as for each of them |
//!
//! # Moving a student
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
