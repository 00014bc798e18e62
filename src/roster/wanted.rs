//! What should be: the teams of one set, and who is in them.

mod team;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

pub use team::{Member, Members, Team};

use super::{Finding, Snapshot, format::Format};
use crate::{CategoryId, CategoryRef, CourseId, CourseRef, csv::GroupKey};

/// Who should be where, in one group set.
///
/// A roster is a wish. A [`Plan`](super::Plan) compares it with a [`Snapshot`] and tells what has
/// to change. As JSON it has a `format` number, and unknown fields are refused: a wish that is not
/// understood must not be half granted.
///
/// ```
/// use canvas_groups::{CategoryRef, csv::UserKey, roster::{Roster, Team}};
///
/// let roster = Roster::of(CategoryRef::sis("PROJECTS-2026"))
///     .team(
///         Team::sis("P-1", "Bridge builders")
///             .members([UserKey::sis("S001"), UserKey::login("amy.fowler")])
///             .leader(UserKey::sis("S001"))
///             .limit(4),
///     )
///     .team(Team::named("Team 2").at_least([UserKey::sis("S002")]));
/// assert_eq!(roster.teams.len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Roster {
    format: Format,
    /// The set.
    pub set: SetKey,
    /// The teams.
    pub teams: Vec<Team>,
    /// Students who should be in no team of the set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_no_team: Vec<Member>,
    /// What was noticed when it was read from a file; a plan tells it with its own findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// Which set a roster is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum SetKey {
    /// A set that exists.
    #[non_exhaustive]
    Existing {
        /// The set.
        category: CategoryRef,
        /// The course that it has to be in, if that is to be checked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        course: Option<CourseId>,
        /// Whether it has to be a set of differentiation tags, if that is to be checked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        is_tags: Option<bool>,
    },
    /// The set with this name in a course, which may have to be made.
    #[non_exhaustive]
    InCourse {
        /// The course.
        course: CourseRef,
        /// The name of the set.
        name: String,
        /// Whether it is a set of differentiation tags. A set of groups and a set of tags may have
        /// the same name.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_tags: bool,
    },
}

impl Roster {
    /// Of a set that exists.
    pub fn of(category: impl Into<CategoryRef>) -> Self {
        Self::with(SetKey::Existing {
            category: category.into(),
            course: None,
            is_tags: None,
        })
    }

    /// Of the group set with this name in a course. If there is none, it is made if the policy says
    /// so: see [`MissingSet`](super::MissingSet).
    pub fn in_course(course: impl Into<CourseRef>, name: impl Into<String>) -> Self {
        Self::with(SetKey::InCourse {
            course: course.into(),
            name: name.into(),
            is_tags: false,
        })
    }

    /// Of the set of differentiation tags with this name in a course. If there is none, it is made
    /// if the policy says so: see [`MissingSet`](super::MissingSet).
    ///
    /// ```
    /// use canvas_groups::{CourseId, csv::UserKey, roster::{Roster, Team}};
    ///
    /// let roster = Roster::tags_in_course(CourseId::new(7), "Pace")
    ///     .team(Team::named("More time").members([UserKey::sis("S001"), UserKey::sis("S004")]));
    /// # let _ = roster;
    /// ```
    pub fn tags_in_course(course: impl Into<CourseRef>, name: impl Into<String>) -> Self {
        Self::with(SetKey::InCourse {
            course: course.into(),
            name: name.into(),
            is_tags: true,
        })
    }

    fn with(set: SetKey) -> Self {
        Self {
            format: Format,
            set,
            teams: Vec::new(),
            in_no_team: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Makes it an error if the set is not in this course.
    #[must_use]
    pub fn must_be_in(mut self, expected: CourseId) -> Self {
        match &mut self.set {
            SetKey::Existing { course, .. } => *course = Some(expected),
            SetKey::InCourse { course, .. } => *course = expected.into(),
        }
        self
    }

    /// Adds a team.
    #[must_use]
    pub fn team(mut self, team: Team) -> Self {
        self.teams.push(team);
        self
    }

    /// Adds teams.
    #[must_use]
    pub fn teams(mut self, teams: impl IntoIterator<Item = Team>) -> Self {
        self.teams.extend(teams);
        self
    }

    /// Adds students who should be in no team of the set, whether it is listed or not.
    #[must_use]
    pub fn in_no_team(mut self, members: impl IntoIterator<Item: Into<Member>>) -> Self {
        self.in_no_team.extend(members.into_iter().map(Into::into));
        self
    }

    /// The same teams for a set of another course: every team goes by its name, and has no SIS id,
    /// and nobody has to be in no team.
    /// A roster of tags, such as one from a snapshot, is copied to a set of tags.
    ///
    /// ```
    /// # use canvas_groups::{CategoryId, CourseId, roster::{Roster, Team}};
    /// let roster = Roster::of(CategoryId::new(4)).team(Team::sis("P-1", "Bridges"));
    /// let copy = roster.copied_to(CourseId::new(8), "Projects");
    /// assert_eq!(copy, Roster::in_course(CourseId::new(8), "Projects").team(Team::named("Bridges")));
    /// ```
    #[must_use]
    pub fn copied_to(mut self, course: impl Into<CourseRef>, name: impl Into<String>) -> Self {
        for team in &mut self.teams {
            let named = team.keys.iter().find_map(|key| match key {
                GroupKey::Name(name) => Some(name.clone()),
                _ => None,
            });
            if let Some(name) = team.name.take().or(named) {
                team.keys = vec![GroupKey::Name(name)];
            }
            team.anew_if_gone = false;
            team.previously.clear();
        }
        let is_tags = match self.set {
            SetKey::Existing { is_tags, .. } => is_tags == Some(true),
            SetKey::InCourse { is_tags, .. } => is_tags,
        };
        // They are students of the course that they come from.
        self.in_no_team.clear();
        self.set = match is_tags {
            true => Self::tags_in_course(course, name).set,
            false => Self::in_course(course, name).set,
        };
        self
    }
}

/// What is there, as a wish: to start a file with, to copy, or to go back to later.
///
/// A snapshot of a set that does not exist gives a roster of none. Only students are in it. One who
/// is in two teams of a set where one is meant is listed in the first, and one who is in none should
/// be in none. Teams that are deleted meanwhile come back as new ones, without their SIS id, which
/// Canvas does not give out again. Teams that are made meanwhile are not listed, so they stay, without
/// the students of the snapshot; tags that are made meanwhile keep those who have others. A limit or
/// leader that is set meanwhile stays where there was none.
impl From<&Snapshot> for Roster {
    fn from(snapshot: &Snapshot) -> Self {
        let set = snapshot.set.as_ref();
        let id = set.map_or(CategoryId::new(0), |set| set.id);
        let mut roster = Self::with(SetKey::Existing {
            category: id.into(),
            course: Some(snapshot.course.id),
            is_tags: Some(snapshot.is_tags),
        });
        let mut groups: Vec<_> = snapshot.groups.iter().collect();
        groups.sort_by_key(|group| group.id);
        let mut listed = HashSet::new();
        for group in groups {
            let mut members = group.members.clone();
            members.sort_unstable();
            members.dedup();
            members.retain(|member| snapshot.is_tags || listed.insert(*member));
            let mut team = Team::id(group.id).name(&group.name);
            team.anew_if_gone = true;
            team.limit = group.limit;
            team.leader = group
                .leader
                .filter(|leader| members.contains(leader))
                .map(Member::from);
            team.members = Members::Exactly(members.into_iter().map(Member::from).collect());
            roster.teams.push(team);
        }
        let in_teams: HashSet<_> = snapshot.groups.iter().flat_map(|it| &it.members).collect();
        let students = snapshot.students.iter().map(|student| student.id);
        let mut in_none: Vec<_> = students.filter(|id| !in_teams.contains(id)).collect();
        in_none.sort_unstable();
        in_none.dedup();
        roster.in_no_team = in_none.into_iter().map(Member::from).collect();
        roster
    }
}
