//! Hedging and outlier ejection: what the settings come to, and each refusal word for word.

use super::{faults, ok};
use gw_model::routing::{Hedge, HedgeAfter, OutlierPolicy};
use gw_model::snapshot::Model;

const PROVIDERS: &str = "
providers:
  east: { kind: openai-compatible, base_url: 'http://e/v1' }
  west: { kind: openai-compatible, base_url: 'http://w/v1' }
";

/// An alias of two targets with further settings.
fn pair(settings: &str) -> String {
    let targets = "[{ provider: east, model: m }, { provider: west, model: m }]";
    format!("{PROVIDERS}models:\n  a: {{ targets: {targets}, {settings} }}\n")
}

fn model(settings: &str) -> Model {
    (*ok(&pair(settings)).snapshot.models["a"]).clone()
}

fn refused(text: &str, wanted: &str) {
    let found = faults(text);
    assert!(found.contains(wanted), "{text}\n{found}");
    assert!(!found.contains(":0:0"), "it has a place: {found}");
}

#[test]
fn a_hedge_goes_by_a_time_or_by_what_the_deployment_takes() {
    let percentile = |permille, min_ms, max_ms| HedgeAfter::Percentile { permille, min_ms, max_ms };
    for (written, wanted) in [
        ("{}", percentile(950, 50, 10_000)),
        ("{ after: p99, min_ms: 20000 }", percentile(990, 20_000, 20_000)),
        ("{ after: p90, min_ms: 1, max_ms: 300 }", percentile(900, 1, 300)),
        ("{ after_ms: 250 }", HedgeAfter::Ms(250)),
    ] {
        let hedge = model(&format!("hedge: {written}")).hedge.expect("there");
        assert_eq!(hedge, Hedge { after: wanted, max_percent: 5, burst: 3, attempts: 1 }, "{written}");
    }
    let hedge =
        model("hedge: { after_ms: 1, max_percent: 100, burst: 7, attempts: 3 }").hedge.expect("there");
    assert_eq!((hedge.max_percent, hedge.burst, hedge.attempts), (100, 7, 3));
    assert_eq!(model("retry: { attempts: 1 }").hedge, None);
}

#[test]
fn outliers_are_measured_by_what_is_written() {
    let policy = model("outlier: {}").outlier.expect("there");
    let wanted = OutlierPolicy {
        factor_permille: 3000,
        min_requests: 20,
        window_ms: 30_000,
        max_ejected_percent: 50,
        eject_ms: 30_000,
        max_eject_ms: 300_000,
    };
    assert_eq!(policy, wanted);
    let written = "outlier: { factor: 1.5, min_requests: 5, window_seconds: 10, max_ejected_percent: 25, \
                   eject_seconds: 2, max_eject_seconds: 9 }";
    let policy = model(written).outlier.expect("there");
    assert_eq!((policy.factor_permille, policy.eject_ms, policy.max_eject_ms), (1500, 2000, 9000));
    assert_eq!(model("retry: { attempts: 1 }").outlier, None, "off unless it is asked for");
}

#[test]
fn what_does_not_go_together_has_a_place() {
    for (settings, wanted) in [
        ("hedge: { after: p95, after_ms: 5 }", "'after' and 'after_ms' exclude each other"),
        ("hedge: { after_ms: 5, min_ms: 5 }", "'min_ms' is for 'after'"),
        ("hedge: { min_ms: 500, max_ms: 400 }", "'max_ms' is smaller than 'min_ms' (500)"),
        ("hedge: { after: p50 }", "p90, p95 or p99"),
        ("hedge: { max_percent: 0 }", "1 to 100"),
        ("hedge: { delay_ms: 3 }", "unknown key 'delay_ms'"),
        ("outlier: { factor: 1 }", "a number from 1.1 to 100"),
        ("outlier: { factor: '3' }", "a number from 1.1 to 100"),
        ("outlier: { max_ejected_percent: 101 }", "1 to 100"),
        ("outlier: { eject_seconds: 400 }", "'eject_seconds' is larger than 'max_eject_seconds' (300)"),
    ] {
        refused(&pair(settings), wanted);
    }
}

#[test]
fn a_model_without_a_second_target_has_nobody_to_ask_or_to_compare_with() {
    let one = |settings: &str| {
        format!("{PROVIDERS}models:\n  a: {{ targets: [{{ provider: east, model: m }}], {settings} }}\n")
    };
    refused(&one("hedge: {}"), "'hedge' needs a second target to ask");
    refused(&one("outlier: {}"), "'outlier' compares targets with each other");
    let fused = "strategy: ensemble, ensemble: { majority: true }";
    refused(&pair(&format!("{fused}, hedge: {{}}")), "remove 'hedge'");
    refused(&pair(&format!("{fused}, outlier: {{}}")), "remove 'outlier'");
}
