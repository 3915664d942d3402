//! Rates, durations and counts.

use super::{Figures, is_wanted, observe};
use crate::notice::Subject;
use crate::rule::RuleDraft;
use serde_json::{Value, json};

fn summary(rule: Value, requests: u64, counted: u64, duration_us: Option<u64>) -> Option<String> {
    let draft: RuleDraft = serde_json::from_value(rule).unwrap();
    let rule = draft.check("id", "name", None).unwrap();
    let subject = Subject { kind: "model".to_owned(), id: "fast".to_owned(), name: "fast".to_owned() };
    let figures = Figures { subject, requests, counted, duration_us };
    observe(&rule.condition, &figures).map(|found| found.summary)
}

#[test]
fn a_rate_is_above_only_of_enough_requests() {
    let rule = || json!({"kind": "error_rate", "above_percent": 5, "min_requests": 20, "per": "model"});
    assert_eq!(summary(rule(), 19, 19, None), None);
    assert_eq!(summary(rule(), 20, 1, None), None, "five percent are not more than five");
    let told = "Model fast: 10.0 % of 20 requests failed in the last 5 minutes (more than 5 %)";
    assert_eq!(summary(rule(), 20, 2, None).as_deref(), Some(told));
}

#[test]
fn durations_are_above_a_bound() {
    let rule = || json!({"kind": "latency", "above_ms": 500, "percentile": 99, "min_requests": 2});
    assert_eq!(summary(rule(), 2, 0, Some(500_000)), None);
    assert_eq!(summary(rule(), 1, 0, Some(900_000)), None);
    assert_eq!(summary(rule(), 2, 0, None), None);
    let told = "Model fast: p99 of 2 requests took 900 ms in all in the last 5 minutes (more than 500 ms)";
    assert_eq!(summary(rule(), 2, 0, Some(900_000)).as_deref(), Some(told));
}

#[test]
fn blocks_are_counted() {
    let rule = || json!({"kind": "guardrail_blocks", "above": 2, "window_minutes": 60});
    assert_eq!(summary(rule(), 9, 2, None), None);
    let told = "Model fast: guardrails blocked 3 requests in the last 60 minutes (more than 2)";
    assert_eq!(summary(rule(), 9, 3, None).as_deref(), Some(told));
}

#[test]
fn a_rule_may_be_about_some_only() {
    let subject = Subject { kind: "team".to_owned(), id: "team_1".to_owned(), name: "red".to_owned() };
    assert!(is_wanted(&[], &subject));
    assert!(is_wanted(&["red".to_owned()], &subject) && is_wanted(&["team_1".to_owned()], &subject));
    assert!(!is_wanted(&["blue".to_owned()], &subject));
}
