//! Texts that wait for a thread: bounded, first come first served, woken by hand because those who push are
//! asynchronous and those who pull are not.

use super::Vector;
use crate::error::EmbedError;
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use tokio::sync::oneshot;

/// A text, and who waits for its vector.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) text: Box<str>,
    pub(super) answer: oneshot::Sender<Vector>,
}

#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    limit: usize,
}

#[derive(Debug, Default)]
struct State {
    jobs: VecDeque<Job>,
    is_closed: bool,
}

impl Queue {
    pub(super) fn new(limit: usize) -> Self {
        Self { state: Mutex::default(), arrived: Condvar::new(), limit }
    }

    /// Refuses at once when the queue is full, after a look for those in it that nobody waits for any more.
    pub(super) fn push(&self, job: Job) -> Result<(), EmbedError> {
        let mut state = self.state.lock();
        if state.is_closed {
            return Err(EmbedError::Stopped);
        }
        if state.jobs.len() >= self.limit {
            state.jobs.retain(|job| !job.answer.is_closed());
        }
        if state.jobs.len() >= self.limit {
            return Err(EmbedError::Busy);
        }
        state.jobs.push_back(job);
        self.arrived.notify_one();
        Ok(())
    }

    /// Waits for the next jobs; nothing once the queue is closed.
    pub(super) fn pull(&self, most: usize) -> Option<Vec<Job>> {
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
