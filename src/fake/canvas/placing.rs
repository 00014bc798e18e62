//! Putting people into groups as routes do, with what can stand against it.

use http::StatusCode;
use serde_json::{Value, json};

use super::school::{School, State};
use crate::fake::reply::Reply;

/// Why somebody does not get into a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    Full,
    NoCommonSection,
}

impl Refused {
    fn fault(self) -> (&'static str, &'static str) {
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
        let (attribute, message) = self.fault();
        let fault = json!({ "attribute": attribute, "type": message, "message": message });
        json!({ "errors": { attribute: [fault] } })
    }
}

impl School {
    /// As [`place`](Self::place), where a set with restricted sign-up takes only those who have a
    /// section in common.
    pub(crate) fn admit(
        &mut self,
        user: u64,
        group: u64,
        state: State,
    ) -> Result<(u64, bool), Refused> {
        if let Some(record) = self.group(group) {
            let category = self.categories.get(&record.category);
            let is_restricted = category.is_some_and(|c| c.self_signup == Some("restricted"));
            let is_new = !record.members.contains_key(&user);
            if is_new && is_restricted && !self.shares_section(user, record) {
                return Err(Refused::NoCommonSection);
            }
        }
        self.place(user, group, state).map_err(|_| Refused::Full)
    }

    /// Lets in somebody who was invited or asked.
    pub(crate) fn accept(&mut self, membership: u64) {
        let Some(membership) = self.memberships.get_mut(&membership) else {
            return;
        };
        membership.state = State::Accepted;
        let group = membership.group;
        if let Some(record) = self.groups.get_mut(&group) {
            record.order.take();
        }
        self.lead(group);
    }
}
