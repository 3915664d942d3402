//! Tests of [`super`]: figures become shares, percentiles and comparisons.
use super::*;
use gw_store::types::ItemId;

fn figures(item: u128, target: i16, verdict: Verdict, score: Option<i64>, total_us: i64) -> ResultFigures {
    let (cost, tries) = (NanoUsd(5), 1);
    let total_us = Some(total_us);
    ResultFigures {
        item: ItemId(item),
        target,
        verdict,
        score,
        cost,
        total_us,
        input_tokens: 2,
        output_tokens: 3,
        tries,
        request: None,
        source: None,
        scored: 1,
    }
}

#[test]
fn models_are_summed_up_and_compared() {
    let all = [
        figures(1, 0, Verdict::Passed, Some(1_000_000), 1_000),
        figures(1, 1, Verdict::Failed, Some(0), 9_000),
        figures(2, 0, Verdict::Passed, Some(500_000), 2_000),
        figures(2, 1, Verdict::Passed, Some(750_000), 8_000),
        figures(3, 0, Verdict::Failed, None, 3_000),
        figures(3, 1, Verdict::Error, None, 7_000),
        figures(4, 0, Verdict::Begun, None, 4_000),
        figures(5, 1, Verdict::Failed, Some(0), 6_000),
    ];
    let fared = by_target(&all, 2);
    assert_eq!((fared[0].passed, fared[0].failed, fared[0].errors), (2, 1, 0));
    assert_eq!(fared[0].pass_rate, Some(2.0 / 3.0));
    assert_eq!((fared[0].mean_score, fared[1].mean_score), (Some(0.75), Some(0.25)));
    assert_eq!((fared[0].p50_ms, fared[0].p95_ms), (Some(2.0), Some(3.0)), "what is under way has no time");
    assert_eq!((fared[1].p50_ms, fared[1].cost), (Some(8.0), NanoUsd(20)), "errors have no time");
    let pair = pairs(&all, 2);
    assert_eq!(pair, [Pair { a: 0, b: 1, a_wins: 2, b_wins: 1, ties: 0 }]);
    assert_eq!(by_target(&[], 1), [Fared::default()]);
    assert!(pairs(&all, 1).is_empty());
}
