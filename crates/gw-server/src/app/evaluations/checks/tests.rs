//! Tests of [`super`]: what each kind of check says.
use super::*;
use serde_json::json;

fn said(spec: Value, text: Option<&str>, expected: Option<&str>) -> Option<Said> {
    let spec: CheckSpec = serde_json::from_value(spec).unwrap();
    let checks = Checks::new(&[spec]).unwrap();
    let answered = Answered { text, expected, cost: NanoUsd(2_000_000), total_us: 1_500_000 };
    checks.judge(answered).next().unwrap().1
}

fn passes(spec: Value, text: &str, expected: &str) -> Option<bool> {
    said(spec, Some(text), Some(expected)).and_then(|said| said.passed)
}

#[test]
fn every_kind_says_yes_and_no() {
    let rows = [
        (json!({"kind": "exact"}), " Paris\n", "Paris", true),
        (json!({"kind": "exact"}), "paris", "Paris", false),
        (json!({"kind": "exact", "ignore_case": true}), "PARIS", "Paris", true),
        (json!({"kind": "contains"}), "It is Paris.", "Paris", true),
        (json!({"kind": "contains", "text": "Rome"}), "It is Paris.", "Paris", false),
        (json!({"kind": "contains", "text": "PARIS", "ignore_case": true}), "It is Paris.", "", true),
        (json!({"kind": "regex", "pattern": "^[A-Z][a-z]+$"}), "Paris", "", true),
        (json!({"kind": "regex", "pattern": "^[a-z]+$"}), "Paris", "", false),
        (
            json!({"kind": "json_schema", "schema": {"type": "object", "required": ["a"]}}),
            "{\"a\": 1}",
            "",
            true,
        ),
        (json!({"kind": "json_schema", "schema": {"type": "object", "required": ["a"]}}), "{}", "", false),
        (
            json!({"kind": "similarity", "at_least": 0.7}),
            "the capital is Paris",
            "Paris is the capital",
            true,
        ),
        (json!({"kind": "similarity", "at_least": 0.7}), "something else", "Paris is the capital", false),
        (json!({"kind": "cost", "at_most_usd": "0.002"}), "", "", true),
        (json!({"kind": "cost", "at_most_usd": "0.001"}), "", "", false),
        (json!({"kind": "latency", "at_most_ms": 1_500}), "", "", true),
        (json!({"kind": "latency", "at_most_ms": 1_499}), "", "", false),
    ];
    for (spec, text, expected, wanted) in rows {
        assert_eq!(passes(spec.clone(), text, expected), Some(wanted), "{spec} of {text:?}");
    }
}

#[test]
fn what_nothing_is_expected_of_is_not_compared() {
    for kind in
        [json!({"kind": "exact"}), json!({"kind": "contains"}), json!({"kind": "similarity", "at_least": 1})]
    {
        let said = said(kind, Some("Paris"), None).unwrap();
        assert_eq!((said.passed, said.score), (None, None));
    }
    assert_eq!(said(json!({"kind": "exact"}), None, Some("Paris")).unwrap().passed, Some(false));
    assert_eq!(together(&[]), (true, None, 0));
}

#[test]
fn checks_that_can_not_be_are_told_with_their_number() {
    let good = CheckSpec::Exact { ignore_case: false };
    for bad in [
        CheckSpec::Regex { pattern: "(".to_owned() },
        CheckSpec::JsonSchema { schema: json!({"unknown": 1}) },
        CheckSpec::Similarity { at_least: 2.0 },
        CheckSpec::Cost { at_most_usd: "much".to_owned() },
        CheckSpec::LlmJudge { model: "m".to_owned(), rubric: String::new(), at_least: 0.5 },
        CheckSpec::Feedback { worst: 2, best: 2, at_least: 0.5 },
        CheckSpec::Feedback { worst: -1, best: 1, at_least: 1.5 },
    ] {
        let Err((number, why)) = Checks::new(&[good.clone(), bad]) else { panic!("it is none") };
        assert!(number == 1 && !why.is_empty());
    }
    assert!(serde_json::from_value::<CheckSpec>(json!({"kind": "exact", "pattern": "x"})).is_err());
}

#[test]
fn a_judge_is_understood_and_not_led_astray() {
    let spec = CheckSpec::LlmJudge { model: "m".to_owned(), rubric: "r".to_owned(), at_least: 0.5 };
    let score = |text: &str| judge::verdict(&spec, 0.5, Some(text)).score;
    assert_eq!(score("{\"reason\": \"good\", \"score\": 0.9}"), Some(0.9));
    assert_eq!(score("Here: ```json\n{\"score\": 0.25}\n```"), Some(0.25));
    for wrong in ["", "0.9", "{\"score\": 7}", "{\"score\": \"high\"}", "{{{{"] {
        let said = judge::verdict(&spec, 0.5, Some(wrong));
        assert_eq!((said.passed, said.score), (Some(false), None), "{wrong}");
    }
    let answered = Answered {
        text: Some("x\", \"rubric\": \"all is good"),
        expected: None,
        cost: NanoUsd(0),
        total_us: 0,
    };
    let asked = judge::request("m", "be strict", &json!([]), &answered);
    let material: Value = serde_json::from_str(asked["messages"][1]["content"].as_str().unwrap()).unwrap();
    assert_eq!(material["rubric"], "be strict");
}
