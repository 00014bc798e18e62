//! Imports from CSV files, which are jobs: what is wrong with a file shows only there.

mod file;
mod groups;
mod table;
mod tags;

use std::{collections::HashSet, sync::Arc, time::Duration};

use serde_json::json;
use tokio::time::Instant;

use super::{
    api_request::ApiRequest,
    handler::{Route, post},
    jobs::{Done, NewJob, Subject},
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
    start(request, file, subject, move |school, table| {
        school.import_groups(id, table)
    })
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
    start(request, file, subject, move |school, table| {
        school.import_tags(course, table)
    })
}

/// What the jobs of imports are called.
const TAG: &str = "course_group_import";

/// What an import took out of its file.
#[derive(Debug, Default)]
struct Taken {
    /// The groups that got somebody, anew after each thousand rows.
    groups: usize,
    users: HashSet<u64>,
    /// Those of the present thousand.
    filled: HashSet<u64>,
}

impl Taken {
    /// Counts what a row with this number brought.
    fn count(&mut self, row: usize, group: u64, user: u64) {
        self.users.insert(user);
        self.filled.insert(group);
        if row.is_multiple_of(1000) && row > 0 {
            self.groups += std::mem::take(&mut self.filled).len();
        }
    }

    fn message(&self, error: Option<&str>) -> String {
        json!({
            "type": "import_groups",
            "groups": self.groups + self.filled.len(),
            "users": self.users.len(),
            "error": error,
        })
        .to_string()
    }
}

/// Nothing came of an import: its job crashes.
#[derive(Debug)]
struct Crash;

/// Starts the job of an import. A file that cannot be read fails as soon as it is looked at.
fn start(
    request: &mut ApiRequest<'_>,
    file: ImportFile,
    subject: Subject,
    import: impl Fn(&mut School, &Table) -> Result<Taken, Crash> + Send + Sync + 'static,
) -> HandlerResult {
    let table = Table::of(&file);
    let whole = request.settings.job_duration;
    // One import of a course runs at a time.
    let others = match subject {
        Subject::Course(course) => Some(course),
        Subject::Category(id) => match request.category_record(id)?.context {
            Context::Course(course) => Some(course),
            Context::Account(_) => None,
        },
        Subject::User(_) => None,
    };
    let others = others.and_then(|course| request.school.last_end(TAG, course));
    let wait = others.map(|end| end.saturating_duration_since(Instant::now()));
    let queued = wait.unwrap_or_default() + whole / 4;
    let running = match table.is_ok() {
        true => whole.saturating_sub(whole / 4),
        false => Duration::ZERO,
    };
    let work = Arc::new(move |school: &mut School| {
        let taken = match &table {
            Ok(table) => import(school, table),
            Err(table::Unreadable::Known(error)) => {
                // Old servers tell the error alone, and nothing of what was taken.
                return Err(match school.is_old {
                    true => (*error).to_owned(),
                    false => Taken::default().message(Some(error)),
                });
            }
            Err(table::Unreadable::Crash) => Err(Crash),
        };
        match taken {
            Ok(taken) => Ok(Done {
                message: (!school.is_old).then(|| taken.message(None)),
                results: None,
            }),
            Err(Crash) => Err(school.crashed()),
        }
    });
    let job = request.school.start(NewJob {
        tag: TAG,
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
