//! Who of a group of deployments is much worse than its peers. Pure: a function of what is known of each. It must not
//! know what becomes of an outlier.

use super::history::Recent;
use gw_model::routing::OutlierPolicy;

/// Failures below which a share says nothing, whatever the window's least volume.
const MIN_FAILURES: u64 = 3;
/// Share of failures below which nobody is an outlier, in thousandths.
const MIN_FAILING_PERMILLE: u64 = 50;
/// How much longer than its peers a deployment must take at least, in microseconds: among fast ones a factor is little.
const MIN_EXCESS_US: f64 = 10_000.0;

/// A deployment of a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    pub(super) recent: Recent,
    /// It is ejected already.
    pub(super) is_out: bool,
}

/// The place of the worst outlier, if there is one and one more may be ejected.
pub(super) fn worst(peers: &[Peer], policy: &OutlierPolicy) -> Option<usize> {
    let out = peers.iter().filter(|peer| peer.is_out).count();
    let percent = usize::try_from(policy.max_ejected_percent).unwrap_or(0);
    if (out + 1) * 100 > peers.len() * percent {
        return None;
    }
    let least = u64::from(policy.min_requests);
    let factor = f64::from(policy.factor_permille) / 1000.0;
    let measured = |value: &dyn Fn(&Recent) -> Option<f64>| -> Vec<(f64, usize)> {
        let values = peers.iter().enumerate().filter(|(_, peer)| !peer.is_out);
        let mut values: Vec<(f64, usize)> =
            values.filter_map(|(at, peer)| Some((value(&peer.recent)?, at))).collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        values
    };
    let failing = measured(&|recent| {
        (recent.requests >= least).then(|| recent.failures as f64 / recent.requests as f64)
    });
    let slow = measured(&|recent| (recent.answers >= least).then_some(recent.usual_us));
    let fails = |at: usize| {
        let Some(Peer { recent, .. }) = peers.get(at) else { return false };
        recent.failures >= MIN_FAILURES && recent.failures * 1000 >= recent.requests * MIN_FAILING_PERMILLE
    };
    // How many times as bad as the others, one request in a thousand more or less.
    let by_failures = beyond(&failing, |at, share, others| {
        (fails(at) && share > factor * others).then_some((share + 0.001) / (others + 0.001))
    });
    let by_time = beyond(&slow, |_, time, others| {
        (time > factor * others && time - others >= MIN_EXCESS_US).then_some(time / others.max(1.0))
    });
    let outliers = by_failures.chain(by_time);
    outliers.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, at)| at)
}

/// How bad each is for which `judge` says something, told its value and the median of the others'.
fn beyond<'v>(
    sorted: &'v [(f64, usize)],
    judge: impl Fn(usize, f64, f64) -> Option<f64> + 'v,
) -> impl Iterator<Item = (f64, usize)> + 'v {
    let judged = move |(rank, (value, at)): (usize, &(f64, usize))| {
        let others = median_without(sorted, rank)?;
        Some((judge(*at, *value, others)?, *at))
    };
    sorted.iter().enumerate().filter_map(judged)
}

/// The median of all values but the one of that rank. `None` when it is the only one.
fn median_without(sorted: &[(f64, usize)], rank: usize) -> Option<f64> {
    let at = |place: usize| sorted.get(place + usize::from(place >= rank)).map(|(value, _)| *value);
    let count = sorted.len().checked_sub(1).filter(|count| *count > 0)?;
    let upper = at(count / 2)?;
    if count % 2 == 1 { Some(upper) } else { Some(f64::midpoint(at(count / 2 - 1)?, upper)) }
}

#[cfg(test)]
mod tests;
