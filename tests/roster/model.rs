//! A set of groups by the rules of Canvas, on which plans are tried.

use std::collections::{BTreeMap, BTreeSet};

use canvas_groups::{
    GroupId, UserId,
    roster::{Before, Change, NewTeam, Place, Plan, Snapshot, TeamAt},
    serde_json::{self, json},
};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) sis_id: Option<String>,
    pub(crate) limit: Option<u64>,
    pub(crate) leader: Option<UserId>,
    pub(crate) members: BTreeSet<UserId>,
    pub(crate) others: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) groups: BTreeMap<GroupId, Group>,
    made: BTreeMap<NewTeam, GroupId>,
    next: u64,
    set_limit: Option<u64>,
    is_tags: bool,
    /// The group that has a seat more meanwhile.
    raised: Option<GroupId>,
    /// Who may never be without a group.
    keep: BTreeSet<UserId>,
}

impl Model {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let groups = snapshot.groups.iter().map(|group| {
            let model = Group {
                name: group.name.clone(),
                sis_id: group.sis_id.clone(),
                limit: group.limit,
                leader: group.leader,
                members: group.members.iter().copied().collect(),
                others: group.others,
            };
            (group.id, model)
        });
        let groups: BTreeMap<_, _> = groups.collect();
        Self {
            next: groups.keys().last().map_or(0, |id| id.get()) + 1,
            groups,
            made: BTreeMap::new(),
            set_limit: snapshot.set.as_ref().and_then(|set| set.group_limit),
            is_tags: snapshot.is_tags,
            raised: None,
            keep: BTreeSet::new(),
        }
    }

    /// The snapshot with the groups as they are now.
    pub(crate) fn snapshot(&self, before: &Snapshot) -> Snapshot {
        let mut value = serde_json::to_value(before).unwrap();
        let groups = self.groups.iter().map(|(id, group)| {
            json!({
                "id": id, "name": group.name, "sis_id": group.sis_id, "limit": group.limit,
                "leader": group.leader, "members": group.members, "others": group.others,
            })
        });
        value["groups"] = groups.collect();
        serde_json::from_value(value).unwrap()
    }

    pub(crate) fn teams_of(&self, user: UserId) -> Vec<GroupId> {
        let groups = self.groups.iter();
        let groups = groups.filter(|(_, group)| group.members.contains(&user));
        groups.map(|(id, _)| *id).collect()
    }

    fn limit(&self, group: &Group) -> u64 {
        group.limit.or(self.set_limit).unwrap_or(u64::MAX)
    }

    fn at(&self, team: &TeamAt) -> GroupId {
        match team {
            TeamAt::Group(id) => *id,
            TeamAt::New(new) => self.made[new],
            _ => unreachable!(),
        }
    }

    /// Does a plan call by call. Panics where Canvas would refuse, where a person is not as the
    /// plan expects, and where somebody loses the last group who has one at the end.
    pub(crate) fn apply(&mut self, plan: &Plan) {
        let mut last = self.clone();
        last.run(plan);
        let ends_in_one = |user: &UserId| !last.teams_of(*user).is_empty();
        let members = self.groups.values().flat_map(|group| &group.members);
        self.keep = members.copied().filter(ends_in_one).collect();
        self.run(plan);
    }

    fn run(&mut self, plan: &Plan) {
        let mut done = BTreeSet::new();
        for step in &plan.steps {
            assert!(
                step.needs.iter().all(|need| done.contains(need)),
                "{}",
                step.id
            );
            self.step(&step.change);
            done.insert(step.id.clone());
        }
    }

    fn step(&mut self, change: &Change) {
        match change {
            Change::MakeSet(_) => {}
            Change::Rename(rename) => {
                let group = self.groups.get_mut(&rename.group).unwrap();
                assert_eq!(group.name, rename.from);
                group.name = rename.to.clone();
            }
            Change::Adopt(adopt) => {
                let group = self.groups.get_mut(&adopt.group).unwrap();
                assert_eq!(group.sis_id, None);
                group.sis_id = Some(adopt.sis_id.clone());
            }
            Change::Make(make) => {
                assert!(make.people.len() <= 100);
                let id = self.make(&make.name, make.team());
                let group = self.groups.get_mut(&id).unwrap();
                group.sis_id = make.sis_id.clone();
                group.limit = make.limit;
                for before in &make.people {
                    self.place(before, id);
                }
            }
            Change::Limit(limit) => {
                let group = &self.groups[&limit.group];
                assert_eq!(group.limit.or(self.set_limit), limit.from);
                self.groups.get_mut(&limit.group).unwrap().limit = Some(limit.to);
            }
            Change::Place(Place { before, to, .. }) => self.place(before, self.at(to)),
            Change::Remove(remove) => {
                for before in &remove.people {
                    let group = self.groups.get_mut(&remove.from).unwrap();
                    assert!(group.members.remove(&before.user));
                    self.check();
                }
            }
            Change::Turn(turn) => {
                let now = self.limit(&self.groups[&turn.group]);
                assert_eq!(now, turn.limit);
                self.groups.get_mut(&turn.group).unwrap().limit = Some(now + 1);
                self.raised = Some(turn.group);
                for place in &turn.moves {
                    self.place(&place.before, self.at(&place.to));
                }
                self.groups.get_mut(&turn.group).unwrap().limit = Some(now);
                self.raised = None;
                self.check();
            }
            Change::Lead(lead) => {
                let id = self.at(&lead.team);
                let group = self.groups.get_mut(&id).unwrap();
                assert!(group.members.contains(&lead.to));
                group.leader = Some(lead.to);
            }
            Change::Delete(delete) => {
                let group = self.groups.remove(&delete.group).unwrap();
                assert!(group.members.is_empty() && group.others == 0);
            }
            Change::Tags(tags) => {
                assert!(tags.operation_count() <= 50);
                for name in &tags.create {
                    self.make(name, NewTeam::Name(name.clone()));
                }
                for rename in &tags.rename {
                    self.groups.get_mut(&rename.group).unwrap().name = rename.to.clone();
                }
                for delete in &tags.delete {
                    self.groups.remove(&delete.group).unwrap();
                }
            }
            Change::Give(give) => {
                let id = self.at(&give.tag);
                self.groups
                    .get_mut(&id)
                    .unwrap()
                    .members
                    .extend(&give.people);
            }
            Change::Take(take) => {
                let group = self.groups.get_mut(&take.tag).unwrap();
                for user in &take.people {
                    assert!(group.members.remove(user));
                }
            }
            _ => unreachable!(),
        }
    }

    fn make(&mut self, name: &str, team: NewTeam) -> GroupId {
        let id = GroupId::new(self.next);
        self.next += 1;
        let group = Group {
            name: name.to_owned(),
            sis_id: None,
            limit: None,
            leader: None,
            members: BTreeSet::new(),
            others: 0,
        };
        self.groups.insert(id, group);
        self.made.insert(team, id);
        id
    }

    /// A new membership, and the end of the others, as the server does it.
    fn place(&mut self, before: &Before, to: GroupId) {
        assert_eq!(self.teams_of(before.user), before.teams, "{before:?}");
        let group = &self.groups[&to];
        assert!(!group.members.contains(&before.user));
        let count = group.members.len() as u64 + group.others;
        assert!(count < self.limit(group), "{to} is full: {before:?}");
        for group in self.groups.values_mut() {
            if group.members.remove(&before.user) && group.leader == Some(before.user) {
                group.leader = None;
            }
        }
        self.groups
            .get_mut(&to)
            .unwrap()
            .members
            .insert(before.user);
        self.check();
    }

    fn check(&self) {
        if self.is_tags {
            return;
        }
        for user in &self.keep {
            assert!(!self.teams_of(*user).is_empty(), "{user} has no group");
        }
    }
}
