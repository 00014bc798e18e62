//! The set as a snapshot reads it: no more than it needs, and which keys were there at all.

use http::Method;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    CategoryId, CategoryRef, CourseId, CourseRef, Endpoint, GroupId, Page, SisImportId, UserId,
    categories::{CategoryInclude, ListCourseCategories, SelfSignup},
    groups::{CollaborationState, Group, GroupRole},
    progress::Progress,
    roster::{SnapshotGroup, SnapshotSet},
    service,
};

/// Reads a set with all its groups in one answer, from the main database.
#[derive(Debug, Clone, Serialize)]
pub(in crate::roster) struct SeeSet {
    #[serde(skip)]
    category: CategoryRef,
    includes: [&'static str; 2],
}

impl SeeSet {
    pub(in crate::roster) fn new(category: impl Into<CategoryRef>) -> Self {
        Self {
            category: category.into(),
            includes: ["groups", "groups_count"],
        }
    }
}

impl Endpoint for SeeSet {
    type Service = service::Canvas;
    type Response = SeenSet;
    const METHOD: Method = Method::GET;
    const ROUTE: &'static str = "group_categories/{category}";
    fn path(&self) -> String {
        format!("group_categories/{}", self.category.segment())
    }
}

/// Lists the sets of a course in the same way: those of groups, or those of tags with the number of
/// their tags. Without the right to see the kind that is asked for, the server answers 403, and not
/// with an empty list.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(in crate::roster) struct SeeSets(ListCourseCategories);

impl SeeSets {
    pub(in crate::roster) fn new(course: CourseRef, is_tags: bool) -> Self {
        let list = ListCourseCategories::new(course);
        Self(match is_tags {
            true => list
                .collaboration_state(CollaborationState::NonCollaborative)
                .include([CategoryInclude::GroupsCount]),
            false => list.collaboration_state(CollaborationState::Collaborative),
        })
    }
}

impl Endpoint for SeeSets {
    type Service = service::Canvas;
    type Response = Page<SeenSet>;
    const METHOD: Method = ListCourseCategories::METHOD;
    const ROUTE: &'static str = ListCourseCategories::ROUTE;
    const ALWAYS_LINKED: bool = ListCourseCategories::ALWAYS_LINKED;
    fn path(&self) -> String {
        self.0.path()
    }
}

/// A set. Of SIS fields the outer `None` says that the key was missing: the caller lacks the right.
#[derive(Debug, Deserialize)]
pub(in crate::roster) struct SeenSet {
    pub(in crate::roster) id: CategoryId,
    #[serde(default)]
    pub(super) name: Option<String>,
    role: Option<GroupRole>,
    self_signup: Option<SelfSignup>,
    group_limit: Option<u64>,
    pub(super) course_id: Option<CourseId>,
    non_collaborative: Option<bool>,
    progress: Option<Progress>,
    pub(super) groups_count: Option<u64>,
    /// `None` for keys with scopes, which lose what was asked for beside the record.
    pub(super) groups: Option<Vec<SeenGroup>>,
    #[serde(default, deserialize_with = "told")]
    pub(super) sis_group_category_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "told")]
    pub(super) sis_import_id: Option<Option<SisImportId>>,
}

/// A group of a set.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::roster) struct SeenGroup {
    pub(in crate::roster) id: GroupId,
    #[serde(default)]
    name: Option<String>,
    pub(super) sis_group_id: Option<String>,
    sis_import_id: Option<SisImportId>,
    max_membership: Option<u64>,
    pub(in crate::roster) members_count: Option<u64>,
    leader: Option<SeenLeader>,
    pub(in crate::roster) has_submission: Option<bool>,
    pub(super) concluded: Option<bool>,
    non_collaborative: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
struct SeenLeader {
    id: Option<UserId>,
}

/// Tells a key that is there, even if it is null, from one that is missing.
fn told<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl SeenSet {
    /// Whether its groups are tags; `None` if nothing tells, because there are no groups.
    pub(super) fn is_tag_set(&self, groups: &[SeenGroup]) -> Option<bool> {
        let by_groups = || {
            let first = groups.first()?;
            Some(first.non_collaborative == Some(true))
        };
        // Servers are not known to send it, but the documentation has it.
        self.non_collaborative
            .filter(|is_tags| *is_tags)
            .or_else(by_groups)
    }

    pub(super) fn is_of_sis_import(&self) -> bool {
        matches!(self.sis_import_id, Some(Some(_)))
    }

    /// Whether the SIS ids of its groups are shown to the caller.
    pub(in crate::roster) fn shows_sis_ids(&self) -> bool {
        self.sis_group_category_id.is_some()
    }

    pub(in crate::roster) fn shown(&self) -> SnapshotSet {
        SnapshotSet {
            id: self.id,
            name: self.name.clone().unwrap_or_default(),
            sis_id: self.sis_group_category_id.clone().flatten(),
            is_of_sis_import: self.is_of_sis_import(),
            self_signup: self.self_signup.clone(),
            group_limit: self.group_limit,
            role: self.role.clone(),
            running_job: self
                .progress
                .as_ref()
                .filter(|job| !job.is_final())
                .map(|job| job.id),
        }
    }
}

impl SeenGroup {
    /// The group, with nobody in it.
    pub(in crate::roster) fn shown(&self) -> SnapshotGroup {
        SnapshotGroup {
            id: self.id,
            name: self.name.clone().unwrap_or_default(),
            sis_id: self.sis_group_id.clone(),
            is_of_sis_import: self.sis_import_id.is_some(),
            limit: self.max_membership,
            leader: self.leader.as_ref().and_then(|leader| leader.id),
            has_submission: self.has_submission == Some(true),
            members: Vec::new(),
            others: 0,
        }
    }
}

impl From<Group> for SeenGroup {
    fn from(group: Group) -> Self {
        Self {
            id: group.id,
            name: Some(group.name),
            sis_group_id: group.sis_group_id,
            sis_import_id: group.sis_import_id,
            max_membership: group.max_membership,
            members_count: group.members_count,
            leader: group.leader.map(|leader| SeenLeader { id: leader.id }),
            has_submission: group.has_submission,
            concluded: group.concluded,
            non_collaborative: group.non_collaborative,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_null_is_told_from_one_that_is_missing() {
        let read = |text| serde_json::from_str::<SeenSet>(text);
        let hidden = read(r#"{"id": 4}"#).unwrap();
        assert_eq!(
            (hidden.sis_group_category_id, hidden.sis_import_id),
            (None, None)
        );
        let null = read(r#"{"id": 4, "sis_group_category_id": null, "sis_import_id": null}"#);
        let null = null.unwrap();
        assert_eq!(null.sis_group_category_id, Some(None));
        assert_eq!(null.sis_import_id, Some(None));
        let set = read(r#"{"id": 4, "sis_group_category_id": "P"}"#).unwrap();
        assert_eq!(set.sis_group_category_id, Some(Some("P".to_owned())));
    }
}
