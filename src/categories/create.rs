//! The requests that create categories.

use jiff::Timestamp;
use serde::Serialize;

use super::{AutoLeader, Category, CategoryInclude, SelfSignup, SplitGroups};
use crate::{
    AccountRef, Content, CourseRef, List, Result, SisId,
    request::{refused_with_sis_id, request},
};

request! {
    /// Creates a group category in an account.
    ///
    /// Needs the right to add groups. The server makes no groups in it, whatever is asked for: the
    /// parameters for that are those of courses.
    ///
    /// # Errors
    /// `Request` for a blank SIS id; nothing is sent then. `Invalid` for a name that is blank, taken,
    /// reserved or of over 255 characters, for a limit below 2, and for self sign-up, which only the
    /// category for communities may have.
    ///
    /// `Forbidden` (401) for an SIS id without the right to manage SIS data, and `Invalid` (422) for
    /// one that is taken: **the category was created all the same**, without the id, and a second
    /// try finds its name taken. [`outcome_unknown`](crate::Error::outcome_unknown) is true then.
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
            /// Makes the groups in it differentiation tags. The server ignores it here: tags must
            /// belong to a course.
            non_collaborative: bool,
            /// Lets users join groups by themselves.
            self_signup: SelfSignup = impl Into<SelfSignup>,
            /// Has the server find a leader for each group.
            auto_leader: AutoLeader = impl Into<AutoLeader>,
            /// How many members a group may have, at least 2.
            group_limit: u64,
            /// The SIS id, unique in the root account, deleted categories counted. Needs the right
            /// to manage SIS data in the root account.
            sis_group_category_id: SisId = impl Into<SisId>,
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
            auto_leader_type: AutoLeader = impl Into<AutoLeader>,
        }
        endpoint {
            fn refused_after_write(&self) -> &'static [u16] {
                refused_with_sis_id(self.sis_group_category_id.as_ref())
            }
        }
    }
}

request! {
    /// Creates a group category in a course: a group set.
    ///
    /// Needs the right to add groups. For a set of differentiation tags use
    /// [`ManageTags`](crate::tags::ManageTags), which creates the tags in the same step.
    ///
    /// A number of groups asked for without self sign-up makes groups that are **filled with the
    /// students of the course** at once, while the call runs. For empty groups, also set self
    /// sign-up, or [`assign_async(true)`](Self::assign_async). A number of members alone
    /// ([`create_group_member_count`](Self::create_group_member_count)) leaves its groups empty,
    /// unless [`split_groups`](Self::split_groups) says otherwise.
    ///
    /// # Errors
    /// `Request` for a blank SIS id; nothing is sent then. `Invalid` for a name that is blank, taken,
    /// reserved or too long, and for a limit below 2.
    ///
    /// `Forbidden` (401) for an SIS id without the right to manage SIS data, and `Invalid` (422) for
    /// one that is taken: **the category was created all the same**, without the id, and a second
    /// try finds its name taken. [`outcome_unknown`](crate::Error::outcome_unknown) is true then.
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
    #[doc(alias = "group set")]
    POST "courses/{course}/group_categories" => Category;
    pub struct CreateCourseCategory {
        path { course: CourseRef }
        required {
            /// the name, 1 to 255 characters; where groups are made, up to 4 fewer.
            name: String = impl Into<String>
        }
        optional {
            /// Makes the groups in it differentiation tags. Needs the right to add tags in the place
            /// of that to add groups. Servers that know no tags ignore it, and some may not store
            /// it: [`ManageTags`](crate::tags::ManageTags) is the sure way.
            non_collaborative: bool,
            /// Lets students join groups by themselves.
            self_signup: SelfSignup = impl Into<SelfSignup>,
            /// Has the server find a leader for each group.
            auto_leader: AutoLeader = impl Into<AutoLeader>,
            /// How many members a group may have, at least 2; it becomes the limit of every group
            /// made later. Documented to need self sign-up, but servers take it without.
            group_limit: u64,
            /// The SIS id, unique in the root account, deleted categories counted. Needs the right
            /// to manage SIS data in the root account.
            sis_group_category_id: SisId = impl Into<SisId>,
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
            auto_leader_type: AutoLeader = impl Into<AutoLeader>,
            /// Which count decides, where there is no self sign-up. Undocumented.
            split_groups: SplitGroups = impl Into<SplitGroups>,
            /// Spreads students so that a group's members share a section. Where that cannot be, the
            /// groups are made and left empty, and that is no error. Undocumented.
            group_by_section: bool,
            /// Makes the groups and leaves them empty: nobody is assigned later either. Undocumented.
            assign_async: bool,
            /// Makes as many groups as it takes to hold all students without a group, this number in
            /// each. Without `SplitGroups::ByMemberCount` the groups stay empty. Beside a number of
            /// groups, this one decides. Undocumented.
            create_group_member_count: u32,
        }
        endpoint {
            fn content(&self) -> Result<Content> {
                /// The server picks the right to ask for by the nested form and stores the flat one.
                /// No other request has a wrapper around its parameters.
                #[derive(Serialize)]
                struct Both<'a> {
                    #[serde(flatten)]
                    request: &'a CreateCourseCategory,
                    #[serde(skip_serializing_if = "Option::is_none")]
                    category: Option<Nested>,
                }
                #[derive(Serialize)]
                struct Nested {
                    non_collaborative: bool,
                }
                let is_tag_set = self.non_collaborative == Some(true);
                Content::json(&Both {
                    request: self,
                    category: is_tag_set.then_some(Nested { non_collaborative: true }),
                })
            }
            fn refused_after_write(&self) -> &'static [u16] {
                refused_with_sis_id(self.sis_group_category_id.as_ref())
            }
        }
    }
}
