//! The steps of a plan: each a change, with the requests that make it.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    CategoryId, CourseId, GroupId, Outgoing, Result, UserId,
    categories::CreateCourseCategory,
    groups::{CreateCategoryGroup, DeleteGroup, UpdateGroup},
    memberships::{AddMembers, CreateMembership, RemoveUsers},
    tags::ManageTags,
};

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

/// Places a student in a team. Canvas ends the former membership in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Place {
    /// The student, and where the student is expected to be now.
    pub before: Before,
    /// The team.
    pub to: TeamAt,
}

impl Place {
    /// The request; `None` as long as the team is not made.
    pub fn request(&self, made: &Made) -> Option<CreateMembership> {
        let group = made.group(&self.to)?;
        Some(CreateMembership::new(group, self.before.user))
    }
}

/// Removes students from a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Remove {
    /// The group.
    pub from: GroupId,
    /// The students, and where they are expected to be now.
    pub people: Vec<Before>,
}

impl Remove {
    /// The requests: as many as the length of a URL makes necessary, mostly one.
    pub fn requests(&self) -> Vec<RemoveUsers> {
        let people = self.people.iter().map(|person| person.user);
        RemoveUsers::in_batches(self.from, people).collect()
    }
}

/// Lets students of full teams change places.
///
/// One unit: the team of the first move gets one seat more, each move takes the seat that the one
/// before it freed, and the seat is taken back at once, also after an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Turn {
    /// The team that has one seat more meanwhile: where the first move goes.
    pub group: GroupId,
    /// The limit before and after.
    pub limit: u64,
    /// The moves, in their order.
    pub moves: Vec<Place>,
}

impl Turn {
    /// Gives one seat more.
    pub fn raise(&self) -> UpdateGroup {
        UpdateGroup::new(self.group).max_membership(self.limit.saturating_add(1))
    }

    /// The moves, in their order. `made` is not asked: all teams of a ring are there.
    pub fn requests(&self) -> Vec<CreateMembership> {
        let nothing = Made::default();
        let moves = self.moves.iter();
        moves.filter_map(|place| place.request(&nothing)).collect()
    }

    /// Takes the seat back.
    pub fn lower(&self) -> UpdateGroup {
        UpdateGroup::new(self.group).max_membership(self.limit)
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
