//! Users of groups.

use http::Method;
use serde::{Deserialize, Serialize, Serializer};
use serde_with::skip_serializing_none;

use super::{GroupId, UserId};
use crate::{
    Content, Endpoint, Error, Page, Result, made_of::made_of, open_enum::open_enum,
    request::request, service,
};

request! {
    /// Lists the users of a group with what they may do in it.
    ///
    /// For administrators and members of the group.
    ///
    /// # Errors
    /// `NotFound` for a group that does not exist.
    ///
    /// Source: *Get details of users for a group*.
    GET "groups/{group}/users" on Studio => Page<GroupUser>, items "group_users";
    pub struct ListGroupUsers {
        path { group: GroupId }
    }
}

/// Adds users to a group, changes what they may do in it, and removes them, in one request.
///
/// The operations are sent as given, in their order. Whether the server carries out all or none
/// of them, and in which order, is not documented; nor is what it does when a user who is there is
/// added, or one who is not there changed. For administrators alone: unlike on the web pages,
/// managers of the group are refused.
///
/// ```
/// use canvas_groups::{Outgoing, studio::{GroupId, Permission, UpdateGroupUsers, UserId}};
///
/// let batch = UpdateGroupUsers::new(GroupId::new(12))
///     .add(UserId::new(3), Permission::Manager)
///     .remove(UserId::new(4));
/// assert_eq!(
///     Outgoing::of(&batch)?.to_string(),
///     "POST groups/12/users/batch_update\n\n\
///      [{\"action\":\"add\",\"user_id\":3,\"permission\":\"manager\"},\
///      {\"action\":\"remove\",\"user_id\":4}]",
/// );
/// # Ok::<(), canvas_groups::Error>(())
/// ```
///
/// # Errors
/// `Request` for a batch without operations; nothing is sent then. `Invalid` for changes that the
/// server does not take, perhaps after some of them were made, and a lost answer, after which the
/// batch is not sent again by itself: [`Error::outcome_unknown`] is true for both. After every
/// failure, read the list with [`ListGroupUsers`] to see what was done.
///
/// Source: *Update users and theirs permissions for a group*.
///
/// `POST groups/{group}/users/batch_update`
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a request does nothing until a client sends it"]
pub struct UpdateGroupUsers {
    group: GroupId,
    operations: Vec<Operation>,
}

impl UpdateGroupUsers {
    /// A batch for a group, still without operations.
    pub fn new(group: impl Into<GroupId>) -> Self {
        Self {
            group: group.into(),
            operations: Vec::new(),
        }
    }

    /// Adds a user.
    pub fn add(self, user: impl Into<UserId>, permission: impl Into<Permission>) -> Self {
        self.operation(Operation {
            action: Action::Add,
            user_id: user.into(),
            permission: Some(permission.into()),
        })
    }

    /// Changes what a user may do.
    pub fn update(self, user: impl Into<UserId>, permission: impl Into<Permission>) -> Self {
        self.operation(Operation {
            action: Action::Update,
            user_id: user.into(),
            permission: Some(permission.into()),
        })
    }

    /// Removes a user, by the word [`Action::Remove`], which no public documentation confirms.
    pub fn remove(self, user: impl Into<UserId>) -> Self {
        self.operation(Operation {
            action: Action::Remove,
            user_id: user.into(),
            permission: None,
        })
    }

    /// An operation of any kind.
    pub fn operation(mut self, operation: Operation) -> Self {
        self.operations.push(operation);
        self
    }

    /// The operations so far.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }
}

impl Extend<Operation> for UpdateGroupUsers {
    fn extend<I: IntoIterator<Item = Operation>>(&mut self, operations: I) {
        self.operations.extend(operations);
    }
}

impl Serialize for UpdateGroupUsers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.operations.serialize(serializer)
    }
}

impl Endpoint for UpdateGroupUsers {
    type Service = service::Studio;
    type Response = GroupUsers;
    const METHOD: Method = Method::POST;
    const ROUTE: &'static str = "groups/{group}/users/batch_update";

    fn path(&self) -> String {
        format!("groups/{}/users/batch_update", self.group.segment())
    }

    fn content(&self) -> Result<Content> {
        if self.operations.is_empty() {
            return Err(Error::request_invalid(
                "the batch has no operations: add at least one",
            ));
        }
        Content::json(self)
    }

    fn refused_after_write(&self) -> &'static [u16] {
        &[422]
    }
}

/// One operation of [`UpdateGroupUsers`].
///
/// ```
/// use canvas_groups::studio::{GroupId, Operation, UpdateGroupUsers, UserId};
///
/// // Another word for the action, should the server want one.
/// let batch = UpdateGroupUsers::new(GroupId::new(12)).operation(Operation {
///     action: "destroy".into(),
///     user_id: UserId::new(4),
///     permission: None,
/// });
/// ```
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Operation {
    /// What to do.
    pub action: Action,
    /// The user.
    pub user_id: UserId,
    /// What the user may do from then on; for [`Action::Add`] and [`Action::Update`].
    pub permission: Option<Permission>,
}

open_enum! {
    /// What an operation does. The public documentation does not list the words.
    pub enum Action {
        /// Adds a user. Confirmed by the documentation's example.
        Add = "add",
        /// Changes what a user may do. The documentation speaks of it, but never shows the word as
        /// it is sent.
        Update = "update",
        /// Removes a user. A guess: the web pages call it so, but another batch of this service
        /// says `destroy`. If the server answers `Invalid`, try that.
        Remove = "remove",
    }
}

open_enum! {
    /// What a user may do in a group. The public documentation does not list the words.
    pub enum Permission {
        /// Manages the group. Confirmed by the documentation's example.
        Manager = "manager",
        /// Belongs to the group. Near certain: the only other role that the web pages show.
        Member = "member",
    }
}

/// A user of a group.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupUser {
    /// The id of the user, not of a membership: what operations take.
    pub id: UserId,
    /// The full name.
    pub full_name: Option<String>,
    /// The name that is shown.
    pub display_name: Option<String>,
    /// The e-mail address; users need not have one.
    pub email: Option<String>,
    /// What the user may do in the group.
    pub permission: Option<Permission>,
}

made_of! {
    GroupUser { id: UserId; full_name, display_name, email, permission }
}

/// The answer of [`UpdateGroupUsers`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[non_exhaustive]
pub struct GroupUsers {
    /// Users of the group after the batch. Whether these are all or those of the batch is not
    /// documented: [`ListGroupUsers`] has all.
    pub group_users: Vec<GroupUser>,
}
