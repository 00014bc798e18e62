//! Splits the students of a course into teams: a new group set with groups, filled evenly.
//!
//! ```text
//! CANVAS_URL=https://school.instructure.com CANVAS_TOKEN=… \
//!     cargo run --example make_teams -- --course 7 --name "Lab Teams" --teams 6
//! ```
//!
//! The groups are made empty, and the students are spread over them by a job in the background, so
//! that no call runs into a time limit in a course of thousands. Without `CANVAS_URL` and
//! `CANVAS_TOKEN` all this happens in a fake Canvas in the same process.

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

use std::{io::stdout, process::ExitCode};

use canvas_groups::{
    Canvas, CategoryId, CourseRef,
    categories::{AssignUnassigned, CreateCourseCategory, ListCategoryGroups, ListCategoryUsers},
    groups::ListGroupUsers,
    users::User,
};
use clap::{Parser, value_parser};
use end::Result;
use place::{Place, or_sample};
use say::say;

/// Makes a group set and splits the students of a course evenly over its groups.
///
/// Without CANVAS_URL and CANVAS_TOKEN it works on a fake Canvas that it brings.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The course: its id, or a form such as sis_course_id:MATH-101. The fake has one.
    #[arg(long)]
    course: Option<CourseRef>,
    /// The name of the new group set. Canvas names the groups after it, with numbers.
    #[arg(long, default_value = "Lab Teams")]
    name: String,
    /// How many teams, 1 to 200.
    #[arg(long, default_value_t = 4, value_parser = value_parser!(u32).range(1..=200))]
    teams: u32,
    /// How many members a team may have, at least 2. Who does not fit stays without a team.
    #[arg(long)]
    limit: Option<u64>,
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

    let mut create = CreateCourseCategory::new(course, &arguments.name)
        .create_group_count(arguments.teams)
        .assign_async(true);
    if let Some(limit) = arguments.limit {
        create = create.group_limit(limit);
    }
    let set = canvas.send(create).await?;
    say!(
        "Created the group set \"{}\" with id {}.\n",
        set.name,
        set.id
    )?;
    let job = canvas.send(AssignUnassigned::new(set.id)).await?;
    job::wait(&canvas, job, "Assigning students").await?;

    let (teams, members) = show_teams(&canvas, set.id).await?;
    let unassigned = ListCategoryUsers::new(set.id).unassigned(true);
    let left: Vec<_> = canvas.stream(unassigned).try_collect().await?;
    say!(
        "\nSummary: teams: {teams}; students in them: {members}; without a team: {}.",
        left.len()
    )?;
    if !left.is_empty() {
        let names: Vec<&str> = left.iter().map(|user| user.name.as_str()).collect();
        say!("Without a team: {}.", names.join(", "))?;
    }
    Ok(())
}

/// Prints the teams, one member a line; the number of teams and of members.
async fn show_teams(canvas: &Canvas, set: CategoryId) -> Result<(usize, usize)> {
    let groups: Vec<_> = canvas
        .stream(ListCategoryGroups::new(set))
        .try_collect()
        .await?;
    let bar = bar::new(groups.len() as u64, "Reading teams");
    let (mut rows, mut members) = (Vec::new(), 0);
    for group in &groups {
        let users: Vec<_> = canvas
            .stream(ListGroupUsers::new(group.id))
            .try_collect()
            .await?;
        members += users.len();
        // The name of the team stands beside its first member alone.
        let mut team = Some(group.name.clone());
        let mut line = |student: String, login: String| {
            rows.push([team.take().unwrap_or_default(), student, login]);
        };
        if users.is_empty() {
            line("(nobody)".to_owned(), String::new());
        }
        for User { name, login_id, .. } in users {
            line(name, login_id.unwrap_or_default());
        }
        bar.inc(1);
    }
    drop(bar);
    table::print(["Team", "Student", "Login"], &rows)?;
    Ok((groups.len(), members))
}
