//! What callers sent and got, where policy wants it kept: compressed, sealed and apart from the records. Workers hand it over
//! and never wait; what comes while too much waits is dropped and counted, since nothing is charged by it. It must not decide
//! whose bodies are kept.

mod content;
mod far;
pub(crate) mod filing;
mod queue;
mod seal;
pub(crate) mod segments;
mod writer;

pub use content::{BodyContent, BodySide};
pub use far::{FarBodies, FarError};
pub use filing::BodyFiling;
pub use queue::{BodyStats, Kept};
pub use seal::BodySealer;
pub(crate) use seal::PURPOSE;
pub use segments::SEGMENT_BYTES;

use crate::error::StoreError;
use crate::traits::RecordStore;
use queue::Queue;
use std::sync::Arc;
use writer::Writer;

/// What may wait to be written.
#[derive(Clone, Copy, Debug)]
pub struct BodySettings {
    /// Calls.
    pub queue_calls: usize,
    /// Bytes of their bodies.
    pub queue_bytes: usize,
}

impl Default for BodySettings {
    fn default() -> Self {
        Self { queue_calls: 16_384, queue_bytes: 64 << 20 }
    }
}

/// Masks what of bodies must not be kept. False: it cannot be known what is in them, and nothing may be kept.
pub type Mask = dyn Fn(&mut BodyContent) -> bool + Send + Sync;

/// See the module.
pub struct Bodies {
    queue: Arc<Queue>,
    sealer: Arc<BodySealer>,
    writer: Writer,
}

impl std::fmt::Debug for Bodies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bodies").finish_non_exhaustive()
    }
}

impl Bodies {
    /// Starts the thread that writes. Errors: the system refuses it.
    pub fn start(
        store: Arc<dyn RecordStore>,
        sealer: BodySealer,
        mask: Box<Mask>,
        settings: BodySettings,
    ) -> Result<Self, StoreError> {
        let (queue, sealer) = (Arc::new(Queue::new(settings)), Arc::new(sealer));
        let writer = Writer::start(Arc::clone(&queue), store, Arc::clone(&sealer), mask)?;
        Ok(Self { queue, sealer, writer })
    }

    /// Hands bodies over; they are dropped and counted where too much waits.
    pub fn keep(&self, kept: Kept) {
        self.queue.push(kept);
    }

    /// Opens what stands in the store.
    #[must_use]
    pub const fn sealer(&self) -> &Arc<BodySealer> {
        &self.sealer
    }

    /// What became of bodies so far.
    #[must_use]
    pub fn stats(&self) -> BodyStats {
        self.queue.stats()
    }

    /// Writes what waits and ends the thread. What comes later is dropped.
    pub fn finish(&self) {
        self.queue.close();
        self.writer.join();
    }
}

impl Drop for Bodies {
    fn drop(&mut self) {
        self.finish();
    }
}

#[cfg(test)]
mod tests;
