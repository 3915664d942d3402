//! What waits to be written, between workers and the thread that writes. Bounded by number and by bytes.

use super::error::ObjectError;
use super::object::{Object, ObjectKind};
use super::settings::ObjectSettings;
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// Writes of one transaction, at most; and the bytes of their contents beyond which no further one is taken.
const BATCH_WRITES: usize = 256;
const BATCH_BYTES: usize = 8 << 20;

/// A change.
pub(super) enum Task {
    /// Adds an object, with its content in the clear if it has one.
    Put { object: Arc<Object>, state: Option<Vec<u8>> },
    /// Removes one.
    Remove { kind: ObjectKind, id: String },
}

impl Task {
    fn bytes(&self) -> usize {
        match self {
            Self::Put { state: Some(state), .. } => state.len(),
            _ => 0,
        }
    }
}

/// A change, and who waits for it.
pub(super) struct Job {
    pub(super) task: Task,
    pub(super) done: oneshot::Sender<Result<(), ObjectError>>,
}

/// See the module.
pub(super) struct Queue {
    state: Mutex<State>,
    wake: Condvar,
    max_writes: usize,
    max_bytes: usize,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    bytes: usize,
    closed: bool,
}

/// What the thread is to do next.
pub(super) enum Next {
    /// Write these.
    Write(Vec<Job>),
    /// Nothing came in time.
    Idle,
    /// All is written, and nothing more will come.
    End,
}

impl Queue {
    pub(super) fn new(settings: &ObjectSettings) -> Self {
        Self {
            state: Mutex::default(),
            wake: Condvar::new(),
            max_writes: settings.queue_writes,
            max_bytes: settings.queue_bytes,
        }
    }

    /// Adds a change; the receiver tells when it is on disk. Errors: too much waits, or the process ends.
    pub(super) fn push(&self, task: Task) -> Result<oneshot::Receiver<Result<(), ObjectError>>, ObjectError> {
        let bytes = task.bytes();
        let (done, written) = oneshot::channel();
        let mut state = self.state.lock();
        if state.closed {
            return Err(ObjectError::Closed);
        }
        let fits = state.bytes == 0 || state.bytes.saturating_add(bytes) <= self.max_bytes;
        if state.jobs.len() >= self.max_writes || !fits {
            return Err(ObjectError::Busy);
        }
        state.bytes += bytes;
        state.jobs.push_back(Job { task, done });
        drop(state);
        self.wake.notify_one();
        Ok(written)
    }

    /// Takes what one transaction is to hold, waiting for it at most so long; or `all` that waits, of which there is no
    /// more than the queue may hold.
    pub(super) fn next(&self, patience: Duration, all: bool) -> Next {
        let mut state = self.state.lock();
        if state.jobs.is_empty() && !state.closed {
            self.wake.wait_for(&mut state, patience);
        }
        if state.jobs.is_empty() {
            return if state.closed { Next::End } else { Next::Idle };
        }
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while all || (batch.len() < BATCH_WRITES && bytes < BATCH_BYTES) {
            let Some(job) = state.jobs.pop_front() else { break };
            bytes += job.task.bytes();
            batch.push(job);
        }
        state.bytes = state.bytes.saturating_sub(bytes);
        Next::Write(batch)
    }

    /// Nothing more is taken.
    pub(super) fn close(&self) {
        self.state.lock().closed = true;
        self.wake.notify_all();
    }
}
