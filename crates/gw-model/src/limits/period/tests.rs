//! Tests of [`super`].
use super::*;

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

#[test]
fn windows_begin_where_the_day_does() {
    let zone = TimeZone::from_name("America/New_York").unwrap();
    // Noon UTC on the day when clocks go back, a Sunday.
    let sunday = 1_793_534_400_000_000; // 2026-11-01T12:00:00Z
    let hour = 3_600 * SECOND;
    let (start, end) = Period::Day.window(sunday, Some(&zone));
    assert_eq!((start, end), (sunday - 8 * hour, Some(sunday + 17 * hour)), "the day has 25 hours");
    let (start, end) = Period::Week.window(sunday, Some(&zone));
    assert_eq!(end.map(|end| end - start), Some(7 * DAY + hour));
    let (start, end) = Period::Month.window(sunday, Some(&zone));
    assert_eq!((start, end.map(|end| end - start)), (sunday - 8 * hour, Some(30 * DAY + hour)));
    assert_eq!(Period::Total.window(sunday, Some(&zone)), (0, None));
    assert_eq!(Period::Rolling(60).window(sunday, Some(&zone)), (sunday - 60 * SECOND, None));
    assert!(TimeZone::from_name("Mars/Base").is_none() && TimeZone::from_name("").is_none());
}

#[test]
fn periods_are_read_as_they_are_shown() {
    for text in ["day", "week", "month", "total", "30d", "12h", "90m"] {
        assert_eq!(Period::from_name(text).unwrap().text(), text);
    }
    assert_eq!(Period::from_name("48h").unwrap().text(), "2d");
    for wrong in ["", "d", "0d", "-1d", "+1d", "1.5h", "99999999d", "1y", "Day", "1 d"] {
        assert_eq!(Period::from_name(wrong), None, "{wrong}");
    }
}
