//! Stretches of time and forecasts.

use super::forecast::daily;
use super::{DAY, HOUR, span_of, whole};
use gw_store::analytics::Span;

#[test]
fn a_stretch_is_read_by_spans_that_suit_it() {
    let of = |length| span_of(0, length);
    assert_eq!([of(HOUR), of(DAY), of(30 * DAY)], [Span::Minute, Span::Hour, Span::Day]);
    assert_eq!(whole(Span::Hour, HOUR + 1, 2 * HOUR + 1), (HOUR, 3 * HOUR));
    assert_eq!(whole(Span::Hour, HOUR, 2 * HOUR), (HOUR, 2 * HOUR));
}

#[test]
fn a_day_costs_the_mean_of_the_days_before() {
    let today = 100 * DAY;
    let at = |days: i64, cost| (today - days * DAY, cost);
    // A week, a day of which was free; what is older and today's do not count.
    let days = [at(20, 9_000), at(7, 700), at(6, 700), at(5, 0), at(3, 700), at(1, 700), at(0, 5_000)];
    assert_eq!(daily(&days, today, today + HOUR), Some(400));
    // Two days only.
    assert_eq!(daily(&[at(2, 100), at(1, 300)], today, today + HOUR), Some(200));
    // Nothing before today.
    assert_eq!(daily(&[at(0, 600)], today, today + 6 * HOUR), Some(2_400));
    assert_eq!(daily(&[], today, today), Some(0));
    // A few minutes say nothing, unless there were days before.
    assert_eq!(daily(&[at(0, 5_000)], today, today + HOUR / 12), None);
    assert_eq!(daily(&[at(0, 5_000)], today, today + 6 * HOUR - 1), None);
    assert_eq!(daily(&[at(1, 10), at(0, 5_000)], today, today + HOUR / 12), Some(10));
}
