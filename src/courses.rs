//! Courses: those of an account, those of the caller, and one by its id.
//!
//! | what for | request | permission |
//! |---|---|---|
//! | the courses of an account | [`ListAccountCourses`] | to see its list of courses |
//! | the caller's courses | [`ListMyCourses`] | everyone |
//! | one course | [`GetCourse`] | to read the course |
//!
//! Who is in a course is in the modules [`users`](crate::users), [`sections`](crate::sections) and
//! [`enrollments`](crate::enrollments).
//!
//! Source: the Courses and Accounts chapters of the Canvas LMS REST API.

mod model;
mod parameters;
mod requests;

pub use model::{Course, CourseEnrollment, CourseState, Term};
pub use parameters::{CourseInclude, CourseSearchBy, CourseSort, CourseStateFilter, SortOrder};
pub use requests::{GetCourse, ListAccountCourses, ListMyCourses};
