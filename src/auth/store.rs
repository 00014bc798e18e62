//! Where tokens are kept when the process ends.

use std::{
    fmt, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use futures::future::{self, BoxFuture};
use secrecy::{ExposeSecret, SecretString};

use super::{Tokens, renewal::runtime};
use crate::error::{Error, Result};

/// Keeps the tokens of one login.
///
/// A renewed access token is not used before [`save`](Self::save) has returned, because a server
/// may issue a new refresh token with it and forget the old one: if the new one is lost, the person
/// has to log in again. So `save` must not return before the tokens are safe. There is no limit to
/// how long a store may take, and calls that need a new token wait for it: set a limit of your own
/// if a store can hang.
///
/// ```
/// use canvas_groups::{Error, Result, auth::{TokenStore, Tokens}};
/// use canvas_groups::{futures::future::BoxFuture, secrecy::ExposeSecret};
/// # #[derive(Debug)]
/// # struct Database;
/// # impl Database {
/// #     async fn get(&self, _: u64) -> std::io::Result<Option<String>> { Ok(None) }
/// #     async fn put(&self, _: u64, _: Option<&str>) -> std::io::Result<()> { Ok(()) }
/// # }
///
/// #[derive(Debug)]
/// struct UserRow { database: Database, user: u64 }
///
/// fn failed(error: std::io::Error) -> Error {
///     Error::token_store("the database does not answer").with_source(error)
/// }
///
/// impl TokenStore for UserRow {
///     fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>>> {
///         Box::pin(async {
///             let row = self.database.get(self.user).await.map_err(failed)?;
///             row.map(|json| Tokens::from_json(&json)).transpose()
///         })
///     }
///     fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<()>> {
///         Box::pin(async {
///             let json = tokens.to_json();
///             self.database.put(self.user, Some(json.expose_secret())).await.map_err(failed)
///         })
///     }
///     fn clear(&self) -> BoxFuture<'_, Result<()>> {
///         Box::pin(async { self.database.put(self.user, None).await.map_err(failed) })
///     }
/// }
/// ```
pub trait TokenStore: fmt::Debug + Send + Sync + 'static {
    /// The tokens saved last; `None` if there are none.
    ///
    /// Asked before each renewal, so that tokens which another process saved meanwhile are used.
    ///
    /// # Errors
    /// [`Error::token_store`] if that cannot be known. Then nothing is renewed.
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>>>;

    /// Keeps the tokens and replaces those saved before.
    ///
    /// # Errors
    /// [`Error::token_store`] if they are not safe. They stay in memory and are saved again before
    /// they are used.
    fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<()>>;

    /// Deletes the tokens, after they were revoked.
    ///
    /// # Errors
    /// [`Error::token_store`] if they could not be deleted.
    fn clear(&self) -> BoxFuture<'_, Result<()>>;

    /// Called once with tokens that were stored by a version which did not know their
    /// [origin](Tokens::origin) yet, and which have it now. Replace the stored tokens by these if
    /// they are still the same. By default nothing is done: the origin is then stored with the
    /// next renewal.
    ///
    /// # Errors
    /// [`Error::token_store`](crate::Error::token_store) if they could not be replaced. The tokens are used all the same.
    fn bind<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<()>> {
        let _ = tokens;
        Box::pin(future::ready(Ok(())))
    }
}

impl<S: TokenStore + ?Sized> TokenStore for Arc<S> {
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>>> {
        (**self).load()
    }

    fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<()>> {
        (**self).save(tokens)
    }

    fn clear(&self) -> BoxFuture<'_, Result<()>> {
        (**self).clear()
    }

    fn bind<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<()>> {
        (**self).bind(tokens)
    }
}

/// Keeps tokens in memory until the process ends. For tests.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Option<Tokens>>);

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn set(&self, tokens: Option<Tokens>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = tokens;
    }
}

impl TokenStore for MemoryStore {
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>>> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Box::pin(future::ready(Ok(tokens.clone())))
    }

    fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<()>> {
        self.set(Some(tokens.clone()));
        Box::pin(future::ready(Ok(())))
    }

    fn clear(&self) -> BoxFuture<'_, Result<()>> {
        self.set(None);
        Box::pin(future::ready(Ok(())))
    }
}

/// Keeps tokens in a file, as the JSON of [`Tokens::to_json`], not encrypted.
///
/// On Unix only its owner may read it (mode 0600). It is replaced as a whole: after a crash there
/// are the old tokens or the new ones, never half of either. Its folder must exist and be
/// writable.
#[derive(Debug, Clone)]
pub struct FileStore {
    path: PathBuf,
}

impl FileStore {
    /// A store in this file, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
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
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let path = self.path.clone();
        let done = runtime()?.spawn_blocking(move || work(&path)).await;
        done.unwrap_or_else(|error| Err(io::Error::other(error)))
            .map_err(|error| {
                let path = self.path.display();
                Error::token_store(format!("the token file {path} cannot be {verb}: {error}"))
                    .with_source(error)
            })
    }
}

impl TokenStore for FileStore {
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>>> {
        Box::pin(async {
            let text = self.work("read", |path| found(fs::read_to_string(path)));
            let text = text.await?.map(SecretString::from);
            text.map(|text| Tokens::from_json(text.expose_secret()))
                .transpose()
        })
    }

    fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<()>> {
        let json = tokens.to_json();
        Box::pin(self.work("written", move |path| {
            replace(path, json.expose_secret().as_bytes())
        }))
    }

    fn clear(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async {
            let removed = self.work("removed", |path| found(fs::remove_file(path)));
            removed.await.map(drop)
        })
    }
}

/// Replaces a file in one step.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    // A link to the file stays one: what it points to is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut fresh = std::ffi::OsString::from(".");
    fresh.push(name);
    fresh.push(format!(".{:016x}", fastrand::u64(..)));
    let fresh = folder.join(fresh);
    let written = write_new(&fresh, content).and_then(|()| fs::rename(&fresh, &path));
    if let Err(error) = written {
        let _ = fs::remove_file(&fresh);
        return Err(error);
    }
    // The new name is safe only when the folder is on the disk too. Not every file system can do
    // that, and the file is in its place.
    #[cfg(unix)]
    let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn found<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
