//! Hours of the week, in time zones and over midnight.

use super::{Access, Hours, day_names, days_of, minute_of};
use crate::limits::TimeZone;
use crate::time;

fn hours(days: &[&str], from: &str, to: &str, zone: Option<&str>) -> Hours {
    Hours::read(days, Some(from), Some(to), zone.map(|name| TimeZone::from_name(name).unwrap())).unwrap()
}

fn at(text: &str) -> i64 {
    time::parse(text).unwrap()
}

#[test]
fn hours_hold_on_their_days_from_the_first_minute_to_before_the_last() {
    let office = hours(&["mon-fri"], "08:00", "18:00", None);
    // 2026-11-20 is a Friday.
    for (moment, within) in [
        ("2026-11-20T08:00:00Z", true),
        ("2026-11-20T07:59:59Z", false),
        ("2026-11-20T17:59:59Z", true),
        ("2026-11-20T18:00:00Z", false),
        ("2026-11-21T12:00:00Z", false),
        ("2026-11-23T12:00:00Z", true),
    ] {
        assert_eq!(office.contains(at(moment)), within, "{moment}");
    }
}

#[test]
fn the_clock_is_that_of_the_time_zone_also_when_it_is_put_forward() {
    let office = hours(&["mon-fri"], "08:00", "18:00", Some("Europe/Berlin"));
    assert!(office.contains(at("2026-11-20T07:00:00Z")));
    assert!(!office.contains(at("2026-11-20T17:00:00Z")));
    // In summer it is two hours.
    assert!(office.contains(at("2026-07-03T06:00:00Z")));
    assert!(!office.contains(at("2026-07-03T16:00:00Z")));
    // Friday evening in UTC is Saturday in Auckland.
    assert!(
        !hours(&["fri"], "00:00", "24:00", Some("Pacific/Auckland")).contains(at("2026-11-20T18:00:00Z"))
    );
}

#[test]
fn hours_over_midnight_belong_to_the_day_that_they_begin_on() {
    let night = hours(&["fri"], "22:00", "06:00", None);
    for (moment, within) in [
        ("2026-11-20T21:59:00Z", false),
        ("2026-11-20T22:00:00Z", true),
        ("2026-11-21T05:59:59Z", true),
        ("2026-11-21T06:00:00Z", false),
        ("2026-11-20T03:00:00Z", false),
        ("2026-11-21T23:00:00Z", false),
    ] {
        assert_eq!(night.contains(at(moment)), within, "{moment}");
    }
}

#[test]
fn days_and_times_are_read_or_said_to_be_wrong() {
    assert_eq!(days_of("mon-fri"), Some(0b001_1111));
    assert_eq!(days_of("Sat-Mon"), Some(0b110_0001));
    assert_eq!(days_of("wed"), Some(0b000_0100));
    assert_eq!(
        (days_of("day"), days_of("mon-"), days_of("mon-tue-wed"), days_of("")),
        (None, None, None, None)
    );
    assert_eq!(day_names(0b110_0001), ["mon", "sat", "sun"]);
    assert_eq!(
        (minute_of("08:30"), minute_of("24:00"), minute_of("00:00")),
        (Some(510), Some(1440), Some(0))
    );
    for wrong in ["24:01", "8:00", "08:60", "08", "-1:00", "08:0x", "25:00", "08:00:00"] {
        assert_eq!(minute_of(wrong), None, "{wrong}");
    }
    let read = |days: &[&str], from, to| Hours::read(days, from, to, None).map_err(|(member, _)| member);
    assert_eq!(read(&["someday"], None, None), Err("days"));
    assert_eq!(read(&[], Some("x"), None), Err("from"));
    assert_eq!(read(&[], Some("24:00"), None), Err("from"));
    assert_eq!(read(&[], Some("09:00"), Some("09:00")), Err("to"));
    let always = read(&[], None, None).unwrap();
    assert!(always.contains(at("2026-11-21T23:59:59Z")));
}

#[test]
fn any_of_several_rules_is_enough_and_an_unknown_address_is_none() {
    let access = Access {
        allowed_ips: vec!["192.0.2.0/24".parse().unwrap(), "::1".parse().unwrap()],
        hours: vec![hours(&["mon"], "08:00", "09:00", None), hours(&["fri"], "08:00", "09:00", None)],
        required_metadata: Vec::new(),
        cache: None,
        logging: None,
        ..Access::default()
    };
    assert!(access.allows_address(Some("::1".parse().unwrap())));
    assert!(!access.allows_address(Some("192.0.3.1".parse().unwrap())));
    assert!(!access.allows_address(None));
    assert!(access.allows_time(at("2026-11-20T08:30:00Z")));
    assert!(!access.allows_time(at("2026-11-19T08:30:00Z")));
    assert!(Access::default().allows_address(None) && Access::default().is_empty());
    let stored = serde_json::to_string(&access).unwrap();
    assert_eq!(serde_json::from_str::<Access>(&stored).unwrap(), access);
}
