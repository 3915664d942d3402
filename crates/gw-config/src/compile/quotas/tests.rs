//! Tests of [`super`].
use crate::compile::tests::{faults, ok};
use gw_model::NanoUsd;
use gw_model::limits::{Budget, Period, Reserve, Rollover};
use gw_model::snapshot::Quota;

const TEXT: &str = "
providers:
  gpu: { kind: openai-compatible, base_url: 'http://g/v1', limits: { rpm: 10000 } }
  far: { kind: openai-compatible, base_url: 'http://f/v1' }
models:
  a:
    limits: { tpm: 500, reserve: { high: 30 } }
    targets:
      - { provider: gpu, model: m, limits: { rpm: 60, more: [{ unit: input_tokens, limit: 9, per: hour, reserve: { normal: 5 } }] } }
      - { strategy: weighted, targets: [{ provider: far, model: m, limits: { max_parallel: 2 } }] }
  b: { targets: [{ provider: far, model: m, limits: { max_parallel: 2 } }, { provider: far, model: n }] }
";

#[test]
fn what_is_called_may_have_limits() {
    let quotas = ok(TEXT).snapshot.quotas;
    let names: Vec<&str> = quotas.iter().map(|quota| &*quota.name).collect();
    assert_eq!(names, ["gpu", "a", "gpu/m", "far/m"], "what two aliases say of a deployment counts once");
    let of = |id| quotas.iter().find(|quota| quota.id == id).map(|quota| &quota.limits);
    assert_eq!(of(Quota::of_provider("gpu")).unwrap().rpm, Some(10_000));
    let alias = of(Quota::of_model("a")).unwrap();
    assert_eq!((alias.tpm, alias.reserve), (Some(500), Reserve { normal: 0, high: 30 }));
    let deployment = of(Quota::of_deployment("gpu", "m")).unwrap();
    assert_eq!((deployment.rpm, deployment.more[0].reserve.normal), (Some(60), 5));
    assert_eq!(of(Quota::of_deployment("far", "m")).unwrap().max_parallel, Some(2));
    assert_eq!(of(Quota::of_deployment("far", "n")), None);
}

#[test]
fn what_cannot_be_is_said_with_its_place() {
    let other = TEXT.replace(
        "b: { targets: [{ provider: far, model: m, limits: { max_parallel: 2 }",
        "b: { targets: [{ provider: far, model: m, limits: { max_parallel: 3 }",
    );
    assert!(faults(&other).contains("the limits of 'far/m' stand elsewhere too"), "{}", faults(&other));
    let group = TEXT.replace("{ strategy: weighted,", "{ limits: { rpm: 1 }, strategy: weighted,");
    assert!(faults(&group).contains("'limits' are of a provider's model"), "{}", faults(&group));
    let much = TEXT.replace("reserve: { high: 30 }", "reserve: { high: 60, normal: 41 }");
    assert!(faults(&much).contains("comes to more than 100 percent"), "{}", faults(&much));
    for own in ["more: [{ unit: input_tokens, ", "rpm: 10000"] {
        let some = "more: [{ providers: [far], limit: 1, unit: requests }]";
        let with = match own.starts_with("more") {
            true => TEXT.replace(own, "more: [{ providers: [far], unit: input_tokens, "),
            false => TEXT.replace(own, some),
        };
        assert!(
            faults(&with).contains("'providers' is for limits of callers and aliases"),
            "{}",
            faults(&with)
        );
    }
    let alias = TEXT.replace(
        "limits: { tpm: 500,",
        "limits: { more: [{ unit: requests, limit: 1, providers: [far] }], tpm: 500,",
    );
    let quotas = ok(&alias).snapshot.quotas;
    assert_eq!(quotas[1].limits.more[0].providers, Some(vec!["far".to_owned()]));
    let paced = TEXT.replace("reserve: { high: 30 }", "kind: gcra, reserve: { high: 30 }");
    assert!(faults(&paced).contains("'reserve' is not for kind gcra"), "{}", faults(&paced));
}

#[test]
fn what_is_called_may_have_budgets() {
    let text = "
providers:
  gpu: { kind: openai-compatible, base_url: 'http://g/v1', budget: { limit_usd: 100, period: month } }
models:
  a:
    budgets: [{ limit_usd: 5, period: day }, { limit_usd: 20, period: week, time_zone: Europe/Berlin }]
    targets: [{ provider: gpu, model: m, budget: { limit_usd: 2, period: day, rollover: { cap_usd: 1, since: 2026-11-01 } } }]
  b: { targets: [{ provider: gpu, model: m }] }
";
    let quotas = ok(text).snapshot.quotas;
    let of = |id| quotas.iter().find(|quota| quota.id == id).map(|quota| &quota.budgets[..]);
    assert_eq!(
        of(Quota::of_provider("gpu")).unwrap(),
        [Budget::new(NanoUsd(100_000_000_000), Period::Month)]
    );
    assert_eq!(of(Quota::of_model("a")).unwrap().len(), 2);
    let [deployment] = of(Quota::of_deployment("gpu", "m")).unwrap() else { panic!("one") };
    let since = gw_model::time::parse("2026-11-01").unwrap();
    assert_eq!(deployment.rollover, Some(Rollover { cap: Some(NanoUsd(1_000_000_000)), since }));
    let other = text.replace(
        "b: { targets: [{ provider: gpu, model: m }] }",
        "b: { targets: [{ provider: gpu, model: m, budget: { limit_usd: 3, period: day } }] }",
    );
    assert!(faults(&other).contains("the budgets of 'gpu/m' stand elsewhere too"), "{}", faults(&other));
    let both = text.replace(
        "budgets: [{ limit_usd: 5,",
        "budget: { limit_usd: 1, period: day }\n    budgets: [{ limit_usd: 5,",
    );
    assert!(faults(&both).contains("give 'budget' or 'budgets', not both"), "{}", faults(&both));
    let ever = text.replace("limit_usd: 2, period: day", "limit_usd: 2, period: total");
    assert!(faults(&ever).contains("'rollover' is for periods day, week and month"), "{}", faults(&ever));
    let when = text.replace("since: 2026-11-01", "since: soon");
    assert!(faults(&when).contains("'since' must be a time"), "{}", faults(&when));
    let never = text.replace(", since: 2026-11-01", "");
    assert!(faults(&never).contains("since"), "{}", faults(&never));
}
