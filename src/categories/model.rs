//! What comes back.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::{DefaultOnNull, serde_as, skip_serializing_none};

use crate::{
    AccountId, CategoryId, CourseId, SisImportId,
    groups::{Context, ContextType, Group, GroupRole},
    made_of::made_of,
    open_enum::open_enum,
    progress::Progress,
};

open_enum! {
    /// Whether students may join groups of a category by themselves.
    pub enum SelfSignup {
        /// Any group.
        Enabled = "enabled",
        /// Groups with members of their own section only.
        Restricted = "restricted",
    }
}

open_enum! {
    /// How the server finds a leader for a group that has none.
    pub enum AutoLeader {
        /// The member with the lowest user id leads, not the one who joined first.
        First = "first",
        /// One of the members, at random.
        Random = "random",
    }
}

/// A group category.
///
/// Fields are `None` where the server did not send them: because they were not asked for, because
/// the caller may not see them, or because there is nothing to say.
#[serde_as]
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[doc(alias = "group set")]
pub struct Category {
    /// The id.
    pub id: CategoryId,
    /// The name; empty if the server sent none.
    #[serde_as(deserialize_as = "DefaultOnNull")]
    #[serde(default)]
    pub name: String,
    /// The special role, if the category has one.
    pub role: Option<GroupRole>,
    /// Whether students may join by themselves; `None` if not.
    pub self_signup: Option<SelfSignup>,
    /// Until when they may.
    // Read strictly: a date that was dropped here would be lost to the next change of the category.
    pub self_signup_end_at: Option<Timestamp>,
    /// How leaders are found; `None` if there are none.
    pub auto_leader: Option<AutoLeader>,
    /// How many members a group may have: the limit of each group that is made or saved later.
    pub group_limit: Option<u64>,
    /// When the category was created.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub created_at: Option<Timestamp>,
    /// The kind of thing that the category belongs to.
    pub context_type: Option<ContextType>,
    /// The course, if the category belongs to one.
    pub course_id: Option<CourseId>,
    /// The account, if the category belongs to one.
    pub account_id: Option<AccountId>,
    /// Whether it has a special role that keeps it from being deleted.
    pub protected: Option<bool>,
    /// Whether a user may be in several groups of the category.
    pub allows_multiple_memberships: Option<bool>,
    /// Whether the caller is in one of its groups.
    pub is_member: Option<bool>,
    /// Whether its groups are differentiation tags. Documented, but never sent by the servers that
    /// are known: see [`is_tag_set`](Self::is_tag_set).
    pub non_collaborative: Option<bool>,
    /// The SIS id. For callers who may read SIS data in the root account, so not for teachers.
    pub sis_group_category_id: Option<String>,
    /// The SIS import that made the category. For callers who may manage SIS data in the root
    /// account.
    pub sis_import_id: Option<SisImportId>,
    /// The oldest job that is queued or at work on the category: an assignment of students or an
    /// import. Only a category that is read or changed has it.
    pub progress: Option<Progress>,
    /// How many groups there are. After a creation, and with `CategoryInclude::GroupsCount`.
    pub groups_count: Option<u64>,
    /// How many users are in none of its groups. After a creation, and with
    /// `CategoryInclude::UnassignedUsersCount`.
    pub unassigned_users_count: Option<u64>,
    /// The groups. With `CategoryInclude::Groups`.
    pub groups: Option<Vec<Group>>,
}

made_of! {
    Category { id: CategoryId; name, role, self_signup, self_signup_end_at, auto_leader, group_limit, created_at, context_type, course_id, account_id, protected, allows_multiple_memberships, is_member, non_collaborative, sis_group_category_id, sis_import_id, progress, groups_count, unassigned_users_count, groups }
}

impl Category {
    /// What the category belongs to, where the server said so.
    pub fn context(&self) -> Option<Context> {
        Context::of(self.course_id, self.account_id)
    }

    /// Whether this is a set of differentiation tags, as far as the record tells; `None` where it
    /// does not.
    ///
    /// Servers do not send it with a category, so only its groups tell, where
    /// [`CategoryInclude::Groups`](super::CategoryInclude::Groups) asked for them and there is one.
    /// To know it of every category, list the categories of the course with
    /// [`CollaborationState::NonCollaborative`](crate::groups::CollaborationState::NonCollaborative):
    /// the answer has the sets of tags and no other.
    pub fn is_tag_set(&self) -> Option<bool> {
        let told_by_groups = || self.groups.as_ref()?.first()?.non_collaborative;
        self.non_collaborative.or_else(told_by_groups)
    }
}
