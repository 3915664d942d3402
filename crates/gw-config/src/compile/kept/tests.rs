//! Tests of [`super`]: the same target has one place, and finding it takes a bounded number of comparisons.

use super::*;
use crate::compile::tests::ok;
use gw_model::catalog::ModelInfo;
use gw_model::{FemtoUsd, PriceSheet, Rate, ServiceTier, Unit};

fn targets(count: u64) -> Vec<Target> {
    let compiled = ok("providers: { up: { kind: openai-compatible, base_url: 'http://u/v1' } }\n\
                       models: { m: { targets: [{ provider: up, model: a }] } }\n");
    let plain = Target::clone(&compiled.snapshot.models["m"].targets[0]);
    let with = |number: u64| match number % 3 {
        0 => Target { model: format!("m{number}").into(), ..plain.clone() },
        1 => Target { family: format!("f{number}").into(), ..plain.clone() },
        _ => {
            let rate = Rate {
                unit: Unit::Input,
                tier: ServiceTier::Standard,
                above_tokens: 0,
                price: FemtoUsd(number),
            };
            let prices = PriceSheet { rates: [rate].into() };
            Target { info: Arc::new(ModelInfo { prices, ..ModelInfo::default() }), ..plain.clone() }
        }
    };
    (0..count).map(with).collect()
}

#[test]
fn the_same_target_has_one_place_and_is_found_at_once() {
    let (mut kept, all) = (Kept::default(), targets(MAX_TARGETS as u64));
    for round in 0..5 {
        for (place, target) in all.iter().enumerate() {
            assert_eq!(kept.place(target.clone()), Some(place), "round {round}");
        }
    }
    assert!(kept.compared <= 5 * MAX_TARGETS, "{} comparisons", kept.compared);
    let further = Target { model: "further".into(), ..all[0].clone() };
    assert_eq!(kept.place(further), None, "there is room for no more");
    assert_eq!(kept.place(all[7].clone()), Some(7), "what is there stays");
    assert_eq!(kept.finish().len(), MAX_TARGETS);
}
