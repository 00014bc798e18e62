//! One team, and who should be in it.

use serde::{Deserialize, Serialize};

use crate::{
    GroupId,
    csv::{GroupKey, UserKey},
};

/// One team of a roster: a group of the set, or a tag.
///
/// What is not said stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Team {
    /// What the team goes by. If there are several, they have to name the same team.
    pub keys: Vec<GroupKey>,
    /// The name that it should have: if it has another, it is renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Names that it may still have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previously: Vec<String>,
    /// Whether it is made anew, by its name, if there is no group with its id.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub anew_if_gone: bool,
    /// Who should be in it.
    #[serde(default)]
    pub members: Members,
    /// Who should not be in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<Member>,
    /// How many may be in it: at least 2, staff and inactive members included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Who should lead it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader: Option<Member>,
    /// The lines of the input that it comes from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<u64>,
}

impl Team {
    /// The team that goes by this key.
    pub fn new(key: impl Into<GroupKey>) -> Self {
        Self {
            keys: vec![key.into()],
            name: None,
            previously: Vec::new(),
            anew_if_gone: false,
            members: Members::LeftAlone,
            without: Vec::new(),
            limit: None,
            leader: None,
            lines: Vec::new(),
        }
    }

    /// The team with this SIS id, which should have this name. If there is none, it is made.
    ///
    /// The safest key: Canvas keeps SIS ids unique, so no run ever makes a second team.
    pub fn sis(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self::new(GroupKey::sis(id)).name(name)
    }

    /// The team with this name. If there is none, it is made.
    pub fn named(name: impl Into<String>) -> Self {
        Self::new(GroupKey::name(name))
    }

    /// The team with this Canvas id, which has to exist.
    pub fn id(id: impl Into<GroupId>) -> Self {
        Self::new(id.into())
    }

    /// Adds a key, which has to name the same team: else the plan has an error.
    #[must_use]
    pub fn and(mut self, key: impl Into<GroupKey>) -> Self {
        self.keys.push(key.into());
        self
    }

    /// Sets the name that it should have.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds a name that it may still have.
    #[must_use]
    pub fn previously(mut self, name: impl Into<String>) -> Self {
        self.previously.push(name.into());
        self
    }

    /// These and no other students should be in it.
    ///
    /// An empty list leaves the members alone, because it is mostly a list that could not be read.
    /// [`no_members`](Self::no_members) says that nobody should be in the team.
    #[must_use]
    pub fn members(mut self, members: impl IntoIterator<Item: Into<Member>>) -> Self {
        let members: Vec<_> = members.into_iter().map(Into::into).collect();
        self.members = match members.is_empty() {
            true => Members::LeftAlone,
            false => Members::Exactly(members),
        };
        self
    }

    /// No student should be in it.
    #[must_use]
    pub fn no_members(mut self) -> Self {
        self.members = Members::Exactly(Vec::new());
        self
    }

    /// These students should be in it, and others may.
    #[must_use]
    pub fn at_least(mut self, members: impl IntoIterator<Item: Into<Member>>) -> Self {
        self.members = Members::AtLeast(members.into_iter().map(Into::into).collect());
        self
    }

    /// Adds students who should not be in it.
    #[must_use]
    pub fn without(mut self, members: impl IntoIterator<Item: Into<Member>>) -> Self {
        self.without.extend(members.into_iter().map(Into::into));
        self
    }

    /// Sets how many may be in it, at least 2.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Sets who should lead it. The leader has to be a member.
    #[must_use]
    pub fn leader(mut self, leader: impl Into<Member>) -> Self {
        self.leader = Some(leader.into());
        self
    }

    /// Adds a line of the input, by which findings name the team.
    #[must_use]
    pub fn line(mut self, line: u64) -> Self {
        self.lines.push(line);
        self
    }
}

/// Who should be in a team. Only students count: staff and others are never removed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Members {
    /// Leaves the members as they are.
    #[default]
    LeftAlone,
    /// Exactly these students.
    Exactly(Vec<Member>),
    /// These students; others may stay.
    AtLeast(Vec<Member>),
}

impl Members {
    /// Those who are named.
    pub fn named(&self) -> &[Member] {
        match self {
            Self::LeftAlone => &[],
            Self::Exactly(members) | Self::AtLeast(members) => members,
        }
    }
}

/// A person in a roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Member {
    /// What the person goes by. If there are several keys, they have to name the same person.
    pub keys: Vec<UserKey>,
    /// The lines of the input that it comes from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<u64>,
}

impl Member {
    /// The person who goes by this key.
    pub fn new(key: impl Into<UserKey>) -> Self {
        Self {
            keys: vec![key.into()],
            lines: Vec::new(),
        }
    }

    /// Adds a key, which has to name the same person: else the plan has an error.
    #[must_use]
    pub fn and(mut self, key: impl Into<UserKey>) -> Self {
        self.keys.push(key.into());
        self
    }

    /// Adds a line of the input, by which findings name the person.
    #[must_use]
    pub fn line(mut self, line: u64) -> Self {
        self.lines.push(line);
        self
    }
}

impl<K: Into<UserKey>> From<K> for Member {
    fn from(key: K) -> Self {
        Self::new(key)
    }
}
