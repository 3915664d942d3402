//! What a run measured: pure functions over what callers saw, what the gateway wrote down and what the emulators saw.
//! Nothing here reads a clock or a socket.

mod billing;
mod detect;
mod facts;
mod herd;
mod latency;
mod overload;
mod recover;
mod share;
#[cfg(test)]
mod tests;
mod verdict;

pub(crate) use facts::{Facts, Phase, Row, Try};
pub(crate) use verdict::{missed, percent};

use crate::load::{Ending, Wish, WrongAnswer};
use crate::scenario::Scenario;
use share::First;
use std::collections::BTreeMap;

/// The figures of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Measures {
    pub(crate) requests: usize,
    pub(crate) succeeded: usize,
    /// What callers saw fail, in a few words, and how often.
    pub(crate) failures: BTreeMap<String, usize>,
    pub(crate) wrong: BTreeMap<WrongAnswer, usize>,
    pub(crate) p99_added_ms: Option<u64>,
    pub(crate) detect_ms: Option<u64>,
    pub(crate) recover_ms: Option<u64>,
    /// Each target's part of the first tries and the number of these, where it is judged: after recovery, or over the
    /// whole run when nothing was ever wrong.
    pub(crate) shares: Option<(Vec<f64>, usize)>,
    /// What the parts should be.
    pub(crate) expected_shares: Vec<f64>,
    /// Most arrivals at a healed target within a quarter of a second, in multiples of what is usual.
    pub(crate) herd: Option<f64>,
    /// Tries at faulty targets while they were.
    pub(crate) to_faulty: usize,
    /// Tries beyond one for each call.
    pub(crate) extra_tries: usize,
    /// How often any target was taken for down; `None` when the gateway does not say.
    pub(crate) trips: Option<u64>,
    /// The part of the calls of high priority that succeeded, where there are any.
    pub(crate) high_success_rate: Option<f64>,
    /// Good answers a second.
    pub(crate) goodput_per_second: Option<f64>,
    /// The longest time that a call took to fail.
    pub(crate) refused_ms: Option<u64>,
}

impl Measures {
    /// Wrong answers of all kinds.
    pub(crate) fn wrong_answers(&self) -> usize {
        self.wrong.values().sum()
    }

    /// The part of the calls that got what they should.
    pub(crate) fn success_rate(&self) -> f64 {
        ratio(self.succeeded, self.requests)
    }
}

/// A part of a whole; 1 when there is nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of calls are far below what a float holds")]
pub(crate) fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Takes the figures.
pub(crate) fn measure(scenario: &Scenario, facts: &Facts) -> Measures {
    let mut measures = Measures { requests: facts.calls.len(), trips: facts.trips, ..Measures::default() };
    for call in &facts.calls {
        let wrong = match &call.ending {
            Ending::Wrong(wrong) => Some(*wrong),
            Ending::Failed(why) => {
                *measures.failures.entry(why.clone()).or_default() += 1;
                None
            }
            Ending::Good => {
                measures.succeeded += 1;
                None
            }
        };
        let tries: usize = facts.rows_of(call).iter().map(|row| row.tries.len()).sum();
        measures.extra_tries += tries.saturating_sub(1);
        let bill = || billing::judge(call, facts);
        if let Some(wrong) = wrong.or_else(bill) {
            *measures.wrong.entry(wrong).or_default() += 1;
        }
    }
    let firsts = share::firsts(facts);
    let expected = share::expected(scenario, &firsts, facts.phase.as_ref());
    measures.p99_added_ms = facts.phase.as_ref().and_then(|phase| latency::p99_added_ms(&facts.calls, phase));
    measures.high_success_rate = overload::high_success_rate(&facts.calls);
    measures.goodput_per_second = overload::goodput_per_second(&facts.calls);
    measures.refused_ms = overload::refused_ms(&facts.calls);
    after_faults(scenario, facts, &firsts, &expected, &mut measures);
    measures.expected_shares = expected;
    measures
}

/// What can be told of a disturbance, or of a run without one.
fn after_faults(
    scenario: &Scenario,
    facts: &Facts,
    firsts: &[First],
    expected: &[f64],
    measures: &mut Measures,
) {
    let Some(phase) = &facts.phase else {
        measures.shares = share::shares(firsts, 0, expected.len());
        return;
    };
    measures.detect_ms = detect::detect_ms(firsts, phase);
    measures.to_faulty = facts.tries_at(&phase.targets, phase.from_us, phase.until_us);
    let Some(healed_us) = phase.until_us else { return };
    measures.recover_ms = recover::recover_ms(firsts, &phase.targets, expected, healed_us);
    if let Some(recover_ms) = measures.recover_ms {
        measures.shares = share::shares(firsts, healed_us + recover_ms * 1000, expected.len());
    }
    let rate = f64::from(scenario.load.requests_per_second);
    measures.herd = herd::worst(facts, phase, healed_us, expected, rate);
}

/// Calls whose answers tell how fast the gateway is: good ones that were no mistakes of their callers.
pub(crate) fn is_timed(call: &crate::load::Call) -> bool {
    call.ending == Ending::Good && call.wish != Wish::Bad
}
