//! Settings of the journal. Plain data.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How a journal is kept.
#[derive(Clone, Debug)]
pub struct JournalSettings {
    /// Identifies this node among several on one store.
    pub node: u64,
    /// Number of this run of the process on its data directory; grows with each run.
    pub generation: u64,
    /// Size of a segment in bytes, allocated when it is made. At least 64 KiB.
    pub segment_bytes: u64,
    /// Space kept allocated ahead per worker, in bytes, besides the segment in use. It is what lets running
    /// calls end properly on a full disk. At least one segment.
    pub reserve_bytes: u64,
    /// How often written data is forced to disk, in milliseconds; 0 leaves it to the system.
    pub fsync_interval_ms: u64,
    /// Bound on the space of all segments together; `None` leaves it to the disk.
    pub quota: Option<Quota>,
}

impl Default for JournalSettings {
    fn default() -> Self {
        Self {
            node: 0,
            generation: 1,
            segment_bytes: 16 << 20,
            reserve_bytes: 32 << 20,
            fsync_interval_ms: 1000,
            quota: None,
        }
    }
}

/// Space that segments may still take, shared by all journals that hold a clone.
#[derive(Clone, Debug)]
pub struct Quota(Arc<AtomicU64>);

impl Quota {
    /// A quota of so many bytes.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        Self(Arc::new(AtomicU64::new(bytes)))
    }

    /// Adds space, as when files were deleted.
    pub fn grant(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Takes space; false when there is not enough.
    pub(super) fn take(&self, bytes: u64) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }
}
