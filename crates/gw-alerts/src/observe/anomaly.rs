//! Hours that cost far more than others: the robust z-score of what an hour costs among hours of its kind. Medians are not
//! moved by the odd hour, as a mean would be. All in whole nano-dollars.
//!
//! The score is `0.6745 * (x - median) / MAD` (Iglewicz and Hoaglin, "How to Detect and Handle Outliers", 1993), with the
//! median of absolute deviations; where that is nothing, `(x - median) / (1.2533 * mean absolute deviation)`. Either is taken
//! to be at least a twentieth of the median, so that steady spending does not make a cent remarkable.

use std::collections::BTreeMap;

/// Hours of a day, and how far from the same time of another day an hour is still of its kind.
const HOURS: i64 = 24;
const NEAR: i64 = 1;
/// With fewer hours of its kind, an hour is compared with all.
const MIN_OF_KIND: usize = 8;
/// With fewer hours in all, nothing is known.
pub const MIN_HOURS: usize = 24;

/// An hour that costs far more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// Hundredths of the score.
    pub z_hundredths: u64,
    /// What hours of its kind cost.
    pub median: i64,
    /// How many they are.
    pub hours: usize,
}

/// What is remarkable about an hour. `costs` has nano-dollars by hour since the epoch; hours that are not in it cost nothing. Only
/// hours from `since` on count, and none before the first that cost something.
#[must_use]
pub fn judge(costs: &BTreeMap<i64, i64>, hour: i64, since: i64, z_score: u64, min: i64) -> Option<Anomaly> {
    let spent = costs.get(&hour).copied().filter(|spent| *spent > 0 && *spent >= min)?;
    let first = costs.range(since..hour).map(|(at, _)| *at).next()?;
    let earlier: Vec<i64> = (first..hour).collect();
    if earlier.len() < MIN_HOURS {
        return None;
    }
    let of_kind: Vec<i64> = earlier.iter().copied().filter(|at| is_of_kind(*at, hour)).collect();
    let hours = if of_kind.len() < MIN_OF_KIND { earlier } else { of_kind };
    let history: Vec<i64> = hours.iter().map(|at| costs.get(at).copied().unwrap_or(0).max(0)).collect();
    let (z_hundredths, median) = score(&history, spent)?;
    (z_hundredths >= z_score.saturating_mul(100)).then_some(Anomaly {
        z_hundredths,
        median,
        hours: history.len(),
    })
}

/// About the same time of day, on a weekday or on a weekend as well.
fn is_of_kind(one: i64, other: i64) -> bool {
    let apart = (one - other).rem_euclid(HOURS);
    // The first day of the epoch was a Thursday, the third after a Monday.
    let is_weekend = |hour: i64| (hour.div_euclid(HOURS) + 3).rem_euclid(7) >= 5;
    (apart <= NEAR || apart >= HOURS - NEAR) && is_weekend(one) == is_weekend(other)
}

/// Hundredths of the score, and the median; `None` where it is not above.
fn score(history: &[i64], spent: i64) -> Option<(u64, i64)> {
    let middle = median(history)?;
    let above = i128::from(spent.checked_sub(middle).filter(|above| *above > 0)?);
    let apart: Vec<i64> = history.iter().map(|one| (one - middle).abs()).collect();
    let least = i128::from(middle) / 20;
    // In ten-thousandths: 1 / 0.6745 and 1.2533.
    let spread = match median(&apart)? {
        0 => {
            let sum: i128 = apart.iter().map(|one| i128::from(*one)).sum();
            sum * 12_533 / i128::try_from(apart.len()).ok()?
        }
        mad => i128::from(mad) * 14_826,
    };
    let spread = spread.max(least * 10_000).max(1);
    let z = above.saturating_mul(1_000_000) / spread;
    Some((u64::try_from(z).unwrap_or(u64::MAX).min(1_000_000), middle))
}

/// The lower one of two in the middle.
fn median(values: &[i64]) -> Option<i64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests;
