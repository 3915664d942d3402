//! Shares of budgets.

use super::{BudgetState, expected, observe};
use crate::notice::Subject;
use gw_model::NanoUsd;

fn usd(text: &str) -> NanoUsd {
    NanoUsd::parse_usd(text).unwrap()
}

fn keys(spent: &str, window_start: Option<i64>, expected: Option<&str>) -> Vec<String> {
    let subject = Subject { kind: "key".to_owned(), id: "key_1".to_owned(), name: "app".to_owned() };
    let state = BudgetState {
        subject: &subject,
        label: "month",
        limit: usd("10"),
        spent: usd(spent),
        window_start,
        resets_at: Some(90),
        at: &[50, 80, 100],
        expected: expected.map(usd),
    };
    let mut found = Vec::new();
    observe(&state, &mut found);
    found.into_iter().map(|one| one.key).collect()
}

#[test]
fn shares_are_passed_to_the_nano_dollar() {
    assert_eq!(keys("4.999999999", Some(7), None), [""; 0]);
    assert_eq!(keys("5", Some(7), None), ["key_1/month/50/7"]);
    assert_eq!(keys("9.999999999", Some(7), None), ["key_1/month/50/7", "key_1/month/80/7"]);
    assert_eq!(keys("10", Some(7), None).len(), 3);
    // Another window is another alert; one that moves has none.
    assert_eq!(keys("5", Some(8), None), ["key_1/month/50/8"]);
    assert_eq!(keys("5", None, None), ["key_1/month/50"]);
}

#[test]
fn a_forecast_is_told_until_the_budget_is_spent() {
    assert_eq!(keys("1", Some(7), Some("10")), [""; 0]);
    assert_eq!(keys("1", Some(7), Some("10.000000001")), ["key_1/month/forecast/7"]);
    assert_eq!(keys("10", Some(7), Some("12")).len(), 3, "it is no news any more");
    let day = 86_400_000_000;
    assert_eq!(expected(usd("3"), 2_000_000_000, 0, 4 * day), usd("11"));
    assert_eq!(expected(usd("3"), 2_000_000_000, 5 * day, 4 * day), usd("3"));
}

#[test]
fn people_are_told_in_a_sentence() {
    let subject = Subject { kind: "team".to_owned(), id: "team_1".to_owned(), name: "red".to_owned() };
    let state = BudgetState {
        subject: &subject,
        label: "day",
        limit: usd("0.3"),
        spent: usd("0.25"),
        window_start: Some(0),
        resets_at: Some(9),
        at: &[80],
        expected: None,
    };
    let mut found = Vec::new();
    observe(&state, &mut found);
    assert_eq!(found[0].summary, "Team red has used 83 % of its day budget: $0.25 of $0.3");
    assert_eq!(found[0].details["threshold_percent"], 80);
    assert_eq!(found[0].ends_at, Some(9));
}
