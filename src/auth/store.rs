//! Where tokens are kept when the process ends.

mod file;
mod fresh;
mod guard;
mod lock;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use futures::future::{self, BoxFuture};

use super::Tokens;
use crate::error::Result;

pub use file::FileStore;

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
    /// [`Error::token_store`](crate::Error::token_store) if that cannot be known. Then nothing is renewed.
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>>>;

    /// Keeps the tokens and replaces those saved before.
    ///
    /// # Errors
    /// [`Error::token_store`](crate::Error::token_store) if they are not safe. They stay in memory and are saved again before
    /// they are used.
    fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<()>>;

    /// Deletes the tokens, after they were revoked.
    ///
    /// # Errors
    /// [`Error::token_store`](crate::Error::token_store) if they could not be deleted.
    fn clear(&self) -> BoxFuture<'_, Result<()>>;

    /// Called once with tokens that were stored without an [origin](Tokens::origin), and which have
    /// one now. Replace the stored tokens by these if
    /// they are still the same. By default nothing is done: the origin is then stored with the
    /// next renewal.
    ///
    /// # Errors
    /// [`Error::token_store`](crate::Error::token_store) if they could not be replaced. The tokens are used all the same.
    fn bind<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<()>> {
        let _ = tokens;
        Box::pin(future::ready(Ok(())))
    }

    /// Where the tokens are kept, such as a path, for the texts of errors. By default they do not
    /// say it.
    fn place(&self) -> Option<String> {
        None
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

    fn place(&self) -> Option<String> {
        (**self).place()
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
