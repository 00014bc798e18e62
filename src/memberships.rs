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
//! For tags the rights are those over tags: to add (`manage_tags_add`), to manage
//! (`manage_tags_manage`) and to delete (`manage_tags_delete`).
//!
//! # Moving a student
//!
//! To move a student to another group of the same set, send one [`CreateMembership`] to the new
//! group: where a user may be in one group of a set, the server ends the old membership.
//! Removing first and adding then leaves a moment, or after a failure more than that, in which the
//! student is in no group.
//!
//! # What goes with a change
//!
//! A user who is added one by one is notified, while the course is open and the enrollment active;
//! an import or an assignment notifies everyone it adds, and many users who get a tag at once are
//! not notified. In a course, current servers also mark the user's submissions for the assignments
//! of that group set as deleted and compute them anew. In a set with `auto_leader`, a
//! group without a leader gets the member with the lowest user id, or one at random. In a course that
//! has ended, staff can read but no longer change anything.
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
