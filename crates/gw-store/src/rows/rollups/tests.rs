//! How much of callers is told apart.

use super::{Bounds, Rollups};
use crate::analytics::{Fold, RollupLimits, Series, Span, Told};
use smallvec::SmallVec;

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

#[test]
fn callers_that_no_span_tells_apart_take_no_room() {
    let series = |key: u128| {
        let mut packed = Vec::new();
        let accounts = SmallVec::new();
        let (outcome, class) = (0, 2);
        let (team, model, provider, error, cache) = ("", "m", "p", "", "");
        let key = Some(key);
        let told = Told::Both;
        let one = Series { told, key, team, accounts, model, provider, outcome, class, error, cache };
        one.pack(&mut packed);
        packed
    };
    let mut bounds = Bounds::default();
    bounds.set(RollupLimits { max_minute_series: 2, max_hour_series: 4 });
    let mut all = Rollups::default();
    for _ in 0..2 {
        for key in 0..10 {
            let place = all.fresh.series.of(|to| to.extend_from_slice(&series(key)));
            all.fresh.cells.entry((60, place)).or_default().sums.requests = 1;
        }
        all.settle(&mut bounds);
    }
    // Four callers, and the others together.
    assert_eq!([all.settled.cells.len(), all.fresh.cells.len()], [5, 0]);
    let requests = |kind: i16| {
        let rows = all.rows(&mut Bounds::default(), false).rows;
        rows.iter().filter(|((of, ..), _)| *of == kind).map(|(_, row)| row.sums.requests).sum::<i64>()
    };
    assert_eq!([Span::Minute, Span::Hour, Span::Day].map(|span| requests(span.kind(true))), [20; 3]);
    let rows = all.rows(&mut bounds, false).rows;
    let told = |span: Span| rows.keys().filter(|(kind, ..)| *kind == span.kind(true)).count();
    assert_eq!([told(Span::Minute), told(Span::Hour)], [3, 5]);
}
