//! Where files and batches are kept, within bounds: the oldest goes first. It must not know what they mean.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;
use serde_json::Value;

/// Most files, and most batches.
const MAX_ENTRIES: usize = 1024;
/// Most bytes of all files.
const MAX_BYTES: usize = 256 << 20;

/// A file.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) object: Value,
    pub(crate) content: Bytes,
}

/// A batch, and how often it was looked at: that is what moves it on.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) object: Value,
    pub(crate) looks: u32,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    files: Mutex<Vec<File>>,
    batches: Mutex<Vec<Batch>>,
    serial: AtomicU64,
    /// Makes ids of two emulators differ.
    salt: RandomState,
}

impl Shelf {
    /// A new id.
    pub(crate) fn id(&self, prefix: &str) -> String {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        format!("{prefix}{:016x}{serial:08x}", self.salt.hash_one(serial))
    }

    /// Seconds since the epoch: a fixed start and the number of ids made, so that answers do not need a clock.
    pub(crate) fn created(&self) -> u64 {
        1_700_000_000 + self.serial.load(Ordering::Relaxed)
    }

    pub(crate) fn add_file(&self, file: File) {
        let mut files = self.files.lock();
        files.push(file);
        let mut bytes: usize = files.iter().map(|file| file.content.len()).sum();
        while files.len() > MAX_ENTRIES || (bytes > MAX_BYTES && files.len() > 1) {
            bytes -= files.remove(0).content.len();
        }
    }

    pub(crate) fn file(&self, id: &str) -> Option<File> {
        self.files.lock().iter().find(|file| file.object["id"] == id).cloned()
    }

    pub(crate) fn files(&self) -> Vec<Value> {
        self.files.lock().iter().map(|file| file.object.clone()).collect()
    }

    pub(crate) fn remove_file(&self, id: &str) -> bool {
        let mut files = self.files.lock();
        let before = files.len();
        files.retain(|file| file.object["id"] != id);
        files.len() < before
    }

    pub(crate) fn add_batch(&self, batch: Batch) {
        let mut batches = self.batches.lock();
        batches.push(batch);
        if batches.len() > MAX_ENTRIES {
            batches.remove(0);
        }
    }

    /// Changes a batch; `None` when there is none of that id.
    pub(crate) fn with_batch(&self, id: &str, change: impl FnOnce(&mut Batch)) -> Option<Value> {
        let mut batches = self.batches.lock();
        let batch = batches.iter_mut().find(|batch| batch.object["id"] == id)?;
        change(batch);
        Some(batch.object.clone())
    }

    pub(crate) fn batches(&self) -> Vec<Value> {
        self.batches.lock().iter().map(|batch| batch.object.clone()).collect()
    }

    pub(crate) fn clear(&self) {
        self.files.lock().clear();
        self.batches.lock().clear();
    }
}
