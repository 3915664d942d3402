//! Tests of [`super`].
use super::*;

/// Microseconds in a day.
const DAY: i64 = 86_400_000_000;

#[test]
fn windows_follow_the_utc_calendar() {
    let now = 1_793_318_400_000_000; // 2026-10-30T00:00:00Z, a Friday
    assert_eq!(Period::Day.window_start(now + 5), now);
    assert_eq!(Period::Week.window_start(now), now - 4 * DAY);
    assert_eq!(Period::Month.window_start(now), now - 29 * DAY);
    assert_eq!(Period::Month.window_end(now - 29 * DAY), Some(now + 2 * DAY));
    assert_eq!(Period::Total.window_start(now), 0);
    let leap = 1_709_164_800_000_000; // 2024-02-29
    assert_eq!(Period::Month.window_end(Period::Month.window_start(leap)), Some(leap + DAY));
}
