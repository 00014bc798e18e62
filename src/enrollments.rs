//! Enrollments: who is in a course, in which section, as what, and in what state.
//!
//! | what for | request | permission |
//! |---|---|---|
//! | the enrollments of a course | [`ListCourseEnrollments`] | to read its roster, or to see or manage all grades |
//! | the enrollments of a section | [`ListSectionEnrollments`] | the same |
//!
//! Somebody who is in two sections of a course, or a teacher and a student of it, has two
//! enrollments. For each person once, there is
//! [`ListCourseUsers`](crate::users::ListCourseUsers).
//!
//! Source: the Enrollments chapter of the Canvas LMS REST API.

mod model;
mod requests;

pub use model::{Enrollment, EnrollmentInclude, EnrollmentKind, EnrollmentState, EnrollmentType};
pub use requests::{ListCourseEnrollments, ListSectionEnrollments};
