//! Strategy `semantic`: what a group comes to, and each refusal word for word.

use super::{faults, ok};
use gw_model::routing::{EmbedderName, OnSemanticError, Semantic, Strategy};
use std::path::Path;
use std::sync::Arc;

const PROVIDERS: &str = "
providers:
  up: { kind: openai-compatible, base_url: 'http://u/v1', region: eu }
  far: { kind: openai-compatible, base_url: 'http://f/v1' }
  claude: { kind: anthropic, api_key: k, base_url: 'http://c' }
embeddings: { model_dir: weights, precision: int8, queue: 9 }
models:
";

fn semantic(models: &str) -> Arc<Semantic> {
    let compiled = ok(&format!("{PROVIDERS}{models}"));
    match &compiled.snapshot.models["m"].group.strategy {
        Strategy::Semantic(semantic) => Arc::clone(semantic),
        other => panic!("{other:?}"),
    }
}

fn refused(models: &str) -> String {
    faults(&format!("{PROVIDERS}{models}"))
}

fn texts(semantic: &Semantic) -> Vec<Vec<&str>> {
    semantic.utterances.iter().map(|texts| texts.iter().map(|text| &**text).collect()).collect()
}

#[test]
fn utterances_go_before_a_description_and_the_last_is_the_default() {
    let found = semantic(
        "
  m:
    strategy: semantic
    targets:
      - { provider: up, model: a, utterances: [fix this code, why does it crash], description: programs }
      - { provider: up, model: b, description: sums }
      - { provider: up, model: c }
",
    );
    assert_eq!(texts(&found), [vec!["fix this code", "why does it crash"], vec!["sums"], vec![]]);
    assert_eq!((found.threshold_permille, found.default, found.timeout_ms), (220, 2, 200));
    assert_eq!((found.on_error, &found.embedder), (OnSemanticError::Default, &EmbedderName::Local));
    let compiled = ok(&format!("{PROVIDERS}  m: {{ targets: [{{ provider: up, model: a }}] }}\n"));
    let local = compiled.embeddings.expect("configured");
    assert_eq!(
        (local.model_dir.as_path(), local.int8, local.threads, local.queue, local.cache_bytes),
        (Path::new("weights"), true, 1, 9, 16 << 20)
    );
    assert_eq!(
        local.refused("it is gone").to_string(),
        "f.yaml:6:26: 'model_dir' cannot be used: it is gone"
    );
}

#[test]
fn groups_within_groups_have_their_own() {
    let compiled = ok(&format!(
        "{PROVIDERS}
  m:
    targets:
      - strategy: semantic
        semantic: {{ threshold: 0, default: far/b, on_error: refuse, timeout_ms: 5, model: up/embed }}
        targets:
          - {{ provider: far, model: b }}
          - {{ provider: up, model: a, utterances: x }}
"
    ));
    let gw_model::routing::Destination::Group(group) = &compiled.snapshot.models["m"].group.members[0].to
    else {
        panic!("a group")
    };
    let Strategy::Semantic(found) = &group.strategy else { panic!("{:?}", group.strategy) };
    assert_eq!((found.threshold_permille, found.default, found.timeout_ms), (0, 0, 5));
    assert_eq!(found.on_error, OnSemanticError::Refuse);
    assert_eq!(found.embedder, EmbedderName::Model("up/embed".into()));
}

#[test]
fn what_residency_leaves_out_is_no_member() {
    let found = semantic(
        "
  m:
    strategy: semantic
    semantic: { default: 1, on_error: next }
    residency: [eu]
    targets:
      - { provider: far, model: a, utterances: x }
      - { provider: up, model: b }
      - { provider: up, model: c, utterances: y }
",
    );
    assert_eq!((texts(&found), found.default), (vec![vec![], vec!["y"]], 0));
    assert_eq!(found.on_error, OnSemanticError::Next);
}

#[test]
fn each_fault_has_its_place_and_a_way_out() {
    let group = |semantic: &str, targets: &str| {
        format!("  m:\n    strategy: semantic\n    semantic: {{ {semantic} }}\n    targets: [{targets}]\n")
    };
    let (a, b) = ("{ provider: up, model: a, utterances: x }", "{ provider: up, model: b }");
    let cases = [
        (
            group("", &format!("{a}, {b}, {a}")),
            "f.yaml:11:58: this target has neither 'utterances' nor 'description', so no prompt can be like it: add \
             some, or make it the default of 'semantic'",
        ),
        (
            group("", b),
            "f.yaml:9:15: strategy 'semantic' needs a target with 'utterances' or a 'description'",
        ),
        (
            group("default: 2", &format!("{a}, {b}")),
            "f.yaml:10:26: there is no target '2' here: write its place in the list, from 0, or its name",
        ),
        (
            group("threshold: 1.5", a),
            "f.yaml:10:28: 'threshold' must be a number from 0 to 1, such as 0.22, not '1.5'",
        ),
        (
            group("model: gone/embed", a),
            "f.yaml:10:24: there is no provider 'gone': add it under 'providers'",
        ),
        (
            group("model: claude/embed", a),
            "f.yaml:10:24: provider 'claude' makes no embeddings: name a model of another one",
        ),
        (
            group("model: embed", a),
            "f.yaml:10:24: there is no model 'embed': write 'local', an alias, or a model for embeddings as \
             'provider/model'",
        ),
        (
            group("", "{ provider: up, model: a, utterances: [x, ' '] }"),
            "f.yaml:11:57: is empty: write a text like those that are meant for this target",
        ),
        (
            "  m:\n    semantic: { threshold: 0.5 }\n    targets: [{ provider: up, model: a, utterances: x }]\n".into(),
            "f.yaml:9:15: 'semantic' is for strategy semantic: remove it\n\
             f.yaml:10:53: 'utterances' are for targets of strategy semantic: remove them",
        ),
    ];
    for (text, wanted) in cases {
        assert_eq!(refused(&text), wanted, "{text}");
    }
    let direct = format!("direct_models: false\n{PROVIDERS}{}", group("model: up/embed", a));
    assert_eq!(
        faults(&direct),
        "f.yaml:11:24: 'direct_models' is false: add an alias for 'up/embed', and name that here"
    );
}

#[test]
fn without_weights_a_local_group_is_refused() {
    let providers = PROVIDERS.replace("embeddings: { model_dir: weights, precision: int8, queue: 9 }\n", "");
    let group = "  m: { strategy: semantic, targets: [{ provider: up, model: a, utterances: x }] }\n";
    assert_eq!(
        faults(&format!("{providers}{group}")),
        "f.yaml:7:18: strategy 'semantic' needs a model for embeddings: set 'model_dir' under 'embeddings' \
         (docs/guides/embeddings-in-process.md says how to get one), or name one as 'model' under 'semantic'"
    );
}

#[test]
fn utterances_are_bounded() {
    let many = |count: usize| (0..count).map(|n| format!("u{n}")).collect::<Vec<_>>().join(", ");
    let target =
        |name: &str, count| format!("{{ provider: up, model: {name}, utterances: [{}] }}", many(count));
    let group = |name: &str, targets: &[String]| {
        format!("  {name}: {{ strategy: semantic, targets: [{}] }}\n", targets.join(", "))
    };
    let wide = |count| (0..count).map(|n| target(&format!("t{n}"), 64)).collect::<Vec<_>>();
    let of_one = refused(&group("m", &[target("a", 65)]));
    assert!(of_one.ends_with("a target has at most 64 utterances, not 65"), "{of_one}");
    let of_group = refused(&group("m", &wide(17)));
    assert!(of_group.ends_with("a group has at most 1024 utterances, not 1088"), "{of_group}");
    let of_file = refused(&format!("{}{}", group("m", &wide(16)), group("n", &wide(16))));
    assert!(
        of_file.ends_with("a file has at most 2000 utterances: with this group it has more"),
        "{of_file}"
    );
    let long =
        refused(&group("m", &[format!("{{ provider: up, model: a, utterances: {} }}", "x".repeat(1025))]));
    assert!(long.ends_with("is longer than 1024 bytes: models for embeddings read little more"), "{long}");
}
