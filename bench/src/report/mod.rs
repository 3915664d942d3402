//! The results: samples, medians and ratios, and their three forms (table, JSON, RESULTS.md).
//! No measuring.

mod markdown;
mod results;
mod table;
mod targets;
#[cfg(test)]
mod tests;

pub(crate) use markdown::markdown;
pub(crate) use results::{Bound, Figure, MemoryRow, Report, SpeedRow, SpeedSample};
pub(crate) use table::text;

use std::io::Write;

/// Says what is going on, on standard error.
pub(crate) fn note(line: &str) {
    // Nobody may be reading; the measurement goes on.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints a result on standard output.
pub(crate) fn print(text: &str) {
    let _ = write!(std::io::stdout(), "{text}");
}
