//! The requests.

use super::{User, UserInclude};
use crate::{
    CourseRef, List, Page, RoleId, UserId, UserRef,
    enrollments::{EnrollmentState, EnrollmentType},
    open_enum::open_enum,
    request::request,
};

open_enum! {
    /// By what the users of a course are sorted.
    pub enum UserSort {
        /// The sortable name, as by default.
        Username = "username",
        /// The last login.
        LastLogin = "last_login",
        /// The e-mail address.
        Email = "email",
        /// The SIS id.
        SisId = "sis_id",
    }
}

request! {
    /// Lists the users of a course, each once, by their sortable names.
    ///
    /// Needs the right to read the course's roster, or to see or manage all grades. Callers who
    /// are limited to their own sections see the users of those.
    ///
    /// By default users whose enrollment is active or invited are listed, and not the test student.
    /// `User::sis_user_id` and `User::email` come without being asked for, to callers who may see
    /// them. Of users who have not accepted their invitation logins and e-mail addresses are hidden
    /// from everyone.
    ///
    /// The list is not counted, so its pages come one after the other. The server removes the test
    /// student from a page that it has cut already, so any page may be shorter than asked.
    ///
    /// # Errors
    /// `Invalid` for a search term that is too short, and for a type of enrollment that the server
    /// does not know.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
    /// use canvas_groups::{CourseRef, enrollments::EnrollmentType, users::{ListCourseUsers, UserInclude}};
    ///
    /// let students = ListCourseUsers::new(CourseRef::sis("MATH-101"))
    ///     .enrollment_type([EnrollmentType::Student])
    ///     .include([UserInclude::Enrollments]);
    /// let mut students = canvas.stream(students);
    /// while let Some(student) = students.try_next().await? {
    ///     println!("{} {:?}", student.name, student.email);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Source: *List users in course*.
    GET "courses/{course}/users" => Page<User>;
    pub struct ListCourseUsers {
        path { course: CourseRef }
        optional {
            /// Only users with this in their name, in their login, SIS id or e-mail address where
            /// the caller may see those, or with this id: at least 2 characters, on older servers
            /// 3.
            search_term: String = impl Into<String>,
            /// Only users who are enrolled in one of these ways. Ignored with a role.
            enrollment_type: List<EnrollmentType> = impl Into<List<EnrollmentType>>,
            /// Only users with this role.
            enrollment_role_id: RoleId,
            /// Only users with an enrollment in one of these states, whatever the default is.
            enrollment_state: List<EnrollmentState> = impl Into<List<EnrollmentState>>,
            /// Inactive users too, for callers who may read the course as its staff. Undocumented.
            include_inactive: bool,
            /// Only these users. Their ids travel in the URL, which has room for about 180.
            user_ids: List<UserId> = impl Into<List<UserId>>,
            /// Asks for more about each user.
            include: List<UserInclude> = impl Into<List<UserInclude>>,
            /// What to sort by.
            sort: UserSort = impl Into<UserSort>,
            /// How many users a page holds, 1 to 100.
            per_page: u32,
        }
        endpoint { const ALWAYS_LINKED: bool = true; }
    }
}

request! {
    /// Gets a user by id, or by a key of the institution's own: this is how one SIS id or login
    /// becomes a number.
    ///
    /// For many of them, [`Canvas::resolve_users`](crate::Client::resolve_users) takes a list of a
    /// course in the place of a call for each person.
    ///
    /// Picture, language, permissions and, for callers who may see it, the e-mail address come
    /// without being asked for. Needs the right to see the user's details: the user has it, and
    /// administrators of the account.
    ///
    /// # Errors
    /// `NotFound` for a key that nobody has, for a deleted user and, on current servers, without
    /// the right; on older ones that is `Forbidden`.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
    /// use canvas_groups::{UserRef, users::GetUser};
    ///
    /// let user = canvas.send(GetUser::new(UserRef::sis("SHEL93921"))).await?;
    /// println!("{}", user.id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Source: *Show user details*.
    GET "users/{user}" => User;
    pub struct GetUser {
        path { user: UserRef }
        optional {
            /// Asks for more about the user: `Uuid` and `LastLogin` are documented.
            include: List<UserInclude> = impl Into<List<UserInclude>>,
        }
    }
}
