//! What comes back.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_with::{DefaultOnNull, serde_as, skip_serializing_none};

use super::{ContextType, GroupRole, JoinLevel};
use crate::{
    AccountId, CategoryId, CourseId, GroupId, SisImportId, UserId, categories::Category,
    made_of::made_of, open_enum::open_enum, users::User,
};

/// A group, or, where `non_collaborative` is true, a differentiation tag.
///
/// Fields are `None` where the server did not send them: because they were not asked for, because
/// the caller may not see them, or because it is an older server.
#[serde_as]
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Group {
    /// The id.
    pub id: GroupId,
    /// The name; empty if the server sent none.
    #[serde_as(deserialize_as = "DefaultOnNull")]
    #[serde(default)]
    pub name: String,
    /// The description, in plain text.
    pub description: Option<String>,
    /// Whether the group is marked as public, which only communities can be. It opens the group's
    /// news feed and gives nobody the right to see the group.
    pub is_public: Option<bool>,
    /// Documented, but never sent by current servers.
    pub followed_by_user: Option<bool>,
    /// Who may join.
    pub join_level: Option<JoinLevel>,
    /// How many accepted members there are; for callers who are limited to their sections, how many
    /// students of these the group has.
    pub members_count: Option<u64>,
    /// How many members there may be. The server fills it from the category's limit, and overwrites
    /// it when that limit changes.
    pub max_membership: Option<u64>,
    /// Whether there is no room left; `None` also where there is no limit.
    pub is_full: Option<bool>,
    /// The picture.
    pub avatar_url: Option<String>,
    /// The kind of thing that the group belongs to.
    pub context_type: Option<ContextType>,
    /// The name of the course or account.
    pub context_name: Option<String>,
    /// The course, if the group belongs to one.
    pub course_id: Option<CourseId>,
    /// The account, if the group belongs to one.
    pub account_id: Option<AccountId>,
    /// The special role, if the group has one.
    pub role: Option<GroupRole>,
    /// The group category; some old groups have none.
    pub group_category_id: Option<CategoryId>,
    /// The SIS id. For callers who may read SIS data in the root account, so not for teachers: they
    /// find it in [`ExportGroups`](crate::csv::ExportGroups).
    pub sis_group_id: Option<String>,
    /// The SIS import that made the group. For callers who may manage SIS data in the root account.
    pub sis_import_id: Option<SisImportId>,
    /// How much may be stored, in megabytes.
    pub storage_quota_mb: Option<u64>,
    /// When the group was created.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub created_at: Option<Timestamp>,
    /// The leader.
    pub leader: Option<UserDisplay>,
    /// Whether a submission carries this group, for an assignment of its category.
    pub has_submission: Option<bool>,
    /// Whether the course or account has ended or was deleted. Its staff can then read the group but
    /// no longer change it.
    pub concluded: Option<bool>,
    /// Whether this is a differentiation tag.
    pub non_collaborative: Option<bool>,
    /// What the caller may do. With `GroupInclude::Permissions`, and after a change.
    pub permissions: Option<Permissions>,
    /// The members, at most 1,000. With `GroupInclude::Users`, and after a change. Staff see the
    /// invited and inactive ones too.
    pub users: Option<Vec<User>>,
    /// The group category. With `GroupInclude::GroupCategory`, and after a change.
    pub group_category: Option<Box<Category>>,
    /// The tabs. With `GroupInclude::Tabs`.
    pub tabs: Option<Vec<Tab>>,
    /// Whether the caller marked the group. With `GroupInclude::Favorites`.
    pub is_favorite: Option<bool>,
    /// The web page, as a full address. With `GroupInclude::HtmlUrl`.
    pub html_url: Option<String>,
    /// Whether the caller may open the group. With `GroupInclude::CanAccess`.
    pub can_access: Option<bool>,
    /// Whether the caller may write to the members. With `GroupInclude::CanMessage`.
    pub can_message: Option<bool>,
    /// The name of the tag's set. In the list of one user's tags.
    pub group_category_name: Option<String>,
    /// Whether the tag is the only one of its set. In the list of one user's tags.
    pub is_single_tag: Option<bool>,
}

made_of! {
    Group { id: GroupId; name, description, is_public, followed_by_user, join_level, members_count, max_membership, is_full, avatar_url, context_type, context_name, course_id, account_id, role, group_category_id, sis_group_id, sis_import_id, storage_quota_mb, created_at, leader, has_submission, concluded, non_collaborative, permissions, users, group_category, tabs, is_favorite, html_url, can_access, can_message, group_category_name, is_single_tag }
}

/// What a group or group category belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Context {
    /// A course.
    Course(CourseId),
    /// An account.
    Account(AccountId),
}

impl Context {
    pub(crate) fn of(course: Option<CourseId>, account: Option<AccountId>) -> Option<Self> {
        course.map(Self::Course).or(account.map(Self::Account))
    }
}

impl Group {
    /// What the group belongs to, where the server said so.
    pub fn context(&self) -> Option<Context> {
        Context::of(self.course_id, self.account_id)
    }

    /// Whether this is a differentiation tag. Servers that know no tags do not say, and have none.
    pub fn is_tag(&self) -> bool {
        self.non_collaborative == Some(true)
    }
}

/// A user as others see them. A user who no longer exists has no field at all.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[non_exhaustive]
pub struct UserDisplay {
    /// The id.
    pub id: Option<UserId>,
    /// The id as a text that does not show the number.
    pub anonymous_id: Option<String>,
    /// The name to show.
    pub display_name: Option<String>,
    /// The picture.
    pub avatar_image_url: Option<String>,
    /// The web page, as a full address.
    pub html_url: Option<String>,
    /// The pronouns.
    pub pronouns: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// True for the test student.
    pub fake_student: Option<bool>,
}

open_enum! {
    /// Where a tab leads.
    pub enum TabKind {
        /// A page of Canvas.
        Internal = "internal",
        /// An external tool.
        External = "external",
    }
}

open_enum! {
    /// Who sees a tab.
    pub enum TabVisibility {
        /// Everyone.
        Public = "public",
        /// Members.
        Members = "members",
        /// Administrators.
        Admins = "admins",
        /// Nobody.
        None = "none",
    }
}

/// A tab in the navigation of a group.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[non_exhaustive]
pub struct Tab {
    /// The id, such as `home` or `discussions`.
    pub id: String,
    /// The path on the host.
    pub html_url: Option<String>,
    /// The full address.
    pub full_url: Option<String>,
    /// The place among the tabs, from 1.
    pub position: Option<i64>,
    /// Who sees it.
    pub visibility: Option<TabVisibility>,
    /// The text on it, in the caller's language.
    pub label: Option<String>,
    /// Where it leads.
    #[serde(rename = "type")]
    pub kind: Option<TabKind>,
    /// True if it is hidden.
    pub hidden: Option<bool>,
    /// True if it has nothing to show.
    pub unused: Option<bool>,
    /// The launch address of an external tool.
    pub url: Option<String>,
}

/// Names of permissions, and whether the caller has each.
///
/// ```
/// use canvas_groups::{groups::Permissions, serde_json};
///
/// let permissions: Permissions = serde_json::from_str(r#"{"join": true, "manage": false}"#)?;
/// assert!(permissions.allows("join"));
/// assert_eq!(permissions.get("leave"), None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Permissions(#[serde(deserialize_with = "named_bools")] BTreeMap<String, bool>);

impl Permissions {
    /// Whether the server said that the caller has this permission.
    pub fn allows(&self, name: &str) -> bool {
        self.get(name) == Some(true)
    }

    /// What the server said of a permission; `None` if nothing.
    pub fn get(&self, name: &str) -> Option<bool> {
        self.0.get(name).copied()
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, bool)> {
        self.0
            .iter()
            .map(|(name, allowed)| (name.as_str(), *allowed))
    }
}

/// Reads the booleans that servers send, and the texts that the documentation shows.
fn named_bools<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, bool>, D::Error> {
    struct Bool(bool);

    impl<'de> Deserialize<'de> for Bool {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(BoolOrText).map(Self)
        }
    }

    struct BoolOrText;

    impl de::Visitor<'_> for BoolOrText {
        type Value = bool;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a boolean or its text")
        }

        fn visit_bool<E: de::Error>(self, value: bool) -> Result<bool, E> {
            Ok(value)
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<bool, E> {
            text.parse()
                .map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
        }
    }

    let named = BTreeMap::<String, Option<Bool>>::deserialize(deserializer)?;
    let told = named.into_iter();
    Ok(told
        .filter_map(|(name, value)| Some((name, value?.0)))
        .collect())
}

/// HTML as Canvas would show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[non_exhaustive]
pub struct ProcessedHtml {
    /// The HTML.
    pub html: String,
}
