//! Tokens in a file.

use std::{
    ffi::OsString,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::future::BoxFuture;
use secrecy::{ExposeSecret, zeroize::Zeroizing};

use super::{
    TokenStore,
    fresh::{self, Fresh},
    guard,
    lock::Lock,
};
use crate::{
    auth::{Tokens, renewal::runtime},
    error::{Error, Result},
};

/// More than any tokens have.
const MAX_FILE: u64 = 1024 * 1024;

/// How many symbolic links may lead to the file.
const MAX_LINKS: usize = 40;

/// How often a save begins anew when its file is removed before it has its name, by a process that
/// takes it for one that was left behind.
const MAX_TRIES: usize = 16;

/// Keeps tokens in a file, as the JSON of [`Tokens::to_json`], not encrypted.
///
/// The file is replaced as a whole: after a crash there are the old tokens or the new ones, never
/// half of either. Its folder must exist and be writable. While tokens are saved they are also in a
/// file beside it, `.NAME.` and 16 digits; if a process is killed at that moment, the first use by
/// the next process removes it. A store and its clones list the folder for such files only at their
/// first use and when they are cleared. Where the system cannot tell that the process is gone,
/// which is on Windows and on file systems without locks, only a file that is a minute old is
/// removed. In a folder that may not be listed it stays.
///
/// Processes that share the file take turns, on Unix and where the file system has locks. Elsewhere
/// the last save counts.
///
/// On Unix only its owner may read the file (mode 0600). One that others may read or change, or
/// that belongs to another user, is not loaded, and one that belongs to another user is not
/// replaced either. Nor are tokens kept in a folder that others may write to, unless it has the
/// sticky bit, as `/tmp` has. Its group may write to it only if the folder is the user's own and
/// the number of the group is that of the user, as with `umask 002` and a group for each user, and
/// the user is not root. Clearing the store removes the file from any folder. On Windows the file
/// has the rights that its folder hands down.
///
/// If the path is a symbolic link, the file that it points to is read, replaced and removed, and
/// the link stays. On Unix the link must belong to the user of the process or to root.
#[derive(Debug, Clone)]
pub struct FileStore {
    path: PathBuf,
    /// Whether it has looked for what killed processes left, which clones need not do again.
    is_swept: Arc<AtomicBool>,
}

impl FileStore {
    /// A store in this file, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            is_swept: Arc::default(),
        }
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Works on the file in a thread that may block. That runs to completion even if the returned
    /// future is dropped.
    async fn work<T: Send + 'static>(
        &self,
        verb: &str,
        work: impl FnOnce(&Self) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let this = self.clone();
        let done = runtime()?.spawn_blocking(move || work(&this)).await;
        done.unwrap_or_else(|error| Err(io::Error::other(error)))
            .map_err(|error| {
                let path = self.path.display();
                Error::token_store(format!("the token file {path} cannot be {verb}: {error}"))
                    .with_source(error)
            })
    }

    /// The file, beside which the first use removes what killed processes left. To list a folder of
    /// thousands at each use would take longer than the use.
    fn file(&self) -> io::Result<TokenFile> {
        let file = TokenFile::at(&self.path)?;
        if !self.is_swept.swap(true, Ordering::Relaxed) {
            file.sweep();
        }
        Ok(file)
    }
}

impl TokenStore for FileStore {
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>>> {
        Box::pin(async {
            let content = self.work("read", |this| {
                let Some(file) = found(this.file())? else {
                    return Ok(None);
                };
                file.read()
            });
            content.await?.as_ref().map(parse).transpose()
        })
    }

    fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<()>> {
        let json = tokens.to_json();
        Box::pin(self.work("written", move |this| {
            let file = this.file()?;
            let _lock = file.lock()?;
            file.replace(json.expose_secret().as_bytes())
        }))
    }

    fn clear(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.work("removed", |this| {
            // Tokens that are no longer wanted must not stay because of where they are.
            let Some(file) = found(TokenFile::in_any_folder(&this.path))? else {
                return Ok(());
            };
            file.sweep();
            let _lock = file.lock()?;
            file.remove()
        }))
    }

    fn bind<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<()>> {
        let tokens = tokens.clone();
        Box::pin(self.work("written", move |this| {
            let file = this.file()?;
            let _lock = file.lock()?;
            let stored = file.read()?.as_ref().map(parse).and_then(Result::ok);
            // Another process may have renewed or bound them meanwhile.
            if stored.is_some_and(|it| it.origin().is_none() && it.is_same(&tokens)) {
                file.replace(tokens.to_json().expose_secret().as_bytes())?;
            }
            Ok(())
        }))
    }

    fn place(&self) -> Option<String> {
        Some(self.path.display().to_string())
    }
}

fn parse(content: &Zeroizing<Vec<u8>>) -> Result<Tokens> {
    // What is no text is no JSON either.
    Tokens::from_json(std::str::from_utf8(content).unwrap_or_default())
}

/// Where the file really is, whatever links lead to it.
struct TokenFile {
    folder: PathBuf,
    name: OsString,
    path: PathBuf,
}

impl TokenFile {
    fn at(path: &Path) -> io::Result<Self> {
        Self::found_at(path, guard::check_folder)
    }

    /// The same where others may write to its folder.
    fn in_any_folder(path: &Path) -> io::Result<Self> {
        Self::found_at(path, |_, _| Ok(()))
    }

    fn found_at(
        path: &Path,
        check_folder: impl Fn(&fs::Metadata, &Path) -> io::Result<()>,
    ) -> io::Result<Self> {
        let mut path = path.to_owned();
        for _ in 0..MAX_LINKS {
            let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
            let folder = match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            let folder = fs::canonicalize(folder)?;
            check_folder(&fs::metadata(&folder)?, &folder)?;
            let here = folder.join(name);
            match found(fs::symlink_metadata(&here))? {
                Some(link) if link.is_symlink() => {
                    guard::check_link(&link)?;
                    path = folder.join(fs::read_link(&here)?);
                }
                Some(other) if !other.is_file() => {
                    return Err(io::Error::other("it is not a regular file"));
                }
                _ => {
                    return Ok(Self {
                        folder,
                        name: name.to_owned(),
                        path: here,
                    });
                }
            }
        }
        Err(io::Error::other("too many symbolic links lead to it"))
    }

    fn lock(&self) -> io::Result<Lock> {
        Lock::wait(&self.path)
    }

    fn read(&self) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        let Some(file) = found(guard::open(&self.path))? else {
            return Ok(None);
        };
        let metadata = file.metadata()?;
        guard::check_file(&metadata, &self.path)?;
        let length = metadata.len();
        if length > MAX_FILE {
            return Err(io::Error::other("it is too large for tokens"));
        }
        // All of it at once: a vector that grows leaves copies behind.
        let mut content = Zeroizing::new(vec![0; usize::try_from(length).unwrap_or_default()]);
        (&file).read_exact(&mut content)?;
        Ok(Some(content))
    }

    /// Replaces the file in one step.
    fn replace(&self, content: &[u8]) -> io::Result<()> {
        if let Some(metadata) = found(fs::symlink_metadata(&self.path))? {
            guard::check_owner(&metadata)?;
        }
        for _ in 0..MAX_TRIES {
            let fresh = Fresh::create(&self.folder, &self.name)?;
            if found(fresh.replace(content, &self.path))?.is_some() {
                return guard::sync_folder(&self.folder);
            }
        }
        Err(io::Error::other(
            "another process removes each new file before it has its name: see which one",
        ))
    }

    fn remove(&self) -> io::Result<()> {
        found(fs::remove_file(&self.path))?;
        guard::sync_folder(&self.folder)
    }

    /// Removes what killed processes left behind.
    fn sweep(&self) {
        fresh::sweep(&self.folder, &self.name);
    }
}

fn found<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
