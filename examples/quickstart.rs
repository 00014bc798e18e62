//! A round through the groups of a course: who is in them, and a group made, renamed and deleted.
//!
//! With `CANVAS_URL` and `CANVAS_TOKEN` it talks to that Canvas:
//! `cargo run --example quickstart -- --course 7`. With neither it starts a stand-in of Canvas in
//! the same process, which answers with the documented bodies. `--serve` keeps that stand-in
//! running for the other examples, and for programs of your own.

#[path = "shared/place.rs"]
mod place;
#[path = "shared/stand_in/mod.rs"]
mod stand_in;

use std::{io::stdout, process::ExitCode};

use canvas_groups::{
    Canvas, CategoryId, CourseId, CourseRef, Result,
    groups::{
        CreateCategoryGroup, DeleteGroup, GetGroupPermissions, Group, ListCourseGroups,
        ListGroupUsers, UpdateGroup,
    },
};
use clap::Parser;
use place::Place;

/// Shows the groups of a course and tries out a group of its own.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The course: its id, or a form such as sis_course_id:MATH-101. The stand-in has course 1.
    #[arg(long)]
    course: Option<CourseRef>,
    /// The group set for the trial group; by default that of the first group found.
    #[arg(long)]
    category: Option<CategoryId>,
    /// Leaves the trial group out.
    #[arg(long)]
    read_only: bool,
    /// Keeps a stand-in running, for programs of your own, until Ctrl-C.
    #[arg(long, conflicts_with = "url")]
    serve: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.serve {
        serve().await;
        return ExitCode::SUCCESS;
    }
    place::end(run(arguments).await)
}

async fn serve() {
    let server = stand_in::start().await;
    println!(
        "This is a stand-in of Canvas. Use it with CANVAS_URL={} CANVAS_TOKEN={} and course 1.",
        server.uri(),
        stand_in::TOKEN
    );
    let _ = tokio::signal::ctrl_c().await;
}

async fn run(arguments: Arguments) -> place::Result<()> {
    let Arguments { place, course, .. } = &arguments;
    let (canvas, _stand_in) = stand_in::connect(place, stdout()).await?;
    let course = place.or_sample(course.clone(), "--course", CourseId::new(1).into())?;
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
    println!(
        "\nSummary: {} groups, {members} memberships; {trial}.",
        groups.len()
    );
    Ok(())
}

/// Prints each group of the course with its members.
async fn show_groups(canvas: &Canvas, course: &CourseRef) -> Result<(Vec<Group>, usize)> {
    println!("Groups of course {course}:");
    let (mut groups, mut members) = (Vec::new(), 0);
    let mut list = canvas.stream(ListCourseGroups::new(course));
    while let Some(group) = list.try_next().await? {
        let mut names = Vec::new();
        let mut users = canvas.stream(ListGroupUsers::new(group.id));
        while let Some(user) = users.try_next().await? {
            names.push(user.name);
        }
        members += names.len();
        if names.is_empty() {
            names.push("(nobody)".to_owned());
        }
        println!("  {:>6}  {:<20} {}", group.id, group.name, names.join(", "));
        groups.push(group);
    }
    Ok((groups, members))
}

/// Makes a group, renames it, asks what may be done there, and deletes it.
async fn try_group(canvas: &Canvas, category: CategoryId) -> Result<()> {
    let create = CreateCategoryGroup::new(category).name("Quickstart");
    let group = canvas.send(create).await?;
    println!(
        "\nCreated \"{}\" with id {} in group set {category}.",
        group.name, group.id
    );
    let outcome = look_around(canvas, &group).await;
    canvas.send(DeleteGroup::new(group.id)).await?;
    println!("Deleted it again.");
    outcome
}

async fn look_around(canvas: &Canvas, group: &Group) -> Result<()> {
    let rename = UpdateGroup::new(group.id).name("Quickstart, renamed");
    println!("Renamed it to \"{}\".", canvas.send(rename).await?.name);
    let ask = GetGroupPermissions::new(group.id).permissions(["read_roster", "update", "delete"]);
    for (name, allowed) in canvas.send(ask).await?.iter() {
        println!("  {name}: {}", if allowed { "yes" } else { "no" });
    }
    Ok(())
}
