//! Whether a call was written down once and paid once: the gateway's record against what the emulators billed. Pure.

use super::{Facts, Row, Try};
use crate::gateway_config::price_nanousd;
use crate::load::{Call, Ending, Wish, WrongAnswer};
use crate::rig::Arrival;

/// What is wrong with the bill of a call, if anything.
pub(super) fn judge(call: &Call, facts: &Facts) -> Option<WrongAnswer> {
    // Of a call that got no answer the caller knows no id.
    call.request_id.as_ref()?;
    let [row] = facts.rows_of(call) else { return Some(WrongAnswer::Unrecorded) };
    let paid: Vec<&Try> = row.tries.iter().filter(|one| one.succeeded).collect();
    if paid.len() > 1 {
        return Some(WrongAnswer::DoubleBilled);
    }
    if !adds_up(row) {
        return Some(WrongAnswer::Misbilled);
    }
    if call.wish == Wish::Bad || call.ending != Ending::Good {
        return None;
    }
    let Some(paid) = paid.first() else { return Some(WrongAnswer::Unrecorded) };
    against_emulators(call, paid, &row.tries, facts)
}

/// The sum is that of the tries, and a try that cannot have cost anything did not.
fn adds_up(row: &Row) -> bool {
    let sum: u64 = row.tries.iter().map(|one| one.cost_nanousd).sum();
    let is_free = |one: &Try| one.succeeded || one.is_estimated || one.cost_nanousd == 0;
    sum == row.cost_nanousd && row.tries.iter().all(is_free)
}

/// One emulator handed over a whole answer, it is the one that is paid, and for what it billed.
fn against_emulators(call: &Call, paid: &Try, tries: &[Try], facts: &Facts) -> Option<WrongAnswer> {
    let answers = |arrivals: &'_ [Arrival]| {
        let whole = |one: &&Arrival| one.call == call.number && one.status == 200 && one.whole;
        arrivals.iter().filter(whole).cloned().collect::<Vec<_>>()
    };
    let served: Vec<(usize, Arrival)> = facts
        .arrivals
        .iter()
        .enumerate()
        .flat_map(|(target, arrivals)| answers(arrivals).into_iter().map(move |one| (target, one)))
        .collect();
    // Who lost a race may have answered whole in the same moment: that is paid too, by an estimate.
    let lost = |target: usize| tries.iter().any(|one| one.is_hedged && one.target == Some(target));
    let served: Vec<_> =
        served.into_iter().filter(|(target, _)| paid.target == Some(*target) || !lost(*target)).collect();
    let [(target, arrival)] = served.as_slice() else {
        return Some(if served.is_empty() { WrongAnswer::Misbilled } else { WrongAnswer::DoubleBilled });
    };
    let tokens = (paid.input_tokens, paid.output_tokens);
    let is_right = paid.target == Some(*target) && tokens == (arrival.input_tokens, arrival.output_tokens);
    let is_paid = !facts.knows_prices || paid.cost_nanousd == price_nanousd(tokens.0, tokens.1);
    (!(is_right && is_paid)).then_some(WrongAnswer::Misbilled)
}
