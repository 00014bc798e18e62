//! The change of a category, which replaces three settings whether it names them or not.

use http::Method;
use jiff::Timestamp;
use serde::Serialize;

use super::{AutoLeader, Category, CategoryInclude, SelfSignup, SplitGroups};
use crate::{CategoryRef, Endpoint, List, SisId, request::refused_with_sis_id, service};

/// The settings of a category that every change replaces. All three must be named: what is `None`
/// here is switched off.
///
/// The date until which students may join by themselves is not among them, and it is not known
/// whether servers keep it: where there is one, set it with the change
/// ([`self_signup_end_at`](UpdateCategory::self_signup_end_at)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategorySettings {
    /// Whether students may join by themselves; `None` if not.
    pub self_signup: Option<SelfSignup>,
    /// How leaders are found; `None` for no leaders.
    pub auto_leader: Option<AutoLeader>,
    /// How many members a group may have, at least 2; `None` for no limit.
    pub group_limit: Option<u64>,
}

/// Changes a group category.
///
/// The server keeps the name and the SIS id where they are not sent, but every change replaces self
/// sign-up, leaders and the group limit: where they are missing, it switches them off. So the
/// request always sends them, either as they are ([`of`](Self::of)) or as you say
/// ([`replace`](Self::replace)). Each can be switched off by a method of its own.
///
/// A change of these settings that somebody else makes between the reading of the category and the
/// sending of this request is undone, so read it shortly before.
///
/// Needs the right to manage its groups or tags. Built-in categories can be changed too.
///
/// # Errors
/// `Request` for a blank SIS id; nothing is sent then. `Invalid` for a name that is blank, taken or
/// reserved, a limit below 2, and self sign-up in an account.
///
/// An SIS id that is taken, or that the caller may not set, is **no error**: the answer is as after
/// a success, with the old id. Read the category again to see whether it has the new one.
///
/// # Examples
/// ```no_run
/// # async fn run(canvas: canvas_groups::Canvas) -> canvas_groups::Result<()> {
/// use canvas_groups::{CategoryId, categories::{GetCategory, UpdateCategory}};
///
/// let category = canvas.send(GetCategory::new(CategoryId::new(17))).await?;
/// canvas.send(UpdateCategory::of(&category).name("Project Groups")).await?;
/// canvas.send(UpdateCategory::of(&category).clear_group_limit()).await?;
/// # Ok(())
/// # }
/// ```
///
/// Without having read it, all three settings are named:
///
/// ```
/// use canvas_groups::{CategoryRef, categories::{CategorySettings, SelfSignup, UpdateCategory}};
///
/// let settings = CategorySettings {
///     self_signup: Some(SelfSignup::Restricted),
///     auto_leader: None,
///     group_limit: Some(5),
/// };
/// let request = UpdateCategory::replace(CategoryRef::sis("lab-sets"), settings);
/// ```
///
/// Source: *Update a Group Category*.
///
/// `PUT group_categories/{category}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use = "a request does nothing until a client sends it"]
pub struct UpdateCategory {
    #[serde(skip)]
    category: CategoryRef,
    // These three are sent even where they are `None`: null is what switches a setting off.
    self_signup: Option<SelfSignup>,
    auto_leader: Option<AutoLeader>,
    group_limit: Option<u64>,
    #[serde(flatten)]
    changes: Changes,
}

/// What is left out where it is not set.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
struct Changes {
    name: Option<String>,
    sis_group_category_id: Option<SisId>,
    self_signup_end_at: Option<Option<Timestamp>>,
    create_group_count: Option<u32>,
    split_group_count: Option<u32>,
    split_groups: Option<SplitGroups>,
    group_by_section: Option<bool>,
    assign_async: Option<bool>,
    create_group_member_count: Option<u32>,
    includes: Option<List<CategoryInclude>>,
}

impl UpdateCategory {
    /// A change of a category that was read before. Its settings are sent again as they are.
    pub fn of(category: &Category) -> Self {
        let settings = CategorySettings {
            self_signup: category.self_signup.clone(),
            auto_leader: category.auto_leader.clone(),
            group_limit: category.group_limit,
        };
        let mut this = Self::replace(category.id, settings);
        this.changes.self_signup_end_at = category.self_signup_end_at.map(Some);
        this
    }

    /// A change of a category whose settings become these, whatever they are now. Where self
    /// sign-up ends at a date, set that too: [`self_signup_end_at`](Self::self_signup_end_at).
    pub fn replace(category: impl Into<CategoryRef>, settings: CategorySettings) -> Self {
        Self {
            category: category.into(),
            self_signup: settings.self_signup,
            auto_leader: settings.auto_leader,
            group_limit: settings.group_limit,
            changes: Changes::default(),
        }
    }

    /// The name, 1 to 255 characters.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.changes.name = Some(name.into());
        self
    }

    /// Lets students join groups by themselves.
    pub fn self_signup(mut self, self_signup: impl Into<SelfSignup>) -> Self {
        self.self_signup = Some(self_signup.into());
        self
    }

    /// Keeps students from joining groups by themselves, and drops the date until which they might.
    pub fn clear_self_signup(mut self) -> Self {
        self.self_signup = None;
        self.changes.self_signup_end_at = None;
        self
    }

    /// Has the server find a leader for each group.
    pub fn auto_leader(mut self, auto_leader: impl Into<AutoLeader>) -> Self {
        self.auto_leader = Some(auto_leader.into());
        self
    }

    /// Has the server find no more leaders.
    pub fn clear_auto_leader(mut self) -> Self {
        self.auto_leader = None;
        self
    }

    /// How many members a group may have, at least 2. A change of it becomes the limit of all groups
    /// in the category, those with a limit of their own too; members above it stay.
    pub fn group_limit(mut self, members: u64) -> Self {
        self.group_limit = Some(members);
        self
    }

    /// Lets groups have any number of members: it takes the limits of all groups away.
    pub fn clear_group_limit(mut self) -> Self {
        self.group_limit = None;
        self
    }

    /// The SIS id, unique in the root account, deleted categories counted. Needs the right to manage
    /// SIS data in the root account. It cannot be taken away. The answer still shows the old one,
    /// also where the new one was silently refused: read the category again.
    pub fn sis_group_category_id(mut self, id: impl Into<SisId>) -> Self {
        self.changes.sis_group_category_id = Some(id.into());
        self
    }

    /// Until when students may join by themselves. Undocumented, not on all servers.
    pub fn self_signup_end_at(mut self, end: Timestamp) -> Self {
        self.changes.self_signup_end_at = Some(Some(end));
        self
    }

    /// Lets students join by themselves without an end. Undocumented, not on all servers.
    pub fn clear_self_signup_end_at(mut self) -> Self {
        self.changes.self_signup_end_at = Some(None);
        self
    }

    /// **Adds** this number of groups, 1 to 200, each time that it is sent: so a client does not
    /// send it again when the answer is lost. Courses only. Without self sign-up the groups are
    /// filled with students at once.
    pub fn create_group_count(mut self, groups: u32) -> Self {
        self.changes.create_group_count = Some(groups);
        self
    }

    /// **Adds** this number of groups, 1 to 200, each time that it is sent, and spreads the students
    /// over them. Courses only, not together with self sign-up. Deprecated by the API: use `create_group_count` and
    /// [`AssignUnassigned`](super::AssignUnassigned).
    pub fn split_group_count(mut self, groups: u32) -> Self {
        self.changes.split_group_count = Some(groups);
        self
    }

    /// Which count decides how many groups are made, where there is no self sign-up. Undocumented.
    pub fn split_groups(mut self, split: impl Into<SplitGroups>) -> Self {
        self.changes.split_groups = Some(split.into());
        self
    }

    /// Spreads students so that a group's members share a section. Undocumented.
    pub fn group_by_section(mut self, by_section: bool) -> Self {
        self.changes.group_by_section = Some(by_section);
        self
    }

    /// Makes the groups and leaves them empty: nobody is assigned later either. Undocumented.
    pub fn assign_async(mut self, later: bool) -> Self {
        self.changes.assign_async = Some(later);
        self
    }

    /// **Adds** as many groups as it takes to hold all students without a group, this number in
    /// each, every time that it is sent. Without `SplitGroups::ByMemberCount` the groups stay empty.
    /// Undocumented.
    pub fn create_group_member_count(mut self, members: u32) -> Self {
        self.changes.create_group_member_count = Some(members);
        self
    }

    /// Asks for more about the category. Undocumented.
    pub fn include(mut self, include: impl Into<List<CategoryInclude>>) -> Self {
        self.changes.includes = Some(include.into());
        self
    }
}

impl Endpoint for UpdateCategory {
    type Service = service::Canvas;
    type Response = Category;
    const METHOD: Method = Method::PUT;
    const ROUTE: &'static str = "group_categories/{category}";
    fn path(&self) -> String {
        format!("group_categories/{}", self.category.segment())
    }
    fn is_repeatable(&self) -> bool {
        // The server adds these groups again each time.
        let changes = &self.changes;
        let counts = [
            changes.create_group_count,
            changes.split_group_count,
            changes.create_group_member_count,
        ];
        counts.iter().all(Option::is_none)
    }
    fn refused_after_write(&self) -> &'static [u16] {
        refused_with_sis_id(self.changes.sis_group_category_id.as_ref())
    }
}
