//! Admission: how many calls of a client are under way at once.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Bounds the calls in flight. Calls are admitted in the order in which they came.
#[derive(Debug)]
pub(crate) struct Gate {
    places: Semaphore,
}

/// A place among the calls in flight, free again when dropped.
#[derive(Debug)]
pub(crate) struct Admission<'a>(#[allow(dead_code)] Option<SemaphorePermit<'a>>);

impl Gate {
    pub(crate) fn new(max_in_flight: usize) -> Self {
        Self {
            places: Semaphore::new(max_in_flight.clamp(1, Semaphore::MAX_PERMITS)),
        }
    }

    pub(crate) async fn admit(&self) -> Admission<'_> {
        // The semaphore is never closed, the only way in which this fails.
        Admission(self.places.acquire().await.ok())
    }
}
