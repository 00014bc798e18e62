//! Makes a set of differentiation tags in one request, and gives the tags to students in bulk.
//!
//! ```text
//! CANVAS_URL=https://school.instructure.com CANVAS_TOKEN=… \
//!     cargo run --example tag_students -- --course 7 --set Support \
//!     --tag "Extra time=35,79" --tag "Large print=79"
//! ```
//!
//! A bulk addition adds whom it can: ids that are not enrolled come back, and are shown. Without
//! `CANVAS_URL` and `CANVAS_TOKEN` all this happens in a fake Canvas in the same process,
//! with such an id among the samples.

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

use std::{io::stdout, process::ExitCode, str::FromStr};

use canvas_groups::{
    Canvas, CourseId, GroupId, UserId,
    groups::ListGroupUsers,
    memberships::{AddMembers, AddedMembers},
    tags::ManageTags,
};
use clap::Parser;
use end::Result;
use place::{Place, or_sample};
use say::say;

/// Makes a set of differentiation tags and gives them to students.
///
/// Without CANVAS_URL and CANVAS_TOKEN it works on a fake Canvas that it brings.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The course, by its number. The fake has one.
    #[arg(long)]
    course: Option<CourseId>,
    /// The name of the new set.
    #[arg(long, default_value = "Support")]
    set: String,
    /// A tag and the ids of the users who get it: NAME=ID,ID,…, such as "Extra time=35,79". Can be
    /// repeated. The fake has samples.
    #[arg(long = "tag")]
    tags: Vec<NewTag>,
}

#[derive(Clone)]
struct NewTag {
    name: String,
    users: Vec<UserId>,
}

impl FromStr for NewTag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, ids) = text.rsplit_once('=').ok_or("write it as NAME=ID,ID,…")?;
        let user = |id: &str| id.trim().parse().map_err(|_| format!("{id:?} is no id"));
        Ok(Self {
            name: name.to_owned(),
            users: ids.split(',').map(user).collect::<Result<_, _>>()?,
        })
    }
}

/// Two tags for students of the fake, one of them for somebody who is not in the course too.
fn samples(students: &[UserId]) -> Vec<NewTag> {
    let tag = |name: &str, users: &mut dyn Iterator<Item = UserId>| NewTag {
        name: name.to_owned(),
        users: users.collect(),
    };
    let mut students = students.iter().copied();
    let stranger = UserId::new(999_999);
    vec![
        tag(
            "More time",
            &mut students.by_ref().take(2).chain([stranger]),
        ),
        tag("Large print", &mut students.take(2)),
    ]
}

#[tokio::main]
async fn main() -> ExitCode {
    end::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> Result<()> {
    let Arguments {
        place,
        course,
        set,
        tags,
    } = arguments;
    let (canvas, sample) = sample::connect(&place, stdout()).await?;
    let school = sample.as_ref().map(|sample| &sample.school);
    let course = or_sample(course, "--course", school.map(|school| school.course))?;
    let tags = or_sample(
        Some(tags).filter(|tags| !tags.is_empty()),
        "--tag",
        school.map(|school| samples(&school.students)),
    )?;

    let create = ManageTags::in_new_set(course, set);
    let create = tags.iter().fold(create, |all, tag| all.create(&tag.name));
    let made = canvas.send(create).await?;
    if let Some(set) = &made.group_category {
        say!("Created the tag set \"{}\" with id {}.\n", set.name, set.id)?;
    }

    let (mut rows, mut added, mut left_out) = (Vec::new(), 0, 0);
    for tag in &tags {
        let mut created = made.created.iter();
        let created = created.find(|created| created.name == tag.name);
        let id = created.map(|created| created.id);
        let id = id.ok_or_else(|| format!("the server did not create the tag {}", tag.name))?;
        let problems = add(&canvas, id, &tag.users).await?;
        let users: Vec<_> = canvas.stream(ListGroupUsers::new(id)).try_collect().await?;
        let names: Vec<&str> = users.iter().map(|user| user.name.as_str()).collect();
        rows.push([
            tag.name.clone(),
            id.to_string(),
            shortened(&names),
            problems.join(", "),
        ]);
        added += users.len();
        left_out += problems.len();
    }
    table::print(["Tag", "Id", "Students", "Left out"], &rows)?;
    say!(
        "\nSummary: new tags: {}; students tagged: {added}; left out: {left_out}.",
        tags.len()
    )?;
    Ok(())
}

/// Adds users to a tag; says of each who was left out why.
async fn add(canvas: &Canvas, tag: GroupId, users: &[UserId]) -> Result<Vec<String>> {
    let request = AddMembers::new(tag, users.iter().copied());
    Ok(match canvas.send(request).await? {
        AddedMembers::Partial {
            invalid_user_ids,
            membership_errors,
            ..
        } => {
            let strangers = invalid_user_ids.iter();
            let strangers = strangers.map(|id| format!("{id} (not enrolled in the course)"));
            let failed = membership_errors.iter().flat_map(|failed| &failed.details);
            strangers
                .chain(failed.filter_map(|detail| detail.message.clone()))
                .collect()
        }
        _ => Vec::new(),
    })
}

/// The first names of a list that may be long.
fn shortened(names: &[&str]) -> String {
    let (shown, more) = names.split_at(names.len().min(4));
    match more.len() {
        0 => shown.join(", "),
        count => format!("{} and {count} more", shown.join(", ")),
    }
}
