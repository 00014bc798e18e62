//! Puts students into groups by a CSV file, and tells the outcome of each row.
//!
//! ```text
//! CANVAS_URL=https://school.instructure.com CANVAS_TOKEN=… \
//!     cargo run --example import_groups -- --category 4 teams.csv
//! ```
//!
//! The file names each student by `canvas_user_id`, `user_id` or `login_id`, and the group by
//! `canvas_group_id`, `group_id` or `group_name`. Its rows are checked before anything is sent:
//! try `--bad`. An import answers at once and works in the background, where it may still fail:
//! try a file that is not UTF-8 with `--unchecked`. And it silently skips students whom it does
//! not know, so the example compares the groups before and after.
//!
//! Without `CANVAS_URL` and `CANVAS_TOKEN` it imports into a fake Canvas in the same process;
//! without a file, a sample.

#[path = "shared/bar.rs"]
mod bar;
#[path = "shared/end.rs"]
mod end;
#[path = "shared/job.rs"]
mod job;
#[path = "shared/place.rs"]
mod place;
#[path = "shared/sample.rs"]
mod sample;
#[path = "shared/say.rs"]
mod say;
#[path = "shared/table.rs"]
mod table;

use std::{io::stdout, path::PathBuf, process::ExitCode};

use canvas_groups::{
    Canvas, CategoryRef,
    csv::{Csv, GroupRow, ImportGroups},
    roster::{Roster, Snapshot, SnapshotGroup, Student},
};
use clap::Parser;
use end::Result;
use place::{Place, or_sample};
use say::say;

const SAMPLE: &str = "\
login_id,group_name
ada.moreno,Math Group 1
ben.okafor,Math Group 3
kofi.mensah,Math Group 3
lina.nowak,Math Group 4
mary.moreno,Math Group 4
";

/// As [`SAMPLE`], with a student twice.
const BAD_SAMPLE: &str = "\
login_id,group_name
ada.moreno,Math Group 1
ben.okafor,Math Group 3
Ada.Moreno,Math Group 2
";

/// Puts students into groups by a CSV file, in UTF-8 and with a header line.
///
/// The columns are canvas_user_id, user_id or login_id for the student, and canvas_group_id,
/// group_id or group_name for the group. Without CANVAS_URL and CANVAS_TOKEN it works on a fake
/// Canvas that it brings.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The group set: its id, or a form such as sis_group_category_id:PROJECTS. The fake has
    /// one.
    #[arg(long)]
    category: Option<CategoryRef>,
    /// The file. The fake has a sample.
    file: Option<PathBuf>,
    /// Takes a sample with a bad row, to show how it is refused.
    #[arg(long, conflicts_with = "file")]
    bad: bool,
    /// Sends the file as it is, without a check: what is wrong with it, the server says later.
    #[arg(long)]
    unchecked: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    end::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> Result<()> {
    let Arguments {
        place, category, ..
    } = &arguments;
    let (canvas, sample) = sample::connect(place, stdout()).await?;
    let sampled = sample.as_ref().map(|sample| sample.school.category.into());
    let category = or_sample(category.clone(), "--category", sampled)?;
    let file = match &arguments.file {
        Some(path) => std::fs::read(path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?,
        None => {
            let file = if arguments.bad { BAD_SAMPLE } else { SAMPLE };
            or_sample(None, "a file", sample.as_ref().map(|_| file.into()))?
        }
    };
    let file = Csv::<GroupRow>::new(file);

    let (request, rows) = match arguments.unchecked {
        true => {
            let request = ImportGroups::from_csv(&category, file.bytes().clone()).unchecked();
            (request, file.rows().flatten().collect())
        }
        false => {
            let rows = file.rows().collect::<canvas_groups::Result<Vec<_>>>()?;
            (ImportGroups::new(&category, rows.clone()), rows)
        }
    };
    let before = look(&canvas, &category).await?;
    let job = canvas.send(request).await?;
    say!("Began job {} in group set {category}.\n", job.id)?;
    job::wait(&canvas, job, "Importing").await?;
    let after = look(&canvas, &category).await?;
    show_outcome(&rows, &before, &after)
}

/// Who is in which group. An export would do for most: it leaves out students who are invited to
/// the course and have not accepted yet, whom an import takes.
async fn look(canvas: &Canvas, category: &CategoryRef) -> Result<Snapshot> {
    Ok(canvas.snapshot(&Roster::of(category.clone())).await?)
}

fn show_outcome(rows: &[GroupRow], before: &Snapshot, after: &Snapshot) -> Result<()> {
    let (mut moved, mut unchanged, mut skipped) = (0, 0, 0);
    let mut lines = Vec::new();
    for row in rows {
        let student = find(&after.students, row);
        let group = |at| student.and_then(|student| group_of(at, student));
        let (old, new) = (group(before), group(after));
        let (outcome, count) = match (student, new) {
            (None, _) => ("skipped: no such student in the course", &mut skipped),
            (_, Some(new)) if named(after, row) == Some(new) => match old {
                None => ("placed", &mut moved),
                Some(old) if old.id == new.id => ("as before", &mut unchanged),
                Some(_) => ("moved", &mut moved),
            },
            _ => ("skipped: not in this group", &mut skipped),
        };
        *count += 1;
        let cell = |group: Option<&SnapshotGroup>| group.map_or("-", |it| &it.name).to_owned();
        lines.push([
            label(row),
            student.map(|it| it.name.clone()).unwrap_or_default(),
            cell(old),
            cell(new),
            outcome.to_owned(),
        ]);
    }
    table::print(["Student", "Name", "Before", "After", "Outcome"], &lines)?;
    say!(
        "\nSummary: rows: {}; placed or moved: {moved}; as before: {unchanged}; skipped: {skipped}.",
        rows.len()
    )?;
    Ok(())
}

fn group_of<'a>(snapshot: &'a Snapshot, student: &Student) -> Option<&'a SnapshotGroup> {
    let mut groups = snapshot.groups.iter();
    groups.find(|group| group.members.contains(&student.id))
}

/// The group that a row names, by the first column that finds one, as the server does it.
fn named<'a>(snapshot: &'a Snapshot, row: &GroupRow) -> Option<&'a SnapshotGroup> {
    let by =
        |is_same: &dyn Fn(&SnapshotGroup) -> bool| snapshot.groups.iter().find(|it| is_same(it));
    let (id, sis, name) = (row.canvas_group_id, &row.group_id, &row.group_name);
    let name = name.as_deref().map(str::trim);
    by(&|group| id == Some(group.id))
        .or_else(|| by(&|group| sis.is_some() && group.sis_id == *sis))
        .or_else(|| by(&|group| name == Some(&*group.name)))
}

/// The student whom a row names, by the first column that finds one, as the server does it.
fn find<'a>(students: &'a [Student], row: &GroupRow) -> Option<&'a Student> {
    let by = |is_same: &dyn Fn(&Student) -> bool| students.iter().find(|other| is_same(other));
    let folded = |login: &Option<String>| login.as_ref().map(|login| login.to_lowercase());
    let (id, sis, login) = (row.canvas_user_id, &row.user_id, folded(&row.login_id));
    by(&|other| id == Some(other.id))
        .or_else(|| by(&|other| sis.is_some() && other.sis_id == *sis))
        .or_else(|| by(&|other| login.is_some() && folded(&other.login) == login))
}

/// How the file names the student of a row.
fn label(row: &GroupRow) -> String {
    let id = row.canvas_user_id.map(|id| id.to_string());
    let name = id.or(row.user_id.clone()).or(row.login_id.clone());
    name.unwrap_or_else(|| "(nobody)".to_owned())
}
