//! Who is in which group of a group set, as CSV on stdout, students without a group included.
//!
//! ```text
//! CANVAS_URL=https://school.instructure.com CANVAS_TOKEN=… \
//!     cargo run --example export_roster -- --category 4 > roster.csv
//! ```
//!
//! It takes the server's own export rather than the lists of groups and members: that has logins,
//! SIS ids and sections beside the names, students without a group too, and is one request
//! whatever the number of groups. What differs in it from caller to caller (separator, headings,
//! missing columns, order) is the same for all here. Empty groups are in no export, so a list of
//! the groups tells of them. For a category of an account, which has no export, list
//! `ListCategoryGroups`, `ListGroupUsers` and `ListCategoryUsers` with `unassigned`.
//!
//! Names that a spreadsheet would run as formulas get an apostrophe in front; an import of the file
//! goes by its ids.
//!
//! All but the CSV goes to stderr. Without `CANVAS_URL` and `CANVAS_TOKEN` it asks a fake
//! Canvas in the same process.

#[path = "shared/end.rs"]
mod end;
#[path = "shared/place.rs"]
mod place;
#[path = "shared/sample.rs"]
mod sample;

use std::{
    collections::BTreeSet,
    io::{Write, stderr, stdout},
    process::ExitCode,
};

use canvas_groups::{
    CategoryRef,
    categories::ListCategoryGroups,
    csv::{ExportGroups, GroupRow, spreadsheet_cell},
};
use clap::Parser;
use end::{
    Result,
    plain::{file_on_stdout, plain},
};
use place::{Place, or_sample};

/// Writes who is in which group of a group set, as CSV on stdout. All else goes to stderr.
///
/// Without CANVAS_URL and CANVAS_TOKEN it works on a fake Canvas that it brings.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The group set of a course: its id, or a form such as sis_group_category_id:PROJECTS. The
    /// fake has one.
    #[arg(long)]
    category: Option<CategoryRef>,
    /// Leaves out the students without a group, as an import of the file needs it.
    #[arg(long)]
    grouped_only: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    end::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> Result<()> {
    let Arguments {
        place, category, ..
    } = arguments;
    let (canvas, sample) = sample::connect(&place, stderr()).await?;
    let sampled = sample.as_ref().map(|sample| sample.school.category.into());
    let category = or_sample(category, "--category", sampled)?;

    let export = canvas.send(ExportGroups::new(&category)).await?;
    let mut rows = export.rows().collect::<canvas_groups::Result<Vec<_>>>()?;
    let groups: Vec<_> = canvas
        .stream(ListCategoryGroups::new(&category))
        .try_collect()
        .await?;

    // Those without a group come last.
    rows.sort_by_cached_key(|row| {
        let group = row.group_name.clone();
        (group.is_none(), group, row.name.clone())
    });
    let is_wanted = |row: &&GroupRow| !arguments.grouped_only || row.group_name.is_some();
    let wanted: Vec<&GroupRow> = rows.iter().filter(is_wanted).collect();
    stdout().write_all(file_on_stdout(&csv(&wanted)?).as_bytes())?;

    let named: Vec<&str> = rows
        .iter()
        .filter_map(|row| row.group_name.as_deref())
        .collect();
    let filled: BTreeSet<&str> = named.iter().copied().collect();
    let names = groups.iter().map(|group| group.name.as_str());
    let empty: Vec<&str> = names.filter(|name| !filled.contains(name)).collect();
    eprintln!(
        "Summary: {} students: {} in {} groups, {} without a group.",
        rows.len(),
        named.len(),
        filled.len(),
        rows.len() - named.len()
    );
    if !empty.is_empty() {
        eprintln!("Empty groups: {}.", plain(&empty.join(", ")));
    }
    Ok(())
}

fn csv(rows: &[&GroupRow]) -> Result<String> {
    let mut writer = csv::WriterBuilder::new()
        // A spreadsheet whose separator is `;` would split a name at it.
        .quote_style(csv::QuoteStyle::Always)
        .from_writer(Vec::new());
    writer.write_record([
        "name",
        "canvas_user_id",
        "user_id",
        "login_id",
        "sections",
        "group_name",
        "canvas_group_id",
        "group_id",
    ])?;
    for row in rows {
        let (user, group) = (row.canvas_user_id, row.canvas_group_id);
        let (user, group) = (
            user.map(|id| id.to_string()),
            group.map(|id| id.to_string()),
        );
        let cells = [
            &row.name,
            &user,
            &row.user_id,
            &row.login_id,
            &row.sections,
            &row.group_name,
            &group,
            &row.group_id,
        ];
        // People open it in a spreadsheet, which would run a name such as `=1+1`.
        let cells = cells.map(|cell| spreadsheet_cell(cell.as_deref().unwrap_or_default()));
        writer.write_record(cells.each_ref().map(|cell| cell.as_bytes()))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}
