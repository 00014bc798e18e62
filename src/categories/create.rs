//! The requests that create categories.

use jiff::Timestamp;

use super::{AutoLeader, Category, CategoryInclude, SelfSignup, SplitGroups};
use crate::{AccountRef, CourseRef, List, request::request};

request! {
    /// Creates a group category in an account.
    ///
    /// Needs the right to add groups. The server makes no groups in it, whatever is asked for: the
    /// parameters for that are those of courses.
    ///
    /// # Errors
    /// `Invalid` for a name that is blank, taken, reserved or of over 255 characters, for a limit
    /// below 2, and for self sign-up, which only the category for communities may have. `Forbidden` for an SIS id
    /// without the right to manage SIS data: **the category was created all the same**, without the
    /// id, and a second try finds its name taken.
    ///
    /// Source: *Create a Group Category*.
    POST "accounts/{account}/group_categories" => Category;
    pub struct CreateAccountCategory {
        path { account: AccountRef }
        required {
            /// the name, 1 to 255 characters.
            name: String = impl Into<String>
        }
        optional {
            /// Makes the groups in it differentiation tags. Of no use here: tags must belong to a
            /// course.
            non_collaborative: bool,
            /// Lets users join groups by themselves.
            self_signup: SelfSignup,
            /// Finds a leader for each group by itself.
            auto_leader: AutoLeader,
            /// How many members a group may have, at least 2.
            group_limit: u64,
            /// The SIS id, unique in the root account. Needs the right to manage SIS data.
            sis_group_category_id: String = impl Into<String>,
            /// Asks for more about the new category. Undocumented.
            include as "includes": List<CategoryInclude> = impl Into<List<CategoryInclude>>,
            /// The older form of `self_signup`. Undocumented.
            enable_self_signup: bool,
            /// With `enable_self_signup`: within sections only. Undocumented.
            restrict_self_signup: bool,
            /// Until when users may join by themselves. Undocumented, not on all servers.
            self_signup_end_at: Timestamp,
            /// The older form of `auto_leader`. Set `auto_leader_type` too. Undocumented.
            enable_auto_leader: bool,
            /// With `enable_auto_leader`: which leader. Undocumented.
            auto_leader_type: AutoLeader,
        }
    }
}

request! {
    /// Creates a group category in a course: a group set.
    ///
    /// Needs the right to add groups. For a set of differentiation tags use
    /// [`ManageTags`](crate::tags::ManageTags), which creates the tags in the same step.
    ///
    /// Groups asked for without self sign-up are **filled with the students of the course** at
    /// once, while the call runs. For empty groups, also set self sign-up, or
    /// [`assign_async(true)`](Self::assign_async).
    ///
    /// # Errors
    /// `Invalid` for a name that is blank, taken, reserved or too long, and for a limit below 2.
    /// `Forbidden` for an SIS id without the right to manage SIS data: **the category was created
    /// all the same**, without the id, and a second try finds its name taken.
    ///
    /// # Examples
    /// ```
    /// use canvas_groups::{CourseId, categories::{CreateCourseCategory, SelfSignup}};
    ///
    /// let five_empty_groups = CreateCourseCategory::new(CourseId::new(7), "Project Groups")
    ///     .self_signup(SelfSignup::Enabled)
    ///     .group_limit(4)
    ///     .create_group_count(5);
    /// ```
    ///
    /// Source: *Create a Group Category*.
    POST "courses/{course}/group_categories" => Category;
    pub struct CreateCourseCategory {
        path { course: CourseRef }
        required {
            /// the name, 1 to 255 characters; where groups are made, up to 4 fewer.
            name: String = impl Into<String>
        }
        optional {
            /// Makes the groups in it differentiation tags. Needs the right to add tags, and on
            /// current servers that to add groups too; servers may ignore it.
            non_collaborative: bool,
            /// Lets students join groups by themselves.
            self_signup: SelfSignup,
            /// Finds a leader for each group by itself.
            auto_leader: AutoLeader,
            /// How many members a group may have, at least 2. Documented to need self sign-up;
            /// servers take it without.
            group_limit: u64,
            /// The SIS id, unique in the root account. Needs the right to manage SIS data.
            sis_group_category_id: String = impl Into<String>,
            /// Makes this number of groups, 1 to 200; more count as 200.
            create_group_count: u32,
            /// Makes this number of groups, 1 to 200, and spreads the students over them while the
            /// call runs. Not together with self sign-up. Deprecated by the API: use
            /// `create_group_count` and [`AssignUnassigned`](super::AssignUnassigned).
            split_group_count: u32,
            /// Asks for more about the new category. Undocumented.
            include as "includes": List<CategoryInclude> = impl Into<List<CategoryInclude>>,
            /// The older form of `self_signup`. Undocumented.
            enable_self_signup: bool,
            /// With `enable_self_signup`: within sections only. Undocumented.
            restrict_self_signup: bool,
            /// Until when students may join by themselves. Undocumented, not on all servers.
            self_signup_end_at: Timestamp,
            /// The older form of `auto_leader`. Set `auto_leader_type` too. Undocumented.
            enable_auto_leader: bool,
            /// With `enable_auto_leader`: which leader. Undocumented.
            auto_leader_type: AutoLeader,
            /// False keeps both counts from making groups, where there is no self sign-up.
            /// Undocumented.
            split_groups: SplitGroups = bool,
            /// Spreads students so that a group's members share a section. Undocumented.
            group_by_section: bool,
            /// Makes the groups and leaves them empty, for an assignment later. Undocumented.
            assign_async: bool,
            /// How many members each new group gets. Undocumented.
            create_group_member_count: u32,
        }
    }
}
