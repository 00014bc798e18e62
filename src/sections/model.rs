//! What comes back, and what can be asked for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_with::{DefaultOnNull, serde_as, skip_serializing_none};

use crate::{
    CourseId, SectionId, SisImportId, enrollments::EnrollmentKind, groups::Permissions,
    made_of::made_of, open_enum::open_enum, users::User,
};

open_enum! {
    /// What a section can be asked to bring along.
    pub enum SectionInclude {
        /// `Section::students`.
        Students = "students",
        /// `User::avatar_url` of the students.
        AvatarUrl = "avatar_url",
        /// `User::enrollments` of the students: the one in this section.
        Enrollments = "enrollments",
        /// `User::email` of the students. Undocumented.
        Email = "email",
        /// `Section::total_students`.
        TotalStudents = "total_students",
        /// `Section::user_count`. Undocumented.
        UserCount = "user_count",
        /// `Section::permissions`: only whether the caller may manage the calendar.
        Permissions = "permissions",
    }
}

/// A section of a course.
///
/// Fields are `None` where the server did not send them: because they were not asked for, because
/// the caller may not see them, or because there is nothing to say.
#[serde_as]
#[skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Section {
    /// The id.
    pub id: SectionId,
    /// The name; empty if the server sent none.
    #[serde_as(deserialize_as = "DefaultOnNull")]
    #[serde(default)]
    pub name: String,
    /// The course.
    pub course_id: Option<CourseId>,
    /// The course that the section was in before it was cross-listed.
    pub nonxlist_course_id: Option<CourseId>,
    /// When it begins, where that is set for the section itself.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub start_at: Option<Timestamp>,
    /// When it ends, where that is set for the section itself.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub end_at: Option<Timestamp>,
    /// Whether its dates bound what its users may do.
    pub restrict_enrollments_to_section_dates: Option<bool>,
    /// When it was created.
    #[serde(default, deserialize_with = "crate::lenient::timestamp")]
    pub created_at: Option<Timestamp>,
    /// The SIS id. For callers who may read SIS data.
    pub sis_section_id: Option<String>,
    /// The SIS id of the course. For callers who may read SIS data.
    pub sis_course_id: Option<String>,
    /// The SIS integration id. For callers who may read SIS data.
    pub integration_id: Option<String>,
    /// The SIS import that made the section. For callers who may manage SIS data.
    pub sis_import_id: Option<SisImportId>,
    /// The students, whatever the state of their enrollment, but not the test student. `None` also
    /// for a section without students. With `SectionInclude::Students`.
    pub students: Option<Vec<User>>,
    /// How many students are active or invited. With `SectionInclude::TotalStudents`.
    pub total_students: Option<u64>,
    /// How many users there are. With `SectionInclude::UserCount`.
    pub user_count: Option<u64>,
    /// What the caller may do. With `SectionInclude::Permissions`.
    pub permissions: Option<Permissions>,
    /// How the caller is enrolled in it. In `Course::sections`.
    pub enrollment_role: Option<EnrollmentKind>,
}

made_of! {
    Section { id: SectionId; name, course_id, nonxlist_course_id, start_at, end_at, restrict_enrollments_to_section_dates, created_at, sis_section_id, sis_course_id, integration_id, sis_import_id, students, total_students, user_count, permissions, enrollment_role }
}
