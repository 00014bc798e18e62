//! A round through the groups of a course: who is in them, and a group made, renamed and deleted.
//!
//! With `CANVAS_URL` and `CANVAS_TOKEN` it talks to that Canvas:
//! `cargo run --example quickstart -- --course 7`. With neither it starts a fake Canvas in
//! the same process. The example `fake_canvas` runs one for programs of your own.

#[path = "shared/bar.rs"]
mod bar;
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
    Canvas, CategoryId, CourseRef,
    groups::{
        CreateCategoryGroup, DeleteGroup, GetGroupPermissions, Group, ListCourseGroups,
        ListGroupUsers, UpdateGroup,
    },
};
use clap::Parser;
use end::Result;
use place::{Place, or_sample};
use say::say;

/// Shows the groups of a course, and makes, renames and deletes one of its own.
///
/// Without CANVAS_URL and CANVAS_TOKEN it works on a fake Canvas that it brings.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The course: its id, or a form such as sis_course_id:MATH-101. The fake has one.
    #[arg(long)]
    course: Option<CourseRef>,
    /// The group set for the trial group; by default that of the first group found.
    #[arg(long)]
    category: Option<CategoryId>,
    /// Leaves the trial group out.
    #[arg(long)]
    read_only: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    end::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> Result<()> {
    let Arguments { place, course, .. } = &arguments;
    let (canvas, sample) = sample::connect(place, stdout()).await?;
    let sampled = sample.as_ref().map(|sample| sample.school.course.into());
    let course = or_sample(course.clone(), "--course", sampled)?;
    let (groups, members) = show_groups(&canvas, &course).await?;
    let category = arguments.category;
    let category = category.or(groups.iter().find_map(|group| group.group_category_id));
    let trial = match category {
        _ if arguments.read_only => "no trial group, as asked",
        None => "no trial group: the course has no group set to put it in",
        Some(category) => {
            try_group(&canvas, category).await?;
            "a group made, renamed and deleted"
        }
    };
    say!(
        "\nSummary: {} groups, {members} memberships; {trial}.",
        groups.len()
    )?;
    Ok(())
}

/// Prints each group of the course with its members.
async fn show_groups(canvas: &Canvas, course: &CourseRef) -> Result<(Vec<Group>, usize)> {
    let (mut rows, mut members) = (Vec::new(), 0);
    let groups: Vec<_> = canvas
        .stream(ListCourseGroups::new(course))
        .try_collect()
        .await?;
    let bar = bar::new(groups.len() as u64, "Reading groups");
    for group in &groups {
        let mut names = Vec::new();
        let mut users = canvas.stream(ListGroupUsers::new(group.id));
        while let Some(user) = users.try_next().await? {
            names.push(user.name);
        }
        members += names.len();
        if names.is_empty() {
            names.push("(nobody)".to_owned());
        }
        rows.push([group.id.to_string(), group.name.clone(), names.join(", ")]);
        bar.inc(1);
    }
    drop(bar);
    say!("Groups of course {course}:\n")?;
    table::print(["Id", "Group", "Members"], &rows)?;
    Ok((groups, members))
}

/// Makes a group, renames it, asks what may be done there, and deletes it.
async fn try_group(canvas: &Canvas, category: CategoryId) -> Result<()> {
    let create = CreateCategoryGroup::new(category).name("Quickstart");
    let group = canvas.send(create).await?;
    // Whatever becomes of the rest, the group does not stay.
    let outcome = look_around(canvas, &group).await;
    canvas.send(DeleteGroup::new(group.id)).await?;
    outcome?;
    Ok(say!("Deleted it again.")?)
}

async fn look_around(canvas: &Canvas, group: &Group) -> Result<()> {
    say!("\nCreated \"{}\" with id {}.", group.name, group.id)?;
    let rename = UpdateGroup::new(group.id).name("Quickstart, renamed");
    let renamed = canvas.send(rename).await?;
    say!("Renamed it to \"{}\".", renamed.name)?;
    let ask = GetGroupPermissions::new(group.id).permissions(["read_roster", "update", "delete"]);
    for (name, allowed) in canvas.send(ask).await?.iter() {
        say!("  {name}: {}", if allowed { "yes" } else { "no" })?;
    }
    Ok(())
}
