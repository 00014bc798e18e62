//! Group categories: the group sets of the web pages, and the sets of differentiation tags.
//!
//! | what for | request | permission |
//! |---|---|---|
//! | the categories of an account | [`ListAccountCategories`] | any right over groups or tags |
//! | the categories of a course | [`ListCourseCategories`] | any right over groups or tags |
//! | one category | [`GetCategory`] | any right over its groups or tags |
//! | make one in an account | [`CreateAccountCategory`] | to add groups |
//! | make one in a course, with groups in it | [`CreateCourseCategory`] | to add groups |
//! | change one, the rest of its settings kept | [`UpdateCategory`] | to manage its groups or tags |
//! | delete one and its groups | [`DeleteCategory`] | to delete its groups or tags |
//! | its groups | [`ListCategoryGroups`] | any right over its groups or tags |
//! | its users, or those without a group | [`ListCategoryUsers`] | to read the roster; of tags to manage them |
//! | spread users over its groups, as a job | [`AssignUnassigned`] | to manage groups |
//! | the same while the call runs | [`AssignUnassignedNow`] | to manage groups |
//!
//! Source: the Group Categories chapter of the Canvas LMS REST API.

mod assign;
mod create;
mod model;
mod parameters;
mod requests;
mod update;

pub use assign::{
    AssignUnassigned, AssignUnassignedNow, AssignedGroup, AssignedMember, AssignedSection,
};
pub use create::{CreateAccountCategory, CreateCourseCategory};
pub use model::{AutoLeader, Category, SelfSignup};
pub use parameters::{CategoryInclude, SplitGroups};
pub use requests::{
    DeleteCategory, GetCategory, ListAccountCategories, ListCategoryGroups, ListCategoryUsers,
    ListCourseCategories,
};
pub use update::{CategorySettings, UpdateCategory};
