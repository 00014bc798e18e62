//! A round through the groups of a course: who is in them, and a group made, renamed and deleted.
//!
//! With `CANVAS_URL` and `CANVAS_TOKEN` it talks to that Canvas:
//! `cargo run --example quickstart -- --course 7`. With neither it starts a stand-in of Canvas in
//! the same process, which answers with the documented bodies.

mod stand_in;

use std::process::ExitCode;

use canvas_groups::{
    Canvas, CategoryId, CourseRef, Result,
    groups::{
        CreateCategoryGroup, DeleteGroup, GetGroupPermissions, Group, ListCourseGroups,
        ListGroupUsers, UpdateGroup,
    },
};
use clap::Parser;
use stand_in::StandIn;

/// Shows the groups of a course and tries out a group of its own.
#[derive(Parser)]
struct Arguments {
    /// The address of Canvas, such as https://school.instructure.com.
    #[arg(long, env = "CANVAS_URL")]
    url: Option<String>,
    /// An access token, from the environment so that it stays out of the shell's history.
    #[arg(skip = std::env::var("CANVAS_TOKEN").ok())]
    token: Option<String>,
    /// The course: its id, or a form such as sis_course_id:MATH-101.
    #[arg(long, default_value = "1")]
    course: CourseRef,
    /// The group set for the trial group; by default that of the first group found.
    #[arg(long)]
    category: Option<CategoryId>,
    /// Leaves the trial group out.
    #[arg(long)]
    read_only: bool,
    /// Keeps the stand-in running, for programs of your own, until Ctrl-C.
    #[arg(long, conflicts_with = "url")]
    serve: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quickstart: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let stand_in = match &arguments.url {
        Some(_) => None,
        None => Some(StandIn::start().await),
    };
    let url = arguments
        .url
        .clone()
        .or(stand_in.as_ref().map(StandIn::url));
    let known = stand_in.as_ref().map(|_| stand_in::TOKEN.to_owned());
    let token = arguments.token.clone().or(known);
    let (url, token) = (url.unwrap_or_default(), token.unwrap_or_default());
    if stand_in.is_some() {
        println!("No CANVAS_URL is set, so this is a stand-in of Canvas on {url}.\n");
    }
    if arguments.serve {
        println!(
            "Use it with CANVAS_URL={url} CANVAS_TOKEN={} and course 1.",
            stand_in::TOKEN
        );
        let _ = tokio::signal::ctrl_c().await;
        return Ok(());
    }
    let canvas = Canvas::builder(url)
        .token(token)
        .user_agent("quickstart/1.0")
        .build()?;
    let (groups, members) = show_groups(&canvas, &arguments.course).await?;
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
        println!("  {:>6}  {:<20} {}", group.id, group.name, names.join(", "));
        members += names.len();
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
