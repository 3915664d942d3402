//! `cargo xtask fuzz`: random and mutated input against the parsers, for a set time each. It needs no
//! nightly compiler; what it lacks in guidance it makes up by samples, a dictionary and speed. The parsers
//! are linked only with the feature `fuzz`, so the other tasks stay quick to build.

#[cfg(any(test, feature = "fuzz"))]
mod drive;
#[cfg(any(test, feature = "fuzz"))]
mod mutate;
#[cfg(any(test, feature = "fuzz"))]
mod samples;
#[cfg(feature = "fuzz")]
mod targets;

use crate::args::Args;

/// A parser under test: name, and what feeds it. It panics when the parser breaks its word.
#[cfg(any(test, feature = "fuzz"))]
pub(crate) type Target = (&'static str, fn(&[u8]));

/// Builds the driver with the parsers in it and runs it.
#[cfg(not(feature = "fuzz"))]
pub(crate) fn run(args: Args) -> Result<(), String> {
    let build =
        ["run", "--profile", "fuzz", "--locked", "--quiet", "--package", "xtask", "--features", "fuzz"];
    let mut command = crate::process::cargo(build);
    crate::process::run(command.args(["--", "fuzz"]).args(args.rest()))
}

/// Runs every target, or the one that `--target` names.
#[cfg(feature = "fuzz")]
pub(crate) fn run(mut args: Args) -> Result<(), String> {
    let number = |text: Option<String>, default: u64| match text {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| format!("`{text}` is not a number")),
    };
    let seconds = number(args.value("--seconds")?, 60)?;
    let seed = number(args.value("--seed")?, u64::from(std::process::id()))?;
    let only = args.value("--target")?;
    args.finish()?;
    let chosen = |name: &str| only.as_deref().is_none_or(|only| only == name);
    let folder = crate::args::root().join("target/fuzz");
    let mut ran = 0;
    for target in targets::TARGETS.iter().filter(|(name, _)| chosen(name)) {
        drive::drive(target, &samples::all(), seconds, seed, &folder)?;
        ran += 1;
    }
    if ran == 0 { Err("no such target".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
