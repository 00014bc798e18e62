//! The requests that read and delete categories.

use super::{Category, CategoryInclude};
use crate::{
    AccountRef, CategoryRef, CourseRef, Deleted, List, Page,
    groups::{CollaborationState, Group},
    request::request,
    users::{User, UserExclude, UserInclude},
};

request! {
    /// Lists the group categories of an account, the built-in ones too, by id.
    ///
    /// Needs a right to add, manage or delete groups or tags.
    ///
    /// # Errors
    /// `Forbidden` also without a right for the kind that was asked for, `Invalid` for an unknown
    /// state.
    ///
    /// Source: *List group categories for a context*.
    GET "accounts/{account}/group_categories" => Page<Category>;
    pub struct ListAccountCategories {
        path { account: AccountRef }
        optional {
            /// Categories of groups, of differentiation tags, or of all that the caller may see;
            /// those of groups by default.
            collaboration_state: CollaborationState = impl Into<CollaborationState>,
            /// Asks for more about each category. Undocumented.
            include as "includes": List<CategoryInclude> = impl Into<List<CategoryInclude>>,
            /// How many categories a page holds, 1 to 100.
            per_page: u32,
        }
        endpoint { const ALWAYS_LINKED: bool = true; }
    }
}

request! {
    /// Lists the group categories of a course, the built-in ones too, by id.
    ///
    /// Needs a right to add, manage or delete groups or tags.
    ///
    /// # Errors
    /// As [`ListAccountCategories`].
    ///
    /// Source: *List group categories for a context*.
    GET "courses/{course}/group_categories" => Page<Category>;
    pub struct ListCourseCategories {
        path { course: CourseRef }
        optional {
            /// Categories of groups, of differentiation tags, or of all that the caller may see;
            /// those of groups by default.
            collaboration_state: CollaborationState = impl Into<CollaborationState>,
            /// Asks for more about each category. Undocumented.
            include as "includes": List<CategoryInclude> = impl Into<List<CategoryInclude>>,
            /// How many categories a page holds, 1 to 100.
            per_page: u32,
        }
        endpoint { const ALWAYS_LINKED: bool = true; }
    }
}

request! {
    /// Gets a group category.
    ///
    /// Needs a right to add, manage or delete its groups or tags.
    ///
    /// Source: *Get a single group category*.
    GET "group_categories/{category}" => Category;
    pub struct GetCategory {
        path { category: CategoryRef }
        optional {
            /// Asks for more about the category. Undocumented.
            include as "includes": List<CategoryInclude> = impl Into<List<CategoryInclude>>,
        }
    }
}

request! {
    /// Deletes a group category and all groups in it; the answer is the category as it was.
    ///
    /// The memberships stay: see [`DeleteGroup`](crate::groups::DeleteGroup).
    /// Needs the right to delete its groups or tags. The built-in categories for communities and
    /// for the groups that students organise cannot be deleted, that for imported groups can.
    ///
    /// # Errors
    /// `Forbidden` also for a category that cannot be deleted.
    ///
    /// Source: *Delete a Group Category*.
    DELETE "group_categories/{category}" => Deleted<Category>;
    pub struct DeleteCategory {
        path { category: CategoryRef }
        endpoint {
            fn advice(&self) -> &'static [(u16, &'static str)] {
                &[(
                    401,
                    "the built-in categories for communities and for the groups that students \
                     organise cannot be deleted",
                )]
            }
        }
    }
}

request! {
    /// Lists the active groups in a category, by name in the order of the language.
    ///
    /// Needs a right to add, manage or delete its groups or tags.
    ///
    /// Source: *List groups in group category*.
    GET "group_categories/{category}/groups" => Page<Group>;
    pub struct ListCategoryGroups {
        path { category: CategoryRef }
        optional {
            /// How many groups a page holds, 1 to 100.
            per_page: u32,
        }
        endpoint { const ALWAYS_LINKED: bool = true; }
    }
}

request! {
    /// Lists the users who can be in the groups of a category by their sortable names: all students
    /// of its course who are neither inactive nor finished, invited ones too, or all users of its
    /// account. With [`unassigned`](Self::unassigned) only those in no group.
    ///
    /// Needs the right to read the course's roster or the account, for tags that to manage tags.
    ///
    /// # Errors
    /// `Invalid` for a search term that is too short.
    ///
    /// Source: *List users in group category*.
    GET "group_categories/{category}/users" => Page<User>;
    pub struct ListCategoryUsers {
        path { category: CategoryRef }
        optional {
            /// Only users with this in their name, or with this id: at least 2 characters, on
            /// older servers 3.
            search_term: String = impl Into<String>,
            /// Only users who are in no active group of the category.
            unassigned: bool,
            /// Asks for more about each user. Undocumented.
            include: List<UserInclude> = impl Into<List<UserInclude>>,
            /// Leaves fields out. Undocumented.
            exclude: List<UserExclude> = impl Into<List<UserExclude>>,
            /// How many users a page holds, 1 to 100.
            per_page: u32,
        }
        endpoint { const ALWAYS_LINKED: bool = true; }
    }
}
