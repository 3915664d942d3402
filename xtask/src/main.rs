//! The project's own chores, run as `cargo xtask <task>`: the gate (`check`), what is too long for it (`accept`), the rules of the house
//! (`tidy`), real clients (`clients`), the price catalogue (`catalog`), fuzzing (`fuzz`), the binary that is shipped (`dist`),
//! benchmarks (`bench`).
//! Nothing of it is linked into the product.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to its terminal")]

mod accept;
mod args;
mod catalog;
mod check;
mod clients;
mod dist;
mod fuzz;
mod process;
mod steps;
mod tidy;

use args::Args;
use std::process::ExitCode;

const USAGE: &str = "cargo xtask <task>

  check [--only STEP] [--skip STEP,STEP]
                          the whole gate; CI runs exactly this
  accept [--only STEP] [--skip STEP,STEP]
                          what takes too long for the gate: upgrades, long tests, drills in full
  clients [--all | --only NAME,NAME] [--cases TEXT] [--backends NAME] [--verbose]
                          real SDKs, frameworks and agents against the gateway; see tests/clients/README.md
  tidy [--rule RULE]      the rules of the house alone
  fuzz [--seconds N] [--target NAME] [--seed N]
                          random and mutated input against the parsers, N seconds (60) for each
  dist [--renew] [--features NAMES]
                          the gateway as it is shipped: optimised by a profile of its own calls
  bench [...]             benchmarks of it against other gateways; see bench/RESULTS.md
  catalog --prices FILE --source NAME --version V [--check]
                          turn a price map into crates/gw-providers/catalog/models.tsv
";

fn main() -> ExitCode {
    let mut args = Args::from_env();
    let task = args.next().unwrap_or_default();
    let done = match task.as_str() {
        "check" => check::run(args),
        "accept" => accept::run(args),
        "clients" => clients::run(args),
        "tidy" => tidy::run(args),
        "fuzz" => fuzz::run(args),
        "dist" => dist::run(args),
        "bench" => bench(args),
        "catalog" => catalog::run(args),
        "" | "help" | "--help" | "-h" => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        other => Err(format!("unknown task `{other}`\n\n{USAGE}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask {task}: {message}");
            ExitCode::from(1)
        }
    }
}

/// Hands over to the benchmark's own program, with the gateway as it is shipped unless another one is named.
fn bench(args: Args) -> Result<(), String> {
    let args = args.rest();
    let names = |flag: &str| args.iter().any(|arg| arg.split('=').next() == Some(flag));
    let mut command =
        process::cargo(["run", "--release", "--locked", "--quiet", "--package", "gw-bench", "--"]);
    if !["--gatewright", "--no-build", "--mock", "--soak", "--help"].into_iter().any(names) {
        command.arg("--gatewright").arg(dist::binary()?);
    }
    process::run(command.args(args))
}
