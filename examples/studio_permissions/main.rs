//! The users of a Studio group, and what they may do in it.
//!
//! With `STUDIO_URL` and `STUDIO_TOKEN` it talks to that Studio:
//! `cargo run --example studio_permissions -- --group 12 --add 3=member --update 4=manager`. With
//! neither it starts a fake Studio in the same process.

#[path = "../shared/end.rs"]
mod end;
#[path = "../shared/say.rs"]
mod say;
#[path = "../shared/table.rs"]
mod table;

use std::{process::ExitCode, str::FromStr};

use canvas_groups::{
    Studio,
    studio::{GroupId, ListGroupUsers, Operation, Permission, UpdateGroupUsers, UserId},
};
use canvas_groups_fake::{FakeStudio, SmallInstitution};
use clap::Parser;
use end::Result;
use say::say;

/// Shows the users of a Studio group and changes what they may do, all in one batch.
///
/// Without STUDIO_URL and STUDIO_TOKEN it works on a fake Studio that it brings.
#[derive(Parser)]
struct Arguments {
    /// The address of Studio, such as https://school.instructuremedia.com; its access token comes
    /// from STUDIO_TOKEN.
    #[arg(long, env = "STUDIO_URL")]
    url: Option<String>,
    /// An access token of Studio, from the environment so that it stays out of the shell's history.
    #[arg(skip = std::env::var("STUDIO_TOKEN").ok())]
    token: Option<String>,
    /// The group, by its number. The fake has one.
    #[arg(long)]
    group: Option<GroupId>,
    /// Adds a user: USER=PERMISSION, such as 3=member. Can be repeated, as all of these.
    /// Permissions are manager and member. The fake has samples.
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
    end::end(run(Arguments::parse()).await)
}

async fn run(mut arguments: Arguments) -> Result<()> {
    let (studio, sample) = connect(&arguments).await?;
    if let Some(sample) = &sample {
        sample.fill_in(&mut arguments);
    }
    let group = arguments.group;
    let group = group.ok_or("there is no sample for a real Studio: give --group")?;

    let before = show_users(&studio, group).await?;
    let operations = operations(&arguments);
    if operations.is_empty() {
        say!("\nSummary: {before} users; nothing to change was asked for.")?;
        return Ok(());
    }
    let count = operations.len();
    let mut batch = UpdateGroupUsers::new(group);
    batch.extend(operations);
    say!("\nIn one batch:")?;
    for operation in batch.operations() {
        let permission = operation
            .permission
            .as_ref()
            .map(|word| format!(" as {word}"));
        let permission = permission.unwrap_or_default();
        say!(
            "  {} user {}{permission}",
            operation.action,
            operation.user_id
        )?;
    }
    say!("")?;
    let changed = studio.send(batch).await;
    // Whatever became of the batch: what counts is what the list says now.
    let after = show_users(&studio, group).await;
    changed?;
    let after = after?;
    say!("\nSummary: {count} operations; {before} users before, {after} after.")?;
    Ok(())
}

/// A fake Studio, gone when this is dropped, and what is in it.
struct Sample {
    ids: SmallInstitution,
    _fake: FakeStudio,
}

impl Sample {
    fn fill_in(&self, arguments: &mut Arguments) {
        let is_own_group = *arguments.group.get_or_insert(self.ids.group) == self.ids.group;
        if is_own_group && operations(arguments).is_empty() {
            arguments.add = vec![Change(self.ids.outsider, Permission::Member)];
            arguments.update = vec![Change(self.ids.member, Permission::Manager)];
            arguments.remove = vec![self.ids.manager];
        }
    }
}

/// A client of the Studio that is named, or of a fake one.
async fn connect(arguments: &Arguments) -> Result<(Studio, Option<Sample>)> {
    let (url, token, sample) = match (&arguments.url, &arguments.token) {
        (Some(url), Some(token)) => (url.clone(), token.clone(), None),
        (None, None) => {
            let (fake, ids) = FakeStudio::start().await?;
            let (url, token) = (fake.url(), fake.token().to_owned());
            say!("No STUDIO_URL is set, so this is a fake Studio on {url}.\n")?;
            (url, token, Some(Sample { ids, _fake: fake }))
        }
        (None, _) => {
            return Err("STUDIO_URL is missing: set it too, or unset STUDIO_TOKEN".into());
        }
        (_, None) => return Err("STUDIO_TOKEN is missing: set it to an access token".into()),
    };
    let builder = Studio::builder(url).token(token);
    let studio = builder.user_agent("studio_permissions/1.0").build()?;
    Ok((studio, sample))
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

/// Prints the users of a group; how many there are.
async fn show_users(studio: &Studio, group: GroupId) -> Result<usize> {
    let users: Vec<_> = studio
        .stream(ListGroupUsers::new(group))
        .try_collect()
        .await?;
    let rows: Vec<_> = users
        .iter()
        .map(|user| {
            let permission = user
                .permission
                .as_ref()
                .map_or("unknown", Permission::as_str);
            let name = user.display_name.clone();
            let name = name.unwrap_or_else(|| "without a name".to_owned());
            [user.id.to_string(), name, permission.to_owned()]
        })
        .collect();
    say!("Users of group {group}:\n")?;
    table::print(["Id", "Name", "Permission"], &rows)?;
    Ok(users.len())
}
