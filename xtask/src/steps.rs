//! Work in steps: each runs under a heading and with its duration; the first that fails ends the run and says how to repeat
//! it alone. What the steps are, the tasks know.

use crate::args::Args;
use crate::check::Tally;
use std::time::Duration;

/// What a step tells the next ones.
#[derive(Default)]
pub(crate) struct Context {
    /// Tests so far.
    pub(crate) tally: Tally,
}

/// Name, what it is for, and the work.
pub(crate) type Step = (&'static str, &'static str, fn(&mut Context) -> Result<(), String>);

/// Runs the steps of a task, or those that its arguments choose.
pub(crate) fn run(task: &str, steps: &[Step], mut args: Args) -> Result<(), String> {
    let only = args.value("--only")?;
    let skip = args.value("--skip")?.unwrap_or_default();
    args.finish()?;
    let chosen: Vec<&Step> = match &only {
        Some(name) => steps.iter().filter(|(step, ..)| step == name).collect(),
        None => steps.iter().filter(|(step, ..)| !skip.split(',').any(|s| s == *step)).collect(),
    };
    if chosen.is_empty() {
        let names: Vec<&str> = steps.iter().map(|(name, ..)| *name).collect();
        return Err(format!("no such step; there are {}", names.join(", ")));
    }
    let mut context = Context::default();
    let start = stopwatch();
    for (name, about, work) in chosen.iter().copied() {
        println!("\n==> {name}: {about}");
        let step = stopwatch();
        if let Err(why) = work(&mut context) {
            println!("==> {name} failed after {:.1}s: {why}", step().as_secs_f64());
            println!("    again alone: cargo xtask {task} --only {name}");
            println!("{}", context.tally.summary(start()));
            return Err(format!("step `{name}` failed"));
        }
        println!("==> {name} ok ({:.1}s)", step().as_secs_f64());
    }
    println!("\nall {} steps passed", chosen.len());
    println!("{}", context.tally.summary(start()));
    Ok(())
}

/// Measures time from now on.
#[expect(clippy::disallowed_methods, reason = "a tool's own durations; there is no clock to inject")]
fn stopwatch() -> impl Fn() -> Duration {
    let start = std::time::Instant::now();
    move || start.elapsed()
}
