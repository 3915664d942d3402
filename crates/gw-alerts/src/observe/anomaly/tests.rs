//! Hours that cost far more than others.

use super::{MIN_HOURS, judge, median, score};
use std::collections::BTreeMap;

const USD: i64 = 1_000_000_000;
/// Midnight of a Monday, in hours since the epoch.
const MONDAY: i64 = 4 * 24;

/// Two weeks in which every hour costs what the function says.
fn weeks(cost: impl Fn(i64) -> i64) -> BTreeMap<i64, i64> {
    (0..14 * 24).map(|hour| (MONDAY + hour, cost(hour))).collect()
}

#[test]
fn the_score_is_that_of_the_book() {
    // 1 to 9: the median is 5, the median of deviations 2.
    let history: Vec<i64> = (1..=9).map(|n| n * USD).collect();
    assert_eq!(median(&history), Some(5 * USD));
    // 0.6745 * 10 / 2 = 3.37
    assert_eq!(score(&history, 15 * USD), Some((337, 5 * USD)));
    assert_eq!(score(&history, 5 * USD), None);
    // No deviation at the median: the mean of deviations, 0.5 of a dollar. 4 / (1.2533 * 0.5) = 6.38
    let mut history = vec![USD; 9];
    history.push(6 * USD);
    assert_eq!(score(&history, 5 * USD), Some((638, USD)));
    // All the same: a twentieth of the median.
    assert_eq!(score(&[20 * USD; 9], 22 * USD), Some((200, 20 * USD)));
    assert_eq!(score(&[], USD), None);
}

#[test]
fn an_hour_is_compared_with_hours_of_its_kind() {
    // Dear by day, cheap by night.
    let mut costs = weeks(|hour| if (8..18).contains(&(hour % 24)) { 10 * USD } else { USD / 10 });
    let since = MONDAY;
    let noon = MONDAY + 14 * 24 + 12;
    let night = MONDAY + 14 * 24 + 3;
    costs.insert(noon, 11 * USD);
    assert_eq!(judge(&costs, noon, since, 4, USD), None);
    costs.insert(night, 10 * USD);
    let found = judge(&costs, night, since, 4, USD).unwrap();
    assert_eq!((found.median, found.hours), (USD / 10, 31), "three hours of ten weekdays, and one of this");
    assert!(found.z_hundredths > 1_000);
}

#[test]
fn little_money_and_little_history_say_nothing() {
    let mut costs = weeks(|_| USD / 100);
    let hour = MONDAY + 14 * 24;
    costs.insert(hour, USD / 2);
    assert_eq!(judge(&costs, hour, MONDAY, 4, USD), None, "less than the least");
    assert!(judge(&costs, hour, MONDAY, 4, USD / 2).is_some());
    let young = hour - i64::try_from(MIN_HOURS).unwrap();
    assert!(judge(&costs, hour, young, 4, USD / 2).is_some());
    assert_eq!(judge(&costs, hour, young + 1, 4, USD / 2), None, "a new key is no anomaly");
    assert_eq!(judge(&costs, hour + 1, MONDAY, 4, 0), None, "nothing was spent");
}
