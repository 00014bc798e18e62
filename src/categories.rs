//! Group categories: the group sets of the web pages, and the sets of differentiation tags.
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
pub use parameters::CategoryInclude;
pub(crate) use parameters::SplitGroups;
pub use requests::{
    DeleteCategory, GetCategory, ListAccountCategories, ListCategoryGroups, ListCategoryUsers,
    ListCourseCategories,
};
pub use update::{CategorySettings, UpdateCategory};
