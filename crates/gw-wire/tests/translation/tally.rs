//! Counts of what passed, pair by pair.

use gw_model::WireFormat;
use std::fmt::Write as _;

/// How the exchanges of one pair of formats fared.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    pub(crate) from: WireFormat,
    pub(crate) to: WireFormat,
    pub(crate) passed: usize,
    pub(crate) total: usize,
    /// Requests that are refused because the target cannot do what they ask.
    pub(crate) refused: usize,
    /// Listed ones, with their reasons.
    pub(crate) excepted: Vec<String>,
    pub(crate) failures: Vec<String>,
}

impl Tally {
    pub(crate) const fn new(from: WireFormat, to: WireFormat) -> Self {
        Self { from, to, passed: 0, total: 0, refused: 0, excepted: Vec::new(), failures: Vec::new() }
    }

    /// `None` when the exchange passed; a listed one must not.
    pub(crate) fn note(&mut self, name: &str, failure: Option<String>, exception: Option<&str>) {
        self.total += 1;
        match (failure, exception) {
            (None, None) => self.passed += 1,
            (Some(_), Some(reason)) => self.excepted.push(format!("{name}: {reason}")),
            (Some(failure), None) => self.failures.push(format!("{name}\n  {failure}")),
            (None, Some(_)) => self.failures.push(format!("{name} is listed as an exception and passes")),
        }
    }
}

/// Fails when anything did that is not listed.
pub(crate) fn judge(what: &str, tallies: &[Tally]) {
    let mut failures = String::new();
    for tally in tallies {
        let (from, to) = (tally.from.as_str(), tally.to.as_str());
        println!(
            "{what} {from} to {to}: {} of {} pass, {} refused, {} excepted",
            tally.passed,
            tally.total,
            tally.refused,
            tally.excepted.len()
        );
        tally.excepted.iter().for_each(|line| println!("  excepted: {line}"));
        for failure in &tally.failures {
            let _ = writeln!(failures, "{from} to {to}: {failure}");
        }
        assert!(tally.passed > 0 || !tally.failures.is_empty(), "nothing from {from} to {to}");
    }
    let count: usize = tallies.iter().map(|tally| tally.failures.len()).sum();
    assert!(failures.is_empty(), "{count} failures:\n{failures}");
}
