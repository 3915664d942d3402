//! Tests of times on their way between clocks.

use super::{change, notice, pause};
use gw_pipeline::{Change, Fingerprint, HealthChange};
use gw_store::redis::News;
use std::time::Duration;

const HERE: HealthChange = HealthChange { deployment: Fingerprint([3; 32]), change: Change::Closed };

#[test]
fn what_is_left_travels_between_clocks_that_differ() {
    let parked = HealthChange { change: Change::Parked { until: 30_000_001 }, ..HERE };
    let told = notice(parked, 1_000_000).expect("it is not over");
    assert_eq!(told.news, News::Parked { ms: 29_001 }, "rounded up");
    let there = change(&told, 500_000_000_000);
    assert_eq!(there.change, Change::Parked { until: 500_029_001_000 });
    assert_eq!(there.deployment, HERE.deployment);
    let tripped = HealthChange { change: Change::Tripped { until: 2_000 }, ..HERE };
    assert_eq!(notice(tripped, 2_000), None, "it waited too long");
    assert_eq!(notice(tripped, i64::MAX), None);
    assert_eq!(notice(HERE, 5).map(|told| change(&told, 7).change), Some(Change::Closed));
    let endless = gw_store::redis::Notice { deployment: [3; 32], news: News::Tripped { ms: u64::MAX } };
    assert_eq!(change(&endless, 7).change, Change::Tripped { until: i64::MAX });
}

#[test]
fn pauses_grow_up_to_their_bound_and_differ() {
    let within = |failures, longest: u64| {
        let pauses: std::collections::HashSet<Duration> = (0..20).map(|_| pause(failures)).collect();
        assert!(pauses.len() > 1);
        let longest = Duration::from_millis(longest);
        assert!(pauses.iter().all(|pause| (longest / 2..=longest).contains(pause)), "{pauses:?}");
    };
    within(0, 100);
    within(3, 800);
    within(u32::MAX, 5000);
}
