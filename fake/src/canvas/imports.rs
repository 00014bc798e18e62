//! Imports from CSV files, which are jobs: what is wrong with a file shows only there.

mod file;
mod groups;
mod table;
mod tags;

use std::{collections::HashSet, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::json;
use tokio::time::Instant;

use super::{
    api_request::ApiRequest,
    categories::checks::{LONGEST_NAME, ValidationErrors},
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
    if !request.school.has_tags_on(context) {
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
    /// The groups that got somebody, counted anew each time that memberships are written.
    groups: usize,
    users: HashSet<u64>,
    /// The users and groups of the memberships that are not written yet.
    pending: Vec<(u64, u64)>,
}

impl Taken {
    /// Notes a membership that a row with this number brings, and says whether it is time to write
    /// those that have come together.
    fn note(&mut self, row: usize, user: u64, group: u64) -> bool {
        self.users.insert(user);
        self.pending.push((user, group));
        row.is_multiple_of(1000) && row > 0
    }

    /// Hands over the memberships to write.
    fn hand_over(&mut self) -> Vec<(u64, u64)> {
        let pending = std::mem::take(&mut self.pending);
        let groups: HashSet<u64> = pending.iter().map(|(_, group)| *group).collect();
        self.groups += groups.len();
        pending
    }

    fn message(&self, error: Option<&str>) -> String {
        json!({
            "type": "import_groups",
            "groups": self.groups,
            "users": self.users.len(),
            "error": error,
        })
        .to_string()
    }
}

/// An import can't go on: its job crashes. What was written stays, and those whose membership was
/// ended and not written anew are in no group.
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
    /// Fails where a group, or tag, may not have this name.
    fn check_group_name(name: &str) -> Result<(), Crash> {
        match name.chars().count() > LONGEST_NAME {
            true => Err(Crash),
            false => Ok(()),
        }
    }

    /// Gives a set a new name.
    fn rename_set(&mut self, id: u64, name: &str) -> Result<(), Crash> {
        let set = self.categories.get(&id).filter(|set| set.name != name);
        let Some(set) = set else {
            return Ok(());
        };
        let mut faults = ValidationErrors::default();
        self.check_category_name(name, set, Some(id), 0, &mut faults);
        if !faults.is_empty() {
            return Err(Crash);
        }
        if let Some(set) = self.categories.get_mut(&id) {
            name.clone_into(&mut set.name);
            set.updated_at = Timestamp::now();
        }
        Ok(())
    }

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
