//! What goes over, by hand.
use super::*;
use crate::limits::TimeZone;

const MARCH: i64 = 1_772_323_200_000_000; // 2026-03-01T00:00:00Z
const HOUR: i64 = 3_600_000_000;

fn budget(cap: Option<u64>, since: i64) -> Budget {
    let rollover = Some(Rollover { cap: cap.map(NanoUsd), since });
    Budget { rollover, ..Budget::new(NanoUsd(100), Period::Month) }
}

#[test]
fn what_was_not_spent_goes_over_up_to_the_cap() {
    let carried = |cap, spent| budget(cap, 0).carried(MARCH, NanoUsd(spent)).0;
    assert_eq!([carried(None, 30), carried(None, 100), carried(None, 170)], [70, 0, 0]);
    assert_eq!([carried(Some(20), 30), carried(Some(20), 90), carried(Some(500), 0)], [20, 10, 100]);
}

#[test]
fn nothing_comes_from_before_it_began_nor_without_it_nor_over_other_windows() {
    assert_eq!(budget(None, MARCH).carried(MARCH, NanoUsd::ZERO), NanoUsd::ZERO);
    assert_eq!(budget(None, MARCH - 1).carried(MARCH, NanoUsd::ZERO), NanoUsd(100));
    let without = Budget { rollover: None, ..budget(None, 0) };
    assert_eq!(without.carried(MARCH, NanoUsd::ZERO), NanoUsd::ZERO);
    for period in [Period::Total, Period::Rolling(3_600)] {
        let other = Budget { period, ..budget(None, 0) };
        assert_eq!(other.carried(MARCH, NanoUsd::ZERO), NanoUsd::ZERO);
    }
}

#[test]
fn the_window_before_is_that_of_the_budgets_own_calendar() {
    let february = MARCH - 28 * 24 * HOUR;
    assert_eq!(budget(None, 0).window_before(MARCH), february);
    let berlin = Budget { time_zone: TimeZone::from_name("Europe/Berlin"), ..budget(None, 0) };
    assert_eq!(berlin.window_before(MARCH - HOUR), february - HOUR);
}

#[test]
fn budgets_stored_before_there_was_any_still_load() {
    let stored = r#"{"limit":100,"period":"month","strict":false}"#;
    let read: Budget = serde_json::from_str(stored).unwrap();
    assert_eq!(read, Budget::new(NanoUsd(100), Period::Month));
    let with: Budget = serde_json::from_str(&serde_json::to_string(&budget(Some(5), 7)).unwrap()).unwrap();
    assert_eq!(with, budget(Some(5), 7));
}
