//! The steps of a plan: each a change, with the requests that make it.

mod people;
mod tags;
mod teams;

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

pub use people::{Place, Remove, Turn};
pub use tags::{ChangeTags, GiveTag, TakeTag};
pub use teams::{Adopt, DeleteTeam, MakeSet, MakeTeam, Rename, SetLeader, SetLimit};

use crate::{CategoryId, CourseId, GroupId, Outgoing, Result, UserId, memberships::RemoveUsers};

/// The name of a step, the same whenever the same thing is planned: `place:35:12->17` moves user 35
/// from group 12 to group 17, `create:sis:P-61` makes the group with the SIS id `P-61`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(String);

impl StepId {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Step {
    /// What the step goes by.
    pub id: StepId,
    /// What it changes.
    pub change: Change,
    /// The steps that must have been done before, all of them earlier in the plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<StepId>,
    /// The lines of the input that it comes from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<u64>,
}

/// What a step changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// Makes the set.
    MakeSet(MakeSet),
    /// Renames a team.
    Rename(Rename),
    /// Gives a team an SIS id.
    Adopt(Adopt),
    /// Makes a team with people in it.
    Make(MakeTeam),
    /// Sets how many may be in a team.
    Limit(SetLimit),
    /// Places a student, who leaves the former team in the same moment.
    Place(Place),
    /// Removes students from a team.
    Remove(Remove),
    /// Lets students of full teams change places.
    Turn(Turn),
    /// Sets the leader of a team.
    Lead(SetLeader),
    /// Deletes a team.
    Delete(DeleteTeam),
    /// Makes, renames and deletes tags.
    Tags(ChangeTags),
    /// Gives students a tag.
    Give(GiveTag),
    /// Takes a tag from students.
    Take(TakeTag),
}

impl Change {
    /// Everybody whom it is about.
    pub(super) fn users(&self) -> Vec<UserId> {
        let all = |people: &[Before]| people.iter().map(|before| before.user).collect();
        match self {
            Self::Make(make) => all(&make.people),
            Self::Place(place) => vec![place.before.user],
            Self::Remove(remove) => all(&remove.people),
            Self::Turn(turn) => turn.moves.iter().map(|place| place.before.user).collect(),
            Self::Lead(lead) => vec![lead.to],
            Self::Give(give) => give.people.clone(),
            Self::Take(take) => take.people.clone(),
            Self::MakeSet(_) | Self::Rename(_) | Self::Adopt(_) | Self::Limit(_) => Vec::new(),
            Self::Delete(_) | Self::Tags(_) => Vec::new(),
        }
    }

    /// The groups that it names, but for those that people are expected in.
    pub(super) fn groups(&self) -> Vec<GroupId> {
        fn at(team: &TeamAt) -> Option<GroupId> {
            match team {
                TeamAt::Group(group) => Some(*group),
                TeamAt::New(_) => None,
            }
        }
        match self {
            Self::MakeSet(_) | Self::Make(_) => Vec::new(),
            Self::Rename(rename) => vec![rename.group],
            Self::Adopt(adopt) => vec![adopt.group],
            Self::Limit(limit) => vec![limit.group],
            Self::Place(place) => at(&place.to).into_iter().collect(),
            Self::Remove(remove) => vec![remove.from],
            Self::Turn(turn) => {
                let places = turn.moves.iter();
                places.filter_map(|place| at(&place.to)).collect()
            }
            Self::Lead(lead) => at(&lead.team).into_iter().collect(),
            Self::Delete(delete) => vec![delete.group],
            Self::Tags(tags) => {
                let renamed = tags.rename.iter().map(|rename| rename.group);
                let deleted = tags.delete.iter().map(|delete| delete.group);
                renamed.chain(deleted).collect()
            }
            Self::Give(give) => at(&give.tag).into_iter().collect(),
            Self::Take(take) => vec![take.tag],
        }
    }
}

/// A team of the set: one that is there, or one that an earlier step makes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TeamAt {
    /// The group with this id.
    Group(GroupId),
    /// The group that goes by this in the step that makes it.
    New(NewTeam),
}

/// What a team that is not made yet goes by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NewTeam {
    /// Its SIS id.
    Sis(String),
    /// Its name.
    Name(String),
}

impl fmt::Display for TeamAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(id) => id.fmt(f),
            Self::New(team) => team.fmt(f),
        }
    }
}

impl fmt::Display for NewTeam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sis(id) => write!(f, "sis:{id}"),
            Self::Name(name) => write!(f, "name:{name}"),
        }
    }
}

/// What steps have made so far: the ids without which later steps cannot be sent.
///
/// ```
/// use canvas_groups::{CategoryId, GroupId, roster::{Made, NewTeam, TeamAt}};
///
/// let mut made = Made::in_set(CategoryId::new(4));
/// let team = NewTeam::Name("Team 61".to_owned());
/// assert_eq!(made.group(&TeamAt::New(team.clone())), None);
/// made.add(team.clone(), GroupId::new(91));
/// assert_eq!(made.group(&TeamAt::New(team)), Some(GroupId::new(91)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Made {
    set: Option<CategoryId>,
    teams: BTreeMap<NewTeam, GroupId>,
}

impl Made {
    /// Nothing yet, in a set that exists.
    pub fn in_set(set: impl Into<CategoryId>) -> Self {
        Self {
            set: Some(set.into()),
            teams: BTreeMap::new(),
        }
    }

    /// Notes the id of the set that was made.
    pub fn add_set(&mut self, set: CategoryId) {
        self.set = Some(set);
    }

    /// Notes the id of a team that was made.
    pub fn add(&mut self, team: NewTeam, group: GroupId) {
        self.teams.insert(team, group);
    }

    /// The id of the set, if it is there.
    pub fn set(&self) -> Option<CategoryId> {
        self.set
    }

    /// The id of a team, if it is there.
    pub fn group(&self, team: &TeamAt) -> Option<GroupId> {
        match team {
            TeamAt::Group(id) => Some(*id),
            TeamAt::New(new) => self.teams.get(new).copied(),
        }
    }
}

/// Where a person is expected to be when a step begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Before {
    /// The person.
    pub user: UserId,
    /// All groups of the set that the person is in, by number.
    pub teams: Vec<GroupId>,
}
impl Step {
    /// All requests of the step, as they go over the wire; `None` as long as something that it
    /// needs is not made.
    ///
    /// # Errors
    /// Those of [`Endpoint::content`](crate::Endpoint::content).
    pub fn outgoing(&self, course: CourseId, made: &Made) -> Result<Option<Vec<Outgoing>>> {
        let one = |outgoing: Result<Outgoing>| outgoing.map(|outgoing| Some(vec![outgoing]));
        macro_rules! maybe {
            ($request:expr) => {
                match $request {
                    Some(request) => one(Outgoing::of(&request)),
                    None => Ok(None),
                }
            };
        }
        match &self.change {
            Change::MakeSet(step) => one(Outgoing::of(&step.request())),
            Change::Rename(step) => one(Outgoing::of(&step.request())),
            Change::Adopt(step) => one(Outgoing::of(&step.request())),
            Change::Make(step) => maybe!(step.request(made)),
            Change::Limit(step) => one(Outgoing::of(&step.request())),
            Change::Place(step) => maybe!(step.request(made)),
            Change::Remove(step) => all(step.requests()),
            Change::Turn(step) => {
                let mut sent = vec![Outgoing::of(&step.raise())?];
                for request in step.requests() {
                    sent.push(Outgoing::of(&request)?);
                }
                sent.push(Outgoing::of(&step.lower())?);
                Ok(Some(sent))
            }
            Change::Lead(step) => maybe!(step.request(made)),
            Change::Delete(step) => one(Outgoing::of(&step.request())),
            Change::Tags(step) => maybe!(step.request(course, made)),
            Change::Give(step) => maybe!(step.request(made)),
            Change::Take(step) => all(step.requests()),
        }
    }
}

fn all(requests: Vec<RemoveUsers>) -> Result<Option<Vec<Outgoing>>> {
    let sent: Result<Vec<_>> = requests.iter().map(Outgoing::of).collect();
    sent.map(Some)
}
