//! Imports from CSV files, which are jobs: what is wrong with a file shows only there.

mod file;
mod groups;
mod table;
mod tags;

use std::{sync::Arc, time::Duration};

use super::{
    api_request::ApiRequest,
    handler::{Route, post},
    jobs::{NewJob, Subject},
    rights::Action,
    school::{Context, Role, School},
};
use crate::reply::{HandlerResult, Reply};
use file::ImportFile;
use table::{Row, Table};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    post("group_categories/:group_category_id/import", import_groups),
    post("courses/:course_id/group_categories/import_tags", import_tags),
];

pub(crate) fn import_groups(request: &mut ApiRequest<'_>) -> HandlerResult {
    let id = request.category()?;
    request.permit_in_category(Action::Add, id)?;
    if request.category_record(id)?.role == Some("communities") {
        return Err(request.unauthorized());
    }
    let file = ImportFile::of(request)?;
    let subject = Subject::Category(id);
    start(
        request,
        file,
        "course_group_import",
        subject,
        move |school, table| school.import_groups(id, table),
    )
}

pub(crate) fn import_tags(request: &mut ApiRequest<'_>) -> HandlerResult {
    let context = request.context()?;
    if !request.school.allows_tags(context) {
        return Err(request.unauthorized());
    }
    request.permit(request.may_do(Action::Add, true, context))?;
    let Context::Course(course) = context else {
        return Err(Reply::not_found());
    };
    let file = ImportFile::of(request)?;
    let subject = Subject::Course(course);
    start(
        request,
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
    request: &mut ApiRequest<'_>,
    file: ImportFile,
    tag: &'static str,
    subject: Subject,
    import: impl Fn(&mut School, &Table) -> Result<(), Crash> + Send + Sync + 'static,
) -> HandlerResult {
    let table = Table::of(&file);
    let whole = request.settings.job_duration;
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
        Err(table::Unreadable::Known(message)) => Err((*message).to_owned()),
        Err(table::Unreadable::Crash) => Err(school.crashed()),
    });
    let job = request.school.start(NewJob {
        tag,
        subject,
        user: None,
        queued,
        running,
        work,
    });
    Ok(Reply::ok(request.school.show_progress(job, request.url)))
}

impl School {
    /// The student of a course whom a row names.
    fn student_in(&self, course: u64, row: Row<'_>) -> Option<u64> {
        let roster = &self.courses.get(&course)?.roster;
        let is_student = |user: &u64| {
            let enrollment = roster.get(user);
            enrollment.is_some_and(|e| e.state.is_current() && e.role == Role::Student)
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
