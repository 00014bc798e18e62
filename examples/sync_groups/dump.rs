//! `dump`: what is there.

use std::{
    io::{Write, stderr, stdout},
    path::PathBuf,
};

use clap::Args;

use crate::{
    End,
    end::{Result, plain::file_on_stdout},
    place::Place,
    sample,
    set::Set,
};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    set: Set,
    /// Writes to a file instead of stdout.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Writes the snapshot as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(place: &Place, arguments: Arguments) -> Result<End> {
    let (canvas, sample) = sample::connect(place, stderr()).await?;
    let roster = arguments.set.roster(place, sample.as_ref())?;
    let snapshot = canvas.snapshot(&roster).await?;
    if snapshot.set.is_none() {
        return Err("the course has no set of this name: correct --name".into());
    }
    let text = match arguments.json {
        true => serde_json::to_string_pretty(&snapshot)? + "\n",
        false => snapshot.to_csv(),
    };
    match &arguments.out {
        Some(path) => std::fs::write(path, text)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?,
        None => stdout().write_all(file_on_stdout(&text).as_bytes())?,
    }
    Ok(End::Well)
}
