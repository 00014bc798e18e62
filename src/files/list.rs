//! The files of a group.

use super::File;
use crate::{GroupRef, List, Page, courses::SortOrder, open_enum::open_enum, request::request};

open_enum! {
    /// What a file in a list can be asked to bring along.
    pub enum FileInclude {
        /// `File::user`.
        User = "user",
        /// `File::usage_rights`.
        UsageRights = "usage_rights",
    }
}

open_enum! {
    /// By what files are sorted.
    pub enum FileSort {
        /// The name to show, as by default.
        Name = "name",
        /// The size.
        Size = "size",
        /// When it was created.
        CreatedAt = "created_at",
        /// When its record last changed.
        UpdatedAt = "updated_at",
        /// The media type.
        ContentType = "content_type",
        /// The name of who uploaded it, who comes along then.
        User = "user",
    }
}

request! {
    /// Lists the files of a group, in all its folders, by name.
    ///
    /// Needs the right to read the group's files: its members and administrators have it. Files
    /// that are hidden or locked, also by their folder, are listed to those alone who may change
    /// files.
    ///
    /// # Errors
    /// `Invalid` for a search term that is too short.
    ///
    /// Source: *List files*.
    GET "groups/{group}/files" => Page<File>;
    pub struct ListGroupFiles {
        path { group: GroupRef }
        optional {
            /// Only files with this in the name to show: at least 2 characters.
            search_term: String = impl Into<String>,
            /// Only files of these media types: `image/png`, or `image` for all images.
            content_types: List<String> = impl Into<List<String>>,
            /// No files of these media types. Older servers leave none out.
            exclude_content_types: List<String> = impl Into<List<String>>,
            /// Asks for more about each file.
            include: List<FileInclude> = impl Into<List<FileInclude>>,
            /// What to sort by.
            sort: FileSort = impl Into<FileSort>,
            /// The direction.
            order: SortOrder = impl Into<SortOrder>,
            /// How many files a page holds, 1 to 100.
            per_page: u32,
        }
        endpoint { const ALWAYS_LINKED: bool = true; }
    }
}
