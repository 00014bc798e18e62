//! Many users at once.

use std::collections::HashSet;

use http::Method;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_with::skip_serializing_none;

use crate::{
    Endpoint, ErrorDetail, FromResponse, GroupRef, List, Result, UserId, UserIds,
    endpoint::sealed,
    error::Diagnosis,
    request::{in_urls, request},
    service,
    transport::Answer,
};

request! {
    /// Adds many users to a differentiation tag of a course.
    ///
    /// For tags only; to fill an ordinary group send a
    /// [`CreateMembership`](super::CreateMembership) for each user. The users are given by number.
    /// One request takes thousands of them, since the ids travel in the body. Needs the right to
    /// add tags.
    ///
    /// The server adds whom it can and tells of the rest: look at the answer. It takes anyone with
    /// an enrollment in the course that is not finished, rejected or deleted, checks no limit,
    /// notifies nobody, and leaves other tags of the set alone. Users who had the tag keep it.
    ///
    /// # Errors
    /// `Request` for an empty list; nothing is sent then. `Invalid`, without a reason from the
    /// server, for a group that is no tag of a course. A call for very many users may take longer
    /// than the client's time limit per attempt: raise it with
    /// [`with_attempt_timeout`](crate::Client::with_attempt_timeout).
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
    /// use canvas_groups::{GroupId, UserId, memberships::{AddMembers, AddedMembers}};
    ///
    /// let users = [UserId::new(123), UserId::new(456)];
    /// match canvas.send(AddMembers::new(GroupId::new(17), users)).await? {
    ///     AddedMembers::Complete => println!("all are in"),
    ///     AddedMembers::Partial { invalid_user_ids, .. } => println!("not in: {invalid_user_ids:?}"),
    ///     _ => println!("look at the memberships"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Source: *Create a membership*.
    #[doc(alias = "tag")]
    POST "groups/{group}/memberships" => AddedMembers;
    pub struct AddMembers {
        path { group: GroupRef }
        required {
            /// the users, by number.
            members: UserIds = impl Into<UserIds>
        }
        endpoint {
            fn advice(&self) -> &'static [(u16, &'static str)] {
                &NO_TAG
            }
        }
    }
}

/// Why the server refuses many users at once; it does not say so itself.
const NO_TAG: [(u16, &str); 1] = [(
    400,
    "the group must be a differentiation tag of a course, and there must be users \
                      to add: use `CreateMembership` for other groups",
)];

/// Adds all students of the course to a differentiation tag, the test student too.
///
/// For tags only. Needs the right to add tags.
///
/// # Errors
/// `Invalid`, without a reason from the server, for a group that is no tag of a course, and where
/// no student is left to add.
///
/// Source: *Create a membership*.
///
/// `POST groups/{group}/memberships`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use = "a request does nothing until a client sends it"]
pub struct AddCourseMembers {
    #[serde(skip)]
    group: GroupRef,
    all_in_group_course: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    exclude_user_ids: Option<List<UserId>>,
}

impl AddCourseMembers {
    /// The request for the tag `group`.
    pub fn new(group: impl Into<GroupRef>) -> Self {
        Self {
            group: group.into(),
            all_in_group_course: true,
            exclude_user_ids: None,
        }
    }

    /// Leaves these users out. They are given by number.
    pub fn exclude_user_ids(mut self, users: impl Into<List<UserId>>) -> Self {
        self.exclude_user_ids = Some(users.into()).filter(|users| !users.as_slice().is_empty());
        self
    }
}

impl Endpoint for AddCourseMembers {
    type Service = service::Canvas;
    type Response = AddedMembers;
    const METHOD: Method = Method::POST;
    const ROUTE: &'static str = "groups/{group}/memberships";
    fn path(&self) -> String {
        format!("groups/{}/memberships", self.group.segment())
    }
    fn advice(&self) -> &'static [(u16, &'static str)] {
        &NO_TAG
    }
}

/// What became of adding many users. Either way the call has done its work and need not be sent
/// again.
///
/// With `Complete` all users are members. Where `invalid_user_ids` names somebody and
/// `membership_errors` is empty, all but those named are. Otherwise list the memberships
/// ([`ListMemberships`](super::ListMemberships)), since the server does not say whose failed.
///
/// As JSON it is `"complete"` or `{"partial": {…}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[must_use = "some users may not have been added"]
pub enum AddedMembers {
    /// All are members.
    Complete,
    /// Some are not members.
    #[non_exhaustive]
    Partial {
        /// The users who were left out: those without an enrollment in the course, or who do not
        /// exist.
        invalid_user_ids: Vec<UserId>,
        /// The memberships that could not be saved. Current servers check none, so there are none.
        membership_errors: Vec<FailedMembership>,
        /// The server's words, in the caller's language.
        message: Option<String>,
    },
}

/// Why a membership could not be saved. The server does not say whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
#[non_exhaustive]
pub struct FailedMembership {
    /// What is wrong with it.
    pub details: Vec<ErrorDetail>,
}

impl sealed::FromResponse for AddedMembers {}
impl FromResponse for AddedMembers {
    fn from_outcome(outcome: Result<Answer>) -> Result<Self> {
        /// What the server says where it has something to say.
        #[derive(Deserialize)]
        struct Shortfall {
            #[serde(default, deserialize_with = "named")]
            invalid_user_ids: Option<Vec<UserId>>,
            #[serde(default, deserialize_with = "named")]
            membership_errors: Option<Vec<Value>>,
            message: Option<String>,
        }

        let answer = outcome?;
        // Full success has no body at all.
        if answer.body.trim_ascii().is_empty() {
            return Ok(Self::Complete);
        }
        Ok(match answer.json::<Shortfall>()? {
            Shortfall {
                invalid_user_ids: None,
                membership_errors: None,
                ..
            } => {
                return Err(answer.not_as_documented(
                    "the answer does not say who was added: it has neither `invalid_user_ids` nor \
                     `membership_errors`",
                ));
            }
            // The server's words about a failure, though the call is none.
            shortfall => Self::Partial {
                invalid_user_ids: shortfall.invalid_user_ids.unwrap_or_default(),
                membership_errors: shortfall
                    .membership_errors
                    .unwrap_or_default()
                    .iter()
                    .map(|errors| FailedMembership {
                        details: Diagnosis::of_json(errors)
                            .details
                            .into_iter()
                            .map(|detail| {
                                detail.cleaned(|text| Some(answer.secrets.start_of(text)))
                            })
                            .collect(),
                    })
                    .collect(),
                message: shortfall
                    .message
                    .map(|message| answer.secrets.start_of(&message)),
            },
        })
    }
}

request! {
    /// Removes many users from a group, of any kind.
    ///
    /// Not all or nothing: users whom the caller may not remove are named in the answer, users who
    /// are no members are passed over. The users are given by number, in the URL, which has room
    /// for 180 of them whatever their ids: use [`in_batches`](Self::in_batches) for more.
    ///
    /// # Errors
    /// `Request` for an empty list, and for one that does not fit into a URL; nothing is sent then.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas, users: Vec<canvas_groups::UserId>) -> canvas_groups::Result<()> {
    /// use canvas_groups::{GroupId, memberships::RemoveUsers};
    ///
    /// for batch in RemoveUsers::in_batches(GroupId::new(17), users) {
    ///     let removed = canvas.send(&batch).await?;
    ///     println!("may not remove {:?}", removed.unauthorized_user_ids);
    ///     println!("were no members: {:?}", removed.not_members(batch.user_ids()));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Source: *Bulk delete memberships*.
    DELETE "groups/{group}/users" => RemovedUsers;
    pub struct RemoveUsers {
        path { group: GroupRef }
        required {
            /// the users, by number.
            user_ids: UserIds = impl Into<UserIds>
        }
    }
}

impl RemoveUsers {
    /// Requests for any number of users, 180 in each; none for no user.
    pub fn in_batches(
        group: impl Into<GroupRef>,
        user_ids: impl IntoIterator<Item: Into<UserId>>,
    ) -> impl Iterator<Item = Self> {
        let group = group.into();
        in_urls(user_ids)
            .map(move |batch| Self::new(group.clone(), batch.as_slice().iter().copied()))
    }

    /// The users to remove.
    pub fn user_ids(&self) -> &[UserId] {
        self.user_ids.as_slice()
    }
}

/// What a removal of many users did.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
#[must_use = "some users may not have been removed"]
#[serde(try_from = "SentRemoval")]
pub struct RemovedUsers {
    /// The users who were removed.
    pub deleted_user_ids: Vec<UserId>,
    /// The users whom the caller may not remove.
    pub unauthorized_user_ids: Vec<UserId>,
    /// The server's words, in the caller's language.
    pub message: Option<String>,
}

/// The answer as it is sent. Without any list it is not that of a removal.
#[derive(Deserialize)]
struct SentRemoval {
    #[serde(default, deserialize_with = "named")]
    deleted_user_ids: Option<Vec<UserId>>,
    #[serde(default, deserialize_with = "named")]
    unauthorized_user_ids: Option<Vec<UserId>>,
    message: Option<String>,
}

impl TryFrom<SentRemoval> for RemovedUsers {
    type Error = &'static str;

    fn try_from(sent: SentRemoval) -> Result<Self, Self::Error> {
        if sent.deleted_user_ids.is_none() && sent.unauthorized_user_ids.is_none() {
            return Err("neither `deleted_user_ids` nor `unauthorized_user_ids`");
        }
        Ok(Self {
            deleted_user_ids: sent.deleted_user_ids.unwrap_or_default(),
            unauthorized_user_ids: sent.unauthorized_user_ids.unwrap_or_default(),
            message: sent.message,
        })
    }
}

/// A list that is named; `null` is an empty one.
fn named<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    let list = Option::<Vec<T>>::deserialize(deserializer)?;
    Ok(Some(list.unwrap_or_default()))
}

impl RemovedUsers {
    /// Which of the requested users are in neither list, in the order of the request: they had no
    /// membership when the call ran.
    ///
    /// When the answer of an earlier attempt was lost, its removals show up here too.
    pub fn not_members(&self, asked: &[UserId]) -> Vec<UserId> {
        let named: HashSet<_> = self
            .deleted_user_ids
            .iter()
            .chain(&self.unauthorized_user_ids)
            .collect();
        let left = asked.iter().filter(|id| !named.contains(id));
        left.copied().collect()
    }
}
