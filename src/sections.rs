//! Sections of courses, and the students in them.
//!
//! | what for | request | permission |
//! |---|---|---|
//! | the sections of a course, with their students | [`ListSections`] | to read the course; for students to read its roster |
//!
//! Source: the Sections chapter of the Canvas LMS REST API.

mod model;
mod requests;

pub use model::{Section, SectionInclude};
pub use requests::ListSections;
