//! Texts that wait for a thread: bounded, first come first served, woken by hand because those who push are
//! asynchronous and those who pull are not.

use crate::error::PoolError;
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use tokio::sync::oneshot;

/// A text, and who waits for what is said of it.
#[derive(Debug)]
pub(super) struct Job<W, T> {
    pub(super) text: Box<str>,
    /// How far it is read; `None` before it is begun.
    pub(super) work: Option<W>,
    pub(super) answer: oneshot::Sender<Result<T, PoolError>>,
}

#[derive(Debug)]
pub(super) struct Queue<W, T> {
    state: Mutex<State<W, T>>,
    arrived: Condvar,
    limit: usize,
}

#[derive(Debug)]
struct State<W, T> {
    jobs: VecDeque<Job<W, T>>,
    is_closed: bool,
}

impl<W, T> Queue<W, T> {
    pub(super) fn new(limit: usize) -> Self {
        let state = State { jobs: VecDeque::new(), is_closed: false };
        Self { state: Mutex::new(state), arrived: Condvar::new(), limit }
    }

    /// Refuses at once when the queue is full, after a look for those in it that nobody waits for any more.
    pub(super) fn push(&self, job: Job<W, T>) -> Result<(), PoolError> {
        let mut state = self.state.lock();
        if state.is_closed {
            return Err(PoolError::Stopped);
        }
        if state.jobs.len() >= self.limit {
            state.jobs.retain(|job| !job.answer.is_closed());
        }
        if state.jobs.len() >= self.limit {
            return Err(PoolError::Busy);
        }
        state.jobs.push_back(job);
        self.arrived.notify_one();
        Ok(())
    }

    /// Puts one behind the others that has been begun: it has its place, however many wait.
    pub(super) fn put_back(&self, job: Job<W, T>) {
        let mut state = self.state.lock();
        if !state.is_closed {
            state.jobs.push_back(job);
            self.arrived.notify_one();
        }
    }

    /// Waits for the next jobs; nothing once the queue is closed.
    pub(super) fn pull(&self, most: usize) -> Option<Vec<Job<W, T>>> {
        let mut state = self.state.lock();
        while state.jobs.is_empty() && !state.is_closed {
            self.arrived.wait(&mut state);
        }
        if state.is_closed {
            return None;
        }
        let count = state.jobs.len().min(most);
        Some(state.jobs.drain(..count).collect())
    }

    /// Drops what waits and ends those who pull.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.is_closed = true;
        state.jobs.clear();
        self.arrived.notify_all();
    }
}
