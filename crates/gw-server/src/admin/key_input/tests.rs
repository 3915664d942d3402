//! Tests of [`super`].
use super::*;
use gw_model::limits::{LimitKind, LimitUnit, Period};
use gw_model::{Endpoint, NanoUsd};

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
    let budget = &policy.budgets[0];
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
fn limits_of_all_units_and_several_budgets_are_read_and_shown() {
    let policy = read(
        r#"{"name":"app","limits":{"more":[{"unit":"output_tokens","limit":500,"per":"hour","models":["gpt-4*"]},
            {"unit":"cost","limit_usd":"0.5","per":86400,"shadow":true},{"unit":"parallel","limit":3}]},
            "budgets":[{"limit_usd":"5","period":"30d","alert_at":[50,80]},
            {"limit_usd":1,"period":"month","time_zone":"Europe/Berlin","increases":
            [{"amount_usd":"0.25","until":"2027-01-01T00:00:00Z"}]}]}"#,
    )
    .unwrap();
    let more = &policy.limits.more;
    assert_eq!((more[0].unit, more[0].per_seconds), (LimitUnit::OutputTokens, 3600));
    assert_eq!((more[1].max, more[1].per_seconds, more[1].shadow), (500_000_000, 86_400, true));
    assert_eq!((policy.budgets[0].period, policy.budgets.len()), (Period::Rolling(2_592_000), 2));
    let shown = limits::shown(&policy.limits);
    let mut again = KeyPolicy { name: "app".to_owned(), ..KeyPolicy::default() };
    apply(format!(r#"{{"limits":{shown}}}"#).as_bytes(), &mut again).unwrap();
    assert_eq!(again.limits, policy.limits, "what is shown can be sent back");
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
        (
            r#"{"name":"a","limits":{"more":[{"unit":"requests","limit":5,"per":"year"}]}}"#,
            "limits.more[0].per",
        ),
        (r#"{"name":"a","limits":{"more":[{"unit":"cost","limit":5}]}}"#, "limits.more[0].limit_usd"),
        (r#"{"name":"a","limits":{"more":[{"unit":"requests","limit":-5}]}}"#, "limits.more[0].limit"),
        (
            r#"{"name":"a","limits":{"more":[{"unit":"parallel","limit":5,"per":"day"}]}}"#,
            "limits.more[0].per",
        ),
        (r#"{"name":"a","limits":{"rpm":9999999999999999999}}"#, "limits.rpm"),
        (
            r#"{"name":"a","budgets":[{"limit_usd":1,"period":"day","time_zone":"Mars/Base"}]}"#,
            "budgets[0].time_zone",
        ),
        (r#"{"name":"a","budgets":[{"limit_usd":-1,"period":"day"}]}"#, "budgets[0].limit_usd"),
        (r#"{"name":"a","budgets":[{"limit_usd":1,"period":"0d"}]}"#, "budgets[0].period"),
        (r#"{"name":"a","budget":null,"budgets":[]}"#, "budget"),
        (r#"{"name":"a","endpoints":["nope"]}"#, "endpoints"),
        (r#"{"name":"a","expires_at":"soon"}"#, "expires_at"),
        (r#"{"name":"a","guardrails":"pii"}"#, "guardrails"),
    ] {
        let text = format!("{:?}", read(body).unwrap_err());
        assert!(text.contains(&format!("\"{field}\"")), "{body}: {text}");
    }
}
