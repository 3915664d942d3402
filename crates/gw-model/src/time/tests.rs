//! Tests of [`super`].
use super::*;

#[test]
fn times_round_trip_and_dates_are_midnight() {
    let day = 1_793_318_400_000_000;
    assert_eq!(parse("2026-10-30"), Some(day));
    assert_eq!(parse("2026-10-30T02:00:00+02:00"), Some(day));
    assert_eq!(parse("2026-10-30T00:00:00.5Z"), Some(day + 500_000));
    assert_eq!(format(day), "2026-10-30T00:00:00Z");
    assert_eq!(format_date(day + 1), "2026-10-30");
    for bad in ["", "yesterday", "2026-13-01", "2026-10-30T25:00:00Z"] {
        assert_eq!(parse(bad), None, "{bad}");
    }
}
