//! The users of a Studio group, and what they may do in it.
//!
//! With `STUDIO_URL` and `STUDIO_TOKEN` it talks to that Studio:
//! `cargo run --example studio_permissions -- --group 12 --add 3=member --update 4=manager`. With
//! neither it starts a stand-in of Studio in the same process, which answers with the documented
//! bodies.

mod stand_in;

use std::{process::ExitCode, str::FromStr};

use canvas_groups::{
    Result, Studio,
    studio::{GroupId, ListGroupUsers, Operation, Permission, UpdateGroupUsers, UserId},
};
use clap::Parser;
use stand_in::StandIn;

/// Shows the users of a Studio group and changes what they may do, all in one batch.
#[derive(Parser)]
struct Arguments {
    /// The address of Studio, such as https://school.instructuremedia.com.
    #[arg(long, env = "STUDIO_URL")]
    url: Option<String>,
    /// An access token of Studio, from the environment so that it stays out of the shell's history.
    #[arg(skip = std::env::var("STUDIO_TOKEN").ok())]
    token: Option<String>,
    /// The group.
    #[arg(long, default_value = "12")]
    group: GroupId,
    /// Adds a user: USER=PERMISSION, such as 3=member. Can be repeated, as all of these.
    #[arg(long)]
    add: Vec<Change>,
    /// Changes what a user may do: USER=PERMISSION, such as 4=manager.
    #[arg(long)]
    update: Vec<Change>,
    /// Removes a user.
    #[arg(long)]
    remove: Vec<UserId>,
    /// The word for removal, should this Studio want another.
    #[arg(long, default_value = "remove")]
    removal: String,
}

#[derive(Clone)]
struct Change(UserId, Permission);

impl FromStr for Change {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (user, permission) = text.split_once('=').ok_or("write it as USER=PERMISSION")?;
        let user = user.parse().map_err(|_| "the user is a whole number")?;
        Ok(Self(user, permission.into()))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("studio_permissions: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(mut arguments: Arguments) -> Result<()> {
    // Held until the end: it stops when dropped.
    let stand_in = match arguments.url {
        Some(_) => None,
        None => Some(StandIn::start().await),
    };
    if let Some(stand_in) = &stand_in {
        println!(
            "No STUDIO_URL is set, so this is a stand-in of Studio on {}.\n",
            stand_in.url()
        );
        arguments.url = Some(stand_in.url());
        arguments.token = Some(stand_in::TOKEN.to_owned());
        if operations(&arguments).is_empty() {
            arguments.add = vec![Change(UserId::new(4), Permission::Member)];
            arguments.update = vec![Change(UserId::new(2), Permission::Manager)];
            arguments.remove = vec![UserId::new(3)];
        }
    }
    let token = arguments.token.clone().unwrap_or_default();
    let studio = Studio::builder(arguments.url.as_deref().unwrap_or_default())
        .token(token)
        .user_agent("studio-permissions/1.0")
        .build()?;

    let before = show_users(&studio, arguments.group).await?;
    let operations = operations(&arguments);
    if operations.is_empty() {
        println!("\nSummary: {before} users; nothing to change was asked for.");
        return Ok(());
    }
    let count = operations.len();
    let mut batch = UpdateGroupUsers::new(arguments.group);
    batch.extend(operations);
    for operation in batch.operations() {
        let permission = operation
            .permission
            .as_ref()
            .map(|word| format!(" as {word}"));
        let permission = permission.unwrap_or_default();
        println!(
            "  {} user {}{permission}",
            operation.action, operation.user_id
        );
    }
    let changed = studio.send(batch).await;
    // Whatever became of the batch: what counts is what the list says now.
    let after = show_users(&studio, arguments.group).await;
    changed?;
    let after = after?;
    println!("\nSummary: {count} operations; {before} users before, {after} after.");
    Ok(())
}

fn operations(arguments: &Arguments) -> Vec<Operation> {
    let change = |action: &'static str| {
        move |Change(user_id, permission): &Change| Operation {
            action: action.into(),
            user_id: *user_id,
            permission: Some(permission.clone()),
        }
    };
    let removals = arguments.remove.iter().map(|user_id| Operation {
        action: arguments.removal.as_str().into(),
        user_id: *user_id,
        permission: None,
    });
    let added = arguments.add.iter().map(change("add"));
    let updated = arguments.update.iter().map(change("update"));
    added.chain(updated).chain(removals).collect()
}

/// Prints the users of a group.
async fn show_users(studio: &Studio, group: GroupId) -> Result<usize> {
    println!("Users of group {group}:");
    let users = studio
        .stream(ListGroupUsers::new(group))
        .try_collect()
        .await?;
    for user in &users {
        let name = user.display_name.as_deref().unwrap_or("without a name");
        let permission = user
            .permission
            .as_ref()
            .map_or("unknown", Permission::as_str);
        println!("  {:>4}  {name:<12} {permission}", user.id);
    }
    Ok(users.len())
}
