//! When a token is renewed, and how long failures pause.

use super::*;

#[test]
fn a_token_is_renewed_well_before_its_end() {
    let second = 1_000_000;
    let at = |seconds: i64| pause_for(Some(seconds * second), 0).as_secs_f64();
    assert_eq!(at(3600), 3300.0);
    assert_eq!(at(601), 301.0);
    assert_eq!(at(600), 300.0);
    assert_eq!(at(4), 2.0);
    assert_eq!(at(0), 0.5);
    assert_eq!(at(-100), 0.5);
    assert_eq!(pause_for(None, 0), LOOK_EVERY);
}

#[test]
fn failures_pause_longer_and_longer_up_to_a_limit() {
    for failures in 1..100 {
        let pause = backoff(failures);
        let ceiling = FIRST_PAUSE.saturating_mul(1 << (failures - 1).min(10)).min(LONGEST_PAUSE);
        assert!(pause <= ceiling && pause >= ceiling / 2, "{failures}: {pause:?}");
    }
}
