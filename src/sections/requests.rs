//! The requests.

use super::{Section, SectionInclude};
use crate::{CourseRef, List, Page, request::request};

request! {
    /// Lists the sections of a course, by name.
    ///
    /// Needs the right to read the course. For callers who may neither read its roster nor see or
    /// manage all grades, `include` is ignored without an error.
    ///
    /// With `SectionInclude::Students` each section has all its students in one answer. For
    /// large sections list the [enrollments](crate::enrollments::ListCourseEnrollments) of the
    /// course, which come in pages and name their sections.
    ///
    /// # Errors
    /// `Invalid` for a search term that is too short.
    ///
    /// Source: *List course sections*.
    GET "courses/{course}/sections" => Page<Section>;
    pub struct ListSections {
        path { course: CourseRef }
        optional {
            /// Asks for more about each section.
            include: List<SectionInclude> = impl Into<List<SectionInclude>>,
            /// Only sections with this in their name: at least 2 characters. Older servers do not
            /// filter.
            search_term: String = impl Into<String>,
            /// How many sections a page holds, 1 to 100.
            per_page: u32,
        }
        endpoint { const ALWAYS_LINKED: bool = true; }
    }
}
