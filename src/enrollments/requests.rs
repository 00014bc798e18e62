//! The requests.

use super::{Enrollment, EnrollmentInclude, EnrollmentKind, EnrollmentState};
use crate::{CourseRef, List, Page, SectionRef, SisId, UserRef, request::request};

request! {
    /// Lists the enrollments of a course, by the sortable names of their users.
    ///
    /// Needs the right to read the course's roster, or to see or manage all grades. Callers who
    /// are limited to their own sections see those; observers see their own enrollments and those
    /// of the students whom they observe.
    ///
    /// By default active and invited enrollments are listed, to those who may read the course as
    /// its staff inactive ones too; never rejected, concluded or deleted ones.
    ///
    /// # Errors
    /// `Request` for a blank SIS id; nothing is sent then. `Forbidden`; `Invalid` for a role that the
    /// account does not have, and for a filter by SIS ids without the right to read SIS data in the
    /// course.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
    /// use canvas_groups::CourseRef;
    /// use canvas_groups::enrollments::{EnrollmentKind, EnrollmentState, ListCourseEnrollments};
    ///
    /// let students = ListCourseEnrollments::new(CourseRef::sis("MATH-101"))
    ///     .kind([EnrollmentKind::Student])
    ///     .state([EnrollmentState::Active]);
    /// for enrollment in canvas.stream(students).try_collect::<Vec<_>>().await? {
    ///     println!("{:?} is in section {:?}", enrollment.user_id, enrollment.course_section_id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Source: *List enrollments*.
    GET "courses/{course}/enrollments" => Page<Enrollment>;
    pub struct ListCourseEnrollments {
        path { course: CourseRef }
        optional {
            /// Only enrollments of these types, the field `type` of the API. Ignored with `role`.
            kind as "type": List<EnrollmentKind> = impl Into<List<EnrollmentKind>>,
            /// Only enrollments with these roles, by name: those of the account's own, or the
            /// words of the types.
            role: List<String> = impl Into<List<String>>,
            /// Only enrollments in these states, whatever the default is.
            state: List<EnrollmentState> = impl Into<List<EnrollmentState>>,
            /// Asks for more about each enrollment and its user.
            include: List<EnrollmentInclude> = impl Into<List<EnrollmentInclude>>,
            /// Only enrollments of this user. Callers may always ask for their own.
            user_id: UserRef = impl Into<UserRef>,
            /// Only enrollments of users with these SIS ids. Inactive ones are among them. Each id
            /// costs the server a search: for many,
            /// [`Canvas::resolve_users`](crate::Client::resolve_users) is the better way.
            sis_user_id: List<SisId> = impl Into<List<SisId>>,
            /// With `sis_user_id`: only enrollments that an SIS import made for that very id.
            created_for_sis_id: bool,
            /// Only enrollments in sections with these SIS ids.
            sis_section_id: List<SisId> = impl Into<List<SisId>>,
            /// How many enrollments a page holds, 1 to 100.
            per_page: u32,
        }
        endpoint { const ALWAYS_LINKED: bool = true; }
    }
}

request! {
    /// Lists the enrollments of a section, by the sortable names of their users.
    ///
    /// Who may, what is listed by default and what can go wrong is as with
    /// [`ListCourseEnrollments`], by the rights in the section's course.
    ///
    /// Source: *List enrollments*.
    GET "sections/{section}/enrollments" => Page<Enrollment>;
    pub struct ListSectionEnrollments {
        path { section: SectionRef }
        optional {
            /// Only enrollments of these types, the field `type` of the API. Ignored with `role`.
            kind as "type": List<EnrollmentKind> = impl Into<List<EnrollmentKind>>,
            /// Only enrollments with these roles, by name: those of the account's own, or the
            /// words of the types.
            role: List<String> = impl Into<List<String>>,
            /// Only enrollments in these states, whatever the default is.
            state: List<EnrollmentState> = impl Into<List<EnrollmentState>>,
            /// Asks for more about each enrollment and its user.
            include: List<EnrollmentInclude> = impl Into<List<EnrollmentInclude>>,
            /// Only enrollments of this user. Callers may always ask for their own.
            user_id: UserRef = impl Into<UserRef>,
            /// Only enrollments of users with these SIS ids. Inactive ones are among them.
            sis_user_id: List<SisId> = impl Into<List<SisId>>,
            /// With `sis_user_id`: only enrollments that an SIS import made for that very id.
            created_for_sis_id: bool,
            /// How many enrollments a page holds, 1 to 100.
            per_page: u32,
        }
        endpoint { const ALWAYS_LINKED: bool = true; }
    }
}
