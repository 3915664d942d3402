//! The thread that writes bodies: masks them where they must be, compresses and seals them, and puts what waits into one
//! transaction.

use super::Mask;
use super::content::PackRoom;
use super::queue::{Kept, Queue};
use super::seal::BodySealer;
use crate::error::StoreError;
use crate::traits::RecordStore;
use crate::types::SealedBodies;
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

/// The running thread.
pub(super) struct Writer(Mutex<Option<JoinHandle<()>>>);

impl Writer {
    pub(super) fn start(
        queue: Arc<Queue>,
        store: Arc<dyn RecordStore>,
        sealer: Arc<BodySealer>,
        mask: Box<Mask>,
    ) -> Result<Self, StoreError> {
        let thread = std::thread::Builder::new()
            .name("bodies".to_owned())
            .spawn(move || {
                let mut room = PackRoom::default();
                while let Some(batch) = queue.next() {
                    write(&queue, &*store, (&sealer, &mut room), &*mask, batch);
                    room.shrink();
                }
            })
            .map_err(StoreError::io("start the thread that writes bodies to", Path::new("the database")))?;
        Ok(Self(Mutex::new(Some(thread))))
    }

    /// Waits for the end of the thread, once.
    pub(super) fn join(&self) {
        let thread = self.0.lock().take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that writes bodies ended in a panic");
        }
    }
}

fn write(
    queue: &Queue,
    store: &dyn RecordStore,
    (sealer, room): (&BodySealer, &mut PackRoom),
    mask: &Mask,
    batch: Vec<Kept>,
) {
    let mut sealed = Vec::with_capacity(batch.len());
    for mut kept in batch {
        if kept.is_masked {
            if !mask(&mut kept.content) {
                queue.note(|stats| stats.unmasked += 1);
                continue;
            }
            kept.content.is_masked = true;
        }
        match sealer.seal_in(kept.request, &kept.content, room) {
            Ok(bytes) => {
                sealed.push(SealedBodies { request: kept.request, expires: kept.expires, sealed: bytes });
            }
            Err(error) => {
                tracing::error!(%error, "bodies of a call can not be sealed");
                queue.note(|stats| stats.dropped += 1);
            }
        }
    }
    let count = sealed.len() as u64;
    if count == 0 {
        return;
    }
    match store.write_bodies(&sealed) {
        Ok(()) => queue.note(|stats| stats.written += count),
        // It was said when it began.
        Err(StoreError::SpoolFull) => queue.note(|stats| stats.dropped += count),
        Err(error) => {
            tracing::error!(%error, calls = count, "bodies of calls could not be stored");
            queue.note(|stats| stats.dropped += count);
        }
    }
}
