//! A call under way, whether or not its owner looks at it.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{runtime::Handle, task::JoinHandle};
use tracing::Instrument;

use super::{Answer, CallOptions, Target, Transport, is_safe, outside_runtime};
use crate::error::{Error, ErrorKind, Result};

/// A call in a task of its own; dropped, it is given up.
///
/// A future that nobody polls for a while, as happens in a stream of buffered futures or the other
/// arm of a `select!`, would keep its place at the gate and hold up all calls behind it.
#[derive(Debug)]
pub(crate) struct Running {
    task: JoinHandle<Result<Answer>>,
    is_write: bool,
}

impl Running {
    pub(crate) fn start(
        transport: &Arc<Transport>,
        target: Target,
        options: CallOptions,
    ) -> Result<Self> {
        let runtime = Handle::try_current().map_err(|_| outside_runtime())?;
        let is_write = !is_safe(&target.method);
        let transport = transport.clone();
        let call = async move { transport.call(&target, &options).await };
        Ok(Self {
            task: runtime.spawn(call.in_current_span()),
            is_write,
        })
    }
}

impl Future for Running {
    type Output = Result<Answer>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<Answer>> {
        let is_write = self.is_write;
        Pin::new(&mut self.task).poll(context).map(|joined| {
            joined.unwrap_or_else(|stopped| match stopped.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::new(
                    ErrorKind::Interrupted,
                    "the runtime stopped before the answer came",
                )
                .with_outcome_unknown(is_write)),
            })
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
