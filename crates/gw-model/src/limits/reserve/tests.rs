//! Tests of [`super`].
use super::*;

#[test]
fn each_priority_has_what_is_not_kept_for_a_higher_one() {
    let reserve = Reserve { normal: 20, high: 30 };
    let within = |max| Priority::ALL.map(|priority| reserve.within(max, priority));
    assert_eq!(within(10), [5, 7, 10]);
    assert_eq!(within(1), [0, 0, 1], "rounded down: what is kept is kept");
    assert_eq!(within(u64::MAX)[2], u64::MAX);
    assert_eq!(Priority::ALL.map(|priority| Reserve::default().within(7, priority)), [7; 3]);
    let all = Reserve { normal: 0, high: 100 };
    assert_eq!(Priority::ALL.map(|priority| all.within(7, priority)), [0, 0, 7]);
    assert!(!all.is_too_much() && Reserve { normal: 1, high: 100 }.is_too_much());
}
