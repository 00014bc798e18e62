//! The records of a fake Canvas, and how they refer to each other.

mod categories;
mod courses;
mod files;
mod groups;
mod members;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    sync::{Arc, OnceLock},
};

use jiff::Timestamp;

use super::collation;
use super::files::records::Files;
use super::jobs::Jobs;
use super::notices::Notice;
use super::streams::Streams;
use super::submissions::Submissions;

pub use courses::Role;
pub(crate) use courses::{Course, Enrolled, Enrollment, EnrollmentStanding, Section};

/// What a group may store where nothing is said, in megabytes.
pub(crate) const DEFAULT_QUOTA_MB: u64 = 50;

/// An institution: its accounts, courses, people, group sets and groups.
///
/// Seed it before a [`FakeCanvas`](super::FakeCanvas) starts, and look into it while it runs with
/// [`FakeCanvas::school`](super::FakeCanvas::school).
#[derive(Clone)]
pub struct School {
    pub(crate) accounts: BTreeMap<u64, Account>,
    pub(crate) courses: BTreeMap<u64, Course>,
    pub(crate) sections: BTreeMap<u64, Section>,
    pub(crate) users: BTreeMap<u64, User>,
    /// The users by name, since each page of a list would sort them anew. To be cleared by all that
    /// changes who there is.
    pub(crate) user_order: OnceLock<Vec<u64>>,
    pub(crate) categories: BTreeMap<u64, Category>,
    pub(crate) groups: BTreeMap<u64, Group>,
    pub(crate) memberships: BTreeMap<u64, Membership>,
    pub(crate) jobs: Jobs,
    /// The users by login, in lower case.
    pub(crate) logins: HashMap<String, u64>,
    /// The users by SIS id.
    pub(crate) sis_users: HashMap<String, u64>,
    /// The users by e-mail address, in lower case.
    pub(crate) emails: HashMap<String, u64>,
    pub(crate) streams: Streams,
    /// Whether the server is one of November 2024.
    pub(crate) is_old: bool,
    pub(crate) files: Files,
    pub(crate) notices: Vec<Notice>,
    pub(crate) submissions: Submissions,
    last_id: u64,
    pub(crate) last_enrollment: u64,
}

/// The id of the root account.
pub(crate) const ROOT: u64 = 1;

/// The id of the account of those who run the server. It is on a shard of its own, and nobody of
/// the school has a right there.
pub(crate) const SITE_ADMIN: u64 = 10_000_000_000_001;

/// What a group or a group set belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Context {
    Account(u64),
    Course(u64),
}

#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) sis_id: Option<String>,
    /// Whether differentiation tags are allowed: they are not locked off.
    pub(crate) allows_tags: bool,
    /// Whether they are switched on, where they are allowed.
    pub(crate) has_tags_on: bool,
    /// Who may do everything here.
    pub(crate) admins: BTreeSet<u64>,
}

/// What a user may do at most with SIS data: see [`School::limit_sis_access`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum SisAccess {
    /// Neither read nor write it.
    Nothing,
    /// Read it.
    Read,
    /// Read and write it.
    #[default]
    Manage,
}

#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) sortable_name: String,
    pub(crate) short_name: String,
    /// Empty for somebody who was invited by mail and has no login yet.
    pub(crate) login: String,
    pub(crate) email: Option<String>,
    pub(crate) sis_id: Option<String>,
    pub(crate) integration_id: Option<String>,
    pub(crate) created_at: Timestamp,
    /// What the user may do at most with SIS data.
    pub(crate) sis_access: SisAccess,
    /// The user into whom this one was merged, which deleted it.
    pub(crate) merged_into: Option<u64>,
    /// The groups with a membership in any state.
    pub(crate) groups: BTreeSet<u64>,
    /// What the sortable name is compared by.
    pub(crate) sort_key: OnceLock<Box<[u8]>>,
}

impl User {
    pub(crate) fn sort_key(&self) -> &[u8] {
        self.sort_key
            .get_or_init(|| collation::sort_key(&self.sortable_name))
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Category {
    pub(crate) context: Context,
    pub(crate) name: String,
    pub(crate) role: Option<&'static str>,
    pub(crate) self_signup: Option<&'static str>,
    pub(crate) self_signup_end_at: Option<String>,
    pub(crate) auto_leader: Option<&'static str>,
    pub(crate) group_limit: Option<u64>,
    pub(crate) sis_id: Option<String>,
    /// Whether its groups are differentiation tags.
    pub(crate) is_tags: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) is_deleted: bool,
    /// Its groups that are not deleted.
    pub(crate) groups: BTreeSet<u64>,
    /// Its groups in the order of lists, since each page would sort them anew. To be cleared by
    /// all that changes which they are, or a name.
    pub(crate) order: OnceLock<Vec<u64>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) category: u64,
    pub(crate) context: Context,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) is_public: bool,
    pub(crate) join_level: String,
    pub(crate) max_membership: Option<u64>,
    pub(crate) storage_quota_mb: u64,
    pub(crate) sis_id: Option<String>,
    pub(crate) avatar: Option<u64>,
    /// The images among its files.
    pub(crate) images: BTreeSet<u64>,
    /// Whether somebody changed the name, so that imports leave it alone.
    pub(crate) is_name_sticky: bool,
    pub(crate) leader: Option<u64>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) is_deleted: bool,
    /// The memberships that are not deleted, by user.
    pub(crate) members: BTreeMap<u64, u64>,
    /// The accepted members in the order of lists, since each page would sort them anew. To be
    /// cleared by all that changes a membership.
    pub(crate) order: OnceLock<Arc<[u64]>>,
}

/// A membership that is not deleted.
#[derive(Debug, Clone)]
pub(crate) struct Membership {
    pub(crate) group: u64,
    pub(crate) user: u64,
    pub(crate) state: MembershipState,
    pub(crate) is_moderator: bool,
    pub(crate) created_at: Timestamp,
}

/// How far a membership has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MembershipState {
    Accepted,
    Invited,
    Requested,
}

impl MembershipState {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Invited => "invited",
            Self::Requested => "requested",
        }
    }
}

impl Category {
    pub(crate) fn new(context: Context, name: &str) -> Self {
        Self {
            context,
            name: name.to_owned(),
            role: None,
            self_signup: None,
            self_signup_end_at: None,
            auto_leader: None,
            group_limit: None,
            sis_id: None,
            is_tags: false,
            created_at: Timestamp::now(),
            updated_at: Timestamp::now(),
            is_deleted: false,
            groups: BTreeSet::new(),
            order: OnceLock::new(),
        }
    }
}

impl fmt::Debug for School {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("School")
            .field("courses", &self.courses.len())
            .field("users", &self.users.len())
            .field("groups", &self.groups.len())
            .finish_non_exhaustive()
    }
}

impl School {
    /// A school with nobody in it. It has a root account, in which tags are allowed.
    pub fn new() -> Self {
        let root = Account {
            name: "School".to_owned(),
            sis_id: None,
            allows_tags: true,
            has_tags_on: true,
            admins: BTreeSet::new(),
        };
        Self {
            accounts: [(ROOT, root)].into(),
            courses: BTreeMap::new(),
            sections: BTreeMap::new(),
            users: BTreeMap::new(),
            user_order: OnceLock::new(),
            categories: BTreeMap::new(),
            groups: BTreeMap::new(),
            memberships: BTreeMap::new(),
            jobs: Jobs::default(),
            logins: HashMap::new(),
            sis_users: HashMap::new(),
            emails: HashMap::new(),
            streams: Streams::default(),
            is_old: false,
            files: Files::new(),
            notices: Vec::new(),
            submissions: Submissions::default(),
            last_id: ROOT,
            last_enrollment: 0,
        }
    }

    pub(crate) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Enrollments have numbers of their own.
    pub(crate) fn next_enrollment(&mut self) -> u64 {
        self.last_enrollment += 1;
        self.last_enrollment
    }

    /// The account in which a context is.
    pub(crate) fn account_of(&self, context: Context) -> u64 {
        match context {
            Context::Account(account) => account,
            Context::Course(course) => self.courses.get(&course).map_or(ROOT, |c| c.account),
        }
    }

    /// All users who were not merged into others, by sortable name.
    pub(crate) fn users_by_name(&self) -> &[u64] {
        self.user_order.get_or_init(|| {
            let users = self.users.iter();
            let users = users.filter(|(_, user)| user.merged_into.is_none());
            self.by_sortable_name(users.map(|(id, _)| *id))
        })
    }

    /// Users by sortable name, and of one name by id.
    pub(crate) fn by_sortable_name(&self, users: impl Iterator<Item = u64>) -> Vec<u64> {
        let keyed = users.filter_map(|id| Some((self.users.get(&id)?.sort_key(), id)));
        let mut keyed: Vec<_> = keyed.collect();
        keyed.sort_unstable();
        keyed.into_iter().map(|(_, id)| id).collect()
    }

    /// Whether a context has a user: someone enrolled in the course, or any user for an account.
    pub(crate) fn has(&self, context: Context, user: u64) -> bool {
        match context {
            Context::Account(_) => {
                let user = self.users.get(&user);
                user.is_some_and(|user| user.merged_into.is_none())
            }
            Context::Course(course) => self
                .courses
                .get(&course)
                .is_some_and(|course| course.roster.contains_key(&user)),
        }
    }

    /// Whether somebody is one of those whom a group of a context may be made of in one go: who is
    /// enrolled in the course, or an administrator of that very account.
    pub(crate) fn belongs_to(&self, context: Context, user: u64) -> bool {
        match context {
            Context::Account(account) => {
                let account = self.accounts.get(&account);
                account.is_some_and(|account| account.admins.contains(&user))
            }
            Context::Course(_) => self.has(context, user),
        }
    }

    /// A group set that is not deleted.
    pub(crate) fn category(&self, id: u64) -> Option<&Category> {
        self.categories
            .get(&id)
            .filter(|category| !category.is_deleted)
    }

    /// A group that is not deleted.
    pub(crate) fn group(&self, id: u64) -> Option<&Group> {
        self.groups.get(&id).filter(|group| !group.is_deleted)
    }

    pub(crate) fn is_tag(&self, group: &Group) -> bool {
        let category = self.categories.get(&group.category);
        category.is_some_and(|category| category.is_tags)
    }

    pub(crate) fn is_community(&self, group: &Group) -> bool {
        let category = self.categories.get(&group.category);
        category.is_some_and(|category| category.role == Some("communities"))
    }

    /// The groups of a set that are not deleted, by name.
    pub(crate) fn groups_by_name(&self, category: u64) -> &[u64] {
        let Some(category) = self.categories.get(&category) else {
            return &[];
        };
        category.order.get_or_init(|| {
            let groups = category.groups.iter();
            let groups = groups.filter_map(|id| Some((&*self.group(*id)?.name, *id)));
            collation::sorted(groups)
        })
    }

    /// The groups of a set that somebody is in, or is invited to.
    pub(crate) fn groups_of(&self, user: u64, category: u64) -> Vec<u64> {
        let groups = self.users.get(&user).map(|user| user.groups.iter());
        groups
            .into_iter()
            .flatten()
            .filter(|id| {
                self.group(**id)
                    .is_some_and(|group| group.category == category)
            })
            .copied()
            .collect()
    }

    /// Makes a group set.
    pub(crate) fn make_category(&mut self, context: Context, name: &str) -> u64 {
        let id = self.next_id();
        self.categories.insert(id, Category::new(context, name));
        id
    }
}

impl Default for School {
    fn default() -> Self {
        Self::new()
    }
}
