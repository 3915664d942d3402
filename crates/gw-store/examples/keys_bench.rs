//! Measures what the key table and the counters cost a call, from 1 to 100,000 keys: `cargo run --release
//! -p gw-store --example keys_bench`. Must not be taken for a test: it asserts nothing.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for people at a terminal")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use gw_model::limits::{Budget, Limits, Period};
use gw_model::{KeyId, KeyPolicy, KeyTerms, NanoUsd, Secret};
use gw_store::memory::{Amounts, Chain, KeySource, KeyTable};
use std::time::Instant;

const CALLS: u32 = 2_000_000;

fn main() {
    for keys in [1u32, 100, 10_000, 100_000] {
        let table = KeyTable::new(vec![Secret::new("pepper".to_owned())]);
        let names: Vec<String> = (0..keys).map(|n| format!("gw-{n:043}")).collect();
        for (id, name) in (1u128..).zip(&names) {
            let limits = Limits {
                rpm: Some(1_000_000_000),
                tpm: Some(1_000_000_000_000),
                max_parallel: Some(100),
                ..Limits::default()
            };
            let budgets = vec![Budget::new(NanoUsd(u64::MAX), Period::Month)];
            let policy = KeyPolicy {
                name: name.clone(),
                terms: KeyTerms { limits, budgets, models: vec!["*".to_owned()], ..KeyTerms::default() },
                ..KeyPolicy::default()
            };
            table.upsert(KeyId(id), table.digest(name), policy, false, KeySource::Api);
        }
        let (mut found, mut counted) = (0, 0);
        for round in 0..2 {
            let mut rng = fastrand::Rng::with_seed(1);
            let mut now = 1_793_361_600_000_000;
            (found, counted) = (0, 0);
            for _ in 0..CALLS / if round == 0 { 4 } else { 1 } {
                now += 80;
                let start = Instant::now();
                let entry = table.find(&names[rng.usize(..names.len())], 0).unwrap();
                assert!(entry.allows_every_model());
                let middle = Instant::now();
                let mut call = Chain::new([entry.link()]);
                call.admit(now).unwrap();
                call.reserve(now, Amounts { input: 500, output: 500, cost: NanoUsd(5000) }).unwrap();
                std::hint::black_box(call.limits_view(now));
                call.settle(now, Amounts { input: 100, output: 200, cost: NanoUsd(1000) });
                call.leave();
                found += (middle - start).as_nanos();
                counted += middle.elapsed().as_nanos();
            }
        }
        let calls = u128::from(CALLS);
        println!("{keys:>7} keys: find {} ns, counters {} ns per call", found / calls, counted / calls);
    }
}
