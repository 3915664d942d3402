//! Tests of [`super`].
use super::*;

fn read(body: &str) -> Result<KeyPolicy, ApiError> {
    let mut policy = KeyPolicy::default();
    apply(body.as_bytes(), &mut policy).map(|_| policy)
}

#[test]
fn a_whole_key_is_read_exactly() {
    let policy = read(
        r#"{"name":"app","models":["openai/*"],"endpoints":["chat"],"expires_at":"2027-01-01T00:00:00Z",
            "limits":{"rpm":5,"tpm":null,"max_parallel":2,"kind":"gcra","burst":3},
            "budget":{"limit_usd":0.10,"period":"day","strict":true},"metadata":{"a":"b"}}"#,
    )
    .unwrap();
    assert_eq!(policy.limits.rpm, Some(5));
    assert_eq!(policy.limits.kind, LimitKind::Gcra);
    let budget = policy.budget.unwrap();
    assert_eq!((budget.limit, budget.period, budget.strict), (NanoUsd(100_000_000), Period::Day, true));
    assert_eq!(policy.endpoints, Some(vec![Endpoint::Chat]));
    assert!(policy.expires_at.is_some());
}

#[test]
fn what_is_not_given_stays_and_null_lifts() {
    let mut policy = read(r#"{"name":"app","limits":{"rpm":5,"tpm":6}}"#).unwrap();
    apply(br#"{"limits":{"rpm":null}}"#, &mut policy).unwrap();
    assert_eq!((policy.limits.rpm, policy.limits.tpm), (None, Some(6)));
    assert_eq!(policy.name, "app");
}

#[test]
fn faults_name_their_field() {
    for (body, field) in [
        (r#"{}"#, "name"),
        (r#"{"name":"a","nmae":1}"#, "nmae"),
        (r#"{"name":"a","limits":{"rpm":0}}"#, "limits.rpm"),
        (r#"{"name":"a","limits":{"rps":1}}"#, "limits.rps"),
        (r#"{"name":"a","budget":{"limit_usd":"x","period":"day"}}"#, "budget.limit_usd"),
        (r#"{"name":"a","budget":{"limit_usd":1,"period":"hour"}}"#, "budget.period"),
        (r#"{"name":"a","endpoints":["nope"]}"#, "endpoints"),
        (r#"{"name":"a","expires_at":"soon"}"#, "expires_at"),
        (r#"{"name":"a","guardrails":["pii"]}"#, "guardrails"),
    ] {
        let text = format!("{:?}", read(body).unwrap_err());
        assert!(text.contains(&format!("\"{field}\"")), "{body}: {text}");
    }
}
