//! Mirrors and ensembles: what they come to, and each refusal word for word.

use super::{faults, ok};
use gw_model::NanoUsd;
use gw_model::snapshot::Model;

const PROVIDERS: &str = "
providers:
  east: { kind: openai-compatible, base_url: 'http://e/v1' }
  west: { kind: openai-compatible, base_url: 'http://w/v1' }
models:
";

fn model(models: &str, name: &str) -> Model {
    (*ok(&format!("{PROVIDERS}{models}")).snapshot.models[name]).clone()
}

fn refused(models: &str, wanted: &str) {
    let found = faults(&format!("{PROVIDERS}{models}"));
    assert!(found.contains(wanted), "{models}\n{found}");
    assert!(!found.contains(":0:0"), "it has a place: {found}");
}

/// The targets of a model.
fn targets(model: &Model) -> String {
    let all: Vec<String> = model.targets.iter().map(|t| format!("{}/{}", t.provider.name, t.model)).collect();
    all.join(" ")
}

#[test]
fn a_mirror_is_an_alias_or_a_model_of_a_provider() {
    let models = "
  a: { targets: [{ provider: east, model: m }], mirror: { model: b, percent: 5, max_in_flight: 3 } }
  b: { targets: [{ provider: west, model: n }], mirror: { model: west/other } }
";
    let mirror = model(models, "a").mirror.expect("there");
    assert_eq!((mirror.percent, mirror.max_in_flight, targets(&mirror.model)), (5, 3, "west/n".to_owned()));
    assert!(mirror.model.mirror.is_none(), "copies are not copied");
    let mirror = model(models, "b").mirror.expect("there");
    assert_eq!(
        (mirror.percent, mirror.max_in_flight, targets(&mirror.model)),
        (10, 32, "west/other".to_owned())
    );
    assert_eq!(&*mirror.model.name, "west/other");
}

#[test]
fn members_of_a_panel_stand_alone_and_have_the_name_of_all() {
    let models = "
  both: { strategy: latency, targets: [{ provider: east, model: m }, { provider: west, model: m }] }
  fused:
    strategy: ensemble
    targets:
      - { model: both }
      - { provider: west, model: n }
      - targets: [{ provider: east, model: o }, { provider: east, model: p }]
    ensemble: { judge: both, quorum: 3, timeout_ms: 5000, straggler_ms: 7, prompt: Be brief. }
    retry: { attempts: 1 }
";
    let fused = model(models, "fused");
    assert_eq!(targets(&fused), "east/m west/m west/n east/o east/p");
    let ensemble = fused.ensemble.expect("there");
    let panel: Vec<String> = ensemble.panel.iter().map(|one| targets(one)).collect();
    assert_eq!(panel, ["east/m west/m", "west/n", "east/o east/p"]);
    let judge = ensemble.judge.expect("there");
    assert_eq!(targets(&judge), "east/m west/m");
    assert!(ensemble.panel.iter().chain([&judge]).all(|one| &*one.name == "fused"));
    assert!(ensemble.panel.iter().all(|one| one.retry.attempts == 1), "they try as the ensemble says");
    assert_eq!((ensemble.quorum, ensemble.timeout_ms, ensemble.straggler_ms), (3, 5000, 7));
    assert_eq!((ensemble.prompt.as_deref(), ensemble.max_cost), (Some("Be brief."), None));

    let price = "prices: { input_usd_per_million_tokens: 1, output_usd_per_million_tokens: 2 }";
    let one = |model: &str| format!("{{ provider: east, model: {model}, {price} }}");
    let models = format!(
        "  fused: {{ strategy: ensemble, targets: [{}, {}], ensemble: {{ majority: true, max_cost_usd: 0.25 }} }}\n",
        one("m"),
        one("n")
    );
    let ensemble = model(&models, "fused").ensemble.expect("there");
    assert_eq!((ensemble.quorum, ensemble.max_cost), (2, Some(NanoUsd(250_000_000))));
    assert!(ensemble.judge.is_none());
}

/// An ensemble with two targets and this block.
fn ensemble(block: &str) -> String {
    format!(
        "  fused: {{ strategy: ensemble, targets: [{{ provider: east, model: m }}, {{ provider: west, model: m }}], ensemble: {block} }}\n"
    )
}

#[test]
fn faults_of_ensembles_have_places() {
    for (block, wanted) in [
        ("{ majority: true, quorum: 3 }", "'quorum' is 3, and there are only 2 targets"),
        ("{ quorum: 1 }", "needs 'judge', or 'majority: true'"),
        ("{ judge: east/j, majority: true }", "'judge' and 'majority' exclude each other"),
        ("{ judge: nobody }", "there is no model 'nobody'"),
        ("{ judge: fused }", "'fused' is an ensemble, which can not stand within another model"),
        ("{ majority: true, prompt: hi }", "'prompt' is for a judge"),
        ("{ majority: true, quorum: 9 }", "8"),
        ("{ majority: true, max_cost_usd: 1 }", "the price of 'm' at 'east' is not known"),
        ("{ majority: true }, mirror: { model: east/m }", "an ensemble can not have a mirror"),
    ] {
        refused(&ensemble(block), wanted);
    }
    refused("  a: { strategy: ensemble, targets: [{ provider: east, model: m }] }\n", "needs 'ensemble'");
    let plain = "  a: { targets: [{ provider: east, model: m }], ensemble: { majority: true } }\n";
    refused(plain, "'ensemble' is for strategy ensemble");
    let many = "{ provider: east, model: m }, ".repeat(9);
    let many = format!("  a: {{ strategy: ensemble, targets: [{many}], ensemble: {{ majority: true }} }}\n");
    refused(&many, "at most 8 targets, and this one has 9");
    let alone = "  a: { strategy: ensemble, targets: [{ provider: east, model: m }], ensemble: { majority: true } }\n";
    refused(alone, "'quorum' is 2, and there are only 1 targets");
}

#[test]
fn an_ensemble_stands_in_no_other_model() {
    let fused = ensemble("{ majority: true }");
    for other in [
        "  a: { targets: [{ model: fused }] }\n",
        "  a: { targets: [{ provider: east, model: m }], fallbacks: { default: [fused] } }\n",
        "  a: { targets: [{ provider: east, model: m }], mirror: { model: fused } }\n",
        "  a: { strategy: ensemble, targets: [{ model: fused }, { provider: east, model: m }], ensemble: { majority: true } }\n",
    ] {
        refused(
            &format!("{fused}{other}"),
            "'fused' is an ensemble, which can not stand within another model",
        );
    }
    let nested = "  a: { targets: [{ strategy: ensemble, targets: [{ provider: east, model: m }] }] }\n";
    refused(nested, "an ensemble can not stand within another model");
}

#[test]
fn faults_of_mirrors_have_places() {
    let with =
        |mirror: &str| format!("  a: {{ targets: [{{ provider: east, model: m }}], mirror: {mirror} }}\n");
    refused(&with("{ model: nobody }"), "there is no model 'nobody'");
    refused(&with("{ model: east/m, percent: 101 }"), "100");
    refused(&with("{ percent: 5 }"), "'model'");
    refused(&with("{ model: a }"), "mirror 'a' -> 'a' is a circle");
    let circle = format!(
        "{}  b: {{ targets: [{{ provider: east, model: m }}], mirror: {{ model: a }} }}\n",
        with("{ model: b }")
    );
    refused(&circle, "mirror 'a' -> 'b' -> 'a' is a circle");
}
