//! The thread that writes objects: seals contents, puts what waits into one transaction, and says so to those who
//! wait. Between times it removes what is expired.

use super::error::ObjectError;
use super::object::ObjectWrite;
use super::queue::{Job, Next, Queue, Task};
use super::seal::Sealer;
use crate::error::StoreError;
use crate::traits::ObjectStore;
use gw_model::Clock;
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Objects that are removed in one transaction.
const SWEEP_ROWS: usize = 500;

/// The running thread.
pub(super) struct Writer(Mutex<Option<JoinHandle<()>>>);

impl Writer {
    pub(super) fn start(
        queue: Arc<Queue>,
        store: Arc<dyn ObjectStore>,
        sealer: Arc<Sealer>,
        clock: Arc<dyn Clock>,
        sweep_interval: Duration,
    ) -> Result<Self, StoreError> {
        let thread = std::thread::Builder::new()
            .name("objects".to_owned())
            .spawn(move || run(&queue, &*store, &sealer, &*clock, sweep_interval))
            .map_err(StoreError::io("start the thread that writes objects to", Path::new("the database")))?;
        Ok(Self(Mutex::new(Some(thread))))
    }

    /// Waits for the end of the thread, once.
    pub(super) fn join(&self) {
        let thread = self.0.lock().take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that writes objects ended in a panic");
        }
    }
}

fn run(queue: &Queue, store: &dyn ObjectStore, sealer: &Sealer, clock: &dyn Clock, sweep_interval: Duration) {
    let mut swept = now();
    // What is overdue after a longer rest is removed at once, but by turns with what is to be written.
    let mut more = sweep(store, clock);
    let mut locked = false;
    loop {
        let patience = if more { Duration::ZERO } else { sweep_interval.saturating_sub(swept.elapsed()) };
        // What came to wait meanwhile must not wait for the lock batch by batch.
        match queue.next(patience, locked) {
            Next::Write(jobs) => locked = write(store, sealer, jobs),
            Next::Idle => locked = false,
            Next::End => return,
        }
        if locked {
            continue;
        }
        if more || swept.elapsed() >= sweep_interval {
            more = sweep(store, clock);
            swept = now();
        }
    }
}

/// Writes a batch. What fails together is tried again one by one, so that one's fault is not the others'. True when the
/// database is locked or away: then nobody is at fault, and each try would wait for the lock as long as the first did.
fn write(store: &dyn ObjectStore, sealer: &Sealer, jobs: Vec<Job>) -> bool {
    let mut sealed = Vec::with_capacity(jobs.len());
    for job in jobs {
        match seal(sealer, &job.task) {
            Ok(state) => sealed.push((job, state)),
            Err(error) => answer(job, Err(ObjectError::Store(Arc::new(error)))),
        }
    }
    let writes: Vec<ObjectWrite<'_>> = sealed.iter().map(|(job, state)| as_write(&job.task, state)).collect();
    match store.write_objects(&writes) {
        Ok(()) => {
            sealed.into_iter().for_each(|(job, _)| answer(job, Ok(())));
            return false;
        }
        Err(error) if error.is_locked() || error.is_unavailable() => {
            tracing::error!(%error, objects = sealed.len(), "objects could not be stored: the database is locked or away");
            let error = ObjectError::Store(Arc::new(error));
            sealed.into_iter().for_each(|(job, _)| answer(job, Err(error.clone())));
            return true;
        }
        Err(_) => {}
    }
    for (job, state) in sealed {
        let result = store.write_objects(&[as_write(&job.task, &state)]);
        if let Err(error) = &result {
            tracing::error!(%error, "an object could not be stored");
        }
        answer(job, result.map_err(|error| ObjectError::Store(Arc::new(error))));
    }
    false
}

fn seal(sealer: &Sealer, task: &Task) -> Result<Option<Vec<u8>>, StoreError> {
    match task {
        Task::Put { object, state: Some(state) } => sealer.seal(object, state).map(Some),
        _ => Ok(None),
    }
}

fn as_write<'a>(task: &'a Task, state: &'a Option<Vec<u8>>) -> ObjectWrite<'a> {
    match task {
        Task::Put { object, .. } => ObjectWrite::Put { object, state: state.as_deref() },
        Task::Remove { kind, id } => ObjectWrite::Remove { kind: *kind, id },
    }
}

fn answer(job: Job, result: Result<(), ObjectError>) {
    // Whoever asked may have left.
    let _ = job.done.send(result);
}

/// Removes some of what is expired; true when there is more of it.
fn sweep(store: &dyn ObjectStore, clock: &dyn Clock) -> bool {
    match store.remove_expired(clock.now(), SWEEP_ROWS) {
        Ok(0) => false,
        Ok(removed) => {
            tracing::debug!(removed, "expired objects were removed");
            removed >= SWEEP_ROWS
        }
        Err(error) => {
            tracing::warn!(%error, "expired objects could not be removed");
            false
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "when to sweep next; no result depends on it")]
fn now() -> Instant {
    Instant::now()
}
