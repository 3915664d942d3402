//! Texts that wait for a thread: bounded, first come first served, woken by hand because those who push are
//! asynchronous and those who pull are not. Of long texts, which take several turns, only some are read at the same time, so
//! that under load some are read in time; short ones come in between.

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

/// Most texts that are begun and wait to be read on.
const MOST_BEGUN: usize = 4;
/// Texts of so many bytes are begun in any case.
const SHORT_BYTES: usize = 1_024;

#[derive(Debug)]
pub(super) struct Queue<W, T> {
    state: Mutex<State<W, T>>,
    arrived: Condvar,
    limit: usize,
}

#[derive(Debug)]
struct State<W, T> {
    jobs: VecDeque<Job<W, T>>,
    begun: VecDeque<Job<W, T>>,
    /// Whose turn it is: those that were begun, or others.
    is_turn_of_begun: bool,
    is_closed: bool,
}

impl<W, T> State<W, T> {
    /// Those whose turn it is; none when nothing can be done now.
    fn take(&mut self, most: usize) -> Vec<Job<W, T>> {
        self.is_turn_of_begun = !self.is_turn_of_begun;
        let others_first = !self.is_turn_of_begun || self.begun.is_empty();
        let mut taken = if others_first { self.take_fresh(most) } else { Vec::new() };
        if taken.is_empty() {
            taken.extend(self.begun.pop_front());
        }
        if taken.is_empty() {
            taken = self.take_fresh(most);
        }
        taken
    }

    /// Texts that may be begun. One that is being read already is not read twice: its answer will be in the cache.
    fn take_fresh(&mut self, most: usize) -> Vec<Job<W, T>> {
        let mut taken = Vec::new();
        let mut at = 0;
        while let Some(job) = self.jobs.get(at).filter(|_| taken.len() < most) {
            let has_room = self.begun.len() < MOST_BEGUN || job.text.len() <= SHORT_BYTES;
            let is_read = self.begun.iter().any(|begun| begun.text == job.text);
            match self.jobs.remove(at) {
                Some(job) if has_room && !is_read => taken.push(job),
                Some(job) => {
                    self.jobs.insert(at, job);
                    at += 1;
                }
                None => break,
            }
        }
        taken
    }
}

impl<W, T> Queue<W, T> {
    pub(super) fn new(limit: usize) -> Self {
        let state = State {
            jobs: VecDeque::new(),
            begun: VecDeque::new(),
            is_turn_of_begun: false,
            is_closed: false,
        };
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

    /// Puts one behind the others that have been begun: it has its place, however many wait.
    pub(super) fn put_back(&self, job: Job<W, T>) {
        let mut state = self.state.lock();
        if !state.is_closed {
            state.begun.push_back(job);
            self.arrived.notify_one();
        }
    }

    /// Waits for the next jobs; nothing once the queue is closed.
    pub(super) fn pull(&self, most: usize) -> Option<Vec<Job<W, T>>> {
        let mut state = self.state.lock();
        loop {
            if state.is_closed {
                return None;
            }
            let taken = state.take(most);
            if !taken.is_empty() {
                return Some(taken);
            }
            self.arrived.wait(&mut state);
        }
    }

    /// Drops what waits and ends those who pull.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.is_closed = true;
        state.jobs.clear();
        state.begun.clear();
        self.arrived.notify_all();
    }
}
