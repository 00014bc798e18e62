//! Uploads a file to a group, and tells how much memory that took.
//!
//! ```text
//! CANVAS_URL=https://school.instructure.com CANVAS_TOKEN=… \
//!     cargo run --example upload_file -- --group 7 lecture.mp4
//! ```
//!
//! Without `CANVAS_URL` and `CANVAS_TOKEN` it goes to a stand-in in the same process that plays
//! Canvas and its store. The fake Canvas of the other examples keeps files in memory; the stand-in
//! keeps nothing. `--size` uploads a file of zeros of that many bytes, to see that the memory does
//! not grow with it:
//!
//! ```text
//! cargo run --release --example upload_file -- --size 1073741824
//! ```

#[path = "../shared/bar.rs"]
mod bar;
#[path = "../shared/end.rs"]
mod end;
#[path = "../shared/place.rs"]
mod place;
#[path = "../shared/say.rs"]
mod say;
mod stand_in;

use std::{path::PathBuf, process::ExitCode, time::Instant};

use canvas_groups::{
    Canvas, GroupId,
    files::{Source, UploadFile, UploadProgress},
};
use clap::Parser;
use end::Result;
use place::{Place, or_sample};
use say::say;
use tempfile::NamedTempFile;

/// Uploads a file to a group, and tells how much memory that took.
///
/// Without CANVAS_URL and CANVAS_TOKEN it goes to a stand-in of Canvas that keeps nothing.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The group, by its number. The stand-in has group 17.
    #[arg(long)]
    group: Option<GroupId>,
    /// Uploads a temporary file of this many zero bytes instead of a file.
    #[arg(long, conflicts_with = "file")]
    size: Option<u64>,
    /// The folder in the group's files.
    #[arg(long)]
    folder: Option<String>,
    /// The file to upload. The stand-in is content with a million zeros.
    file: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    end::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> Result<()> {
    let place = &arguments.place;
    let given = place.given()?;
    let is_fake = given.is_none();
    let (url, token) = match given {
        Some((url, token)) => (url.to_owned(), token),
        None => {
            let url = stand_in::start().await?;
            say!("No CANVAS_URL is set, so this is a stand-in of Canvas on {url}.\n")?;
            (url, stand_in::TOKEN)
        }
    };
    let group = or_sample(
        arguments.group,
        "--group",
        is_fake.then(|| GroupId::new(stand_in::GROUP)),
    )?;
    let size = match &arguments.file {
        Some(_) => None,
        None => Some(or_sample(
            arguments.size,
            "a file",
            is_fake.then_some(1_000_000),
        )?),
    };
    // Held until the end: it is deleted when dropped.
    let zeros = size.map(zeros).transpose()?;
    let path = arguments.file.as_deref();
    let path = path.or(zeros.as_ref().map(NamedTempFile::path));
    let path = path.ok_or("name a file")?;
    let name = path.file_name().ok_or("the path names no file")?;
    let length = std::fs::metadata(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?
        .len();

    let canvas = Canvas::builder(url)
        .token(token)
        .user_agent("upload_file/1.0")
        .build()?;
    let mut request = UploadFile::new(group, name.to_string_lossy());
    if let Some(folder) = &arguments.folder {
        request = request.parent_folder_path(folder);
    }
    let bar = bar::new(length, "Uploading");
    let (before, started) = (memory(), Instant::now());
    let file = canvas
        .upload(request, Source::path(path))
        .on_progress(move |progress: UploadProgress| bar.set_position(progress.sent))
        .await?;
    say!(
        "Summary: file {} \"{}\", {} bytes, in {:.1} s.",
        file.id,
        file.display_name.unwrap_or_default(),
        file.size.unwrap_or(length),
        started.elapsed().as_secs_f32()
    )?;
    match (before, memory()) {
        (Some((now, _)), Some((_, peak))) => say!(
            "Memory: {now} KiB before, {peak} KiB at most, {} KiB more.",
            peak.saturating_sub(now)
        )?,
        _ => say!("Memory: this system does not tell.")?,
    }
    Ok(())
}

/// A temporary file of zeros that takes no place on the disk.
fn zeros(size: u64) -> std::io::Result<NamedTempFile> {
    let file = tempfile::Builder::new()
        .prefix("zeros-")
        .suffix(".bin")
        .tempfile()?;
    file.as_file().set_len(size)?;
    Ok(file)
}

/// The memory of this process in KiB: now, and at most so far.
fn memory() -> Option<(u64, u64)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    };
    Some((field("VmRSS:")?, field("VmHWM:")?))
}
