//! Schools that are ready to use.

use super::{
    school::{Role, School},
    seed::NewUser,
};
use canvas_groups::{CategoryId, CourseId, GroupId, UserId};

/// The ids of [`School::small`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SmallSchool {
    /// The administrator of the account.
    pub admin: UserId,
    /// The teacher of the course.
    pub teacher: UserId,
    /// The fourteen students of the course, in its two sections by turns.
    pub students: Vec<UserId>,
    /// The course.
    pub course: CourseId,
    /// A set of three groups.
    pub category: CategoryId,
    /// Its groups, with six, four and no members.
    pub groups: Vec<GroupId>,
    /// A set of two differentiation tags.
    pub tag_category: CategoryId,
    /// Its tags, with three and no students.
    pub tags: Vec<GroupId>,
}

const STUDENTS: [&str; 14] = [
    "Ada Moreno",
    "Ben Okafor",
    "Chloe Larsen",
    "Dmitri Petrov",
    "Elena Rossi",
    "Farid Haddad",
    "Grace Kim",
    "Hugo Dubois",
    "Ines Silva",
    "Jonas Weber",
    "Kofi Mensah",
    "Lina Nowak",
    "Mateo García",
    "Noor Aziz",
];

impl School {
    /// A course of fourteen students with a teacher, an administrator, three groups and two tags.
    pub fn small() -> (Self, SmallSchool) {
        let mut school = Self::new();
        let admin = school.add_user(NewUser::new("Olga Admin").login("admin"));
        school.add_admin(admin);
        let teacher = school.add_user(NewUser::new("Tom Teacher").login("teacher"));
        let course = school.add_course("Mathematics 101");
        school.set_sis_course_id(course, "MATH-101");
        school.enroll(course, teacher, Role::Teacher);
        let sections = ["Monday", "Friday"].map(|name| school.add_section(course, name));
        let mut students = Vec::new();
        for (name, (number, section)) in STUDENTS.iter().zip((1..).zip(sections.iter().cycle())) {
            let student = school.add_user(NewUser::new(*name).sis_user_id(format!("S{number:03}")));
            school.enroll(course, student, Role::Student);
            school.put_in_section(*section, student);
            students.push(student);
        }
        let category = school.add_category(course, "Math Groups");
        let groups: Vec<_> = (1..=3)
            .filter_map(|number| school.add_group(category, format!("Math Group {number}")))
            .collect();
        for (group, members) in groups.iter().zip([0..6, 6..10]) {
            for student in &students[members] {
                school.add_member(*group, *student);
            }
        }
        let tag_category = school.add_tag_category(course, "Accommodations");
        let tags: Vec<_> = ["Extra time", "Reading aid"]
            .into_iter()
            .filter_map(|name| school.add_group(tag_category, name))
            .collect();
        for (tag, student) in tags.iter().cycle().step_by(tags.len()).zip(&students[..3]) {
            school.add_member(*tag, *student);
        }
        let ids = SmallSchool {
            admin,
            teacher,
            students,
            course,
            category,
            groups,
            tag_category,
            tags,
        };
        (school, ids)
    }

    /// A course with this many students, one group set in it, and a group for every five
    /// students, all of them filled; [`students_in`](Self::students_in) and
    /// [`groups_in`](Self::groups_in) tell their ids. It can have a hundred thousand students.
    pub fn generate(students: usize) -> (Self, CourseId, CategoryId) {
        let mut school = Self::new();
        let admin = school.add_user(NewUser::new("Olga Admin").login("admin"));
        school.add_admin(admin);
        let course = school.add_course("Large Course");
        let category = school.add_category(course, "Teams");
        let mut group = None;
        for number in 0..students {
            let given = STUDENTS[number % STUDENTS.len()].split(' ').next();
            let given = given.unwrap_or_default();
            let user = NewUser::new(format!("{given} Student{number}"))
                .login(format!("student{number}"))
                .sis_user_id(format!("S{number:06}"));
            let user = school.add_user(user);
            school.enroll(course, user, Role::Student);
            if number % 5 == 0 {
                group = school.add_group(category, format!("Team {}", number / 5 + 1));
            }
            if let Some(group) = group {
                school.add_member(group, user);
            }
        }
        (school, course, category)
    }
}
