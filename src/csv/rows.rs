//! The rows of the files.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_with::skip_serializing_none;

use super::{GroupKey, TagKey, TagSetKey, UserKey};
use crate::{CategoryId, GroupId, UserId};

/// A student and the group the student is in.
///
/// An import looks the student up by `canvas_user_id`, then by `user_id`, then by `login_id`, and
/// the group by `canvas_group_id`, then by `group_id`, then by `group_name`, which makes a group
/// where there is none. It does not read the other columns.
///
/// An export has a row for each active student of the course, invited ones excepted. `group_name`
/// is `None` for those without a group, and the SIS ids are for callers who may not read SIS data in
/// the course.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupRow {
    /// The student's name, mostly `Last, First`. In exports.
    pub name: Option<String>,
    /// The student.
    pub canvas_user_id: Option<UserId>,
    /// The student's SIS id.
    pub user_id: Option<String>,
    /// The student's login.
    pub login_id: Option<String>,
    /// The student's sections, as a phrase. In exports.
    pub sections: Option<String>,
    /// The name of the group.
    pub group_name: Option<String>,
    /// The group.
    pub canvas_group_id: Option<GroupId>,
    /// The SIS id of the group.
    pub group_id: Option<String>,
    /// What stood in columns that have no field here, with their headings, in order.
    #[serde(skip)]
    pub other: Vec<(String, String)>,
}

impl GroupRow {
    /// Puts a student into a group.
    pub fn new(user: impl Into<UserKey>, group: impl Into<GroupKey>) -> Self {
        let mut row = Self::default();
        match user.into() {
            UserKey::Canvas(id) => row.canvas_user_id = Some(id),
            UserKey::Sis(id) => row.user_id = Some(id),
            UserKey::Login(login) => row.login_id = Some(login),
        }
        match group.into() {
            GroupKey::Name(name) => row.group_name = Some(name),
            GroupKey::Canvas(id) => row.canvas_group_id = Some(id),
            GroupKey::Sis(id) => row.group_id = Some(id),
        }
        row
    }
}

/// A student and a differentiation tag that the student has.
///
/// Columns and their order of precedence are those of [`GroupRow`], with tags in the place of
/// groups. The columns of the set may all be empty. A student may have several tags, one row each.
///
/// An export has a row for each student and tag, deleted tags too, and one for each student without
/// a tag. An import of such a file restores the deleted tags.
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TagRow {
    /// The student's name, mostly `Last, First`. In exports.
    pub name: Option<String>,
    /// The student.
    pub canvas_user_id: Option<UserId>,
    /// The student's SIS id.
    pub user_id: Option<String>,
    /// The student's login.
    pub login_id: Option<String>,
    /// The name of the tag.
    pub tag_name: Option<String>,
    /// The tag.
    pub canvas_tag_id: Option<GroupId>,
    /// The SIS id of the tag.
    pub tag_id: Option<String>,
    /// The name of the tag's set.
    pub tag_set_name: Option<String>,
    /// The tag's set.
    pub canvas_tag_set_id: Option<CategoryId>,
    /// The SIS id of the tag's set.
    pub tag_set_id: Option<String>,
    /// What stood in columns that have no field here, with their headings, in order.
    #[serde(skip)]
    pub other: Vec<(String, String)>,
}

impl TagRow {
    /// Gives a student a tag.
    pub fn new(user: impl Into<UserKey>, tag: impl Into<TagKey>) -> Self {
        let mut row = Self::default();
        match user.into() {
            UserKey::Canvas(id) => row.canvas_user_id = Some(id),
            UserKey::Sis(id) => row.user_id = Some(id),
            UserKey::Login(login) => row.login_id = Some(login),
        }
        match tag.into() {
            TagKey::Name(name) => row.tag_name = Some(name),
            TagKey::Canvas(id) => row.canvas_tag_id = Some(id),
            TagKey::Sis(id) => row.tag_id = Some(id),
        }
        row
    }

    /// Puts the tag into a set: a new tag is made there, one that exists **is moved there with all
    /// who have it**.
    #[must_use]
    pub fn in_set(mut self, set: impl Into<TagSetKey>) -> Self {
        match set.into() {
            TagSetKey::Name(name) => self.tag_set_name = Some(name),
            TagSetKey::Canvas(id) => self.canvas_tag_set_id = Some(id),
            TagSetKey::Sis(id) => self.tag_set_id = Some(id),
        }
        self
    }
}

/// A kind of row: [`GroupRow`] or [`TagRow`].
pub trait CsvRow: sealed::Row + DeserializeOwned {}
impl CsvRow for GroupRow {}
impl CsvRow for TagRow {}

pub(super) mod sealed {
    use serde::Serialize;

    /// What files are made and checked by.
    pub trait Row: Clone + Serialize {
        /// The columns that an import reads, by the names of the fields: three that name the user,
        /// three that name what the user gets, each in their order of precedence, and those that
        /// name a set by id, SIS id and name.
        const COLUMNS: &'static [&'static str];
        /// Whether there is a column `sections`, whose heading is in the caller's language.
        const HAS_SECTIONS: bool;
        /// Whether only the first row of a user counts.
        const ONE_PER_USER: bool;
        fn other(&self) -> &[(String, String)];
        fn other_mut(&mut self) -> &mut Vec<(String, String)>;
    }
}

impl sealed::Row for GroupRow {
    const COLUMNS: &'static [&'static str] = &[
        "canvas_user_id",
        "user_id",
        "login_id",
        "canvas_group_id",
        "group_id",
        "group_name",
    ];
    const HAS_SECTIONS: bool = true;
    const ONE_PER_USER: bool = true;

    fn other(&self) -> &[(String, String)] {
        &self.other
    }

    fn other_mut(&mut self) -> &mut Vec<(String, String)> {
        &mut self.other
    }
}

impl sealed::Row for TagRow {
    const COLUMNS: &'static [&'static str] = &[
        "canvas_user_id",
        "user_id",
        "login_id",
        "canvas_tag_id",
        "tag_id",
        "tag_name",
        "canvas_tag_set_id",
        "tag_set_id",
        "tag_set_name",
    ];
    const HAS_SECTIONS: bool = false;
    const ONE_PER_USER: bool = false;

    fn other(&self) -> &[(String, String)] {
        &self.other
    }

    fn other_mut(&mut self) -> &mut Vec<(String, String)> {
        &mut self.other
    }
}
