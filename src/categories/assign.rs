//! The assignment of students who are in no group yet, in its two forms.

use serde::{Deserialize, Serialize};
use serde_with::{DefaultOnNull, serde_as, skip_serializing_none};

use crate::{
    CategoryRef, GroupId, SectionId, UserId, made_of::made_of, progress::Progress, request::request,
};

/// Why the server refuses an assignment; it does not say so itself.
const UNASSIGNABLE: [(u16, &str); 1] = [(
    400,
    "students cannot be assigned to groups that they organise themselves, nor \
                            in a course to a category with restricted sign-up",
)];

request! {
    /// Spreads the users who are in no group of the category evenly over its groups, as a job in
    /// the background.
    ///
    /// Group limits are kept: who does not fit stays without a group, and that is no error. Needs
    /// the right to manage the groups. Hand the answer to
    /// [`wait`](crate::Client::wait), and list the users that are still
    /// [`unassigned`](super::ListCategoryUsers::unassigned) afterwards. Where a job is still queued
    /// or at work on the category, even an import, the answer is that one and no other is started.
    /// Everyone who gets a group is notified.
    ///
    /// # Errors
    /// `Invalid`, without a reason from the server, for a category whose groups students organise,
    /// and for one of a course with restricted sign-up. A category that cannot be spread by section
    /// ends in a failed job.
    ///
    /// Source: *Assign unassigned members*.
    POST "group_categories/{category}/assign_unassigned_members" => Progress;
    pub struct AssignUnassigned {
        path { category: CategoryRef }
        optional {
            /// Spreads students so that a group's members share a section. The groups must be empty
            /// and without limits, and at least as many as the sections. Undocumented.
            group_by_section: bool,
        }
        endpoint {
            fn advice(&self) -> &'static [(u16, &'static str)] {
                &UNASSIGNABLE
            }
        }
    }
}

request! {
    /// Spreads the users who are in no group of the category evenly over its groups while the call
    /// runs, and answers with the groups that got new members: none if there was nothing to do.
    ///
    /// For small categories. [`AssignUnassigned`] does the same as a job, and can spread by
    /// section. Group limits are kept: who does not fit stays without a group, and that is no
    /// error. Needs the right to manage the groups.
    ///
    /// # Errors
    /// As [`AssignUnassigned`]. After a time-out the server may still be at work: look at the
    /// groups before sending it again.
    ///
    /// Source: *Assign unassigned members*.
    POST "group_categories/{category}/assign_unassigned_members" => Vec<AssignedGroup>;
    pub struct AssignUnassignedNow {
        path { category: CategoryRef }
        fixed { sync: bool = true }
        endpoint {
            fn advice(&self) -> &'static [(u16, &'static str)] {
                &UNASSIGNABLE
            }
        }
    }
}

/// A group that got new members.
#[serde_as]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AssignedGroup {
    /// The id of the group.
    pub id: GroupId,
    /// Its new members.
    #[serde_as(deserialize_as = "DefaultOnNull")]
    #[serde(default)]
    pub new_members: Vec<AssignedMember>,
}

made_of! {
    AssignedGroup { id: GroupId; new_members }
}

/// A new member of a group.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AssignedMember {
    /// The id of the user.
    pub user_id: UserId,
    /// The name, on current servers as `Last, First`.
    pub name: Option<String>,
    /// The name to show.
    pub display_name: Option<String>,
    /// The sections in which the user is an active student. `None` in accounts.
    pub sections: Option<Vec<AssignedSection>>,
}

made_of! {
    AssignedMember { user_id: UserId; name, display_name, sections }
}

/// A section of a new member.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[non_exhaustive]
pub struct AssignedSection {
    /// The id of the section.
    pub section_id: Option<SectionId>,
    /// Its name.
    pub section_code: Option<String>,
}
