//! Tests of what the process takes on, and of what callers may state.

use super::*;

fn saturation(max_in_flight: u32, shed_lag_ms: u64) -> Arc<Saturation> {
    let saturation = Arc::new(Saturation::default());
    saturation.set(SaturationPolicy { max_in_flight, shed_lag_ms });
    saturation
}

/// How many of a priority are taken on.
fn taken(saturation: &Arc<Saturation>, priority: Priority) -> Vec<InFlight> {
    std::iter::from_fn(|| saturation.enter(priority).ok().flatten()).collect()
}

#[test]
fn the_last_places_are_for_those_that_matter_more() {
    let all = saturation(100, 0);
    let mut taken_on = taken(&all, Priority::Low);
    assert_eq!(taken_on.len(), 90);
    taken_on.extend(taken(&all, Priority::Normal));
    assert_eq!(taken_on.len(), 95);
    taken_on.extend(taken(&all, Priority::High));
    assert_eq!(taken_on.len(), 100);
    assert_eq!(all.enter(Priority::High).unwrap_err(), 100);
    drop(taken_on);
    assert_eq!(taken(&all, Priority::High).len(), 100, "places come back");
    assert_eq!(taken(&saturation(3, 0), Priority::Normal).len(), 3, "few places are for all");
}

#[test]
fn nothing_is_counted_unless_asked_for() {
    let all = saturation(0, 0);
    assert!(matches!(all.enter(Priority::Low), Ok(None)));
    assert!(!all.is_too_late(i64::MAX, Priority::Low));
    // A call that came before the limit was there is not counted out either.
    let before = all.enter(Priority::Low);
    all.set(SaturationPolicy { max_in_flight: 1, shed_lag_ms: 0 });
    drop(before);
    assert_eq!(taken(&all, Priority::Low).len(), 1);
}

#[test]
fn the_later_a_worker_is_the_more_are_refused() {
    let all = saturation(0, 100);
    let refused = |lag_ms: i64| Priority::ALL.map(|priority| all.is_too_late(lag_ms * 1000, priority));
    assert_eq!(refused(100), [false, false, false]);
    assert_eq!(refused(101), [true, false, false]);
    assert_eq!(refused(201), [true, true, false]);
    assert_eq!(refused(401), [true, true, true]);
}

#[test]
fn what_callers_state_is_checked() {
    assert_eq!(priority("low").unwrap(), Priority::Low);
    for wrong in ["", "HIGH", "urgent", "1"] {
        let refusal = priority(wrong).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::InvalidRequest);
        assert!(refusal.message.contains("low, normal or high"));
    }
    assert_eq!(timeout_ms("1500").unwrap(), 1500);
    for wrong in ["0", "-1", "1.5", "+5", "1s", "86400001", "99999999999999999999"] {
        assert!(timeout_ms(wrong).is_err(), "{wrong}");
    }
}
