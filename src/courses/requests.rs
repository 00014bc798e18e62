//! The requests.

use jiff::Timestamp;

use super::{Course, CourseInclude, CourseSearchBy, CourseSort, CourseStateFilter, SortOrder};
use crate::{
    AccountRef, CourseRef, List, Page, RoleId, TermRef, UserRef,
    enrollments::{EnrollmentState, EnrollmentType},
    request::request,
};

request! {
    /// Lists the courses of an account and of the accounts below it, by id.
    ///
    /// All but deleted courses are listed, whatever their state. Needs the right to see the
    /// account's list of courses, which administrators have. The list is not counted, so its pages
    /// come one after the other.
    ///
    /// # Errors
    /// `Invalid` for a search term that is too short; `NotFound` also for an unknown term.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
    /// use canvas_groups::{AccountRef, TermRef, courses::ListAccountCourses};
    ///
    /// let list = ListAccountCourses::new(AccountRef::self_())
    ///     .enrollment_term_id(TermRef::sis("2026-autumn"))
    ///     .published(true);
    /// let mut courses = canvas.stream(list);
    /// while let Some(course) = courses.try_next().await? {
    ///     println!("{} {}", course.id, course.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Source: *List active courses in an account*.
    GET "accounts/{account}/courses" => Page<Course>;
    pub struct ListAccountCourses {
        path { account: AccountRef }
        optional {
            /// Only courses with this in their name or code, in their SIS id for callers who may
            /// read SIS data, or with this id: at least 2 characters, on older servers 3.
            search_term: String = impl Into<String>,
            /// Whether the term is looked for in the courses, as by default, or in the names of
            /// their teachers.
            search_by: CourseSearchBy = impl Into<CourseSearchBy>,
            /// Only courses of this term.
            enrollment_term_id: TermRef = impl Into<TermRef>,
            /// Only published courses, or only others.
            published: bool,
            /// Only courses that are over, by hand or by the dates of their term, or only others.
            completed: bool,
            /// Only courses in which somebody is enrolled, or only empty ones.
            with_enrollments: bool,
            /// Only courses in which somebody is enrolled in one of these ways.
            enrollment_type: List<EnrollmentType> = impl Into<List<EnrollmentType>>,
            /// Only courses in one of these states.
            state: List<CourseStateFilter> = impl Into<List<CourseStateFilter>>,
            /// Only courses with one of these teachers.
            by_teachers: List<UserRef> = impl Into<List<UserRef>>,
            /// Only courses of these accounts, which are below this one.
            by_subaccounts: List<AccountRef> = impl Into<List<AccountRef>>,
            /// Only blueprint courses, or only others.
            blueprint: bool,
            /// Only courses that get content from a blueprint course, or only others.
            blueprint_associated: bool,
            /// Only courses that everyone may see, or only others.
            public: bool,
            /// Only homeroom courses.
            homeroom: bool,
            /// Only courses that begin until then, or whose term does, and those without a
            /// beginning.
            starts_before: Timestamp,
            /// Only courses that end from then on, or whose term does, and those without an end.
            ends_after: Timestamp,
            /// Asks for more about each course.
            include: List<CourseInclude> = impl Into<List<CourseInclude>>,
            /// What to sort by; the id by default.
            sort: CourseSort = impl Into<CourseSort>,
            /// The direction. Ignored without `sort`.
            order: SortOrder = impl Into<SortOrder>,
            /// How many courses a page holds, 1 to 100.
            per_page: u32,
        }
        endpoint { const ALWAYS_LINKED: bool = true; }
    }
}

request! {
    /// Lists the courses that the caller is enrolled in, by name.
    ///
    /// By default these are the current ones: students and observers see published courses alone,
    /// all others unpublished ones too. An administrator who is enrolled nowhere gets an empty
    /// list: the courses of the account are those of [`ListAccountCourses`].
    ///
    /// Source: *List your courses*.
    GET "courses" => Page<Course>;
    pub struct ListMyCourses {
        optional {
            /// Only courses in which the caller is enrolled in this way. Ignored with a role.
            enrollment_type: EnrollmentType = impl Into<EnrollmentType>,
            /// Only courses in which the caller has this role.
            enrollment_role_id: RoleId,
            /// Only courses in which the caller has an enrollment in this state, by the dates of
            /// section, course and term: `Active`, `InvitedOrPending` or `Completed`.
            enrollment_state: EnrollmentState = impl Into<EnrollmentState>,
            /// Only courses in one of these states.
            state: List<CourseStateFilter> = impl Into<List<CourseStateFilter>>,
            /// Leaves out blueprint courses.
            exclude_blueprint_courses: bool,
            /// Asks for more about each course.
            include: List<CourseInclude> = impl Into<List<CourseInclude>>,
            /// How many courses a page holds, 1 to 100.
            per_page: u32,
        }
        endpoint { const ALWAYS_LINKED: bool = true; }
    }
}

request! {
    /// Gets a course.
    ///
    /// Needs the right to read it: who is enrolled, administrators, and everyone for a public one.
    ///
    /// # Errors
    /// `NotFound` also for a deleted course, without `CourseInclude::AllCourses`.
    ///
    /// Source: *Get a single course*.
    GET "courses/{course}" => Course;
    pub struct GetCourse {
        path { course: CourseRef }
        optional {
            /// Asks for more about the course.
            include: List<CourseInclude> = impl Into<List<CourseInclude>>,
            /// How many teachers are shown at most. If there are more, only their number is.
            teacher_limit: u32,
        }
    }
}
