//! Imports and exports.

use bytes::Bytes;
use http::Method;
use serde::Serialize;

use super::{Csv, GroupRow, TagRow, attachment::Attachment};
use crate::{
    CategoryRef, CourseRef, Endpoint,
    endpoint::{Content, service},
    error::Result,
    progress::Progress,
    request::request,
};

/// Puts students into the groups of a category by a CSV file, in the background.
///
/// Groups that are named and not there are made, deleted ones that an id names are restored with the
/// members they had, and students are **moved**: a student in a row leaves the former group. The
/// server silently skips rows whose student or group id it does not find; a group is made even
/// then. It finds students of the course who are active or invited, not those whose enrollment is
/// inactive or has ended.
///
/// **Every row removes and adds**, even where the student is in that very group: the membership gets
/// another id, moderators and leaders lose their role, no new leader is found, and everyone in a row
/// is notified. Limits of groups and rules of sections are not checked. Current servers also mark
/// the students' submissions for the group assignments as deleted. The rows are written by the
/// thousand: a job that fails on the way leaves some students in no group.
///
/// Rows without a group, as exports have them for students who are in none, are left out, and
/// [`left_out`](Self::left_out) tells how many there are.
///
/// Needs the right to add groups. The category must belong to a course and not be that of
/// communities.
///
/// # Errors
/// `Request` for rows that the server would skip or take otherwise than they are meant, with row and
/// column: no user, a blank group, a user a second time, a `status` that is neither `accepted` nor
/// `active`, no rows at all. Rows count from 1. For a ready file, with the line: not UTF-8, another
/// separator than a comma, no column for users or groups, a heading that the server would overlook,
/// a quote within a cell or one that is not closed, a `status` as above, no rows.
/// Nothing is sent then. What is wrong with the file for the server shows later, in the progress.
/// After a lost answer, look at the groups before importing again.
///
/// # Examples
/// The job tells how many students it took, on current servers, and so how many rows it skipped:
///
/// ```no_run
/// # async fn run(canvas: canvas_groups::Canvas, rows: Vec<canvas_groups::csv::GroupRow>) -> canvas_groups::Result<()> {
/// use canvas_groups::{CategoryId, csv::ImportGroups};
///
/// let import = ImportGroups::new(CategoryId::new(4), rows);
/// let job = canvas.send(&import).await?;
/// let job = canvas.wait(job).await?;
/// if let Some(outcome) = job.import_outcome() {
///     println!("{:?} students were not found", outcome.shortfall(import.user_count()));
/// }
/// # Ok(())
/// # }
/// ```
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

    /// Imports a file that is CSV already, such as one from `std::fs::read`. A byte order mark and a
    /// first line such as `sep=,` are taken off it.
    pub fn from_csv(category: impl Into<CategoryRef>, bytes: impl Into<Bytes>) -> Self {
        Self {
            category: category.into(),
            attachment: Attachment::file(bytes),
        }
    }

    /// Sends a ready file as it is, without looking into it, and rows even when several are about
    /// the same user: the server takes the first. Everything else about the rows is still checked.
    pub fn unchecked(mut self) -> Self {
        self.attachment = self.attachment.unchecked();
        self
    }

    /// How many rows were left out, since they name a student and no group. A ready file keeps such
    /// rows, and the server skips them.
    pub fn left_out(&self) -> usize {
        self.attachment.left_out()
    }

    /// How many different users the rows name, to compare with what the job says when it has ended:
    /// [`ImportOutcome::shortfall`](crate::progress::ImportOutcome::shortfall). A user who is named
    /// in two ways, such as by id and by login, counts twice.
    pub fn user_count(&self) -> usize {
        self.attachment.user_count()
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
    fn advice(&self) -> &'static [(u16, &'static str)] {
        &[(
            401,
            "groups cannot be imported into the category of communities",
        )]
    }
}

/// Gives the students of a course differentiation tags by a CSV file, in the background.
///
/// For the server, **tags of one name in a course are one tag**, in whichever sets they are, deleted
/// ones too, which are restored. A tag that is named and not there is made, in the set of its row or
/// else in a new set of its own name. A tag that exists is moved into the set that its row names,
/// with all who have it. **A set name that no set has is dangerous**: it becomes the new name of the
/// set that the tag is in, and for a new tag it is ignored. So rows that name a set by its name
/// alone are refused unless you say [`sets_exist`](Self::sets_exist). A name beside an id renames
/// that set too.
///
/// A row removes and adds, as for [`ImportGroups`]; other tags of the student stay, of the same set
/// too.
///
/// Needs the right to add tags, and an account that allows them.
///
/// # Errors
/// As [`ImportGroups`]; the same user may have several tags, but not the same one twice. `Request`
/// also for one tag with two sets, for one set with two names, and for sets by name as above.
///
/// Source: *Create Differentiation Tags through a CSV import*.
///
/// `POST courses/{course}/group_categories/import_tags`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use = "a request does nothing until a client sends it"]
pub struct ImportTags {
    #[serde(skip)]
    course: CourseRef,
    attachment: Attachment<TagRow>,
}

impl ImportTags {
    /// Imports rows.
    pub fn new(course: impl Into<CourseRef>, rows: impl IntoIterator<Item = TagRow>) -> Self {
        Self {
            course: course.into(),
            attachment: Attachment::rows(rows),
        }
    }

    /// Imports a file that is CSV already, such as one from `std::fs::read`. A byte order mark and a
    /// first line such as `sep=,` are taken off it.
    pub fn from_csv(course: impl Into<CourseRef>, bytes: impl Into<Bytes>) -> Self {
        Self {
            course: course.into(),
            attachment: Attachment::file(bytes),
        }
    }

    /// Sends a ready file as it is, without looking into it, and rows even when several give the
    /// same user the same tag. Everything else about the rows is still checked.
    pub fn unchecked(mut self) -> Self {
        self.attachment = self.attachment.unchecked();
        self
    }

    /// Says that there is a set for every row that names one by its name alone. If there is none, the
    /// server renames the set that the tag is in.
    pub fn sets_exist(mut self) -> Self {
        self.attachment = self.attachment.sets_exist();
        self
    }

    /// How many rows were left out, since they name a student and no tag. A ready file keeps such
    /// rows, and the server skips them.
    pub fn left_out(&self) -> usize {
        self.attachment.left_out()
    }

    /// How many different users the rows name, to compare with what the job says when it has ended:
    /// [`ImportOutcome::shortfall`](crate::progress::ImportOutcome::shortfall). A user who is named
    /// in two ways, such as by id and by login, counts twice.
    pub fn user_count(&self) -> usize {
        self.attachment.user_count()
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
    fn advice(&self) -> &'static [(u16, &'static str)] {
        &NO_TAGS
    }
}

/// Why the server refuses tags; it does not say so itself.
const NO_TAGS: [(u16, &str); 1] = [(
    401,
    "the account must allow differentiation tags, and the user of these credentials needs the right \
     over them",
)];

request! {
    /// Exports the active students of a course with their groups in a category, one row each. The
    /// rows can be imported again: [`ImportGroups`] leaves out those without a group. Invited
    /// students and staff are not in it.
    ///
    /// Needs the right to manage groups. The category must belong to a course: for one of an
    /// account the server fails.
    ///
    /// # Errors
    /// `Decode` for an answer whose first line is not the header of an export.
    ///
    /// Source: *Export groups in and users in category*.
    GET "group_categories/{category}/export" => Csv<GroupRow>;
    pub struct ExportGroups {
        path { category: CategoryRef }
    }
}

request! {
    /// Exports the active students of a course with their differentiation tags, one row for each
    /// tag of a student. Deleted tags are among them, and an import of the rows restores these.
    ///
    /// Needs the right to manage tags, and an account that allows them.
    ///
    /// # Errors
    /// `Decode` for an answer whose first line is not the header of an export.
    ///
    /// Source: *Export tags and users in course*.
    GET "courses/{course}/group_categories/export_tags" => Csv<TagRow>;
    pub struct ExportTags {
        path { course: CourseRef }
        endpoint {
            fn advice(&self) -> &'static [(u16, &'static str)] {
                &NO_TAGS
            }
        }
    }
}
