//! Tests of [`super`].
use super::*;

fn one(cost: u64) -> Largest {
    Largest { output: 100, cost: NanoUsd(cost) }
}

#[test]
fn members_are_left_out_from_the_last_on() {
    let panel = [one(10), one(20), one(30), one(40)];
    let free = |_| NanoUsd::ZERO;
    assert_eq!(members(&panel, free, 2, NanoUsd(100)), Ok(4));
    assert_eq!(members(&panel, free, 2, NanoUsd(99)), Ok(3));
    assert_eq!(members(&panel, free, 2, NanoUsd(30)), Ok(2));
    assert_eq!(members(&panel, free, 2, NanoUsd(29)), Err(NanoUsd(30)));
}

#[test]
fn the_judge_reads_all_answers() {
    let panel = [one(10), one(10), one(10)];
    let judge = |tokens: u64| NanoUsd(tokens - AROUND_ALL);
    assert_eq!(members(&panel, judge, 1, NanoUsd(30 + 3 * 132)), Ok(3));
    assert_eq!(members(&panel, judge, 1, NanoUsd(30 + 3 * 132 - 1)), Ok(2));
    assert_eq!(members(&panel, judge, 1, NanoUsd(141)), Err(NanoUsd(142)));
}
