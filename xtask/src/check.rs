//! `cargo xtask check`: the whole gate, the same here and in CI.

mod clients;
mod collector;
mod count;
mod dashboard;
mod drills;
mod generated;
mod provider;
mod tests_step;
pub(crate) mod tools;
mod weights;

use crate::args::Args;
use crate::process::{cargo, run as run_command};
use crate::steps::{self, Step};
use crate::tidy;

pub(crate) use tests_step::{FEATURES, Tally};

/// The gate, in order: what is cheap and often wrong comes first.
const STEPS: &[Step] = &[
    ("tools", "what the gate needs is there", |_| tools::ensure()),
    ("fmt", "formatting", |_| run_command(&mut cargo(["fmt", "--all", "--check"]))),
    ("tidy", "rules of the house", |_| tidy::check(None)),
    ("clippy", "lints, with warnings denied", |_| clippy()),
    ("crates", "the default build stays small", |_| count::check()),
    ("deny", "licences and sources of dependencies", |_| tools::deny()),
    ("weights", "models in the process that tests use", |_| weights::ensure()),
    ("provider", "the identity provider that tests use", |_| provider::ensure()),
    ("collector", "the collector of telemetry that tests use", |_| collector::ensure()),
    ("test", "unit and integration tests", tests_step::workspace),
    ("doc", "examples in the documentation", tests_step::documentation),
    ("build", "the release binary", |_| build()),
    ("generated", "committed generated files are current", |_| generated::check()),
    ("drills", "failures of providers, played in short", |_| drills::check()),
    ("clients", "official SDKs against the gateway", clients::check),
    ("dashboard", "the dashboard's pages, built and driven in a browser", dashboard::check),
];

/// Runs the task.
pub(crate) fn run(args: Args) -> Result<(), String> {
    steps::run("check", STEPS, args)
}

/// Everything with warnings denied, then all code but tests against the bans of `clippy.toml`. The benchmark
/// measures with the real clock and is no part of the product.
fn clippy() -> Result<(), String> {
    let all = ["clippy", "--workspace", "--all-targets", "--features", FEATURES, "--locked", "--quiet"];
    run_command(cargo(all).args(["--", "-D", "warnings"]))?;
    let product =
        ["clippy", "--workspace", "--exclude", "gw-bench", "--locked", "--quiet", "--", "-D", "warnings"];
    run_command(cargo(product).args(["-D", "clippy::disallowed_methods"]))
}

fn build() -> Result<(), String> {
    run_command(&mut cargo(["build", "--release", "--locked", "--package", "gw-server"]))
}
