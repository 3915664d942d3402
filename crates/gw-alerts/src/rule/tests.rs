//! Rules as they are written.

use super::{Condition, RuleDraft, USUAL_SHARES};
use serde_json::{Value, json};

fn check(written: Value) -> Result<Condition, (&'static str, String)> {
    let draft: RuleDraft = serde_json::from_value(written).unwrap();
    let rule = draft.check("id", "name", None);
    rule.map(|rule| rule.condition).map_err(|wrong| (wrong.field, wrong.text))
}

#[test]
fn what_is_not_written_is_as_usual() {
    let expected = Condition::Budget { at: USUAL_SHARES.to_vec(), forecast: true, levels: Vec::new() };
    assert_eq!(check(json!({"kind": "budget"})), Ok(expected));
    let draft: RuleDraft = serde_json::from_value(json!({"kind": "budget"})).unwrap();
    let rule = draft.check("id", "name", None).unwrap();
    assert!(rule.enabled && !rule.send_resolved && rule.repeat_after_us.is_none());
    assert_eq!(serde_json::to_value(&draft).unwrap(), json!({"kind": "budget"}), "nothing is added to it");
}

#[test]
fn wrong_fields_are_named() {
    let wrong = |written| check(written).unwrap_err().0;
    assert_eq!(wrong(json!({"kind": "weather"})), "kind");
    assert_eq!(wrong(json!({"kind": "error_rate"})), "above_percent");
    assert_eq!(wrong(json!({"kind": "error_rate", "above_percent": 100})), "above_percent");
    assert_eq!(wrong(json!({"kind": "error_rate", "above_percent": 5, "above_ms": 5})), "above_ms");
    assert_eq!(wrong(json!({"kind": "error_rate", "above_percent": 5, "only": ["a"]})), "only");
    assert_eq!(wrong(json!({"kind": "error_rate", "above_percent": 5, "per": "tag"})), "per");
    assert_eq!(wrong(json!({"kind": "latency", "above_ms": 5, "percentile": 100})), "percentile");
    assert_eq!(wrong(json!({"kind": "spend_anomaly", "per": "model"})), "per");
    assert_eq!(wrong(json!({"kind": "spend_anomaly", "min_usd": "-1"})), "min_usd");
    assert_eq!(wrong(json!({"kind": "budget", "at": [0]})), "at");
    assert_eq!(wrong(json!({"kind": "budget", "levels": ["plan"]})), "levels");
    assert_eq!(wrong(json!({"kind": "new_key", "severity": "loud"})), "severity");
    assert_eq!(wrong(json!({"kind": "new_key", "repeat_after_minutes": 0})), "repeat_after_minutes");
}

#[test]
fn an_organization_does_not_look_at_providers() {
    let draft: RuleDraft = serde_json::from_value(json!({"kind": "provider_down"})).unwrap();
    assert!(draft.check("id", "name", None).is_ok());
    let organization = Some("org_00000000000000000000000000000001".parse().unwrap());
    assert_eq!(draft.check("id", "name", organization).unwrap_err().field, "kind");
    assert_eq!(draft.check("id", "a name", None).unwrap_err().field, "name");
}
