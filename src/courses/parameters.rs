//! What requests can ask for.

use crate::open_enum::open_enum;

open_enum! {
    /// What a course can be asked to bring along.
    pub enum CourseInclude {
        /// `Course::term`.
        Term = "term",
        /// `Course::account_name`. In the list of an account.
        AccountName = "account_name",
        /// `Course::sections`: those in which the caller is. Not in the list of an account.
        Sections = "sections",
        /// `Course::teachers`.
        Teachers = "teachers",
        /// `Course::total_students`.
        TotalStudents = "total_students",
        /// `Course::concluded`.
        Concluded = "concluded",
        /// `Course::is_favorite`.
        Favorites = "favorites",
        /// `Course::public_description`.
        PublicDescription = "public_description",
        /// `Course::storage_quota_used_mb`.
        StorageQuotaUsedMb = "storage_quota_used_mb",
        /// `Course::tabs`.
        Tabs = "tabs",
        /// Students whom the caller observes, among `Course::enrollments`.
        ObservedUsers = "observed_users",
        /// `Course::permissions`. With `GetCourse` alone.
        Permissions = "permissions",
        /// `Course::lti_context_id`. With `GetCourse` alone.
        LtiContextId = "lti_context_id",
        /// Finds the course even if it was deleted. With `GetCourse` alone.
        AllCourses = "all_courses",
    }
}

open_enum! {
    /// The states that filters of courses take. They are finer than those of
    /// [`CourseState`](super::CourseState): an unpublished course is created or claimed.
    pub enum CourseStateFilter {
        /// Not published, and nobody has taken it over yet. In the list of an account.
        Created = "created",
        /// Not published, with a teacher. In the list of an account.
        Claimed = "claimed",
        /// Not published. In the list of the caller.
        Unpublished = "unpublished",
        /// Published.
        Available = "available",
        /// Concluded by hand.
        Completed = "completed",
        /// Deleted.
        Deleted = "deleted",
        /// All of them, deleted ones too. In the list of an account.
        All = "all",
    }
}

open_enum! {
    /// By what the courses of an account are sorted.
    pub enum CourseSort {
        /// The name.
        CourseName = "course_name",
        /// The SIS id.
        SisCourseId = "sis_course_id",
        /// The first of the teachers by name.
        Teacher = "teacher",
        /// The name of the account that the course is in.
        AccountName = "account_name",
        /// The name of the term. Undocumented.
        Term = "term",
    }
}

open_enum! {
    /// In what direction a list is sorted.
    pub enum SortOrder {
        /// The smallest first.
        Asc = "asc",
        /// The largest first.
        Desc = "desc",
    }
}

open_enum! {
    /// Where a search term is looked for in the courses of an account.
    pub enum CourseSearchBy {
        /// The name, the code and, for callers who may read SIS data, the SIS id of the course.
        Course = "course",
        /// The names of its teachers.
        Teacher = "teacher",
    }
}
