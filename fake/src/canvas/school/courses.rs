//! Courses, their sections, and who is enrolled in them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use jiff::Timestamp;

use super::School;

#[derive(Debug, Clone)]
pub(crate) struct Course {
    pub(crate) account: u64,
    pub(crate) name: String,
    /// The short name.
    pub(crate) code: String,
    pub(crate) created_at: Timestamp,
    pub(crate) sis_id: Option<String>,
    pub(crate) is_published: bool,
    pub(crate) is_concluded: bool,
    /// Whether students do not see the People page.
    pub(crate) hides_people: bool,
    pub(crate) roster: BTreeMap<u64, Enrollment>,
    /// The students in it, since each page of a list would pick them anew. To be cleared by all
    /// that changes who is one.
    pub(crate) students: OnceLock<Students>,
    /// Its enrollments in the order of lists. To be cleared with `students`, and by all that
    /// changes a section.
    pub(crate) order: OnceLock<Arc<[Enrolled]>>,
}

/// The students of a course, by id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Students {
    active: Vec<u64>,
    /// Those who are active or invited.
    current: Vec<u64>,
}

/// An enrollment in a section, as lists go through them.
#[derive(Debug, Clone)]
pub(crate) struct Enrolled {
    /// The sortable name of the user in lower case.
    pub(crate) name: Arc<str>,
    pub(crate) id: u64,
    pub(crate) user: u64,
    pub(crate) section: u64,
    /// Whether it is the first of the user, who may have several.
    pub(crate) is_first: bool,
    pub(crate) role: Role,
    pub(crate) state: EnrollmentStanding,
}

#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub(crate) course: u64,
    pub(crate) name: String,
    pub(crate) sis_id: Option<String>,
    pub(crate) created_at: Timestamp,
}

/// What somebody is in a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Manages the groups and tags of the course.
    Teacher,
    /// May do with groups and tags what a teacher may.
    Ta,
    /// Is put into groups.
    Student,
}

#[derive(Debug, Clone)]
pub(crate) struct Enrollment {
    pub(crate) role: Role,
    pub(crate) sections: BTreeSet<u64>,
    /// The id of the enrollment in each section. Of somebody who is in none, that in the section
    /// that every course has.
    pub(crate) ids: Vec<(u64, u64)>,
    pub(crate) created_at: Timestamp,
    pub(crate) state: EnrollmentStanding,
    /// Whether they are to see only people of their own sections.
    pub(crate) is_limited: bool,
}

/// How far an enrollment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EnrollmentStanding {
    Active,
    Invited,
    Inactive,
    Completed,
}

impl EnrollmentStanding {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Invited => "invited",
            Self::Inactive => "inactive",
            Self::Completed => "completed",
        }
    }

    /// Whether those who are active, or may be once they have accepted, are meant.
    pub(crate) fn is_current(self) -> bool {
        matches!(self, Self::Active | Self::Invited)
    }
}

impl Role {
    /// The type of an enrollment.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Teacher => "TeacherEnrollment",
            Self::Ta => "TaEnrollment",
            Self::Student => "StudentEnrollment",
        }
    }

    /// The short word for it that filters take.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Teacher => "teacher",
            Self::Ta => "ta",
            Self::Student => "student",
        }
    }

    /// The role that every account has for it.
    pub(crate) fn id(self) -> u64 {
        match self {
            Self::Student => 3,
            Self::Teacher => 4,
            Self::Ta => 5,
        }
    }
}

impl Course {
    /// Forgets who is in it as what, which has changed.
    pub(crate) fn forget_order(&mut self) {
        self.students.take();
        self.order.take();
    }
}

impl Enrollment {
    /// The sections that the user is in, each with the id of the enrollment in it. The section that
    /// every course has has the number of the course.
    pub(crate) fn in_sections(&self) -> impl Iterator<Item = (u64, u64)> {
        self.ids.iter().copied()
    }

    pub(crate) fn is_active(&self) -> bool {
        self.state == EnrollmentStanding::Active
    }
}

impl School {
    /// The active students of a course, by id.
    pub(crate) fn students(&self, course: u64) -> impl Iterator<Item = u64> {
        let students = self.students_of(course).map(|students| &students.active);
        students.into_iter().flatten().copied()
    }

    /// The students of a course who are active or invited, by id.
    pub(crate) fn current_students(&self, course: u64) -> impl Iterator<Item = u64> {
        let students = self.students_of(course).map(|students| &students.current);
        students.into_iter().flatten().copied()
    }

    fn students_of(&self, course: u64) -> Option<&Students> {
        let course = self.courses.get(&course)?;
        let pick = |is_meant: fn(EnrollmentStanding) -> bool| {
            let roster = course.roster.iter();
            let students = roster.filter(|(_, e)| e.role == Role::Student && is_meant(e.state));
            students.map(|(user, _)| *user).collect()
        };
        Some(course.students.get_or_init(|| Students {
            active: pick(|state| state == EnrollmentStanding::Active),
            current: pick(EnrollmentStanding::is_current),
        }))
    }

    /// The enrollments of a course, by the sortable names of their users.
    pub(crate) fn enrolled(&self, course: u64) -> Arc<[Enrolled]> {
        let Some(course) = self.courses.get(&course) else {
            return Arc::default();
        };
        let order = course.order.get_or_init(|| {
            let all = course.roster.iter().flat_map(|(user, enrollment)| {
                let record = self.users.get(user);
                let name = record.map(|user| user.sortable_name.to_lowercase());
                let name: Arc<str> = name.unwrap_or_default().into();
                let places = enrollment.in_sections().enumerate();
                places.map(move |(at, (section, id))| Enrolled {
                    name: name.clone(),
                    id,
                    user: *user,
                    section,
                    is_first: at == 0,
                    role: enrollment.role,
                    state: enrollment.state,
                })
            });
            let mut all: Vec<_> = all.collect();
            all.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
            all.into()
        });
        order.clone()
    }
}
