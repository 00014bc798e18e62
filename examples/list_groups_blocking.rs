//! The groups of a course and how many members they have, by a program without async.
//!
//! `cargo run --features blocking --example list_groups_blocking -- --course 7`, with `CANVAS_URL`
//! and `CANVAS_TOKEN`; with neither it starts a fake Canvas in the same process.

#[path = "shared/end.rs"]
mod end;
#[path = "shared/place.rs"]
mod place;
#[path = "shared/say.rs"]
mod say;
#[path = "shared/table.rs"]
mod table;

use std::process::ExitCode;

use canvas_groups::{CourseRef, blocking::Canvas, groups::ListCourseGroups};
use canvas_groups_fake::FakeCanvas;
use clap::Parser;
use end::Result;
use place::{Place, or_sample};
use say::say;

/// Lists the groups of a course, without async.
///
/// Without CANVAS_URL and CANVAS_TOKEN it works on a fake Canvas that it brings.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The course: its id, or a form such as sis_course_id:MATH-101. The fake has one.
    #[arg(long)]
    course: Option<CourseRef>,
}

fn main() -> ExitCode {
    end::end(run(Arguments::parse()))
}

fn run(arguments: Arguments) -> Result<()> {
    match arguments.place.given()? {
        Some((url, token)) => list(&Canvas::new(url, token)?, arguments.course),
        None => {
            // The fake is async; the program that it stands in for is not.
            let runtime = tokio::runtime::Runtime::new()?;
            let (fake, school) = runtime.block_on(FakeCanvas::start())?;
            say!(
                "No CANVAS_URL is set, so this is a fake Canvas on {}.\n",
                fake.url()
            )?;
            let course = arguments.course.unwrap_or_else(|| school.course.into());
            list(&Canvas::new(fake.url(), fake.token())?, Some(course))
        }
    }
}

fn list(canvas: &Canvas, course: Option<CourseRef>) -> Result<()> {
    let course = or_sample(course, "--course", None)?;
    let mut rows = Vec::new();
    for group in canvas.stream(ListCourseGroups::new(&course)) {
        let group = group?;
        let members = group.members_count.unwrap_or_default();
        rows.push([group.id.to_string(), group.name, members.to_string()]);
    }
    table::print(["Id", "Group", "Members"], &rows)?;
    say!("\nSummary: {} groups.", rows.len())?;
    Ok(())
}
