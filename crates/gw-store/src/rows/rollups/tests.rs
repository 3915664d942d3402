//! How much of callers is told apart.

use super::Bounds;
use crate::analytics::{Fold, RollupLimits, Span};

#[test]
fn callers_beyond_the_bound_are_told_apart_by_their_place_only() {
    let mut bounds = Bounds::default();
    bounds.set(RollupLimits { max_minute_series: 2, max_hour_series: 3 });
    let mut minute = |start, series| bounds.fold(Span::Minute, start, series);
    assert_eq!(
        [1, 2, 3, 1].map(|series| minute(10, series)),
        [Fold::Caller, Fold::Caller, Fold::Place, Fold::Caller]
    );
    assert_eq!(minute(11, 3), Fold::Caller);
    // What comes late has no room of its own.
    assert_eq!([minute(10, 4), minute(10, 5)], [Fold::Caller, Fold::Place]);
    let mut hour = |series| bounds.fold(Span::Hour, 1, series);
    assert_eq!([1, 2, 3, 4].map(&mut hour), [Fold::Caller, Fold::Caller, Fold::Caller, Fold::Place]);
    assert_eq!(bounds.fold(Span::Day, 0, 4), Fold::Place);
}
