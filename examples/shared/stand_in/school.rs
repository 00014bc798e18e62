//! The course that the stand-in keeps: its students, group sets, tags and jobs.

use std::collections::{BTreeMap, BTreeSet};

use super::jobs::Job;

pub(super) struct School {
    /// Where the stand-in is: answers name it.
    pub(super) url: String,
    pub(super) students: Vec<Student>,
    pub(super) categories: BTreeMap<u64, Category>,
    pub(super) groups: BTreeMap<u64, Group>,
    pub(super) jobs: BTreeMap<u64, Job>,
    last_id: u64,
}

pub(super) struct Student {
    pub(super) id: u64,
    pub(super) first: &'static str,
    pub(super) last: &'static str,
}

impl Student {
    pub(super) fn login(&self) -> String {
        format!("{}.{}", self.first, self.last).to_lowercase()
    }

    pub(super) fn sis_id(&self) -> String {
        format!("S{}", self.id)
    }

    pub(super) fn sections(&self) -> &'static str {
        match self.id % 3 {
            0 => "Monday",
            1 => "Friday",
            _ => "Friday and Monday",
        }
    }
}

pub(super) struct Category {
    pub(super) name: String,
    pub(super) are_tags: bool,
    pub(super) self_signup: Option<String>,
    pub(super) limit: Option<u64>,
}

pub(super) struct Group {
    pub(super) name: String,
    pub(super) category: u64,
    pub(super) members: BTreeSet<u64>,
}

const STUDENTS: [(&str, &str); 14] = [
    ("Sheldon", "Cooper"),
    ("Leonard", "Hofstadter"),
    ("Penny", "Teller"),
    ("Amy", "Fowler"),
    ("Howard", "Wolowitz"),
    ("Bernadette", "Rostenkowski"),
    ("Rajesh", "Koothrappali"),
    ("Stuart", "Bloom"),
    ("Barry", "Kripke"),
    ("Leslie", "Winkle"),
    ("Emily", "Sweeney"),
    ("Wil", "Wheaton"),
    ("Priya", "Nair"),
    ("Zack", "Johnson"),
];

impl School {
    pub(super) fn new(url: String) -> Self {
        let students = (101..).zip(STUDENTS);
        let students = students.map(|(id, (first, last))| Student { id, first, last });
        let group = |name: &str, members: &[u64]| Group {
            name: name.to_owned(),
            category: 4,
            members: members.iter().copied().collect(),
        };
        let projects = Category {
            name: "Math Groups".to_owned(),
            are_tags: false,
            self_signup: None,
            limit: None,
        };
        Self {
            url,
            students: students.collect(),
            categories: [(4, projects)].into(),
            groups: [
                (17, group("Math Group 1", &[101, 102, 103, 105, 107, 109])),
                (18, group("Math Group 2", &[104, 106, 110, 112])),
                (19, group("Math Group 3", &[])),
            ]
            .into(),
            jobs: BTreeMap::new(),
            last_id: 30,
        }
    }

    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The groups of a category, by name.
    pub(super) fn groups_in(&self, category: u64) -> Vec<u64> {
        let groups = self.groups.iter();
        let mut groups: Vec<_> = groups
            .filter(|(_, group)| group.category == category)
            .map(|(id, group)| (&group.name, *id))
            .collect();
        groups.sort();
        groups.into_iter().map(|(_, id)| id).collect()
    }

    pub(super) fn group_of(&self, category: u64, student: u64) -> Option<u64> {
        let groups = self.groups.iter();
        let mut groups = groups.filter(|(_, group)| group.category == category);
        let found = groups.find(|(_, group)| group.members.contains(&student));
        found.map(|(id, _)| *id)
    }

    pub(super) fn unassigned(&self, category: u64) -> Vec<u64> {
        let students = self.students.iter().map(|student| student.id);
        students
            .filter(|student| self.group_of(category, *student).is_none())
            .collect()
    }

    /// Whether there is a student with this id.
    pub(super) fn has(&self, student: u64) -> bool {
        self.students.iter().any(|other| other.id == student)
    }

    pub(super) fn add_group(&mut self, category: u64, name: &str) -> u64 {
        let id = self.next_id();
        let group = Group {
            name: name.to_owned(),
            category,
            members: BTreeSet::new(),
        };
        self.groups.insert(id, group);
        id
    }

    /// Puts a student into a group, and out of the others of a set that is not one of tags. False
    /// for one who was there.
    pub(super) fn join(&mut self, student: u64, group: u64) -> bool {
        let Some(category) = self.groups.get(&group).map(|group| group.category) else {
            return false;
        };
        let are_tags = self
            .categories
            .get(&category)
            .is_some_and(|set| set.are_tags);
        for (id, other) in &mut self.groups {
            if *id != group && other.category == category && !are_tags {
                other.members.remove(&student);
            }
        }
        let joined = self.groups.get_mut(&group);
        joined.is_some_and(|group| group.members.insert(student))
    }

    pub(super) fn is_full(&self, group: &Group) -> bool {
        let category = self.categories.get(&group.category);
        let limit = category.and_then(|category| category.limit);
        limit.is_some_and(|limit| group.members.len() as u64 >= limit)
    }

    /// Puts a student who is in no group into the emptiest; nowhere if all are full.
    pub(super) fn assign(&mut self, student: u64, category: u64) -> Option<u64> {
        if self.group_of(category, student).is_some() {
            return None;
        }
        let groups = self.groups_in(category).into_iter();
        let open = groups.filter_map(|id| Some((id, self.groups.get(&id)?)));
        let open = open.filter(|(_, group)| !self.is_full(group));
        let (emptiest, _) = open.min_by_key(|(_, group)| group.members.len())?;
        self.join(student, emptiest).then_some(emptiest)
    }
}
