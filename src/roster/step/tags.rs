//! Steps about differentiation tags.

use serde::{Deserialize, Serialize};

use super::{DeleteTeam, Made, Rename, TeamAt};
use crate::{
    CourseId, GroupId, UserId,
    memberships::{AddMembers, RemoveUsers},
    tags::ManageTags,
};

/// Makes, renames and deletes tags of the set: all, or nothing if anything fails.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ChangeTags {
    /// The set, by its name if it is made with its first tags.
    pub new_set: Option<String>,
    /// The names of new tags.
    pub create: Vec<String>,
    /// The tags that get another name.
    pub rename: Vec<Rename>,
    /// The tags that are deleted.
    pub delete: Vec<DeleteTeam>,
}

impl ChangeTags {
    /// The request; `None` as long as the set is not made.
    pub fn request(&self, course: CourseId, made: &Made) -> Option<ManageTags> {
        let mut request = match &self.new_set {
            Some(name) => ManageTags::in_new_set(course, name),
            None => ManageTags::in_set(course, made.set()?),
        };
        for name in &self.create {
            request = request.create(name);
        }
        for tag in &self.rename {
            request = request.update(tag.group, &tag.to);
        }
        for tag in &self.delete {
            request = request.delete(tag.group);
        }
        Some(request)
    }

    /// How many operations it has.
    pub fn operation_count(&self) -> usize {
        self.create.len() + self.rename.len() + self.delete.len()
    }
}

/// Gives students a tag, in one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GiveTag {
    /// The tag.
    pub tag: TeamAt,
    /// The students, who do not have it yet.
    pub people: Vec<UserId>,
}

impl GiveTag {
    /// The request; `None` as long as the tag is not made.
    pub fn request(&self, made: &Made) -> Option<AddMembers> {
        let tag = made.group(&self.tag)?;
        Some(AddMembers::new(tag, self.people.iter().copied()))
    }
}

/// Takes a tag from students.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TakeTag {
    /// The tag.
    pub tag: GroupId,
    /// The students, who have it.
    pub people: Vec<UserId>,
}

impl TakeTag {
    /// The requests: as many as the length of a URL makes necessary, mostly one.
    pub fn requests(&self) -> Vec<RemoveUsers> {
        RemoveUsers::in_batches(self.tag, &self.people).collect()
    }
}
