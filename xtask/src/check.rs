//! `cargo xtask check`: the whole gate, the same here and in CI. Steps run in order, each under a heading
//! and with its duration; the first that fails ends the run and says how to repeat it alone.

mod clients;
mod count;
mod drills;
mod generated;
mod provider;
mod tests_step;
mod tools;
mod weights;

use crate::args::Args;
use crate::process::{cargo, run as run_command};
use crate::tidy;
use std::time::Duration;

pub(crate) use tests_step::Tally;

/// What a step tells the next ones.
#[derive(Default)]
pub(crate) struct Context {
    /// Tests so far.
    pub(crate) tally: Tally,
}

/// Name, what it is for, and the work.
type Step = (&'static str, &'static str, fn(&mut Context) -> Result<(), String>);

/// The gate, in order: what is cheap and often wrong comes first.
const STEPS: &[Step] = &[
    ("tools", "what the gate needs is there", |_| tools::ensure()),
    ("fmt", "formatting", |_| run_command(&mut cargo(["fmt", "--all", "--check"]))),
    ("tidy", "rules of the house", |_| tidy::check(None)),
    ("clippy", "lints, with warnings denied", |_| clippy()),
    ("crates", "the default build stays small", |_| count::check()),
    ("deny", "licences and sources of dependencies", |_| tools::deny()),
    ("weights", "the embedding model that tests use", |_| weights::ensure()),
    ("provider", "the identity provider that tests use", |_| provider::ensure()),
    ("test", "unit and integration tests", tests_step::workspace),
    ("features", "what only a build with all features has", tests_step::features),
    ("doc", "examples in the documentation", tests_step::documentation),
    ("build", "the release binary", |_| build()),
    ("generated", "committed generated files are current", |_| generated::check()),
    ("drills", "failures of providers, played in short", |_| drills::check()),
    ("clients", "official SDKs against the gateway", clients::check),
];

/// Runs the task.
pub(crate) fn run(mut args: Args) -> Result<(), String> {
    let only = args.value("--only")?;
    let skip = args.value("--skip")?.unwrap_or_default();
    args.finish()?;
    let chosen: Vec<&Step> = match &only {
        Some(name) => STEPS.iter().filter(|(step, ..)| step == name).collect(),
        None => STEPS.iter().filter(|(step, ..)| !skip.split(',').any(|s| s == *step)).collect(),
    };
    if chosen.is_empty() {
        let names: Vec<&str> = STEPS.iter().map(|(name, ..)| *name).collect();
        return Err(format!("no such step; there are {}", names.join(", ")));
    }
    let mut context = Context::default();
    let start = stopwatch();
    for (name, about, work) in chosen.iter().copied() {
        println!("\n==> {name}: {about}");
        let step = stopwatch();
        if let Err(why) = work(&mut context) {
            println!("==> {name} failed after {:.1}s: {why}", step().as_secs_f64());
            println!("    again alone: cargo xtask check --only {name}");
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

/// Everything with warnings denied, then all code but tests against the bans of `clippy.toml`. The benchmark
/// measures with the real clock and is no part of the product.
fn clippy() -> Result<(), String> {
    let all = ["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"];
    run_command(&mut cargo(all))?;
    let product =
        ["clippy", "--workspace", "--exclude", "gw-bench", "--locked", "--quiet", "--", "-D", "warnings"];
    run_command(cargo(product).args(["-D", "clippy::disallowed_methods"]))
}

fn build() -> Result<(), String> {
    run_command(&mut cargo(["build", "--release", "--locked", "--package", "gw-server"]))
}
