//! Times and amounts of made-up records.

use super::{Mix, Times};
use crate::cli::emulate::seed::tenants::{Caller, Tenants};
use gw_model::KeyId;

const START: i64 = 1_793_361_600_000_000;
const DAY: i64 = 86_400_000_000;

fn tenants() -> Tenants {
    let callers = (1..=5).map(|n| Caller { key: KeyId(n), accounts: Vec::new() }).collect();
    Tenants { callers, customers: Vec::new(), tags: Vec::new() }
}

#[test]
fn every_record_is_made_once_and_in_the_order_of_time() {
    let mut mix = Mix::new(tenants(), 7);
    let mut times = Times::new(START, START + 3 * DAY + 1_000, 10_000);
    let mut all = Vec::new();
    while let Some(batch) = mix.batch(&mut times, 777) {
        all.extend(batch);
    }
    assert_eq!(all.len(), 10_000);
    assert!(all.windows(2).all(|pair| pair[0].time <= pair[1].time));
    assert!(all.iter().all(|record| (START..START + 3 * DAY + 1_000).contains(&record.time)));
    assert!(all.iter().any(|record| record.attempts.len() > 1));
    assert!(all.iter().any(|record| record.cache == "hit" && record.saved.0 > 0));
    let lines: u128 = all[0].details.prices.iter().map(|l| u128::from(l.count) * u128::from(l.price.0)).sum();
    assert_eq!(u128::from(all[0].cost().0), lines.div_ceil(1_000_000));
}

#[test]
fn the_same_seed_makes_the_same_records() {
    let make = |seed| Mix::new(tenants(), seed).batch(&mut Times::new(START, START + DAY, 50), 50);
    assert_eq!(make(1), make(1));
    assert_ne!(make(1), make(2));
}
