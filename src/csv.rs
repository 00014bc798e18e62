//! CSV: who is in which group or has which tag, in and out.
//!
//! | what for | request | permission |
//! |---|---|---|
//! | put students into groups | [`ImportGroups`] | to add groups |
//! | who is in which group | [`ExportGroups`] | to manage groups |
//! | give students tags | [`ImportTags`] | to add tags |
//! | who has which tag | [`ExportTags`] | to manage tags |
//!
//! [`ImportGroups`] and [`ImportTags`] take rows, or a ready file, and start a background job.
//! [`ExportGroups`] and [`ExportTags`] answer with a [`Csv`] of the same rows.
//!
//! An export is given as it came. Names in it may look like formulas, which spreadsheets run: write a
//! file for people with [`Csv::for_spreadsheets`], or cell by cell with [`spreadsheet_cell`].
//!
//! ```no_run
//! # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
//! use canvas_groups::{CategoryId, UserId, csv::{ExportGroups, GroupKey, GroupRow, ImportGroups, UserKey}};
//!
//! let category = CategoryId::new(4);
//! let rows = [
//!     GroupRow::new(UserId::new(35), GroupKey::name("Team 1")),
//!     GroupRow::new(UserKey::login("lcooper"), GroupKey::name("Team 2")),
//! ];
//! let job = canvas.send(ImportGroups::new(category, rows)).await?;
//!
//! for row in canvas.send(ExportGroups::new(category)).await?.rows() {
//!     let row = row?;
//!     println!("{:?}: {:?}", row.login_id, row.group_name);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! An import takes every listed student out of the group and puts them in again, changed or not. To
//! change only what differs from a file, and to see that first, use a [roster](crate::roster).
//!
//! Source: the Group Categories chapter of the Canvas LMS REST API, *Group Category CSV* and
//! *Differentiation Tag CSV*.

mod attachment;
mod check;
pub(crate) mod columns;
pub(crate) mod lines;
mod reader;
mod requests;
mod rows;
mod spreadsheet;

pub use crate::ids::keys::{GroupKey, TagKey, TagSetKey, UserKey};
pub use reader::{Csv, Rows};
pub use requests::{ExportGroups, ExportTags, ImportGroups, ImportTags};
pub use rows::{CsvRow, GroupRow, TagRow};
pub(crate) use spreadsheet::is_formula;
pub use spreadsheet::spreadsheet_cell;
