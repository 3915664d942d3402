//! How models fared, and against each other: made of the figures of results, so that nothing is opened. Pure.

use super::results::{millis, score};
use gw_model::NanoUsd;
use gw_store::types::{ResultFigures, Verdict};
use std::cmp::Ordering;

/// How a model fared.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fared {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) errors: usize,
    /// Of what is over.
    pub(crate) pass_rate: Option<f64>,
    /// Over answers that have a score.
    pub(crate) mean_score: Option<f64>,
    pub(crate) cost: NanoUsd,
    pub(crate) p50_ms: Option<f64>,
    pub(crate) p95_ms: Option<f64>,
    pub(crate) input_tokens: i64,
    pub(crate) output_tokens: i64,
    /// Items that were begun more than once: what was cut may have cost something too.
    pub(crate) repeated: usize,
}

/// How two models fared against each other, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) a: usize,
    pub(crate) b: usize,
    pub(crate) a_wins: usize,
    pub(crate) b_wins: usize,
    pub(crate) ties: usize,
}

/// How each model fared.
pub(crate) fn by_target(figures: &[ResultFigures], targets: usize) -> Vec<Fared> {
    (0..targets).map(|number| of_target(of(figures, number))).collect()
}

fn of(figures: &[ResultFigures], number: usize) -> impl Iterator<Item = &ResultFigures> + Clone {
    figures.iter().filter(move |one| usize::try_from(one.target) == Ok(number))
}

fn of_target<'a>(figures: impl Iterator<Item = &'a ResultFigures> + Clone) -> Fared {
    let count = |verdict| figures.clone().filter(|one| one.verdict == verdict).count();
    let (passed, failed, errors) = (count(Verdict::Passed), count(Verdict::Failed), count(Verdict::Error));
    let scores: Vec<f64> = figures.clone().filter_map(|one| one.score).map(score).collect();
    let answered = |one: &&ResultFigures| matches!(one.verdict, Verdict::Passed | Verdict::Failed);
    let mut times: Vec<i64> = figures.clone().filter(answered).filter_map(|one| one.total_us).collect();
    times.sort_unstable();
    let at = |percent: usize| {
        let rank = (times.len() * percent).div_ceil(100).checked_sub(1)?;
        times.get(rank).copied().map(millis)
    };
    Fared {
        passed,
        failed,
        errors,
        pass_rate: share(passed, passed + failed + errors),
        mean_score: mean(&scores),
        cost: figures.clone().fold(NanoUsd::ZERO, |sum, one| sum.plus(one.cost)),
        p50_ms: at(50),
        p95_ms: at(95),
        input_tokens: figures.clone().map(|one| one.input_tokens).sum(),
        output_tokens: figures.clone().map(|one| one.output_tokens).sum(),
        repeated: figures.filter(|one| one.tries > 1).count(),
    }
}

/// A part of something, where there is any of it.
pub(super) fn share(part: usize, of: usize) -> Option<f64> {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    (of > 0).then(|| number(part) / number(of))
}

fn mean(scores: &[f64]) -> Option<f64> {
    let count = u32::try_from(scores.len()).ok().filter(|count| *count > 0)?;
    Some(scores.iter().sum::<f64>() / f64::from(count))
}

/// Every two of them, item by item, as far as both are over: whoever passed wins, else the higher score.
pub(crate) fn pairs(figures: &[ResultFigures], targets: usize) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for a in 0..targets {
        for b in a + 1..targets {
            pairs.push(pair(figures, a, b));
        }
    }
    pairs
}

fn pair(figures: &[ResultFigures], a: usize, b: usize) -> Pair {
    let mut pair = Pair { a, b, a_wins: 0, b_wins: 0, ties: 0 };
    let over = |one: &&ResultFigures| one.verdict != Verdict::Begun;
    let mut others = of(figures, b).filter(over).peekable();
    // Both stand in the order of items.
    for one in of(figures, a).filter(over) {
        while others.next_if(|other| other.item < one.item).is_some() {}
        let Some(other) = others.next_if(|other| other.item == one.item) else { continue };
        match rank(one).cmp(&rank(other)) {
            Ordering::Greater => pair.a_wins += 1,
            Ordering::Less => pair.b_wins += 1,
            Ordering::Equal => pair.ties += 1,
        }
    }
    pair
}

fn rank(one: &ResultFigures) -> (u8, i64) {
    let class = match one.verdict {
        Verdict::Passed => 2,
        Verdict::Failed => 1,
        Verdict::Begun | Verdict::Error => 0,
    };
    (class, one.score.unwrap_or_default())
}

#[cfg(test)]
mod tests;
