//! How a key's policy is printed.

use super::rows;
use serde_json::{Value, json};

fn lines(explained: &Value, considered: bool) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let line = |row: Value| (text(&row["value"]), text(&row["effective"]), text(&row["from"]));
    rows(explained, considered).into_iter().map(line).collect()
}

fn line(value: &str, effective: &str, from: &str) -> (String, String, String) {
    (value.to_owned(), effective.to_owned(), from.to_owned())
}

#[test]
fn every_value_has_a_line_that_says_who_decides_it() {
    let key = json!({"level": "key", "id": "key_1", "name": "app"});
    let team =
        json!({"level": "team", "id": "team_1", "name": "core", "plan": {"id": "plan_1", "name": "Pro"}});
    let explained = json!({
        "key_id": "key_1",
        "belongs_to": [team],
        "usable": false,
        "unusable_because": [{"reason": "disabled", "from": key, "message": "it is disabled"}],
        "models": {"effective": ["a", "b"], "from": [key, team], "considered": []},
        "providers": {"effective": null, "from": [], "considered": []},
        "hours": [],
        "allowed_ips": [{"from": team, "value": ["10.0.0.0/8"]}],
        "parameters": {"defaults": {"temperature": {"effective": 0.5, "from": team}}, "forced": {}},
        "limits": [{
            "unit": "requests", "per_seconds": 60, "models": ["a"], "providers": [], "shadow": true,
            "effective": {"unit": "requests", "limit": 9}, "from": team,
            "considered": [{"from": key, "value": {"limit": 20}}, {"from": team, "value": {"limit": 9}}],
        }],
        "budgets": [{
            "period": "month", "shadow": false, "from": key, "considered": [],
            "effective": {"limit_usd": "5", "spent_usd": "1.25"},
        }],
    });
    let expected = [
        line("belongs_to", "null", "team core (plan Pro)"),
        line("usable", "false", "null"),
        line("unusable_because", "it is disabled", "key app"),
        line("allowed_ips", r#"["10.0.0.0/8"]"#, "team core (plan Pro)"),
        line("budgets per month", "5 USD, 1.25 spent", "key app"),
        line("hours", "null", "null"),
        line("limits requests per 60 s of a (shadow)", "9", "team core (plan Pro)"),
        line("models", r#"["a","b"]"#, "key app, team core (plan Pro)"),
        line("parameters.defaults.temperature", "0.5", "team core (plan Pro)"),
        line("parameters.forced", "null", "null"),
        line("providers", "null", "null"),
    ];
    let mut found = lines(&explained, false);
    found.sort();
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(found, expected);

    let found = lines(&explained, true);
    assert!(found.contains(&line("- limits requests per 60 s of a (shadow)", "20", "key app")), "{found:?}");
}
