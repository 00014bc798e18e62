//! Imports and exports.

use bytes::Bytes;
use http::Method;
use serde::Serialize;

use super::{Csv, GroupRow, TagRow, attachment::Attachment};
use crate::{
    CategoryRef, CourseId, Endpoint,
    endpoint::{Content, service},
    error::Result,
    progress::Progress,
    request::request,
};

/// Puts students into the groups of a category by a CSV file, in the background.
///
/// Groups that are named and not there are made, deleted ones that an id names are restored, and
/// students are **moved**: who is in a row leaves the former group. Rows whose student or group id
/// is not found are skipped without a word; a group is made even then.
///
/// Needs the right to add groups. The category must not be that of communities.
///
/// # Errors
/// `Request` for rows that the server would skip, with row and column: no user, no group or a
/// blank one, a user a second time, no rows at all. Rows count from 1. For a ready file, with the
/// line: not UTF-8, another separator than a comma, no column for users or groups, a quote within a cell or
/// one that is not closed, no rows.
/// Nothing is sent then. What is wrong with the file for the server shows later, in the progress.
/// After a lost answer, look at the groups before importing again.
///
/// Source: *Create Groups in a Group Category through a CSV import*.
///
/// `POST group_categories/{category}/import`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use = "a request does nothing until a client sends it"]
pub struct ImportGroups {
    #[serde(skip)]
    category: CategoryRef,
    attachment: Attachment<GroupRow>,
}

impl ImportGroups {
    /// Imports rows.
    pub fn new(category: impl Into<CategoryRef>, rows: impl IntoIterator<Item = GroupRow>) -> Self {
        Self {
            category: category.into(),
            attachment: Attachment::rows(rows),
        }
    }

    /// Imports a file that is CSV already, such as one from `std::fs::read`. A byte order mark is
    /// taken off it.
    pub fn from_csv(category: impl Into<CategoryRef>, bytes: impl Into<Bytes>) -> Self {
        Self {
            category: category.into(),
            attachment: Attachment::file(bytes),
        }
    }

    /// Sends a ready file as it is, without looking into it, and rows even when several are about
    /// the same user: the server takes the first. All else about rows is checked all the same.
    pub fn unchecked(mut self) -> Self {
        self.attachment = self.attachment.unchecked();
        self
    }
}

impl Endpoint for ImportGroups {
    type Service = service::Canvas;
    type Response = Progress;
    const METHOD: Method = Method::POST;
    const ROUTE: &'static str = "group_categories/{category}/import";
    fn path(&self) -> String {
        format!("group_categories/{}/import", self.category.segment())
    }
    fn content(&self) -> Result<Content> {
        self.attachment.content()
    }
}

/// Gives the students of a course differentiation tags by a CSV file, in the background.
///
/// Tags and sets that are named and not there are made. A tag that exists is moved into the set
/// that its row names, with all who have it.
///
/// Needs the right to add tags, and an account that allows them. The course goes by its number.
///
/// # Errors
/// As [`ImportGroups`]; the same user may have several tags, but not the same one twice. Tags of one
/// name in different sets are not the same.
///
/// Source: *Create Differentiation Tags through a CSV import*.
///
/// `POST courses/{course}/group_categories/import_tags`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use = "a request does nothing until a client sends it"]
pub struct ImportTags {
    #[serde(skip)]
    course: CourseId,
    attachment: Attachment<TagRow>,
}

impl ImportTags {
    /// Imports rows.
    pub fn new(course: impl Into<CourseId>, rows: impl IntoIterator<Item = TagRow>) -> Self {
        Self {
            course: course.into(),
            attachment: Attachment::rows(rows),
        }
    }

    /// Imports a file that is CSV already, such as one from `std::fs::read`. A byte order mark is
    /// taken off it.
    pub fn from_csv(course: impl Into<CourseId>, bytes: impl Into<Bytes>) -> Self {
        Self {
            course: course.into(),
            attachment: Attachment::file(bytes),
        }
    }

    /// Sends a ready file as it is, without looking into it, and rows even when several give the
    /// same user the same tag. All else about rows is checked all the same.
    pub fn unchecked(mut self) -> Self {
        self.attachment = self.attachment.unchecked();
        self
    }
}

impl Endpoint for ImportTags {
    type Service = service::Canvas;
    type Response = Progress;
    const METHOD: Method = Method::POST;
    const ROUTE: &'static str = "courses/{course}/group_categories/import_tags";
    fn path(&self) -> String {
        format!(
            "courses/{}/group_categories/import_tags",
            self.course.segment()
        )
    }
    fn content(&self) -> Result<Content> {
        self.attachment.content()
    }
}

request! {
    /// Exports the students of a course with their groups in a category, one row each. To use the
    /// rows for an import, leave out those without a group.
    ///
    /// Needs the right to manage groups. The category must belong to a course: for one of an
    /// account the server fails.
    ///
    /// Source: *Export groups in and users in category*.
    GET "group_categories/{category}/export" => Csv<GroupRow>;
    pub struct ExportGroups {
        path { category: CategoryRef }
    }
}

request! {
    /// Exports the students of a course with their differentiation tags, one row for each tag of a
    /// student.
    ///
    /// Needs the right to manage tags, and an account that allows them. The course goes by its
    /// number.
    ///
    /// Source: *Export tags and users in course*.
    GET "courses/{course}/group_categories/export_tags" => Csv<TagRow>;
    pub struct ExportTags {
        path { course: CourseId }
    }
}
