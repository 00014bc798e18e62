//! Group assignments, and what groups submit for them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use canvas_groups::{CategoryId, GroupId, UserId, activity::AssignmentId, users::SubmissionId};

use super::{
    jobs::{Done, NewJob, Subject},
    school::{Context, Role, School},
};

/// The group assignments of a school, and how the server treats their submissions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Submissions {
    /// The set of each assignment.
    assignments: BTreeMap<u64, u64>,
    all: BTreeMap<u64, Submission>,
    touched: Vec<SubmissionId>,
    /// Whether a change of membership recomputes submissions without deleting any before, as
    /// older servers do.
    pub(crate) only_recomputes: bool,
    /// How long it takes until they are recomputed.
    pub(crate) recomputed_after: Duration,
}

#[derive(Debug, Clone)]
struct Submission {
    assignment: u64,
    group: u64,
    user: u64,
    is_deleted: bool,
}

impl School {
    /// Adds a group assignment for the groups of a set.
    pub fn add_group_assignment(&mut self, category: CategoryId) -> AssignmentId {
        let id = self.next_id();
        self.submissions.assignments.insert(id, category.get());
        AssignmentId::new(id)
    }

    /// Submits an assignment for a group: each of its members gets a submission. Nothing is
    /// submitted if the assignment is not for the set of the group.
    pub fn submit(&mut self, assignment: AssignmentId, group: GroupId) -> Vec<SubmissionId> {
        let set = self.submissions.assignments.get(&assignment.get());
        let record = self.group(group.get());
        let record = record.filter(|record| set == Some(&record.category));
        let members: Vec<u64> = record
            .map(|record| self.accepted(record).collect())
            .unwrap_or_default();
        let submit = |user| {
            let id = self.next_id();
            let submission = Submission {
                assignment: assignment.get(),
                group: group.get(),
                user,
                is_deleted: false,
            };
            self.submissions.all.insert(id, submission);
            SubmissionId::new(id)
        };
        members.into_iter().map(submit).collect()
    }

    /// The submissions of a user that are not deleted, by id.
    pub fn submissions_of(&self, user: UserId) -> Vec<SubmissionId> {
        let all = self.submissions.all.iter();
        let own = all.filter(|(_, it)| it.user == user.get() && !it.is_deleted);
        own.map(|(id, _)| SubmissionId::new(*id)).collect()
    }

    /// The submissions that changes of memberships have touched, in the order in which that
    /// happened; one that was touched twice is there twice.
    ///
    /// A user who gets into or out of a group loses the submissions for the assignments of its set.
    /// A job brings them back as long as the user is a student of the course. Older servers only
    /// run the job.
    pub fn touched_submissions(&self) -> &[SubmissionId] {
        &self.submissions.touched
    }

    /// The submissions of a user for the assignments of a set, without those that are deleted, by
    /// id.
    pub(crate) fn submissions_in(&self, set: u64, user: u64) -> Vec<u64> {
        let Submissions {
            assignments, all, ..
        } = &self.submissions;
        let own = all.iter().filter(|(_, it)| {
            let is_of_set = assignments.get(&it.assignment) == Some(&set);
            it.user == user && is_of_set && !it.is_deleted
        });
        own.map(|(id, _)| *id).collect()
    }

    /// Whether a submission that is not deleted is one of a group.
    pub(crate) fn has_submission(&self, group: u64) -> bool {
        let mut all = self.submissions.all.values();
        all.any(|submission| submission.group == group && !submission.is_deleted)
    }

    /// Touches the submissions of somebody whose membership in a group changes.
    pub(crate) fn touch_submissions(&mut self, user: u64, group: u64) {
        let Some(set) = self.groups.get(&group).map(|group| group.category) else {
            return;
        };
        let Submissions {
            assignments,
            all,
            touched,
            only_recomputes,
            recomputed_after,
        } = &mut self.submissions;
        let own = all.iter_mut().filter(|(_, submission)| {
            submission.user == user && assignments.get(&submission.assignment) == Some(&set)
        });
        let mut is_touched = false;
        for (id, submission) in own {
            is_touched = true;
            touched.push(SubmissionId::new(*id));
            submission.is_deleted |= !*only_recomputes;
        }
        let running = *recomputed_after;
        let context = self.categories.get(&set).map(|set| set.context);
        if let (true, Some(Context::Course(course))) = (is_touched, context) {
            self.start(NewJob {
                tag: "recompute_submissions",
                subject: Subject::Course(course),
                user: None,
                queued: Duration::ZERO,
                running,
                work: Arc::new(move |school| {
                    school.recompute_submissions(user, course, set);
                    Ok(Done::default())
                }),
            });
        }
    }

    /// Brings back the submissions of a student, and deletes those of anybody else.
    fn recompute_submissions(&mut self, user: u64, course: u64, set: u64) {
        let course = self.courses.get(&course);
        let enrollment = course.and_then(|course| course.roster.get(&user));
        let counts = enrollment.is_some_and(|it| it.role == Role::Student);
        let Submissions {
            assignments, all, ..
        } = &mut self.submissions;
        for submission in all.values_mut() {
            let is_of_set = assignments.get(&submission.assignment) == Some(&set);
            if submission.user == user && is_of_set {
                submission.is_deleted = !counts;
            }
        }
    }
}
