//! The fold's thread, and how others speak with it.

use super::round::Rounds;
use super::settings::{FoldSettings, FoldStats};
use crate::error::StoreError;
use crate::traits::Ledger;
use parking_lot::{Condvar, Mutex};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Shortest pause between two rounds, lest the thread spins.
const MIN_PAUSE: Duration = Duration::from_millis(1);
/// And while the store takes nothing, whose next round costs more: sums are found again first.
const AWAY_PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
struct State {
    stop: bool,
    /// How many flushes were asked for, and how many of them are done.
    asked: u64,
    done: u64,
    stats: FoldStats,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
    flushed: Condvar,
}

/// Folds the journal of the running process until it is finished or dropped.
#[derive(Debug)]
pub struct Folder {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<Rounds>>,
}

impl std::fmt::Debug for Rounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rounds").field("stats", &self.stats).finish_non_exhaustive()
    }
}

impl Folder {
    /// Starts the thread on a journal's directory. Segments of earlier runs are not touched: see
    /// [`super::replay`].
    pub fn start(dir: &Path, ledger: Arc<dyn Ledger>, settings: FoldSettings) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared::default());
        let pauses = (settings.interval.max(MIN_PAUSE), settings.discover_interval);
        let mut rounds = Rounds::new(dir, settings, ledger);
        rounds.discover()?;
        let seen = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("fold".to_owned())
            .spawn(move || {
                step_back();
                run(&seen, &mut rounds, pauses);
                rounds
            })
            .map_err(StoreError::io("start the thread that folds", dir))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Waits until everything that was written before this call is stored; false when it takes longer than
    /// `timeout`, or the store does not take it.
    #[must_use]
    pub fn flush(&self, timeout: Duration) -> bool {
        let mut state = self.shared.state.lock();
        state.asked += 1;
        let mine = state.asked;
        self.shared.wake.notify_one();
        let late =
            self.shared.flushed.wait_while_for(&mut state, |state| state.done < mine, timeout).timed_out();
        !late && state.stats.store_up
    }

    /// What was done so far.
    #[must_use]
    pub fn stats(&self) -> FoldStats {
        self.shared.state.lock().stats.clone()
    }

    /// Folds the rest and removes the journal's files. Call it when all journals are dropped.
    pub fn finish(mut self) -> Result<FoldStats, StoreError> {
        let Some(mut rounds) = self.stop() else { return Ok(FoldStats::default()) };
        if rounds.stats.store_up {
            rounds.finish()?;
        }
        Ok(rounds.stats)
    }

    fn stop(&mut self) -> Option<Rounds> {
        self.shared.state.lock().stop = true;
        self.shared.wake.notify_one();
        self.thread.take().and_then(|thread| thread.join().ok())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is not folded yet stays in the journal for the next start.
        drop(self.stop());
    }
}

/// Lets threads that serve callers go first where they share a core. Not so far back that the fold would starve
/// when they use all of it: its share then is still about a quarter.
fn step_back() {
    const NICENESS: i32 = 5;
    // Refused nowhere that we know of, and only comfort: without it a caller waits for a round of the fold at times.
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS);
}

fn run(shared: &Shared, rounds: &mut Rounds, (pause, discover_pause): (Duration, Duration)) {
    let mut since_discovery = Duration::ZERO;
    loop {
        let (stop, asked, idle) = {
            let state = shared.state.lock();
            (state.stop, state.asked, state.asked == state.done)
        };
        if stop || !idle || since_discovery >= discover_pause {
            since_discovery = Duration::ZERO;
            if let Err(error) = rounds.discover() {
                tracing::error!(%error, "the journal's directory can not be read");
            }
        }
        // Only as many rounds as it takes to catch up with what was there, lest a stop never ends.
        let mut left = if stop { 10_000 } else { 64 };
        while rounds.run() && left > 0 {
            left -= 1;
        }
        let mut state = shared.state.lock();
        state.stats.clone_from(&rounds.stats);
        state.done = asked;
        shared.flushed.notify_all();
        if stop {
            return;
        }
        if state.stop || state.asked != asked {
            continue;
        }
        let pause = if state.stats.store_up { pause } else { pause.max(AWAY_PAUSE) };
        shared.wake.wait_for(&mut state, pause);
        since_discovery += pause;
    }
}
