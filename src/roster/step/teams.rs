//! Steps about the set and its teams.

use serde::{Deserialize, Serialize};

use super::{Before, Made, NewTeam, TeamAt};
use crate::{
    CourseId, GroupId, UserId,
    categories::CreateCourseCategory,
    groups::{CreateCategoryGroup, DeleteGroup, UpdateGroup},
};

/// Makes the set of a roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MakeSet {
    /// The course.
    pub course: CourseId,
    /// The name.
    pub name: String,
}

impl MakeSet {
    /// The request.
    pub fn request(&self) -> CreateCourseCategory {
        CreateCourseCategory::new(self.course, &*self.name)
    }
}

/// Renames a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rename {
    /// The group.
    pub group: GroupId,
    /// The name that it has.
    pub from: String,
    /// The name that it gets.
    pub to: String,
}

impl Rename {
    /// The request.
    pub fn request(&self) -> UpdateGroup {
        UpdateGroup::new(self.group).name(&*self.to)
    }
}

/// Gives a team that has none an SIS id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Adopt {
    /// The group.
    pub group: GroupId,
    /// The SIS id.
    pub sis_id: String,
}

impl Adopt {
    /// The request.
    pub fn request(&self) -> UpdateGroup {
        UpdateGroup::new(self.group).sis_group_id(&*self.sis_id)
    }
}

/// Makes a team, with at most [`MAX_INVITEES`](Self::MAX_INVITEES) people in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MakeTeam {
    /// The name.
    pub name: String,
    /// The SIS id, if it gets one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sis_id: Option<String>,
    /// How many may be in it, if it gets a limit of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Who is in it from the beginning, and where they are expected to be now.
    pub people: Vec<Before>,
}

impl MakeTeam {
    /// How many people one call may bring: the server adds them one by one while the caller waits.
    pub const MAX_INVITEES: usize = 100;

    /// What the team goes by in other steps.
    pub fn team(&self) -> NewTeam {
        match &self.sis_id {
            Some(id) => NewTeam::Sis(id.clone()),
            None => NewTeam::Name(self.name.clone()),
        }
    }

    /// The request; `None` as long as the set is not made.
    pub fn request(&self, made: &Made) -> Option<CreateCategoryGroup> {
        let mut request = CreateCategoryGroup::new(made.set()?).name(&*self.name);
        if let Some(id) = &self.sis_id {
            request = request.sis_group_id(&**id);
        }
        if let Some(limit) = self.limit {
            request = request.max_membership(limit);
        }
        if !self.people.is_empty() {
            request = request.invitees(self.people.iter().map(|person| person.user));
        }
        Some(request)
    }
}

/// Sets how many may be in a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SetLimit {
    /// The group.
    pub group: GroupId,
    /// The limit that holds now, that of the set included.
    pub from: Option<u64>,
    /// The limit that it gets.
    pub to: u64,
}

impl SetLimit {
    /// The request.
    pub fn request(&self) -> UpdateGroup {
        UpdateGroup::new(self.group).max_membership(self.to)
    }
}

/// Sets the leader of a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SetLeader {
    /// The team.
    pub team: TeamAt,
    /// The leader now.
    pub from: Option<UserId>,
    /// The leader to come, who is a member then.
    pub to: UserId,
}

impl SetLeader {
    /// The request; `None` as long as the team is not made.
    pub fn request(&self, made: &Made) -> Option<UpdateGroup> {
        Some(UpdateGroup::new(made.group(&self.team)?).leader(self.to))
    }
}

/// Deletes a team, after a look that nobody is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DeleteTeam {
    /// The group.
    pub group: GroupId,
    /// Its name.
    pub name: String,
}

impl DeleteTeam {
    /// The request.
    pub fn request(&self) -> DeleteGroup {
        DeleteGroup::new(self.group)
    }
}
