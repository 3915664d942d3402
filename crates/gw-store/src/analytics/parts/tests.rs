//! Every query is answered by each span of time once, whatever sums it is made of.

use super::{Part, Told};
use crate::analytics::{RollupBy, RollupQuery, Span};
use gw_model::Outcome;
use proptest::prelude::*;

const MINUTE_US: i64 = 60_000_000;

fn by_caller(span: Span, from: i64, to: i64) -> RollupQuery {
    RollupQuery { group_by: Some(RollupBy::Key), ..RollupQuery::over(span, from, to) }
}

/// From when to when, in microseconds.
fn times(part: &Part) -> (i64, i64) {
    (part.first * part.span.us(), part.end * part.span.us())
}

proptest! {
    #[test]
    fn parts_lie_side_by_side(from in 0i64..20_000, length in 0i64..20_000, by_time: bool, since in 0i64..30) {
        for span in Span::ALL {
            let query = RollupQuery { by_time, ..by_caller(*span, from * MINUTE_US, (from + length) * MINUTE_US) };
            let (first, end) = query.starts();
            let mut at = first * span.us();
            for part in query.parts(since) {
                let (begins, ends) = times(&part);
                prop_assert_eq!(begins, at);
                prop_assert!(ends > begins);
                prop_assert_eq!(part.told == Told::Callers, part.span != Span::Minute && begins >= since * Span::Day.us());
                prop_assert!(!by_time || part.span == *span);
                at = ends;
            }
            prop_assert_eq!(at, end.max(first) * span.us());
        }
    }
}

#[test]
fn a_week_is_made_of_its_days() {
    let day = Span::Day.us();
    let query = by_caller(Span::Hour, 10 * day + 5 * Span::Hour.us(), 17 * day + 5 * Span::Hour.us());
    let parts = query.parts(0);
    let spans: Vec<(Span, i64)> = parts.iter().map(|part| (part.span, part.end - part.first)).collect();
    assert_eq!(spans, [(Span::Hour, 19), (Span::Day, 6), (Span::Hour, 5)]);
    assert!(parts.iter().all(|part| part.told == Told::Callers));
}

#[test]
fn what_was_called_is_not_known_of_callers_alone() {
    let mut query = by_caller(Span::Day, 0, Span::Day.us());
    query.filter.outcome = Some(Outcome::Success);
    assert_eq!(query.parts(0).first().map(|part| part.told), Some(Told::Both));
    query.filter.outcome = None;
    query.filter.key_id = Some(gw_model::KeyId(7));
    query.group_by = Some(RollupBy::Model);
    assert_eq!(query.parts(0).first().map(|part| part.told), Some(Told::Both));
    query.group_by = None;
    assert_eq!(query.parts(0).first().map(|part| part.told), Some(Told::Callers));
    query.filter.key_id = None;
    assert_eq!(query.parts(0).first().map(|part| part.told), Some(Told::Calls));
}

#[test]
fn no_two_sorts_of_sums_have_the_same_number() {
    let spans = Span::ALL.iter();
    let mut kinds: Vec<i16> =
        spans.flat_map(|span| Told::ALL.iter().map(|told| span.kind_of(*told))).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, [0, 1, 2, 3, 4, 5, 6, 8, 10]);
}
