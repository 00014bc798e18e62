//! Groups of a course or account, and what their members and the caller may do there.
//!
//! Source: the Groups chapter of the Canvas LMS REST API.

mod model;
mod parameters;
mod requests;

pub use model::{
    Context, Group, Permissions, ProcessedHtml, Tab, TabKind, TabVisibility, UserDisplay,
};
pub use parameters::{
    CollaborationState, ContextType, Emails, GroupInclude, GroupRole, Invitees, JoinLevel,
};
pub use requests::{
    CreateCategoryGroup, CreateGroup, DeleteGroup, GetGroup, GetGroupPermissions, InviteToGroup,
    ListAccountGroups, ListCourseGroups, ListGroupUsers, ListMyGroups, PreviewHtml, UpdateGroup,
};
