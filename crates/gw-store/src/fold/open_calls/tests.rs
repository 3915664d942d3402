//! Tests of [`super`].
use super::*;

#[test]
fn a_segment_is_pinned_as_long_as_a_call_with_an_intent_in_it_is_open() {
    let mut open = OpenCalls::default();
    open.intent(1, 5);
    open.intent(1, 7);
    open.intent(2, 6);
    assert!(open.pins(5) && open.pins(6) && open.pins(7) && !open.pins(8));
    assert!(!open.record(1));
    assert!(!open.pins(5) && open.pins(6) && !open.pins(7));
    assert!(open.contains(2) && !open.contains(1));
}

#[test]
fn kept_intents_no_longer_pin_and_are_remembered() {
    let mut open = OpenCalls::default();
    open.intent(1, 5);
    open.intent(2, 6);
    open.kept_through(5);
    assert!(!open.pins(5) && open.pins(6));
    open.intent(1, 8);
    assert!(open.pins(8));
    assert!(open.record(1), "its first intent is kept in the store");
    assert!(!open.record(2));
}
