//! Groups of a course or account, and what their members and the caller may do there.
//!
//! | what for | request | permission |
//! |---|---|---|
//! | the caller's groups | [`ListMyGroups`] | everyone |
//! | the groups of an account, without those of its courses | [`ListAccountGroups`] | to read its roster |
//! | the groups of a course | [`ListCourseGroups`] | to read its roster |
//! | one group | [`GetGroup`] | to read the group |
//! | make a group in a group set | [`CreateCategoryGroup`] | to add groups, or tags |
//! | make a community group | [`CreateGroup`] | everyone |
//! | change a group | [`UpdateGroup`] | moderator, leader, or to manage groups |
//! | delete a group | [`DeleteGroup`] | moderator, or to delete groups |
//! | invite people by e-mail | [`InviteToGroup`] | moderator or administrator |
//! | the users of a group | [`ListGroupUsers`] | to read the group |
//! | HTML as the group would show it | [`PreviewHtml`] | to read the group |
//! | what the caller may do | [`GetGroupPermissions`] | to read the group |
//!
//! Source: the Groups chapter of the Canvas LMS REST API.

mod invitations;
mod model;
mod parameters;
mod requests;

pub use invitations::{Invitations, InviteToGroup, NotInvited};
pub use model::{
    Context, Group, Permissions, ProcessedHtml, Tab, TabKind, TabVisibility, UserDisplay,
};
pub use parameters::{
    CollaborationState, ContextType, Emails, GroupInclude, GroupRole, Invitees, JoinLevel,
};
pub use requests::{
    CreateCategoryGroup, CreateGroup, DeleteGroup, GetGroup, GetGroupPermissions,
    ListAccountGroups, ListCourseGroups, ListGroupUsers, ListMyGroups, PreviewHtml, UpdateGroup,
};
