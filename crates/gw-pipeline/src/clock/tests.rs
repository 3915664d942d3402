//! Tests of [`super`].
use super::*;
use std::sync::atomic::AtomicI64;

/// Another time at each reading.
#[derive(Default)]
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Micros {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

#[test]
fn time_stands_still_within_a_turn_only() {
    let (clock, turns) = (Ticking::default(), TurnClock::default());
    assert_eq!((turns.now(&clock), turns.now(&clock)), (0, 1));
    assert_eq!(turns.turn(|| (turns.now(&clock), turns.now(&clock))), (2, 2));
    assert_eq!(turns.turn(|| (turns.now(&clock), turns.now(&clock))), (3, 3));
    assert_eq!((turns.now(&clock), turns.now(&clock)), (4, 5));
}

#[test]
fn a_turn_that_fails_is_over() {
    let (clock, turns) = (Ticking::default(), TurnClock::default());
    let failing = std::panic::AssertUnwindSafe(|| turns.turn(|| panic!("at {}", turns.now(&clock))));
    assert!(std::panic::catch_unwind(failing).is_err());
    assert_eq!((turns.now(&clock), turns.now(&clock)), (1, 2));
}
