//! Imports from CSV files, which are jobs: what is wrong with a file shows only there.

mod groups;
mod table;
mod tags;
mod upload;

use std::{sync::Arc, time::Duration};

use super::{
    handler::{Route, post},
    jobs::{NewJob, Subject},
    rights::Deed,
    school::{Context, Role, School},
    visit::Visit,
};
use crate::fake::reply::{Answer, Reply};
use table::{Row, Table};
use upload::Upload;

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    post("group_categories/:group_category_id/import", import_groups),
    post("courses/:course_id/group_categories/import_tags", import_tags),
];

pub(crate) fn import_groups(visit: &mut Visit<'_>) -> Answer {
    let id = visit.category()?;
    visit.permit_in_category(Deed::Add, id)?;
    if visit.category_record(id)?.role == Some("communities") {
        return Err(visit.unauthorized());
    }
    let file = Upload::of(visit)?;
    let subject = Subject::Category(id);
    start(
        visit,
        file,
        "course_group_import",
        subject,
        move |school, table| school.import_groups(id, table),
    )
}

pub(crate) fn import_tags(visit: &mut Visit<'_>) -> Answer {
    let context = visit.context()?;
    if !visit.school.allows_tags(context) {
        return Err(visit.unauthorized());
    }
    visit.permit(visit.may_do(Deed::Add, true, context))?;
    let Context::Course(course) = context else {
        return Err(Reply::not_found());
    };
    let file = Upload::of(visit)?;
    let subject = Subject::Course(course);
    start(
        visit,
        file,
        "course_tag_import",
        subject,
        move |school, table| school.import_tags(course, table),
    )
}

/// Nothing came of an import: its job crashes.
#[derive(Debug)]
struct Crash;

/// Starts the job of an import. A file that cannot be read fails as soon as it is looked at.
fn start(
    visit: &mut Visit<'_>,
    file: Upload,
    tag: &'static str,
    subject: Subject,
    import: impl Fn(&mut School, &Table) -> Result<(), Crash> + Send + Sync + 'static,
) -> Answer {
    let table = Table::of(&file);
    let whole = visit.settings.job_duration;
    let queued = whole / 4;
    let running = match table.is_ok() {
        true => whole.saturating_sub(queued),
        false => Duration::ZERO,
    };
    let work = Arc::new(move |school: &mut School| match &table {
        Ok(table) => match import(school, table) {
            Ok(()) => Ok(None),
            Err(Crash) => Err(school.crashed()),
        },
        Err(table::Unread::Known(message)) => Err((*message).to_owned()),
        Err(table::Unread::Crash) => Err(school.crashed()),
    });
    let job = visit.school.start(NewJob {
        tag,
        subject,
        user: None,
        queued,
        running,
        work,
    });
    Ok(Reply::ok(visit.school.show_progress(job, visit.url)))
}

impl School {
    /// The student of a course whom a row names.
    fn student_in(&self, course: u64, row: Row<'_>) -> Option<u64> {
        let roster = &self.courses.get(&course)?.roster;
        let is_student = |user: &u64| {
            let enrollment = roster.get(user);
            enrollment.is_some_and(|e| e.is_active && e.role == Role::Student)
        };
        let by_id = || row.id("canvas_user_id").filter(is_student);
        let by_sis = || {
            let user = self.sis_users.get(row.text("user_id")?).copied();
            user.filter(is_student)
        };
        let by_login = || {
            let login = row.text("login_id")?.to_lowercase();
            self.logins.get(&login).copied().filter(is_student)
        };
        by_id().or_else(by_sis).or_else(by_login)
    }
}
