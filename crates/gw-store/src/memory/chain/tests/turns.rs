//! A scheduler for tests that runs the real code of a few threads in every order in which they can take locks. Between
//! two locks a thread runs alone, so that what one order shows is repeatable, and all orders are all that can happen.

use super::super::super::tally::Counters;
use parking_lot::{Mutex, MutexGuard};
use std::cell::RefCell;
use std::sync::{Arc, Condvar, Mutex as Plain, MutexGuard as PlainGuard};

thread_local! {
    /// The schedule that this thread is in, and its number there.
    static PLACE: RefCell<Option<(Arc<Schedule>, usize)>> = const { RefCell::new(None) };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It runs towards its next lock, or its end.
    Running,
    /// It wants a lock.
    Waiting,
    /// It may try to take it.
    Called,
    /// Somebody else holds it.
    Blocked,
    Ended,
}

#[derive(Debug)]
struct Schedule {
    stages: Plain<Vec<Stage>>,
    changed: Condvar,
    /// Nobody can go on: all are to give up.
    stuck: std::sync::atomic::AtomicBool,
}

impl Schedule {
    fn stages(&self) -> PlainGuard<'_, Vec<Stage>> {
        self.stages.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn set(&self, who: usize, stage: Stage) {
        self.stages()[who] = stage;
        self.changed.notify_all();
    }

    fn wait(&self, until: impl Fn(&[Stage]) -> bool) {
        let mut stages = self.stages();
        while !until(&stages) && !self.is_stuck() {
            stages = self.changed.wait(stages).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }

    fn is_stuck(&self) -> bool {
        self.stuck.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// Lets a thread try for its lock; true when it got it and has come to its next one, or its end.
    fn call(&self, who: usize) -> bool {
        self.set(who, Stage::Called);
        let settled = |stages: &[Stage]| !matches!(stages[who], Stage::Called | Stage::Running);
        self.wait(settled);
        self.stages()[who] != Stage::Blocked
    }
}

/// Takes a lock when the schedule says so; `None` outside of schedules.
pub(in super::super::super) fn take(lock: &Mutex<Counters>) -> Option<MutexGuard<'_, Counters>> {
    let (schedule, who) = PLACE.with_borrow(Clone::clone)?;
    schedule.set(who, Stage::Waiting);
    loop {
        schedule.wait(|stages| stages[who] == Stage::Called);
        assert!(!schedule.is_stuck(), "every thread waits for another");
        if let Some(guard) = lock.try_lock() {
            schedule.set(who, Stage::Running);
            return Some(guard);
        }
        schedule.set(who, Stage::Blocked);
    }
}

/// Marks the end of a thread, also of one that panics.
struct End(Arc<Schedule>, usize);

impl Drop for End {
    fn drop(&mut self) {
        PLACE.set(None);
        self.0.set(self.1, Stage::Ended);
    }
}

/// Lets no thread wait on: none is left at the end, but when all wait for another or a check has failed.
struct GivingUp<'s>(&'s Schedule);

impl Drop for GivingUp<'_> {
    fn drop(&mut self) {
        let _stages = self.0.stages();
        self.0.stuck.store(true, std::sync::atomic::Ordering::SeqCst);
        self.0.changed.notify_all();
    }
}

/// One way to run all threads, as the numbers of those that were called; behind each, how many there are.
type Trace = Vec<(usize, usize)>;

/// Runs threads as `trace` says, and on with the first that can. Adds the choices to it, and calls `check` after each.
fn run<'e>(
    threads: Vec<Box<dyn FnOnce() + Send + 'e>>,
    trace: &mut Trace,
    check: &dyn Fn(),
) -> Result<(), &'static str> {
    let count = threads.len();
    let schedule = Arc::new(Schedule {
        stages: Plain::new(vec![Stage::Running; count]),
        changed: Condvar::new(),
        stuck: false.into(),
    });
    let is_known = trace.len();
    let mut outcome = Ok(());
    std::thread::scope(|scope| {
        let handles: Vec<_> = threads
            .into_iter()
            .enumerate()
            .map(|(who, work)| {
                let schedule = Arc::clone(&schedule);
                scope.spawn(move || {
                    let _end = End(Arc::clone(&schedule), who);
                    PLACE.set(Some((schedule, who)));
                    work();
                })
            })
            .collect();
        let giving_up = GivingUp(&schedule);
        schedule.wait(|stages| !stages.contains(&Stage::Running));
        let mut depth = 0;
        // Set once a choice was followed to its end before: what comes behind it is known.
        let mut is_spent = false;
        while schedule.stages().iter().any(|stage| *stage != Stage::Ended) {
            let first = if depth < is_known { trace[depth].0 } else { 0 };
            let can = |who: &usize| schedule.stages()[*who] != Stage::Ended && schedule.call(*who);
            let moved = (first..count).find(can);
            if depth == trace.len() && !is_spent {
                trace.push((moved.unwrap_or(count), count));
            } else if depth < trace.len() {
                trace[depth].0 = moved.unwrap_or(count);
            }
            if moved.is_none() {
                is_spent = true;
                trace.truncate(depth + 1);
                if (0..first).find(can).is_none() {
                    outcome = Err("every thread waits for another");
                    break;
                }
            }
            check();
            depth += 1;
        }
        drop(giving_up);
        for handle in handles {
            if handle.join().is_err() && outcome.is_ok() {
                outcome = Err("a thread panicked");
            }
        }
    });
    outcome
}

/// Runs what `program` makes in every order; returns how many there were. `program` gives the threads, what must
/// hold whenever one of them has moved, and what must hold at the end.
pub(super) fn explore<'e, T: Send + Sync + 'e>(
    mut make: impl FnMut() -> Arc<T>,
    threads: &[fn(&T)],
    check: fn(&T),
    at_end: fn(&T),
) -> Result<usize, &'static str> {
    let (mut trace, mut count) = (Trace::new(), 0);
    loop {
        let shared = make();
        let work = threads.iter().copied().map(|thread| {
            let shared = Arc::clone(&shared);
            Box::new(move || thread(&shared)) as Box<dyn FnOnce() + Send + 'e>
        });
        run(work.collect(), &mut trace, &|| check(&shared))?;
        at_end(&shared);
        count += 1;
        // The next order: the last choice that was not the last.
        while let Some((choice, of)) = trace.pop() {
            if choice + 1 < of {
                trace.push((choice + 1, of));
                break;
            }
        }
        if trace.is_empty() {
            return Ok(count);
        }
    }
}
