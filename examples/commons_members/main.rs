//! Groups of Commons and their members; and a group made, filled, emptied and deleted.
//!
//! With `COMMONS_SESSION`, the id of a session, it talks to Commons; or with `CANVAS_URL` and
//! `CANVAS_TOKEN`, by which it has a session opened through Canvas. `COMMONS_URL` names another
//! region than the US. The trial group is made for `--user` alone, a Commons user id. With none of
//! these set it starts a stand-in of both services in the same process, which answers with the
//! documented bodies.

mod stand_in;

use std::process::ExitCode;

use canvas_groups::{
    Canvas, Lor, Result,
    auth::LorSession,
    lor::{
        AddMember, Added, CreateGroup, DeleteGroup, GroupId, ListGroups, ListMembers, Member,
        Region, RemoveMember, UpdateMember, UserId,
    },
};
use clap::Parser;
use stand_in::StandIn;

const AGENT: &str = "commons-members/1.0";

/// Shows the groups of Commons with their members, and tries out a group of its own.
#[derive(Parser)]
struct Arguments {
    /// The address of Commons.
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
    /// The Commons id of the user to put into a trial group; without one there is none.
    #[arg(long)]
    user: Option<UserId>,
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("commons_members: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(mut arguments: Arguments) -> Result<()> {
    let is_real = arguments.session.is_some() || arguments.canvas_url.is_some();
    // Held until the end: it stops when dropped.
    let stand_in = match is_real {
        true => None,
        false => Some(StandIn::start().await),
    };
    if let Some(stand_in) = &stand_in {
        println!(
            "Neither COMMONS_SESSION nor CANVAS_URL is set, so this is a stand-in of Commons and \
             Canvas on {}.\n",
            stand_in.url()
        );
        arguments.url = stand_in.url();
        arguments.canvas_url = Some(stand_in.url());
        arguments.canvas_token = Some(stand_in::TOKEN.to_owned());
        arguments
            .user
            .get_or_insert(UserId::new(stand_in::NEWCOMER));
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
    println!("\nSummary: {groups} groups; {trial}.");
    Ok(())
}

fn client(arguments: &Arguments) -> Result<Lor> {
    let builder = || Lor::builder(&arguments.url).user_agent(AGENT);
    let session = match (&arguments.session, &arguments.canvas_url) {
        (None, Some(url)) => {
            let token = arguments.canvas_token.clone().unwrap_or_default();
            let canvas = Canvas::builder(url)
                .token(token)
                .user_agent(AGENT)
                .build()?;
            LorSession::from_canvas(&canvas, builder())?
        }
        (id, _) => LorSession::new(id.clone().unwrap_or_default())?,
    };
    builder().credentials(session).build()
}

/// Prints each group, with its members where the caller may see them.
async fn show_groups(commons: &Lor) -> Result<usize> {
    println!("Groups:");
    let mut count = 0;
    let mut groups = commons.stream(ListGroups::new());
    while let Some(group) = groups.try_next().await? {
        println!("  {:<8} {}", group.id, group.name);
        match commons
            .stream(ListMembers::new(&group.id))
            .try_collect()
            .await
        {
            Ok(members) => members
                .iter()
                .for_each(|member| println!("           {}", line(member))),
            Err(error) => println!("           members not shown: {error}"),
        }
        count += 1;
    }
    Ok(count)
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
    let group = commons
        .send(CreateGroup::new("Commons members example"))
        .await?;
    println!("\nCreated \"{}\" with id {}.", group.name, group.id);
    let outcome = try_member(commons, &group.id, user).await;
    commons.send(DeleteGroup::new(&group.id)).await?;
    println!("Deleted it again.");
    outcome
}

/// Adds a user, asks for more than an addition can do, changes the member and removes them.
async fn try_member(commons: &Lor, group: &GroupId, user: &UserId) -> Result<()> {
    let add = AddMember::new(group, user).is_manager(false);
    let added = commons.send(add.clone()).await?;
    println!("Added {}.", line(added.member()));

    match commons.send(add.is_manager(true)).await? {
        Added::Kept(member) => {
            println!(
                "Added again as manager, but the server kept {}.",
                line(&member)
            );
            let promoted = commons
                .send(UpdateMember::new(group, &member.id, true))
                .await?;
            println!("Changed to {}.", line(&promoted));
        }
        other => println!("Added again as manager: {}.", line(other.member())),
    }

    let member = added.into_member().id;
    commons.send(RemoveMember::new(group, &member)).await?;
    let left = commons
        .stream(ListMembers::new(group))
        .try_collect()
        .await?;
    let is_gone = left.iter().all(|other| other.id != member);
    println!(
        "Removed; the group {} without them.",
        if is_gone { "is" } else { "is not" }
    );
    Ok(())
}
