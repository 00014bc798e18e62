//! Courses that have no set of the name yet.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{Others, SeenSet, Sight, host, see_course};
use crate::{
    Canvas, CourseRef, Result,
    enrollments::{EnrollmentState, EnrollmentType},
    roster::{Rights, Snapshot, Student, format::Format},
    users::{ListCourseUsers, UserInclude},
};

/// What is known of a course that has no set of the name. `whole` says whether its students matter.
pub(super) async fn see_no_set(
    canvas: &Canvas,
    taken_at: Timestamp,
    course: &CourseRef,
    others: Others,
    whole: bool,
) -> Result<Sight> {
    let course = see_course(canvas, course.clone()).await?;
    let mut students = Vec::new();
    if whole {
        let list = ListCourseUsers::new(course.id)
            .enrollment_type([EnrollmentType::Student])
            .enrollment_state([EnrollmentState::Active, EnrollmentState::Invited])
            .include([UserInclude::Enrollments]);
        let users: Vec<_> = canvas.stream(list).try_collect().await?;
        students.extend(users.into_iter().map(|user| {
            let enrollments = user.enrollments.as_deref().unwrap_or_default();
            let is_active = enrollments
                .iter()
                .any(|it| it.enrollment_state == Some(EnrollmentState::Active));
            Student {
                id: user.id,
                name: user.sortable_name.unwrap_or(user.name),
                sis_id: user.sis_user_id,
                login: user.login_id,
                is_invited: !enrollments.is_empty() && !is_active,
            }
        }));
    }
    let any = |has: fn(&Student) -> bool| students.is_empty() || students.iter().any(has);
    let rights = Rights {
        user_sis_ids_shown: any(|student| student.sis_id.is_some()),
        logins_shown: any(|student| student.login.is_some()),
        // The keys of any set tell. Without one, a team with an SIS id is an error before the set
        // is made, and not after it.
        group_sis_ids_shown: others.sets.iter().any(SeenSet::shows_sis_ids),
        group_sis_ids_writable: others.sets.iter().any(|set| set.sis_import_id.is_some()),
    };
    let snapshot = Snapshot {
        format: Format,
        host: host(canvas),
        taken_at,
        course,
        set: None,
        is_tags: others.is_tags,
        other_tags: others.tags(),
        other_sets: others.names(),
        rights,
        groups: Vec::new(),
        students,
    };
    Ok(Sight {
        snapshot,
        places: HashMap::new(),
    })
}
