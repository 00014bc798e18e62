//! Adding members with the checks that routes make, and accepting them.

use http::StatusCode;
use serde_json::{Value, json};

use super::school::{MembershipState, School};
use crate::reply::Reply;

/// Why somebody does not get into a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CannotJoin {
    Full,
    NoCommonSection,
}

impl CannotJoin {
    fn error(self) -> (&'static str, &'static str) {
        match self {
            Self::Full => ("group_id", "The group is full."),
            Self::NoCommonSection => (
                "user_id",
                "The user has no section in common with the other members of the group.",
            ),
        }
    }

    pub(crate) fn reply(self) -> Reply {
        Reply::json(StatusCode::BAD_REQUEST, self.body())
    }

    /// What the checks of the membership say.
    pub(crate) fn body(self) -> Value {
        let (attribute, message) = self.error();
        let error = json!({ "attribute": attribute, "type": message, "message": message });
        json!({ "errors": { attribute: [error] } })
    }
}

impl School {
    /// As [`add_if_room`](Self::add_if_room), but a set with restricted sign-up only takes users
    /// who share a section with all members.
    pub(crate) fn add_checked(
        &mut self,
        user: u64,
        group: u64,
        state: MembershipState,
    ) -> Result<(u64, bool), CannotJoin> {
        if let Some(record) = self.group(group) {
            let category = self.categories.get(&record.category);
            let is_restricted = category.is_some_and(|c| c.self_signup == Some("restricted"));
            let is_new = !record.members.contains_key(&user);
            if is_new && is_restricted && !self.shares_section(user, record) {
                return Err(CannotJoin::NoCommonSection);
            }
        }
        self.add_if_room(user, group, state)
            .map_err(|_| CannotJoin::Full)
    }

    /// Lets in somebody who was invited or asked.
    pub(crate) fn accept_member(&mut self, membership: u64) {
        let Some(membership) = self.memberships.get_mut(&membership) else {
            return;
        };
        let was_asked = membership.state == MembershipState::Requested;
        membership.state = MembershipState::Accepted;
        let (user, group) = (membership.user, membership.group);
        if let Some(record) = self.groups.get_mut(&group) {
            record.order.take();
        }
        if was_asked {
            self.tell_accepted(user, group);
        }
        self.lead(group);
    }
}
