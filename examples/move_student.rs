//! Moves a student to another group of a group set, in one request.
//!
//! ```text
//! CANVAS_URL=https://school.instructure.com CANVAS_TOKEN=… \
//!     cargo run --example move_student -- --category sis_group_category_id:PROJECTS \
//!     --student sis_user_id:S001 --to sis_group_id:PROJECTS-2 --dry-run
//! ```
//!
//! A student is in one group of a set, so the server takes them out of the old group when they
//! come into the new one: there is nothing to delete, and no moment in which they are in none.
//! Where everybody is it asks before, to tell what it is going to do, and again after, to tell
//! what became of it.
//!
//! Without `CANVAS_URL` and `CANVAS_TOKEN` all this happens in a fake Canvas in the same process.

#[path = "shared/end.rs"]
mod end;
#[path = "shared/place.rs"]
mod place;
#[path = "shared/sample.rs"]
mod sample;
#[path = "shared/say.rs"]
mod say;
#[path = "shared/table.rs"]
mod table;

use std::{io::stdout, process::ExitCode};

use canvas_groups::{
    Canvas, CategoryRef, GroupRef, UserRef,
    categories::ListCategoryGroups,
    csv::{ExportGroups, GroupRow},
    groups::Group,
    memberships::CreateMembership,
};
use clap::Parser;
use end::Result;
use place::{Place, or_sample};
use say::say;

/// Moves a student to another group of a group set.
///
/// Whoever is in no group of the set yet is put into one. Without CANVAS_URL and CANVAS_TOKEN it
/// works on a fake Canvas that it brings.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The group set of a course: its id, or a form such as sis_group_category_id:PROJECTS. The
    /// fake has one.
    #[arg(long)]
    category: Option<CategoryRef>,
    /// The student: an id, sis_user_id:S001 or sis_login_id:ada.moreno. The fake has S001 to S014.
    #[arg(long)]
    student: Option<UserRef>,
    /// The new group: its id, or sis_group_id:PROJECTS-2. The fake has three.
    #[arg(long)]
    to: Option<GroupRef>,
    /// Tells what would be done, and does not do it.
    #[arg(long)]
    dry_run: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    end::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> Result<()> {
    let (canvas, sample) = sample::connect(&arguments.place, stdout()).await?;
    let school = sample.as_ref().map(|sample| &sample.school);
    let category = school.map(|school| school.category.into());
    let category = or_sample(arguments.category, "--category", category)?;
    let student = school.map(|_| UserRef::sis("S001"));
    let student = or_sample(arguments.student, "--student", student)?;
    let to = school.map(|school| school.groups[1].into());
    let to = or_sample(arguments.to, "--to", to)?;

    let groups: Vec<_> = canvas
        .stream(ListCategoryGroups::new(&category))
        .try_collect()
        .await?;
    let to = groups.iter().find(|group| is_named(group, &to));
    let to = to.ok_or("the new group is not in the group set: see --to and --category")?;
    let before = Roster::get(&canvas, &category).await?;
    let rows = before.find(&student)?;
    let name = rows.iter().find_map(|row| row.name.as_deref());
    let name = name.unwrap_or("The student");
    say!("{name}: {} -> {}\n", names(&rows), to.name)?;
    if rows.iter().any(|row| row.canvas_group_id == Some(to.id)) {
        return Ok(say!("Summary: nothing to do.")?);
    }
    if arguments.dry_run {
        before.show(&groups, None)?;
        return Ok(say!("\nSummary: a dry run: nothing was changed.")?);
    }

    let membership = canvas.send(CreateMembership::new(to.id, &student)).await?;
    let after = Roster::get(&canvas, &category).await?;
    before.show(&groups, Some(&after))?;
    let now = names(&after.find(&student)?);
    Ok(say!(
        "\nSummary: membership {}; now in {now}.",
        membership.id
    )?)
}

/// Whether a group is the one that was named, by its id or its SIS id.
fn is_named(group: &Group, name: &GroupRef) -> bool {
    let sis = group.sis_group_id.as_ref().map(GroupRef::sis);
    GroupRef::from(group.id) == *name || sis.as_ref() == Some(name)
}

/// The groups in the rows of a student.
fn names(rows: &[&GroupRow]) -> String {
    let groups = rows.iter().filter_map(|row| row.group_name.as_deref());
    match groups.collect::<Vec<_>>()[..] {
        [] => "(no group)".to_owned(),
        ref groups => groups.join(", "),
    }
}

/// The students of a course, with their groups in a set.
struct Roster(Vec<GroupRow>);

impl Roster {
    async fn get(canvas: &Canvas, category: &CategoryRef) -> Result<Self> {
        let export = canvas.send(ExportGroups::new(category)).await?;
        Ok(Self(export.rows().collect::<canvas_groups::Result<_>>()?))
    }

    /// The rows of a student: one, but for sets in which they may be in several groups.
    fn find(&self, student: &UserRef) -> Result<Vec<&GroupRow>> {
        let is_login = |login: &String| {
            let login = UserRef::login(login).to_string();
            login.eq_ignore_ascii_case(&student.to_string())
        };
        let is_student = |row: &&GroupRow| {
            row.canvas_user_id.map(UserRef::from).as_ref() == Some(student)
                || row.user_id.as_ref().map(UserRef::sis).as_ref() == Some(student)
                || row.login_id.as_ref().is_some_and(is_login)
        };
        let rows: Vec<&GroupRow> = self.0.iter().filter(is_student).collect();
        match rows.is_empty() {
            true => Err(format!(
                "{student} is no student of the course: see --student, and give a number where \
                 SIS ids are hidden from you"
            )
            .into()),
            false => Ok(rows),
        }
    }

    /// Prints how many members each group has, before and after.
    fn show(&self, groups: &[Group], after: Option<&Self>) -> Result<()> {
        let rows: Vec<_> = groups
            .iter()
            .map(|group| {
                let after = after.map(|after| after.count(group).to_string());
                let limit = group.max_membership.map(|limit| limit.to_string());
                [
                    group.id.to_string(),
                    group.name.clone(),
                    self.count(group).to_string(),
                    after.unwrap_or_else(|| "-".to_owned()),
                    limit.unwrap_or_else(|| "-".to_owned()),
                ]
            })
            .collect();
        Ok(table::print(
            ["Id", "Group", "Members before", "After", "Limit"],
            &rows,
        )?)
    }

    fn count(&self, group: &Group) -> usize {
        let members = self.0.iter();
        members
            .filter(|row| row.canvas_group_id == Some(group.id))
            .count()
    }
}
