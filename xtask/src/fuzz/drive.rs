//! Runs one target until its time is up, a panic, or a hang. The input at fault is written down,
//! and the target stops there.

use super::Target;
use super::mutate::Mutator;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// An input that takes longer is a hang.
const HANG_SECONDS: u64 = 10;

/// What the watchdog sees of the run.
#[derive(Default)]
struct Progress {
    runs: AtomicU64,
    done: AtomicBool,
    input: Mutex<Vec<u8>>,
}

/// Runs `target` for `seconds`; `Err` names the file with the input that broke it.
#[expect(clippy::disallowed_methods, reason = "a tool's own time; there is no clock to inject")]
pub(super) fn drive(
    target: &Target,
    samples: &[Vec<u8>],
    seconds: u64,
    seed: u64,
    folder: &Path,
) -> Result<(), String> {
    let (name, feed) = target;
    let progress = Arc::new(Progress::default());
    let watched = Arc::clone(&progress);
    let at_fault = folder.join(format!("{}.bin", name.replace("::", "-")));
    let kept = at_fault.clone();
    let dog = thread::spawn(move || watch(&kept, &watched));
    let mut mutator = Mutator::new(seed, samples);
    let start = std::time::Instant::now();
    let mut result = Ok(());
    // The time is looked at now and then only: most inputs take less than the look would.
    'time: while start.elapsed().as_secs() < seconds {
        for _ in 0..256 {
            let input = mutator.next();
            {
                let mut slot = progress.input.lock().unwrap_or_else(PoisonError::into_inner);
                slot.clear();
                slot.extend_from_slice(&input);
            }
            if panic::catch_unwind(AssertUnwindSafe(|| feed(&input))).is_err() {
                result = Err(format!("{name} panicked; the input is in {}", keep(&at_fault, &input)));
                break 'time;
            }
            progress.runs.fetch_add(1, Ordering::Relaxed);
        }
    }
    progress.done.store(true, Ordering::Relaxed);
    dog.thread().unpark();
    let _ = dog.join();
    let runs = progress.runs.load(Ordering::Relaxed);
    let verdict = if result.is_ok() { "clean" } else { "BROKEN" };
    println!("{name}: {runs} inputs in {:.0}s, seed {seed}: {verdict}", start.elapsed().as_secs_f64());
    result
}

/// Ends the process when one input takes too long: a thread cannot be stopped from outside.
fn watch(at_fault: &Path, progress: &Progress) {
    let mut last = u64::MAX;
    while !progress.done.load(Ordering::Relaxed) {
        thread::park_timeout(Duration::from_secs(HANG_SECONDS));
        let runs = progress.runs.load(Ordering::Relaxed);
        if runs == last && !progress.done.load(Ordering::Relaxed) {
            let input = progress.input.lock().unwrap_or_else(PoisonError::into_inner).clone();
            eprintln!("a hang; the input is in {}", keep(at_fault, &input));
            std::process::exit(1);
        }
        last = runs;
    }
}

/// Writes the input down; gives the path, or why it could not be written.
fn keep(path: &Path, input: &[u8]) -> String {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    match made.and_then(|()| fs::write(path, input)) {
        Ok(()) => path.display().to_string(),
        Err(e) => format!("no file ({e}): {input:?}"),
    }
}
