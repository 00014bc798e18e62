//! Requests of one's own: routes that the crate lacks, or that one wants less of.
//!
//! ```text
//! CANVAS_URL=https://school.instructure.com CANVAS_TOKEN=… \
//!     cargo run --example custom_endpoint -- --course 7 --file 42
//! ```
//!
//! Two types are declared by hand, and sent as any other request. [`GetFile`] is for
//! `GET files/:id`, which the crate does not have. [`ListQuotas`] is for a list that the crate has
//! ([`ListCourseGroups`](canvas_groups::groups::ListCourseGroups)), with three fields of each group
//! alone.
//!
//! Without `CANVAS_URL` and `CANVAS_TOKEN` it asks a fake Canvas in the same process, into which it
//! puts a file first.

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
    Canvas, CourseRef, Endpoint, FileId, GroupId, Outgoing, Page,
    files::{Source, UploadFile},
    groups::UserDisplay,
    http::Method,
    service,
};
use clap::Parser;
use end::Result;
use place::{Place, or_sample};
use say::say;
use serde::{Deserialize, Serialize};

/// Gets a file.
#[derive(Debug, Clone, Serialize)]
struct GetFile {
    // What is in the path is no parameter.
    #[serde(skip)]
    file: FileId,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    include: Vec<&'static str>,
}

/// A file, as far as it is wanted here. What a server may leave out is an `Option`.
#[derive(Debug, Deserialize)]
struct File {
    id: FileId,
    display_name: Option<String>,
    #[serde(rename = "content-type")]
    content_type: Option<String>,
    size: Option<u64>,
    /// There if `include` has `user`.
    user: Option<UserDisplay>,
}

impl Endpoint for GetFile {
    type Service = service::Canvas;
    type Response = File;
    const METHOD: Method = Method::GET;
    const ROUTE: &'static str = "files/{file}";

    fn path(&self) -> String {
        format!("files/{}", self.file.segment())
    }
}

/// Lists how much the files of each group of a course may take up.
#[derive(Debug, Clone, Serialize)]
struct ListQuotas {
    #[serde(skip)]
    course: CourseRef,
}

#[derive(Debug, Deserialize)]
struct Quota {
    id: GroupId,
    name: String,
    storage_quota_mb: Option<u64>,
}

impl Endpoint for ListQuotas {
    type Service = service::Canvas;
    type Response = Page<Quota>;
    const METHOD: Method = Method::GET;
    const ROUTE: &'static str = "courses/{course}/groups";

    fn path(&self) -> String {
        format!("courses/{}/groups", self.course.segment())
    }
}

/// Shows a file, and how much room the groups of a course have for files.
///
/// Without CANVAS_URL and CANVAS_TOKEN it asks a fake Canvas that it brings.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The course: its id, or a form such as sis_course_id:MATH-101. The fake has one.
    #[arg(long)]
    course: Option<CourseRef>,
    /// The file, by its number; none by default. The fake has one.
    #[arg(long)]
    file: Option<FileId>,
}

#[tokio::main]
async fn main() -> ExitCode {
    end::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> Result<()> {
    let (canvas, sample) = sample::connect(&arguments.place, stdout()).await?;
    let school = sample.as_ref().map(|sample| &sample.school);
    let course = school.map(|school| school.course.into());
    let course = or_sample(arguments.course, "--course", course)?;
    let file = match (arguments.file, school) {
        (None, Some(school)) => {
            let upload = UploadFile::new(school.groups[0], "minutes.txt");
            let content = Source::bytes("What was decided.");
            Some(canvas.upload(upload, content).await?.id)
        }
        (file, _) => file,
    };

    if let Some(file) = file {
        show_file(&canvas, file).await?;
    }
    show_quotas(&canvas, course).await
}

async fn show_file(canvas: &Canvas, file: FileId) -> Result<()> {
    let request = GetFile {
        file,
        include: vec!["user"],
    };
    // A request is a value: what it sends shows without sending it.
    show(&Outgoing::of(&request)?)?;
    let file = canvas.send(request).await?;
    let unknown = || "unknown".to_owned();
    let size = file.size.map(|size| format!("{size} bytes"));
    let owner = file.user.and_then(|user| user.display_name);
    let row = [
        file.id.to_string(),
        file.display_name.unwrap_or_else(unknown),
        file.content_type.unwrap_or_else(unknown),
        size.unwrap_or_else(unknown),
        owner.unwrap_or_else(unknown),
    ];
    table::print(["Id", "File", "Type", "Size", "Owner"], &[row])?;
    Ok(say!("")?)
}

async fn show_quotas(canvas: &Canvas, course: CourseRef) -> Result<()> {
    let request = ListQuotas { course };
    show(&Outgoing::of(&request)?)?;
    let groups: Vec<_> = canvas.stream(request).try_collect().await?;
    let rows: Vec<_> = groups
        .into_iter()
        .map(|group| {
            let quota = group.storage_quota_mb.map(|quota| format!("{quota} MB"));
            let quota = quota.unwrap_or_else(|| "unknown".to_owned());
            [group.id.to_string(), group.name, quota]
        })
        .collect();
    Ok(table::print(["Id", "Group", "Room for files"], &rows)?)
}

/// Prints a request as it is sent.
fn show(request: &Outgoing) -> Result<()> {
    for line in request.to_string().lines() {
        say!("{line}")?;
    }
    Ok(say!("")?)
}
