//! The runtime behind blocking clients.

use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::{Error, Result};

/// A runtime with one thread of its own, so that pages are fetched ahead between two calls. It ends
/// with the last client that shares it.
#[derive(Debug)]
pub(super) struct Background(Option<Runtime>);

impl Background {
    pub(super) fn start() -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("canvas-groups")
            .enable_all()
            .build();
        runtime.map(|runtime| Self(Some(runtime))).map_err(|error| {
            Error::configuration("the runtime of a blocking client cannot start").with_source(error)
        })
    }

    pub(super) fn run<F: Future>(&self, future: F) -> Result<F::Output> {
        let is_inside = Handle::try_current().is_ok();
        match &self.0 {
            Some(runtime) if !is_inside => Ok(runtime.block_on(future)),
            _ => Err(Error::configuration(
                "a blocking client cannot be called on a thread of a tokio runtime, which it would \
                 hold up: use the async client there, in `spawn_blocking` and `block_in_place` with \
                 `Handle::block_on`, or a thread of your own",
            )),
        }
    }
}

impl Drop for Background {
    /// Dropped like other values, a runtime waits for its threads, and panics where it may not.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
