//! How many of a panel may be asked for the money that a request may cost. Pure: it gets prices and bounds. It must not
//! hold anything.

use crate::lineup::Lineup;
use crate::reserve::{Largest, largest};
use gw_model::{CallFacts, NanoUsd};

/// Input tokens of a judge for what stands around each answer, and around all of them.
const AROUND_ONE: u64 = 32;
const AROUND_ALL: u64 = 512;

/// What a request may use at the dearest target of a model.
pub(super) fn bound(facts: &CallFacts, model: &Lineup, reserve_output_tokens: u64) -> Largest {
    largest(facts, model.targets.iter().map(|target| &*target.info), reserve_output_tokens)
}

/// How many of the members, from the first on, are within `most` together with the judge of their answers; at least
/// `quorum`. Errors: what that quorum and its judge may cost.
pub(super) fn members(
    bounds: &[Largest],
    judge: impl Fn(u64) -> NanoUsd,
    quorum: usize,
    most: NanoUsd,
) -> Result<usize, NanoUsd> {
    let mut least = NanoUsd::ZERO;
    for count in (quorum..=bounds.len()).rev() {
        let panel = bounds.get(..count).unwrap_or_default();
        let tokens = panel.iter().fold(AROUND_ALL, |sum, one| sum.saturating_add(one.output + AROUND_ONE));
        least = panel.iter().fold(judge(tokens), |sum, one| sum.plus(one.cost));
        if least <= most {
            return Ok(count);
        }
    }
    Err(least)
}

#[cfg(test)]
mod tests;
