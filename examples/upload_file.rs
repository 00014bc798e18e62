//! Uploads a file to a group, and tells how much memory that took.
//!
//! With `CANVAS_URL` and `CANVAS_TOKEN` it goes to a real Canvas:
//!
//! ```text
//! CANVAS_URL=https://school.instructure.com CANVAS_TOKEN=… \
//!     cargo run --example upload_file -- --group 7 lecture.mp4
//! ```
//!
//! Without them, to a stand-in inside of this process that plays the three steps and counts what
//! it gets. `--size` uploads a file of zeros of that many bytes:
//!
//! ```text
//! cargo run --release --example upload_file -- --size 1073741824
//! ```

use std::{
    error::Error,
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use canvas_groups::{
    Canvas, GroupId,
    files::{Source, UploadFile},
};
use clap::Parser;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// Uploads a file to a group.
#[derive(Parser)]
struct Arguments {
    /// The group, by its number.
    #[arg(long, default_value_t = 7)]
    group: u64,
    /// Uploads a temporary file of this many zero bytes instead of `file`.
    #[arg(long, conflicts_with = "file")]
    size: Option<u64>,
    /// The folder in the group's files.
    #[arg(long)]
    folder: Option<String>,
    /// The file to upload.
    #[arg(required_unless_present = "size")]
    file: Option<PathBuf>,
    /// The address of the institution.
    #[arg(long, env = "CANVAS_URL")]
    url: Option<String>,
    /// The access token.
    #[arg(long, env = "CANVAS_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let counted = Arc::new(AtomicU64::new(0));
    let (canvas, is_real) = match (&arguments.url, &arguments.token) {
        (Some(url), Some(token)) => (Canvas::new(url, token.as_str())?, true),
        (None, None) => {
            println!("no CANVAS_URL and CANVAS_TOKEN: uploading to a stand-in in this process");
            let url = stand_in(counted.clone()).await?;
            (Canvas::new(url, "any-token")?, false)
        }
        _ => return Err("set both CANVAS_URL and CANVAS_TOKEN, or neither".into()),
    };
    let temporary = arguments.size.map(Zeros::of).transpose()?;
    let path: &Path = match (&temporary, &arguments.file) {
        (Some(zeros), _) => &zeros.0,
        (None, Some(file)) => file,
        (None, None) => return Err("name a file, or give a --size".into()),
    };
    let name = path.file_name().ok_or("the file has no name")?;
    let length = std::fs::metadata(path)?.len();

    let mut request = UploadFile::new(GroupId::new(arguments.group), name.to_string_lossy());
    if let Some(folder) = arguments.folder {
        request = request.parent_folder_path(folder);
    }
    let (before, started) = (memory(), Instant::now());
    let mut next = length / 10;
    let file = canvas
        .upload(request, Source::path(path))
        .on_progress(move |progress| {
            if progress.sent >= next {
                println!("{:>14} of {length} bytes", progress.sent);
                next = progress.sent + length / 10;
            }
        })
        .await?;
    println!(
        "file {} in {:.1} s",
        file.id,
        started.elapsed().as_secs_f32()
    );
    if !is_real {
        let counted = counted.load(Ordering::Relaxed);
        println!(
            "the stand-in got {counted} bytes in the form, {} of them around the file",
            counted - length
        );
    }
    match (before, memory()) {
        (Some((rss, _)), Some((_, peak))) => println!(
            "memory: {rss} KiB before, {peak} KiB at most, {} KiB more",
            peak.saturating_sub(rss)
        ),
        _ => println!("memory: this system does not tell"),
    }
    Ok(())
}

/// A temporary file of zeros that takes no place on the disk.
struct Zeros(PathBuf);

impl Zeros {
    fn of(size: u64) -> std::io::Result<Self> {
        let name = format!("canvas-groups-zeros-{}.bin", std::process::id());
        let this = Self(std::env::temp_dir().join(name));
        File::create(&this.0)?.set_len(size)?;
        Ok(this)
    }
}

impl Drop for Zeros {
    fn drop(&mut self) {
        // What is left behind takes no place.
        let _ = std::fs::remove_file(&self.0);
    }
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

/// Plays Canvas and its store, and counts the bytes of the form.
async fn stand_in(counted: Arc<AtomicU64>) -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let own = url.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (own, counted) = (own.clone(), counted.clone());
            tokio::spawn(async move {
                if let Err(error) = answer(socket, &own, &counted).await {
                    eprintln!("the stand-in failed: {error}");
                }
            });
        }
    });
    Ok(url)
}

async fn answer(socket: TcpStream, url: &str, counted: &AtomicU64) -> std::io::Result<()> {
    let mut socket = BufReader::with_capacity(64 * 1024, socket);
    let (mut first, mut length) = (String::new(), 0);
    socket.read_line(&mut first).await?;
    loop {
        let mut line = String::new();
        socket.read_line(&mut line).await?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = (&mut socket).take(length);
    let read = tokio::io::copy_buf(&mut body, &mut tokio::io::sink()).await?;
    let (status, location, json) = match first.split(' ').nth(1) {
        Some("/store") => {
            counted.fetch_add(read, Ordering::Relaxed);
            let location = format!("location: {url}/api/v1/files/1/create_success?uuid=u\r\n");
            ("303 See Other", location, String::new())
        }
        Some(path) if path.starts_with("/api/v1/groups/") => {
            let json = format!(
                r#"{{"upload_url":"{url}/store","upload_params":{{"key":"zeros"}},"file_param":"file"}}"#
            );
            ("200 OK", String::new(), json)
        }
        _ => {
            let json = r#"{"id":1,"display_name":"zeros","upload_status":"success"}"#;
            ("200 OK", String::new(), json.to_owned())
        }
    };
    let head = format!(
        "HTTP/1.1 {status}\r\n{location}content-length: {}\r\nconnection: close\r\n\r\n{json}",
        json.len()
    );
    socket.write_all(head.as_bytes()).await?;
    socket.shutdown().await
}
