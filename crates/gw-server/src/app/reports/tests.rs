//! Months that are reported.

use super::{MAX_MONTHS, months};
use gw_model::time;

fn at(text: &str) -> i64 {
    time::parse(text).unwrap()
}

#[test]
fn months_are_cut_where_the_time_begins_and_ends() {
    let found = months(at("2026-01-15"), at("2026-03-02")).unwrap();
    let shown: Vec<_> =
        found.iter().map(|(from, to)| (time::format_date(*from), time::format_date(*to))).collect();
    let expected = [("2026-01-15", "2026-02-01"), ("2026-02-01", "2026-03-01"), ("2026-03-01", "2026-03-02")];
    assert_eq!(shown, expected.map(|(from, to)| (from.to_owned(), to.to_owned())));
    assert_eq!(months(at("2026-01-15"), at("2026-01-15")), Some(Vec::new()));
}

#[test]
fn there_are_not_too_many() {
    assert_eq!(months(at("2020-01-01"), at("2025-01-01")).unwrap().len(), MAX_MONTHS);
    assert_eq!(months(at("2020-01-01"), at("2025-01-02")), None);
}
