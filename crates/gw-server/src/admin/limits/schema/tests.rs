//! What is shown of limits and budgets stands in the schemas, and what they name is taken.
use super::*;
use crate::admin::given::Given;
use gw_model::Micros;
use gw_store::memory::{Rules, Tally};

const NOW: Micros = 1_793_318_400_000_000;

fn names(schema: &str) -> Vec<String> {
    schemas()[schema]["properties"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn what_is_shown_stands_in_the_schemas_and_what_they_name_is_taken() {
    let body = json!({
        "limits": {
            "rpm": 5, "tpm": 10, "max_parallel": 3, "kind": "fixed", "burst": 0, "mode": "local",
            "on_unavailable": "open", "reserve": {"high": 10, "normal": 5},
            "more": [
                {"unit": "requests", "limit": 5, "per": 7, "kind": "gcra", "burst": 3, "models": ["a*"],
                    "providers": ["p"], "shadow": true, "mode": "leased", "on_unavailable": "closed"},
                {"unit": "cost", "limit_usd": "1.5", "per": "hour", "reserve": {"high": 1}},
            ],
        },
        "budgets": [{
            "limit_usd": "5", "period": "day", "strict": true, "time_zone": "Europe/Berlin", "shadow": true,
            "alert_at": [80], "increases": [{"amount_usd": "1", "until": "2027-01-31T00:00:00Z"}],
            "rollover": {"cap_usd": "1", "since": "2026-11-01T00:00:00Z"}, "mode": "local", "on_unavailable": "open",
        }],
    });
    for name in names("Limits") {
        assert!(body["limits"].get(&name).is_some(), "{name} is tried");
    }
    for name in names("Limit") {
        let more = body["limits"]["more"].as_array().unwrap();
        assert!(more.iter().any(|limit| limit.get(&name).is_some()), "{name} is tried");
    }
    for name in names("BudgetInput") {
        assert!(body["budgets"][0].get(&name).is_some(), "{name} is tried");
    }
    let (mut limits, mut budgets) = Default::default();
    let text = body.to_string();
    let given =
        Given::read(text.as_bytes(), &["limits", "budgets"]).unwrap_or_else(|error| panic!("{error:?}"));
    super::super::apply(&given, &mut limits, &mut budgets).unwrap_or_else(|error| panic!("{error:?}"));
    let shown = super::super::shown(&limits);
    assert!(shown.as_object().unwrap().keys().all(|name| names("Limits").contains(name)), "{shown}");
    for limit in shown["more"].as_array().unwrap() {
        assert!(limit.as_object().unwrap().keys().all(|name| names("Limit").contains(name)), "{limit}");
    }
    let rules = Rules::new(&limits, budgets);
    let states = super::super::budgets_shown(&Tally::default(), &rules, NOW);
    let mut known = names("BudgetState");
    known.sort();
    let mut told: Vec<String> = states[0].keys().cloned().collect();
    told.sort();
    assert_eq!(told, known);
}
