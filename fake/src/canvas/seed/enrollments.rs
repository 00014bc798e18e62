//! Enrolling people in courses, and how far their enrollments have come.

use std::collections::BTreeSet;

use canvas_groups::{CourseId, SectionId, UserId, enrollments::EnrollmentState};
use jiff::Timestamp;

use crate::canvas::school::{Context, Enrollment, EnrollmentStanding, Role, School};

impl School {
    /// Enrolls a user in a course, in the section that every course has. A user who is in the course
    /// already gets the role.
    pub fn enroll(&mut self, course: CourseId, user: UserId, role: Role) {
        let is_new = self
            .courses
            .get(&course.get())
            .is_some_and(|course| !course.roster.contains_key(&user.get()));
        let ids = match is_new {
            true => vec![(course.get(), self.next_enrollment())],
            false => Vec::new(),
        };
        if let Some(course) = self.courses.get_mut(&course.get()) {
            let enrollment = course.roster.entry(user.get()).or_insert(Enrollment {
                role,
                sections: BTreeSet::new(),
                ids,
                created_at: Timestamp::now(),
                state: EnrollmentStanding::Active,
                is_limited: false,
            });
            enrollment.role = role;
            course.forget_order();
        }
    }

    /// Puts somebody who is enrolled in the course of a section into that section.
    pub fn put_in_section(&mut self, section: SectionId, user: UserId) {
        let course = self
            .sections
            .get(&section.get())
            .map(|section| section.course);
        let Some(course) = course else { return };
        let next = self.last_enrollment + 1;
        let record = self.courses.get_mut(&course);
        let Some(enrollment) = record.and_then(|course| course.roster.get_mut(&user.get())) else {
            return;
        };
        if !enrollment.sections.insert(section.get()) {
            return;
        }
        match enrollment.ids.iter_mut().find(|(at, _)| *at == course) {
            // This section takes the place of the one that every course has.
            Some((at, _)) => *at = section.get(),
            None => {
                enrollment.ids.push((section.get(), next));
                self.last_enrollment = next;
            }
        }
        if let Some(record) = self.courses.get_mut(&course) {
            record.forget_order();
        }
    }

    /// Sets whether an enrollment is active, as it is at first, or inactive.
    pub fn set_active(&mut self, course: CourseId, user: UserId, active: bool) {
        self.set_enrollment_state(
            course,
            user,
            match active {
                true => EnrollmentState::Active,
                false => EnrollmentState::Inactive,
            },
        );
    }

    /// Sets how far an enrollment has come. It is active at first.
    ///
    /// Whoever is invited, inactive or completed stays in the groups of the course. An enrollment
    /// that is deleted or rejected is taken away, and its user out of the groups. All other states
    /// are ignored.
    pub fn set_enrollment_state(&mut self, course: CourseId, user: UserId, state: EnrollmentState) {
        let standing = match state {
            EnrollmentState::Active => EnrollmentStanding::Active,
            EnrollmentState::Invited | EnrollmentState::CreationPending => {
                EnrollmentStanding::Invited
            }
            EnrollmentState::Inactive => EnrollmentStanding::Inactive,
            EnrollmentState::Completed => EnrollmentStanding::Completed,
            EnrollmentState::Deleted | EnrollmentState::Rejected => {
                return self.unenroll(course.get(), user.get());
            }
            _ => return,
        };
        let Some(course) = self.courses.get_mut(&course.get()) else {
            return;
        };
        if let Some(enrollment) = course.roster.get_mut(&user.get()) {
            enrollment.state = standing;
            course.forget_order();
        }
    }

    fn unenroll(&mut self, course: u64, user: u64) {
        if let Some(course) = self.courses.get_mut(&course) {
            course.roster.remove(&user);
            course.forget_order();
        }
        let groups = self.users.get(&user).map(|user| user.groups.clone());
        for group in groups.into_iter().flatten() {
            let record = self.groups.get(&group);
            let record = record.filter(|group| group.context == Context::Course(course));
            if let Some(membership) = record.and_then(|group| group.members.get(&user).copied()) {
                self.remove(membership);
            }
        }
    }
}
