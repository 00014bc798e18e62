//! What is: one set of a course at a moment, as a plan needs it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::format::Format;
use crate::{
    CategoryId, CourseId, GroupId, ProgressId, UserId, categories::SelfSignup, groups::GroupRole,
};

/// One set of a course as it was at a moment: its groups, who is in them, and the students of the
/// course.
///
/// As JSON it may have more fields than are known here. In tests it is made from JSON:
///
/// ```
/// use canvas_groups::{roster::Snapshot, serde_json};
///
/// let snapshot: Snapshot = serde_json::from_str(r#"{
///     "format": 1,
///     "host": "school.instructure.com",
///     "taken_at": "2026-03-02T02:00:00Z",
///     "course": {"id": 7},
///     "set": {"id": 4, "name": "Projects"},
///     "groups": [{"id": 12, "name": "Team 1", "members": [35], "others": 1}],
///     "students": [{"id": 35, "name": "Ada Moreno", "sis_id": "S001", "login": "amoreno"}]
/// }"#)?;
/// assert_eq!(snapshot.groups[0].seats_taken(), 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Snapshot {
    pub(super) format: Format,
    /// The host that it was read from.
    pub host: String,
    /// When it was read.
    pub taken_at: Timestamp,
    /// The course.
    pub course: SnapshotCourse,
    /// The set; `None` if the course has none of that name.
    pub set: Option<SnapshotSet>,
    /// The names of the other sets of the course, as far as they were read.
    #[serde(default)]
    pub other_sets: Vec<String>,
    /// Whether it is a set of differentiation tags, of which a student may have several.
    #[serde(default)]
    pub is_tags: bool,
    /// How many tags the course has in its other sets.
    #[serde(default)]
    pub other_tags: u64,
    /// What the caller may see and write.
    #[serde(default)]
    pub rights: Rights,
    /// The groups of the set.
    #[serde(default)]
    pub groups: Vec<SnapshotGroup>,
    /// The students of the course.
    #[serde(default)]
    pub students: Vec<Student>,
}

/// The course of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SnapshotCourse {
    /// The id.
    pub id: CourseId,
    /// Whether it has ended or was deleted.
    #[serde(default)]
    pub is_concluded: bool,
    /// Whether its students can see it; new members are told only then. True if it is not known.
    #[serde(default = "yes")]
    pub is_published: bool,
}

/// The set of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SnapshotSet {
    /// The id.
    pub id: CategoryId,
    /// The name.
    pub name: String,
    /// The SIS id, if the caller may see it.
    #[serde(default)]
    pub sis_id: Option<String>,
    /// Whether an SIS import made it.
    #[serde(default)]
    pub is_of_sis_import: bool,
    /// Whether students sign up by themselves.
    #[serde(default)]
    pub self_signup: Option<SelfSignup>,
    /// How many may be in a group that has no limit of its own.
    #[serde(default)]
    pub group_limit: Option<u64>,
    /// The special role, if it has one.
    #[serde(default)]
    pub role: Option<GroupRole>,
    /// A job that is running on it.
    #[serde(default)]
    pub running_job: Option<ProgressId>,
}

impl SnapshotSet {
    /// The role by which nobody but its members decides who is in which group.
    pub(super) fn protecting_role(&self) -> Option<&GroupRole> {
        let is_protecting = |role: &&GroupRole| {
            matches!(role, GroupRole::Communities | GroupRole::StudentOrganized)
        };
        self.role.as_ref().filter(is_protecting)
    }
}

/// What the caller of a snapshot may see and write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Rights {
    /// Whether the SIS ids of groups are shown. If not, a group may have one that nobody sees.
    pub group_sis_ids_shown: bool,
    /// Whether SIS ids of groups can be written.
    pub group_sis_ids_writable: bool,
    /// Whether the SIS ids of people are shown.
    pub user_sis_ids_shown: bool,
    /// Whether the logins of people are shown.
    pub logins_shown: bool,
}

impl Default for Rights {
    fn default() -> Self {
        Self {
            group_sis_ids_shown: true,
            group_sis_ids_writable: true,
            user_sis_ids_shown: true,
            logins_shown: true,
        }
    }
}

/// A group of a snapshot, or a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SnapshotGroup {
    /// The id.
    pub id: GroupId,
    /// The name.
    pub name: String,
    /// The SIS id, if it has one that the caller may see.
    #[serde(default)]
    pub sis_id: Option<String>,
    /// Whether an SIS import made it.
    #[serde(default)]
    pub is_of_sis_import: bool,
    /// How many may be in it; `None` if the set's limit holds.
    #[serde(default)]
    pub limit: Option<u64>,
    /// The leader.
    #[serde(default)]
    pub leader: Option<UserId>,
    /// Whether the group handed something in.
    #[serde(default)]
    pub has_submission: bool,
    /// The students of the course that are in it.
    #[serde(default)]
    pub members: Vec<UserId>,
    /// How many others are in it: staff, and students whose enrollment is not active. They are
    /// never removed, and take seats.
    #[serde(default)]
    pub others: u64,
}

impl SnapshotGroup {
    /// How many are in it, whoever they are.
    pub fn seats_taken(&self) -> u64 {
        self.members.len() as u64 + self.others
    }
}

/// A student of a snapshot's course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Student {
    /// The id.
    pub id: UserId,
    /// The name, for people who read plans.
    #[serde(default)]
    pub name: String,
    /// The SIS id, if the caller may see it.
    #[serde(default)]
    pub sis_id: Option<String>,
    /// The login, if the caller may see it.
    #[serde(default)]
    pub login: Option<String>,
    /// Whether the student was invited to the course and has not accepted yet. They get no notice.
    #[serde(default)]
    pub is_invited: bool,
}

fn yes() -> bool {
    true
}
