//! A store of tokens that a test can hold up and break.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use canvas_groups::{
    Error, Result,
    auth::{MemoryStore, TokenStore, Tokens},
};
use futures::future::BoxFuture;
use secrecy::ExposeSecret;
use tokio::sync::Semaphore;

/// A store whose doors can be shut, and that can be broken.
#[derive(Debug)]
pub(crate) struct Vault {
    pub(crate) inner: MemoryStore,
    /// A permit lets one save or one clearing through.
    pub(crate) doors: Semaphore,
    pub(crate) broken: AtomicBool,
    /// A permit for each that began.
    pub(crate) asked: Semaphore,
    /// A permit for each that is done.
    pub(crate) done: Semaphore,
}

impl Vault {
    pub(crate) fn with(tokens: &Tokens, open: usize) -> Arc<Self> {
        let inner = MemoryStore::new();
        futures::executor::block_on(inner.save(tokens)).unwrap();
        Arc::new(Self {
            inner,
            doors: Semaphore::new(open),
            broken: AtomicBool::new(false),
            asked: Semaphore::new(0),
            done: Semaphore::new(0),
        })
    }

    pub(crate) async fn refresh_token(&self) -> String {
        let tokens = self.inner.load().await.unwrap().unwrap();
        tokens.refresh_token().unwrap().expose_secret().to_owned()
    }
}

impl TokenStore for Vault {
    fn load(&self) -> BoxFuture<'_, Result<Option<Tokens>>> {
        self.inner.load()
    }

    fn save<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<()>> {
        Box::pin(async {
            self.asked.add_permits(1);
            self.doors.acquire().await.unwrap().forget();
            if self.broken.load(Ordering::SeqCst) {
                return Err(Error::token_store("the vault is broken"));
            }
            self.inner.save(tokens).await?;
            self.done.add_permits(1);
            Ok(())
        })
    }

    fn clear(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async {
            self.asked.add_permits(1);
            self.doors.acquire().await.unwrap().forget();
            self.inner.clear().await?;
            self.done.add_permits(1);
            Ok(())
        })
    }
}
