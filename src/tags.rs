//! Differentiation tags: groups that mark students rather than bring them together.
//!
//! | what for | request | permission |
//! |---|---|---|
//! | the tags of many users | [`GetUserTags`] | a tag right |
//! | make, rename and delete the tags of a set | [`ManageTags`] | to add, manage or delete tags |
//!
//! A set of tags is a group category, and a tag is a group in it, with `non_collaborative` true.
//! The requests for groups, categories and memberships work on tags too; here is what only tags
//! have. A set holds at most 10 tags, a course at most 40 in all sets together, and neither tags
//! nor sets need names of their own. By default teachers and administrators have the tag rights,
//! teaching assistants do not. The guide shows [which request does what with
//! tags](crate::guide::tags).
//!
//! Source: the Group Categories and Groups chapters of the Canvas LMS REST API.

use std::collections::BTreeMap;

use http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;
use serde_with::{DefaultOnNull, serde_as, skip_serializing_none};

use crate::{
    AccountId, CategoryId, CategoryRef, Content, CourseId, Endpoint, Error, GroupId, List, Result,
    SisImportId, UserId,
    categories::{AutoLeader, SelfSignup},
    groups::{ContextType, GroupRole},
    made_of::made_of,
    open_enum::open_enum,
    progress::ContextId,
    request::{in_urls, request},
    service,
};

request! {
    /// Gets the differentiation tags of many users of a course, as the ids of the tags' groups.
    ///
    /// Every user asked for is in the answer; those without tags and unknown ones have an empty
    /// list. Ids of deleted tags are among them. Needs one of the tag rights in the course. The
    /// course is given by its number alone: for an SIS id the server answers that nobody has a tag.
    ///
    /// The ids travel in the URL, which has room for 180 of them whatever they are: use
    /// [`in_batches`](Self::in_batches) for more.
    ///
    /// # Errors
    /// `Decode` for an answer without one of the users that were asked for.
    ///
    /// Source: *Bulk fetch user tags for multiple users in a course*.
    GET "courses/{course}/bulk_user_tags" => BTreeMap<UserId, Vec<GroupId>>;
    pub struct GetUserTags {
        path { course: CourseId }
        required {
            /// the users, by number.
            user_ids: List<UserId> = impl Into<List<UserId>>
        }
        endpoint { const KEYED_BY: Option<&'static str> = Some("user_ids"); }
    }
}

impl GetUserTags {
    /// Requests for any number of users, 180 in each; none for no user. Together their answers hold
    /// every user.
    pub fn in_batches(
        course: impl Into<CourseId>,
        user_ids: impl IntoIterator<Item: Into<UserId>>,
    ) -> impl Iterator<Item = Self> {
        let course = course.into();
        in_urls(user_ids).map(move |batch| Self::new(course, batch))
    }
}

/// Creates, renames and deletes tags of one set in one transaction: if anything fails, nothing is
/// changed.
///
/// The server works in this order: the set is created or renamed, then tags are deleted, created,
/// renamed. Needs, for what is asked for, the right to add, manage or delete tags. The course is
/// given by its number alone, the set by its number or SIS id.
///
/// # Errors
/// `Request` for more than 50 operations, and for none in a set that is not renamed either; nothing
/// is sent then, and a blank SIS id is refused in the same way. `Invalid` for a name that does not
/// fit, for too many tags, for a set of ordinary groups, and for one of another course; `NotFound`
/// for a tag that is not in the set.
///
/// # Examples
/// ```
/// use canvas_groups::{CategoryId, CourseId, GroupId, tags::ManageTags};
///
/// let request = ManageTags::in_set(CourseId::new(7), CategoryId::new(1))
///     .rename_set("Pace")
///     .create("faster")
///     .update(GroupId::new(123), "steady")
///     .delete(GroupId::new(456));
/// let new_set = ManageTags::in_new_set(CourseId::new(7), "Reading").create("with audio");
/// ```
///
/// Source: *Bulk manage differentiation tags*.
///
/// `POST courses/{course}/group_categories/bulk_manage_differentiation_tag`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use = "a request does nothing until a client sends it"]
pub struct ManageTags {
    #[serde(skip)]
    course: CourseId,
    operations: Operations,
    group_category: Set,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
struct Operations {
    create: Vec<NewTag>,
    update: Vec<RenamedTag>,
    delete: Vec<DeletedTag>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct NewTag {
    name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct RenamedTag {
    id: GroupId,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct DeletedTag {
    id: GroupId,
}

#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Set {
    id: Option<CategoryRef>,
    name: Option<String>,
}

impl ManageTags {
    /// How many operations one request may have.
    pub const MAX_OPERATIONS: usize = 50;

    /// Operations on a set that exists.
    pub fn in_set(course: impl Into<CourseId>, set: impl Into<CategoryRef>) -> Self {
        Self::with(course.into(), Some(set.into()), None)
    }

    /// Operations in a new set with this name, 1 to 255 characters.
    pub fn in_new_set(course: impl Into<CourseId>, name: impl Into<String>) -> Self {
        Self::with(course.into(), None, Some(name.into()))
    }

    fn with(course: CourseId, id: Option<CategoryRef>, name: Option<String>) -> Self {
        Self {
            course,
            operations: Operations::default(),
            group_category: Set { id, name },
        }
    }

    /// Gives the set this name.
    pub fn rename_set(mut self, name: impl Into<String>) -> Self {
        self.group_category.name = Some(name.into());
        self
    }

    /// Creates a tag.
    pub fn create(mut self, name: impl Into<String>) -> Self {
        self.operations.create.push(NewTag { name: name.into() });
        self
    }

    /// Renames a tag of the set.
    pub fn update(mut self, tag: impl Into<GroupId>, name: impl Into<String>) -> Self {
        self.operations.update.push(RenamedTag {
            id: tag.into(),
            name: name.into(),
        });
        self
    }

    /// Deletes a tag of the set.
    pub fn delete(mut self, tag: impl Into<GroupId>) -> Self {
        self.operations.delete.push(DeletedTag { id: tag.into() });
        self
    }

    /// How many operations the request has.
    pub fn operation_count(&self) -> usize {
        let Operations {
            create,
            update,
            delete,
        } = &self.operations;
        create.len() + update.len() + delete.len()
    }
}

impl Endpoint for ManageTags {
    type Service = service::Canvas;
    type Response = BulkResult;
    const METHOD: Method = Method::POST;
    const ROUTE: &'static str = "courses/{course}/group_categories/bulk_manage_differentiation_tag";
    fn path(&self) -> String {
        let course = self.course.segment();
        format!("courses/{course}/group_categories/bulk_manage_differentiation_tag")
    }
    fn content(&self) -> Result<Content> {
        let (count, max) = (self.operation_count(), Self::MAX_OPERATIONS);
        if count > max {
            return Err(Error::request_invalid(format!(
                "{count} operations on tags are more than the {max} that one request may have: \
                 split them over several requests"
            )));
        }
        if count == 0 && self.group_category.name.is_none() {
            return Err(Error::request_invalid(
                "there is nothing to do: add an operation on a tag, or rename the set",
            ));
        }
        Content::json(self)
    }
}

/// What [`ManageTags`] did. The records are as the server stores them, so they differ from
/// [`Group`](crate::groups::Group) and [`Category`](crate::categories::Category).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[non_exhaustive]
#[serde(try_from = "SentResult")]
pub struct BulkResult {
    /// The new tags.
    pub created: Vec<Tag>,
    /// The renamed tags.
    pub updated: Vec<Tag>,
    /// The deleted tags.
    pub deleted: Vec<Tag>,
    /// The set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_category: Option<TagSet>,
}

/// The answer as it is sent. Without any of its parts it is another one.
#[derive(Deserialize)]
struct SentResult {
    #[serde(default, deserialize_with = "tags")]
    created: Option<Vec<Tag>>,
    #[serde(default, deserialize_with = "tags")]
    updated: Option<Vec<Tag>>,
    #[serde(default, deserialize_with = "tags")]
    deleted: Option<Vec<Tag>>,
    #[serde(default, deserialize_with = "set")]
    group_category: Option<TagSet>,
}

impl TryFrom<SentResult> for BulkResult {
    type Error = &'static str;

    fn try_from(sent: SentResult) -> Result<Self, Self::Error> {
        let lists = [&sent.created, &sent.updated, &sent.deleted];
        if lists.iter().all(|list| list.is_none()) && sent.group_category.is_none() {
            return Err("neither `created`, `updated`, `deleted` nor `group_category`");
        }
        Ok(Self {
            created: sent.created.unwrap_or_default(),
            updated: sent.updated.unwrap_or_default(),
            deleted: sent.deleted.unwrap_or_default(),
            group_category: sent.group_category,
        })
    }
}

open_enum! {
    /// Whether a tag is there.
    pub enum TagState {
        /// It is.
        Available = "available",
        /// It was deleted.
        Deleted = "deleted",
    }
}

/// A tag as the server stores it.
#[serde_as]
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tag {
    /// The id: that of a group.
    pub id: GroupId,
    /// The name; empty if the server sent none.
    #[serde_as(deserialize_as = "DefaultOnNull")]
    #[serde(default)]
    pub name: String,
    /// Whether it is there.
    pub workflow_state: Option<TagState>,
    /// The set.
    pub group_category_id: Option<CategoryId>,
    /// What the tag belongs to: the course.
    pub context_id: Option<ContextId>,
    /// The kind of thing that the tag belongs to.
    pub context_type: Option<ContextType>,
    /// When the tag was created.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub created_at: Option<Timestamp>,
    /// When the tag was last changed.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub updated_at: Option<Timestamp>,
}

made_of! {
    Tag { id: GroupId; name, workflow_state, group_category_id, context_id, context_type, created_at, updated_at }
}

/// A set of tags as the server stores it.
#[serde_as]
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TagSet {
    /// The id: that of a group category.
    pub id: CategoryId,
    /// The name; empty if the server sent none.
    #[serde_as(deserialize_as = "DefaultOnNull")]
    #[serde(default)]
    pub name: String,
    /// What the set belongs to: the course.
    pub context_id: Option<ContextId>,
    /// The kind of thing that the set belongs to.
    pub context_type: Option<ContextType>,
    /// True: its groups are tags.
    pub non_collaborative: Option<bool>,
    /// The special role. Sets of tags have none.
    pub role: Option<GroupRole>,
    /// Whether students may join by themselves; `None` if not.
    pub self_signup: Option<SelfSignup>,
    /// How leaders are found; `None` if there are none.
    pub auto_leader: Option<AutoLeader>,
    /// How many users may have a tag.
    pub group_limit: Option<u64>,
    /// The SIS id.
    pub sis_source_id: Option<String>,
    /// The SIS import that made the set.
    pub sis_batch_id: Option<SisImportId>,
    /// The root account of the course.
    pub root_account_id: Option<AccountId>,
    /// When the set was created.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub created_at: Option<Timestamp>,
    /// When the set was last changed.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub updated_at: Option<Timestamp>,
    /// When the set was deleted, if it was.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub deleted_at: Option<Timestamp>,
}

made_of! {
    TagSet { id: CategoryId; name, context_id, context_type, non_collaborative, role, self_signup, auto_leader, group_limit, sis_source_id, sis_batch_id, root_account_id, created_at, updated_at, deleted_at }
}

/// Reads tags, each with or without an object around it.
fn tags<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Tag>>, D::Error> {
    let tags = Option::<Vec<Value>>::deserialize(deserializer)?.unwrap_or_default();
    let tags = tags.into_iter();
    let tags = tags.map(|tag| serde_json::from_value(unwrapped("group", tag)));
    tags.collect::<Result<_, _>>()
        .map(Some)
        .map_err(de::Error::custom)
}

/// Reads a set with or without an object around it: older servers have one.
fn set<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<TagSet>, D::Error> {
    let set = Value::deserialize(deserializer)?;
    serde_json::from_value(unwrapped("group_category", set)).map_err(de::Error::custom)
}

fn unwrapped(key: &str, mut record: Value) -> Value {
    match record.get_mut(key) {
        Some(inner) if inner.is_object() => inner.take(),
        _ => record,
    }
}
