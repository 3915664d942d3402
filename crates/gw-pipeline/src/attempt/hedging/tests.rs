//! Tests of the budget, and of how long a deployment may be silent.

use super::*;
use crate::health::{Board, Entry, Visit};
use crate::route::tests::provider;
use gw_model::catalog::ModelInfo;
use gw_model::snapshot::Target;

fn hedging(max_percent: u32, burst: u32, after: HedgeAfter) -> (Hedging, Arc<Deployment>) {
    let target = Target::plain(&provider("p"), "m", Arc::new(ModelInfo::default()));
    let deployment = Board::default().deployment(&target);
    let hedge = Hedge { after, max_percent, burst, attempts: 1 };
    (Hedging::new(hedge, &[Arc::clone(&deployment)]), deployment)
}

#[test]
fn no_more_than_the_share_is_hedged_besides_the_burst() {
    for (max_percent, burst) in [(1, 1), (5, 3), (10, 1), (33, 7), (100, 2)] {
        let (hedging, _) = hedging(max_percent, burst, HedgeAfter::Ms(1));
        let mut hedged = 0;
        for request in 1..=2000u32 {
            hedging.earn();
            hedged += u32::from(hedging.take());
            assert!(hedged * 100 <= request * max_percent + burst * 100, "{max_percent} {burst} {request}");
        }
        assert!(hedged >= 2000 * max_percent / 100, "{max_percent}: {hedged}");
    }
}

#[test]
fn what_was_not_used_does_not_add_up_beyond_the_burst() {
    let (hedging, _) = hedging(50, 3, HedgeAfter::Ms(1));
    (0..10_000).for_each(|_| hedging.earn());
    assert_eq!((0..10).filter(|_| hedging.take()).count(), 3);
    hedging.give_back();
    assert!(hedging.take() && !hedging.take());
}

#[test]
fn a_percentile_is_that_of_the_deployments_own_answers_within_its_bounds() {
    let after = HedgeAfter::Percentile { permille: 950, min_ms: 20, max_ms: 900 };
    let (hedging, deployment) = hedging(5, 1, after);
    let ms = |is_stream| hedging.delay(&deployment, is_stream).as_millis();
    assert_eq!((ms(true), ms(false)), (900, 900), "nothing is known yet");
    let answers = |is_stream, took_ms: i64, count| {
        for _ in 0..count {
            let visit =
                Visit::begin(&deployment, Entry { slot: None, most: None, tokens: 0, is_forced: true }, 0)
                    .expect("in");
            visit.of_stream(is_stream).answered(took_ms * 1000);
        }
    };
    answers(true, 100, 100);
    assert!((100..=113).contains(&ms(true)), "{}", ms(true));
    assert_eq!(ms(false), 900, "whole answers are another matter");
    answers(false, 1, 100);
    assert_eq!(ms(false), 20);
    answers(true, 5000, 20);
    assert_eq!(ms(true), 900);
}
