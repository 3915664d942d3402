//! What is written is read again, and what earlier versions wrote.

use super::*;
use crate::limits::Period;
use crate::money::NanoUsd;

#[test]
fn every_member_is_read_as_it_was_written() {
    let mut policy = KeyPolicy {
        name: "app".into(),
        user_id: Some("user_1".into()),
        disabled: true,
        expires_at: Some(7),
        ..KeyPolicy::default()
    };
    policy.metadata.insert("a".into(), "b".into());
    policy.terms = KeyTerms {
        team_id: Some("team_1".into()),
        project_id: Some("project_1".into()),
        plan_id: Some("plan_1".into()),
        models: vec!["*".into()],
        endpoints: Some(vec![Endpoint::Models]),
        limits: Limits { rpm: Some(3), ..Limits::default() },
        budgets: vec![Budget::new(NanoUsd(5), Period::Day)],
        priority: Priority::High,
        guardrails: vec!["pii".into()],
        credentials: [("up".to_owned(), "second".to_owned())].into(),
        access: Some(Box::default()),
        made_by_holder: true,
    };
    let text = serde_json::to_string(&policy).unwrap();
    assert_eq!(serde_json::from_str::<KeyPolicy>(&text).unwrap(), policy);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::from_value::<KeyPolicy>(value).unwrap(), policy);
}

#[test]
fn one_budget_or_none_is_read_too() {
    let read = |budget: &str| {
        let text = format!(
            r#"{{"name":"a","expires_at":null,"metadata":{{}},"team_id":null,"project_id":null,"models":[],
                "endpoints":null,"limits":{{"kind":"sliding","burst":0}},"budget":{budget},"guardrails":[]}}"#
        );
        serde_json::from_str::<KeyPolicy>(&text).unwrap().terms.budgets
    };
    let one = [Budget::new(NanoUsd(5), Period::Day)];
    assert_eq!(read(&serde_json::to_string(&one[0]).unwrap()), one);
    assert_eq!(read(&serde_json::to_string(&one).unwrap()), one);
    assert_eq!(read("null"), []);
}
