//! Makes a set of differentiation tags in one request, and gives the tags to students in bulk.
//!
//! ```text
//! CANVAS_URL=https://school.instructure.com CANVAS_TOKEN=… \
//!     cargo run --example tag_students -- --course 7 --set Support \
//!     --tag "Extra time=35,79" --tag "Large print=79"
//! ```
//!
//! A bulk addition adds whom it can: ids that are not enrolled come back, and are shown. Without
//! `CANVAS_URL` and `CANVAS_TOKEN` all this happens in a stand-in of Canvas in the same process,
//! with such an id among the samples.

#[path = "shared/place.rs"]
mod place;
#[path = "shared/stand_in/mod.rs"]
mod stand_in;
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
use place::{Place, Result};

/// Makes a set of differentiation tags and gives them to students.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The course, by its number. The stand-in has course 1.
    #[arg(long)]
    course: Option<CourseId>,
    /// The name of the new set.
    #[arg(long, default_value = "Support")]
    set: String,
    /// A tag and the ids of the users who get it: NAME=ID,ID,…, such as "Extra time=35,79". Can be
    /// repeated. The stand-in has samples, and the users 101 to 114.
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

fn samples() -> Vec<NewTag> {
    let samples = [
        ("Extra time", &[101, 104, 999][..]),
        ("Large print", &[104, 110]),
    ];
    let tag = |(name, users): (&str, &[u64])| NewTag {
        name: name.to_owned(),
        users: users.iter().copied().map(UserId::new).collect(),
    };
    samples.map(tag).into()
}

#[tokio::main]
async fn main() -> ExitCode {
    place::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> Result<()> {
    let Arguments {
        place,
        course,
        set,
        tags,
    } = arguments;
    let (canvas, _stand_in) = stand_in::connect(&place, stdout()).await?;
    let course = place.or_sample(course, "--course", CourseId::new(1))?;
    let tags = place.or_sample(
        Some(tags).filter(|tags| !tags.is_empty()),
        "--tag",
        samples(),
    )?;

    let create = ManageTags::in_new_set(course, set);
    let create = tags.iter().fold(create, |all, tag| all.create(&tag.name));
    let made = canvas.send(create).await?;
    if let Some(set) = &made.group_category {
        println!("Created the tag set \"{}\" with id {}.\n", set.name, set.id);
    }

    let (mut rows, mut added, mut left_out) = (Vec::new(), 0, 0);
    for tag in &tags {
        let mut created = made.created.iter();
        let created = created.find(|created| created.name == tag.name);
        let id = created.map(|created| created.id);
        let id = id.ok_or_else(|| format!("the server did not create the tag {}", tag.name))?;
        let problems = add(&canvas, id, &tag.users).await?;
        let users = canvas.stream(ListGroupUsers::new(id)).try_collect().await?;
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
    table::print(["Tag", "Id", "Students", "Left out"], &rows);
    println!(
        "\nSummary: new tags: {}; students tagged: {added}; left out: {left_out}.",
        tags.len()
    );
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
