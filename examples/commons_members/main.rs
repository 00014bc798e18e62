//! Groups of Commons and their members; and a group made, filled, emptied and deleted.
//!
//! With `COMMONS_SESSION`, the id of a session, it talks to Commons; or with `CANVAS_URL` and
//! `CANVAS_TOKEN`, by which it has a session opened through Canvas. `COMMONS_URL` names another
//! region than the US. The trial group is made for `--user` alone, a Commons user id. With none of
//! these set it starts a fake Commons beside a fake Canvas in the same process.

#[path = "../shared/bar.rs"]
mod bar;
#[path = "../shared/end.rs"]
mod end;
#[path = "../shared/say.rs"]
mod say;
#[path = "../shared/table.rs"]
mod table;

use std::process::ExitCode;

use canvas_groups::{
    Canvas, Lor,
    auth::LorSession,
    lor::{
        AddMember, Added, CreateGroup, DeleteGroup, Group, ListGroups, ListMembers, Member, Region,
        RemoveMember, UpdateMember, UserId,
    },
};
use canvas_groups_fake::{FakeCanvas, FakeLor};
use clap::Parser;
use end::Result;
use say::say;

const AGENT: &str = "commons-members/1.0";

/// Shows the groups of Commons with their members, and tries out a group of its own.
///
/// It takes a session from COMMONS_SESSION, or opens one through the Canvas that CANVAS_URL and
/// CANVAS_TOKEN name. With none of these it brings a fake Commons and a fake Canvas.
#[derive(Parser)]
struct Arguments {
    /// The address of Commons: that of your region.
    #[arg(long, env = "COMMONS_URL", default_value = Region::UsLatam.url())]
    url: String,
    /// The id of a session, from the environment so that it stays out of the shell's history.
    #[arg(skip = variable("COMMONS_SESSION"))]
    session: Option<String>,
    /// The address of the Canvas through which a session is opened.
    #[arg(long, env = "CANVAS_URL")]
    canvas_url: Option<String>,
    /// An access token of that Canvas, from the environment.
    #[arg(skip = variable("CANVAS_TOKEN"))]
    canvas_token: Option<String>,
    /// The Commons id of the user to put into a trial group; without one there is none. The fake
    /// has one.
    #[arg(long)]
    user: Option<UserId>,
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[tokio::main]
async fn main() -> ExitCode {
    end::end(run(Arguments::parse()).await)
}

async fn run(mut arguments: Arguments) -> Result<()> {
    // Held until the end: it stops when dropped.
    let sample = match arguments.session.is_none() && arguments.canvas_url.is_none() {
        true => Some(Sample::start().await?),
        false => None,
    };
    if let Some(sample) = &sample {
        sample.fill_in(&mut arguments);
        say!(
            "Neither COMMONS_SESSION nor CANVAS_URL is set, so this is a fake Commons on {}.\n",
            arguments.url
        )?;
    }
    let commons = client(&arguments)?;
    let groups = show_groups(&commons).await?;
    let trial = match &arguments.user {
        Some(user) => {
            try_group(&commons, user).await?;
            "a group made, filled, emptied and deleted"
        }
        None => "no trial group without --user",
    };
    Ok(say!("\nSummary: {groups} groups; {trial}.")?)
}

/// A fake Commons and the fake Canvas beside it, gone when this is dropped.
struct Sample {
    commons: FakeLor,
    canvas: FakeCanvas,
    /// A user of Commons who is in no group.
    newcomer: UserId,
}

impl Sample {
    async fn start() -> canvas_groups::Result<Self> {
        let (canvas, school) = FakeCanvas::start().await?;
        let commons = FakeLor::start(&canvas).await?;
        let admin = commons.client();
        let students = &school.students;
        for (name, people) in [
            ("Algebra teachers", &[school.teacher, students[0]][..]),
            ("Chemistry", &students[1..2]),
        ] {
            let group = admin.send(CreateGroup::new(name)).await?;
            for (number, person) in people.iter().enumerate() {
                let user = commons.add_user(*person)?;
                let add = AddMember::new(&group.id, user).is_manager(number == 0);
                admin.send(add).await?;
            }
        }
        let newcomer = commons.add_user(students[2])?;
        Ok(Self {
            commons,
            canvas,
            newcomer,
        })
    }

    fn fill_in(&self, arguments: &mut Arguments) {
        arguments.url = self.commons.url();
        arguments.canvas_url = Some(self.canvas.url());
        arguments.canvas_token = Some(self.canvas.token().to_owned());
        arguments.user.get_or_insert(self.newcomer.clone());
    }
}

fn client(arguments: &Arguments) -> Result<Lor> {
    let builder = || Lor::builder(&arguments.url).user_agent(AGENT);
    let session = match (&arguments.session, &arguments.canvas_url) {
        (None, Some(url)) => {
            let token = arguments.canvas_token.clone();
            let token = token.ok_or("CANVAS_TOKEN is missing: set it to an access token")?;
            let canvas = Canvas::builder(url)
                .token(token)
                .user_agent(AGENT)
                .build()?;
            LorSession::from_canvas(&canvas, builder())?
        }
        (id, _) => LorSession::new(id.clone().unwrap_or_default())?,
    };
    Ok(builder().credentials(session).build()?)
}

/// Prints each group, with its members where the caller may see them; the number of groups.
async fn show_groups(commons: &Lor) -> Result<usize> {
    let mut rows = Vec::new();
    let groups: Vec<_> = commons.stream(ListGroups::new()).try_collect().await?;
    let bar = bar::new(groups.len() as u64, "Reading groups");
    for group in &groups {
        let list = commons.stream(ListMembers::new(&group.id));
        let lines = match list.try_collect::<Vec<_>>().await {
            Ok(members) if members.is_empty() => vec!["(nobody)".to_owned()],
            Ok(members) => members.iter().map(line).collect(),
            Err(error) => vec![format!("(not shown: {error})")],
        };
        // The name of the group stands beside its first member alone.
        let mut names = [(group.id.to_string(), group.name.clone())].into_iter();
        for member in lines {
            let (id, name) = names.next().unwrap_or_default();
            rows.push([id, name, member]);
        }
        bar.inc(1);
    }
    drop(bar);
    table::print(["Id", "Group", "Members"], &rows)?;
    Ok(groups.len())
}

fn line(member: &Member) -> String {
    let name = member.user_name.as_deref().unwrap_or("without a name");
    let role = match member.is_manager {
        Some(true) => ", manager",
        Some(false) => "",
        None => ", perhaps manager",
    };
    format!("{name} (membership {}{role})", member.id)
}

async fn try_group(commons: &Lor, user: &UserId) -> Result<()> {
    let create = CreateGroup::new("Commons members example");
    let group = commons.send(create).await?;
    // Whatever becomes of the rest, the group does not stay.
    let outcome = try_member(commons, &group, user).await;
    commons.send(DeleteGroup::new(&group.id)).await?;
    outcome?;
    Ok(say!("Deleted it again.")?)
}

/// Adds a user, asks for more than an addition can do, changes the member and removes them.
async fn try_member(commons: &Lor, group: &Group, user: &UserId) -> Result<()> {
    say!("\nCreated \"{}\" with id {}.", group.name, group.id)?;
    let group = &group.id;
    let add = AddMember::new(group, user).is_manager(false);
    let added = commons.send(add.clone()).await?;
    say!("Added {}.", line(added.member()))?;

    match commons.send(add.is_manager(true)).await? {
        Added::Kept(member) => {
            say!(
                "Added again as manager, but the server kept {}.",
                line(&member)
            )?;
            let promoted = commons
                .send(UpdateMember::new(group, &member.id, true))
                .await?;
            say!("Changed to {}.", line(&promoted))?;
        }
        other => say!("Added again as manager: {}.", line(other.member()))?,
    }

    let member = added.into_member().id;
    commons.send(RemoveMember::new(group, &member)).await?;
    let left: Vec<_> = commons
        .stream(ListMembers::new(group))
        .try_collect()
        .await?;
    let is_gone = left.iter().all(|other| other.id != member);
    say!(
        "Removed; the group {} without them.",
        if is_gone { "is" } else { "is not" }
    )?;
    Ok(())
}
