//! `cargo xtask dist`: the gateway's binary as it is shipped and measured. The compiler is told which ways calls take through the code
//! (profile-guided optimisation): the gateway is built with counters in it, serves the benchmark's calls, and is built again with
//! what they counted. `cargo build --release` makes the same program without that knowledge, in a third of the time.

mod merge;
mod raw;

use crate::args::{Args, root};
use crate::process::{cargo, output, program, run as run_command};
use std::path::{Path, PathBuf};

/// What the gateway serves while it counts: whole and streamed, in both formats and translated, all that governs calls, and the cache.
/// Redis, where there is none, goes unmeasured.
const SCENARIOS: &str = "whole-c64,burst-c64,paced-c256,messages-c64,messages-burst-c64,translate-c64,translate-burst-c64,levels,\
                         shared,hits,guards";

/// Counters of ways only: values that were passed have no place in the text that profiles go through.
const PLAIN: &str = "-Cllvm-args=--disable-vp=true";

/// What was never passed goes out of the functions that were, and these to one place: less code to fetch, and less of it in memory.
const APART: &str = "-Cllvm-args=-enable-split-machine-functions -Clink-arg=-Wl,-z,keep-text-section-prefix";

/// Builds it; a profile that is there already is used again.
pub(crate) fn run(mut args: Args) -> Result<(), String> {
    let is_new = args.flag("--renew");
    let features = args.value("--features")?;
    args.finish()?;
    let binary = build(is_new, features.as_deref())?;
    println!("{}", binary.display());
    Ok(())
}

/// The binary, built with the profile of an earlier time or, when there is none, with a new one.
pub(crate) fn binary() -> Result<PathBuf, String> {
    build(false, None)
}

fn build(is_new: bool, features: Option<&str>) -> Result<PathBuf, String> {
    let folder = folder();
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let known = if is_new { None } else { merge::newest(&folder) };
    let profile = match known {
        Some(profile) => profile,
        None => measure(&folder, features)?,
    };
    println!("==> the gateway, with {}", profile.display());
    // Where the linker is known to take it.
    let apart = if host()? == "x86_64-unknown-linux-gnu" { APART } else { "" };
    let built = compile(&folder, &format!("-Cprofile-use={} {apart}", profile.display()), features)?;
    let binary = folder.join("gatewright");
    keep(&built, &binary)?;
    Ok(binary)
}

/// A new profile: the gateway counts, and serves.
fn measure(folder: &Path, features: Option<&str>) -> Result<PathBuf, String> {
    let tool = merge::tool()?;
    let counted = folder.join("counted");
    println!("==> the gateway, with counters in it");
    let flags =
        format!("-Cprofile-generate={} -Cllvm-args=-enable-name-compression=false", counted.display());
    let built = compile(folder, &flags, features)?;
    let counting = folder.join("gatewright-counting");
    keep(&built, &counting)?;
    println!("==> calls to count");
    // What an earlier one counted is of another program.
    let _ = std::fs::remove_dir_all(&counted);
    let bench = ["run", "--release", "--locked", "--quiet", "--package", "gw-bench", "--"];
    let serve =
        ["--systems", "gatewright", "--rounds", "1", "--window-seconds", "2", "--warmup-seconds", "0.5"];
    let mut bench = cargo(bench);
    bench.args(serve).args(["--scenarios", SCENARIOS, "--gatewright"]).arg(&counting);
    run_command(bench.env("LLVM_PROFILE_FILE", counted.join("%p.profraw")))?;
    merge::all(&tool, &counted, folder)
}

/// Builds the gateway with flags of its own, and says where it is. With a target named, they are not those of what runs at build time.
fn compile(folder: &Path, flags: &str, features: Option<&str>) -> Result<PathBuf, String> {
    let target = folder.join("build");
    let host = host()?;
    let mut command = cargo([
        "build",
        "--release",
        "--locked",
        "--package",
        "gw-server",
        "--target",
        &host,
        "--target-dir",
    ]);
    command.arg(&target).args(features.map(|features| format!("--features={features}")));
    let others = std::env::var("RUSTFLAGS").unwrap_or_default();
    run_command(command.env("RUSTFLAGS", format!("{others} {flags} {PLAIN}").trim()))?;
    Ok(target.join(host).join("release/gatewright"))
}

fn host() -> Result<String, String> {
    let version = output(&mut program("rustc", ["-vV"]))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "`rustc -vV` names no host".to_owned())
}

fn keep(built: &Path, place: &Path) -> Result<(), String> {
    // A program that runs keeps its file; the new one takes the name.
    let _ = std::fs::remove_file(place);
    std::fs::copy(built, place).map(drop).map_err(|e| format!("{}: {e}", place.display()))
}

fn folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    root().join(target).join("dist")
}
