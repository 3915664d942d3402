//! What was used at a provider.

use super::Store;
use super::sample::{DAY, NOON, attempt, fold, record};
use gw_model::{NanoUsd, Outcome, Record, RequestId};
use gw_store::types::UpstreamUsage;

fn sums(day: i64, model: &str, attempts: u64, cost: u64) -> UpstreamUsage {
    UpstreamUsage {
        day,
        model: model.to_owned(),
        attempts,
        input_tokens: 10 * attempts,
        output_tokens: 20 * attempts,
        cached_tokens: 4 * attempts,
        cost: NanoUsd(cost),
    }
}

pub(crate) fn what_was_used_at_a_provider_is_summed_by_day_and_model(store: &impl Store) {
    let later = NOON + DAY;
    let next_day = Record { time: later, id: RequestId::new(later, 7), ..record(7) };
    // A failed attempt that was billed, and one elsewhere.
    let mut failed = attempt("alpha", 30);
    (failed.status, failed.reason) = (500, "status".to_owned());
    let mut other = attempt("alpha", 5);
    other.upstream_model = "alpha-small".to_owned();
    let several = Record { attempts: vec![failed, attempt("beta", 70)], ..record(3) };
    let both = Record { attempts: vec![attempt("beta", 1), other], ..record(4) };
    let refused = Record { attempts: Vec::new(), outcome: Outcome::Refused, ..record(5) };
    fold(store, &[record(1), record(2), several, both, refused, next_day]);
    let day = NOON / DAY;
    let (from, to) = (day * DAY, (day + 2) * DAY);
    let alpha = [
        sums(day, "alpha-large", 3, 230),
        sums(day, "alpha-small", 1, 5),
        sums(day + 1, "alpha-large", 1, 100),
    ];
    assert_eq!(store.upstream_usage("alpha", (from, to)).unwrap(), alpha);
    assert_eq!(store.upstream_usage("beta", (from, to)).unwrap(), [sums(day, "beta-large", 2, 71)]);
    assert_eq!(store.upstream_usage("alpha", (from, from + DAY)).unwrap(), alpha[..2]);
    assert!(store.upstream_usage("nobody", (from, to)).unwrap().is_empty());
}
