//! The thread behind a journal: makes segments ahead of time and forces written data to disk at the set
//! interval, so that the worker does neither. One per journal; it ends with it.

use super::error::JournalError;
use super::segment::{Segment, SegmentId};
use super::settings::JournalSettings;
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// How long the thread sleeps when nothing wakes it; also the pause before a full disk is tried again.
const PAUSE: Duration = Duration::from_millis(1000);

#[derive(Debug)]
struct State {
    /// Segments ready to be used, in order.
    spares: VecDeque<(SegmentId, Segment)>,
    /// The number of the next segment to be made.
    next: SegmentId,
    /// Files with data that may not be on disk yet, the one in use last.
    unsynced: Vec<Arc<File>>,
    stopped: bool,
}

/// What the worker and the thread share.
#[derive(Debug)]
pub(super) struct Keeper {
    dir: PathBuf,
    settings: JournalSettings,
    state: Mutex<State>,
    wake: Condvar,
    /// Length of `spares`, readable without the lock.
    ready: AtomicU64,
    /// Something was written since the last time data was forced to disk.
    pub(super) dirty: AtomicBool,
    /// The last try to make a segment failed for want of space.
    full: AtomicBool,
}

impl Keeper {
    pub(super) fn new(dir: &Path, first: SegmentId, settings: &JournalSettings) -> Arc<Self> {
        let state = State { spares: VecDeque::new(), next: first, unsynced: Vec::new(), stopped: false };
        Arc::new(Self {
            dir: dir.to_owned(),
            settings: settings.clone(),
            state: Mutex::new(state),
            wake: Condvar::new(),
            ready: AtomicU64::new(0),
            dirty: AtomicBool::new(false),
            full: AtomicBool::new(false),
        })
    }

    /// How many segments are ready.
    pub(super) fn ready(&self) -> u64 {
        self.ready.load(Ordering::Relaxed)
    }

    #[cfg(test)]
    pub(super) fn quota(&self) -> Option<super::settings::Quota> {
        self.settings.quota.clone()
    }

    /// Whether the disk was full at the last try.
    pub(super) fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// The next segment to write to, made on the spot when none is ready.
    pub(super) fn take(&self) -> Result<(SegmentId, Segment), JournalError> {
        loop {
            let mut state = self.state.lock();
            if let Some(spare) = state.spares.pop_front() {
                self.ready.store(state.spares.len() as u64, Ordering::Relaxed);
                drop(state);
                self.wake.notify_one();
                return Ok(spare);
            }
            drop(state);
            self.make_one()?;
        }
    }

    /// Makes one more segment and puts it with the others.
    pub(super) fn make_one(&self) -> Result<(), JournalError> {
        // The number is used up under the lock, whoever makes the file: a hole in the chain would end it.
        let mut state = self.state.lock();
        let id = state.next;
        let made = Segment::create(&self.dir, id, &self.settings);
        self.full.store(matches!(made, Err(JournalError::Full { .. })), Ordering::Relaxed);
        state.next = id.next();
        match made {
            Ok(segment) => state.spares.push_back((id, segment)),
            Err(error) => {
                state.next = id;
                return Err(error);
            }
        }
        self.ready.store(state.spares.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    /// Notes the file that is written to from now on.
    pub(super) fn in_use(&self, file: Arc<File>) {
        if self.settings.fsync_interval_ms > 0 {
            self.state.lock().unsynced.push(file);
        }
    }

    /// Ends the thread and removes segments that were never used.
    pub(super) fn stop(&self) {
        let mut state = self.state.lock();
        state.stopped = true;
        for (_, spare) in state.spares.drain(..) {
            // A segment without entries is also removed at the next start.
            let _ = std::fs::remove_file(&spare.path);
        }
        drop(state);
        self.wake.notify_one();
    }

    /// The thread's work.
    pub(super) fn run(&self) {
        let target = self.settings.reserve_bytes.div_ceil(self.settings.segment_bytes).max(1);
        let pause = match self.settings.fsync_interval_ms {
            0 => PAUSE,
            ms => Duration::from_millis(ms),
        };
        loop {
            let mut failed = false;
            while !failed && self.ready() < target && !self.state.lock().stopped {
                if let Err(error) = self.make_one() {
                    tracing::warn!(%error, "the journal's reserve can not be filled up");
                    failed = true;
                }
            }
            self.sync();
            let mut state = self.state.lock();
            if state.stopped {
                return;
            }
            if (state.spares.len() as u64) < target && !failed {
                continue;
            }
            self.wake.wait_for(&mut state, pause);
            if state.stopped {
                drop(state);
                self.sync();
                return;
            }
        }
    }

    fn sync(&self) {
        if self.settings.fsync_interval_ms == 0 || !self.dirty.swap(false, Ordering::Relaxed) {
            return;
        }
        let files = {
            let mut state = self.state.lock();
            let files = state.unsynced.clone();
            let closed = state.unsynced.len().saturating_sub(1);
            state.unsynced.drain(..closed);
            files
        };
        for file in files {
            if let Err(error) = file.sync_data() {
                tracing::error!(%error, path = %self.dir.display(), "the journal can not be forced to disk");
            }
        }
    }
}
