//! Values that parameters take.

use serde::{Serialize, Serializer, ser};

use crate::{List, UserId, ids::is_blank, open_enum::open_enum};

open_enum! {
    /// What the server can be asked to add to a group.
    ///
    /// A token with enforced scopes may lack the right to include: then the fields are missing
    /// from the answer without an error.
    pub enum GroupInclude {
        /// `Group::tabs`.
        Tabs = "tabs",
        /// `Group::permissions`. Documented for a single group only, but lists take it too.
        Permissions = "permissions",
        /// `Group::users`, at most 1,000. Undocumented as a value.
        Users = "users",
        /// `Group::group_category`. Undocumented.
        GroupCategory = "group_category",
        /// `Group::is_favorite`. Undocumented.
        Favorites = "favorites",
        /// `Group::html_url`. Undocumented.
        HtmlUrl = "html_url",
        /// `Group::can_access`. Undocumented.
        CanAccess = "can_access",
        /// `Group::can_message`. Undocumented.
        CanMessage = "can_message",
    }
}

open_enum! {
    /// What kind of thing something belongs to.
    pub enum ContextType {
        /// An account.
        Account = "Account",
        /// A course.
        Course = "Course",
        /// A group.
        Group = "Group",
        /// A group category: what some jobs work on.
        GroupCategory = "GroupCategory",
    }
}

open_enum! {
    /// Groups, differentiation tags, or both. On the wire tags are called non-collaborative groups.
    pub enum CollaborationState {
        /// Both, but no tags without a tag right.
        All = "all",
        /// Groups.
        Collaborative = "collaborative",
        /// Differentiation tags. Needs a tag right.
        NonCollaborative = "non_collaborative",
    }
}

open_enum! {
    /// Who may join a group. It matters for communities and the groups that students organise; the
    /// groups of a set are `InvitationOnly`.
    pub enum JoinLevel {
        /// Anyone of the course or account joins at once.
        ParentContextAutoJoin = "parent_context_auto_join",
        /// Anyone of the course or account may ask; a moderator decides.
        ParentContextRequest = "parent_context_request",
        /// Only those who were invited.
        InvitationOnly = "invitation_only",
    }
}

open_enum! {
    /// The special role of a group or group category. Ordinary ones have none.
    pub enum GroupRole {
        /// Communities.
        Communities = "communities",
        /// Groups that students organise themselves.
        StudentOrganized = "student_organized",
        /// Groups from an import.
        Imported = "imported",
        /// Groups without a category.
        Uncategorized = "uncategorized",
    }
}

/// A switch that the server takes as on whenever it is sent: `false` is left out of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flag(bool);

impl From<bool> for Flag {
    fn from(on: bool) -> Self {
        Self(on)
    }
}

impl Serialize for Flag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            true => serializer.serialize_bool(true),
            false => serializer.serialize_none(),
        }
    }
}

/// A boolean that the server reads from text alone: JSON's `false` would count as true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextBool(bool);

impl From<bool> for TextBool {
    fn from(on: bool) -> Self {
        Self(on)
    }
}

impl Serialize for TextBool {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.0 { "true" } else { "false" })
    }
}

/// The leader that a group gets, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leader(Option<UserId>);

impl From<UserId> for Leader {
    fn from(id: UserId) -> Self {
        Self(Some(id))
    }
}

impl Leader {
    pub(super) fn none() -> Self {
        Self(None)
    }

    pub(super) fn is_somebody(self) -> bool {
        self.0.is_some()
    }
}

impl Serialize for Leader {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Member {
            id: UserId,
        }
        self.0.map(|id| Member { id }).serialize(serializer)
    }
}

/// Users to invite to a new group. Made from anything that iterates over their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitees(List<UserId>);

impl<I> From<I> for Invitees
where
    I: IntoIterator,
    I::Item: Into<UserId>,
{
    fn from(users: I) -> Self {
        Self(users.into())
    }
}

impl Serialize for Invitees {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The server invites every key whose value is not "0".
        serializer.collect_map(self.0.as_slice().iter().map(|id| (id.to_string(), "1")))
    }
}

/// E-mail addresses. Made from anything that iterates over texts; sent only if there is one, and
/// none is blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emails(List<String>);

impl<I> From<I> for Emails
where
    I: IntoIterator,
    I::Item: Into<String>,
{
    fn from(addresses: I) -> Self {
        Self(addresses.into())
    }
}

impl Serialize for Emails {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let addresses = self.0.as_slice();
        if addresses.is_empty() {
            return Err(ser::Error::custom("no e-mail address to invite"));
        }
        match addresses.iter().position(|address| is_blank(address)) {
            Some(at) => Err(ser::Error::custom(format!("e-mail address {at} is blank"))),
            None => self.0.serialize(serializer),
        }
    }
}
