//! How much of callers is told apart.

use super::{Bounds, Rollups, SharedBounds};
use crate::analytics::{Fold, RollupLimits, Series, Span, Told};
use crate::rows::record::Totals;
use crate::rows::{Counted, UsageSum};
use gw_model::Outcome;

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
    let call = |key: u128, model: &'static str| Counted {
        end_time: 3_600_000_000,
        key: Some(key),
        team: "",
        model,
        is_resolved: false,
        provider: "p",
        upstream_model: model,
        customer: "",
        outcome: Outcome::Success,
        status: 200,
        error: "",
        cache: "",
        first_byte_us: Some(5),
        total_us: 10,
        is_sub_call: false,
        accounts: &[],
        format: "",
        region: "",
        guardrails: "",
    };
    let bounds = SharedBounds::default();
    bounds.lock().set(RollupLimits { max_minute_series: 2, max_hour_series: 4 });
    let mut all = Rollups::within(&bounds);
    let sum = UsageSum { requests: 1, ..UsageSum::default() };
    let add = |all: &mut Rollups, call: &Counted<'_>| {
        let cell = (call.minute(), call.key.unwrap_or(0).to_be_bytes(), all.place(call, "p"));
        all.add(cell, call, &Totals::default(), &sum, 1);
    };
    for _ in 0..2 {
        for key in 0..10 {
            add(&mut all, &call(key, "m"));
        }
    }
    // Four callers, and the others together.
    assert_eq!(all.cells.len(), 5);
    let rows = all.rows(false);
    let requests = |kind: i16| {
        let rows = rows.rows.iter().filter(|((of, ..), _)| *of == kind);
        rows.map(|(_, row)| row.sums.requests).sum::<i64>()
    };
    assert_eq!([Span::Minute, Span::Hour, Span::Day].map(|span| requests(span.kind(true))), [20; 3]);
    assert_eq!([Span::Minute, Span::Hour, Span::Day].map(|span| requests(span.kind(false))), [20; 3]);
    let told = |span: Span| rows.rows.keys().filter(|(kind, ..)| *kind == span.kind(true)).count();
    assert_eq!([told(Span::Minute), told(Span::Hour)], [3, 5]);
    // Each has its key, but for those together.
    let keys = rows.series.values().map(|(packed, _)| Series::unpack(packed).unwrap());
    let keys: Vec<_> = keys.filter(|series| series.told == Told::Both).map(|series| series.key).collect();
    assert_eq!(keys.iter().filter(|key| key.is_some()).count(), 4);
    let mut told_apart: Vec<u128> = keys.into_iter().flatten().collect();
    told_apart.sort_unstable();
    assert_eq!(told_apart, [0, 1, 2, 3]);

    // Another model is another series, together with the others too.
    add(&mut all, &call(0, "n"));
    add(&mut all, &call(1, "n"));
    assert_eq!(all.cells.len(), 6);
    all.clear();
    assert_eq!([all.len(), all.rows(false).rows.len()], [0, 0]);
}
