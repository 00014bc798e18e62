//! Members of groups.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::{GroupId, MemberId, UserId};
use crate::{
    Content, Done, FromResponse, Page, Result, endpoint::sealed, made_of::made_of,
    request::request, transport::Answer,
};

request! {
    /// Adds a user to a group.
    ///
    /// Someone who is already a member stays as they are, and the answer is their existing record:
    /// see [`Added`]. So this can be sent again without harm. For administrators and managers of
    /// the group.
    ///
    /// # Errors
    /// `Request` for a blank id; nothing is sent then.
    ///
    /// Source: *Add Group Member*.
    POST "groups/{group}/members" on Lor => Added;
    pub struct AddMember {
        path { group: GroupId }
        required {
            /// the Commons id of the user, which is not the Canvas one.
            user_id as "userId": UserId = impl Into<UserId>
        }
        optional {
            /// Whether the user manages the group. Left out, the server decides; presumably not.
            is_manager as "isManager": bool,
        }
        endpoint {
            fn content(&self) -> Result<Content> {
                self.user_id.check()?;
                Content::parameters(&Self::METHOD, self)
            }
        }
    }
}

impl AddMember {
    /// Asks for the user to manage the group: [`is_manager(true)`](Self::is_manager).
    pub fn as_manager(self) -> Self {
        self.is_manager(true)
    }

    /// Asks for the user to be a member who does not manage the group:
    /// [`is_manager(false)`](Self::is_manager).
    pub fn as_ordinary(self) -> Self {
        self.is_manager(false)
    }
}

request! {
    /// Lists the members of a group.
    ///
    /// For administrators and managers of the group. There is no way to get one member alone.
    ///
    /// Source: *List Group Members*.
    GET "groups/{group}/members" on Lor => Page<Member>;
    pub struct ListMembers {
        path { group: GroupId }
    }
}

request! {
    /// Makes a member a manager of the group, or takes that away.
    ///
    /// For administrators and managers of the group; managers cannot change themselves.
    ///
    /// Source: *Update Group Member*.
    PUT "groups/{group}/members/{member}" on Lor => Member;
    pub struct UpdateMember {
        path {
            group: GroupId,
            /// The id of the membership ([`Member::id`]), not that of the user.
            member: MemberId
        }
        required {
            /// whether the member is to manage the group.
            is_manager as "isManager": bool
        }
    }
}

impl UpdateMember {
    /// Makes the member a manager of the group: [`new`](Self::new) with `true`.
    pub fn promote(group: impl Into<GroupId>, member: impl Into<MemberId>) -> Self {
        Self::new(group, member, true)
    }

    /// Makes the manager a member like others: [`new`](Self::new) with `false`.
    pub fn demote(group: impl Into<GroupId>, member: impl Into<MemberId>) -> Self {
        Self::new(group, member, false)
    }
}

request! {
    /// Removes a member from a group, by the id of the membership.
    ///
    /// For administrators and managers of the group; managers cannot remove themselves.
    ///
    /// A removal whose answer was lost is repeated; a 404 with any JSON then means that it is done,
    /// and one without JSON, such as an empty one or a page, is `NotFound` with an unknown outcome.
    ///
    /// Source: *Remove Group Member*.
    DELETE "groups/{group}/members/{member}" on Lor => Done;
    pub struct RemoveMember {
        path { group: GroupId, member: MemberId }
    }
}

/// A user's place in a group.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Member {
    /// The id of the membership: what [`UpdateMember`] and [`RemoveMember`] take.
    pub id: MemberId,
    /// The group.
    pub group_id: Option<GroupId>,
    /// The user.
    pub user_id: Option<UserId>,
    /// The name of the user.
    pub user_name: Option<String>,
    /// The e-mail address of the user.
    pub user_email: Option<String>,
    /// Whether the user manages the group. Missing does not mean no.
    pub is_manager: Option<bool>,
}

made_of! {
    Member { id: MemberId; group_id, user_id, user_name, user_email, is_manager }
}

/// The outcome of [`AddMember`].
///
/// The server does not say whether the membership is new: for a user who was a member before, it
/// returns the existing record with its `isManager`.
///
/// As JSON it names the outcome and the record: `{"as_asked": {"id": "…"}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Added {
    /// The user is a member, new or existing, and `isManager` is as requested, if it was.
    AsAsked(Member),
    /// The user was a member before and keeps another `isManager` than the requested one.
    /// [`UpdateMember`] changes it.
    Kept(Member),
    /// The user is a member, but the server did not say with which `isManager`.
    Untold(Member),
}

impl Added {
    /// The record, whatever the outcome.
    pub fn member(&self) -> &Member {
        match self {
            Self::AsAsked(member) | Self::Kept(member) | Self::Untold(member) => member,
        }
    }

    /// The record, whatever the outcome.
    pub fn into_member(self) -> Member {
        match self {
            Self::AsAsked(member) | Self::Kept(member) | Self::Untold(member) => member,
        }
    }

    fn of(asked: Option<bool>, member: Member) -> Self {
        match (asked, member.is_manager) {
            (None, _) => Self::AsAsked(member),
            (Some(_), None) => Self::Untold(member),
            (Some(asked), Some(is)) if asked == is => Self::AsAsked(member),
            (Some(_), Some(_)) => Self::Kept(member),
        }
    }
}

impl sealed::FromResponse for Added {}
impl FromResponse for Added {
    fn from_outcome(outcome: Result<Answer>) -> Result<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Asked {
            is_manager: Option<bool>,
        }
        let answer = outcome?;
        let member = answer.json()?;
        let sent = answer.sent.as_deref().unwrap_or_default();
        let asked = serde_json::from_slice::<Asked>(sent).ok();
        let asked = asked.and_then(|asked| asked.is_manager);
        Ok(Self::of(asked, member))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(is_manager: Option<bool>) -> Member {
        let mut member: Member = serde_json::from_str(r#"{"id":"56789"}"#).unwrap();
        member.is_manager = is_manager;
        member
    }

    #[test]
    fn trap_44_an_existing_record_is_told_from_one_as_asked() {
        for (asked, is, expected) in [
            (Some(true), Some(true), "as asked"),
            (Some(true), Some(false), "kept"),
            (Some(true), None, "untold"),
            (Some(false), Some(false), "as asked"),
            (Some(false), Some(true), "kept"),
            (Some(false), None, "untold"),
            (None, Some(true), "as asked"),
            (None, Some(false), "as asked"),
            (None, None, "as asked"),
        ] {
            let added = Added::of(asked, member(is));
            assert_eq!(added.member(), &member(is));
            let found = match &added {
                Added::AsAsked(_) => "as asked",
                Added::Kept(_) => "kept",
                Added::Untold(_) => "untold",
            };
            assert_eq!(found, expected, "{asked:?} {is:?}");
            assert_eq!(added.into_member(), member(is));
        }
    }
}
