//! Strategy `auto`: what a group comes to, and each refusal word for word.

use super::{faults, ok};
use gw_model::routing::{Auto, Destination, EmbedderName, Strategy, Task, Weights};
use std::sync::Arc;

const PROVIDERS: &str = "
providers:
  up: { kind: openai-compatible, base_url: 'http://u/v1' }
embeddings: { model_dir: weights }
models:
";

fn auto(models: &str) -> Arc<Auto> {
    let compiled = ok(&format!("{PROVIDERS}{models}"));
    match &compiled.snapshot.models["m"].group.strategy {
        Strategy::Auto(auto) => Arc::clone(auto),
        other => panic!("{other:?}"),
    }
}

fn refused(group: &str, target: &str) -> String {
    faults(&format!(
        "{PROVIDERS}  m:\n    strategy: auto\n{group}    targets:\n      - {{ provider: up, model: a, {target} }}\n"
    ))
}

#[test]
fn weights_and_tables_are_by_class() {
    let found = auto(
        "
  m:
    strategy: auto
    auto:
      quality: 0.5
      latency: 0
      long_context_tokens: 9000
      classes: { code: { quality: 1, cost: 0 } }
    targets:
      - { provider: up, model: a, quality: { code: 0.95, default: 0.7 } }
      - { provider: up, model: b, quality: 0.4 }
",
    );
    let names: Vec<&str> = found.classes.iter().map(|class| &*class.name).collect();
    assert_eq!(names, Task::ALL.map(Task::as_str));
    assert_eq!(found.classes[Task::Chat.class()].weights, Weights { quality: 500, cost: 300, latency: 0 });
    assert_eq!(found.classes[Task::Code.class()].weights, Weights { quality: 1000, cost: 0, latency: 0 });
    let quality = |class: Task| [0, 1].map(|member| found.quality(member, class.class()));
    assert_eq!((quality(Task::Code), quality(Task::Math)), ([950, 400], [700, 400]));
    assert_eq!((found.long_context_tokens, &found.meaning), (9000, &None));
    let plain = auto("  m: { strategy: auto, targets: [{ provider: up, model: a, quality: 1 }] }\n");
    assert_eq!(plain.classes[0].weights, Weights { quality: 600, cost: 300, latency: 100 });
    assert_eq!(plain.long_context_tokens, 32_000);
}

#[test]
fn classes_of_ones_own_are_known_by_utterances() {
    let found = auto(
        "
  m:
    strategy: auto
    semantic: { threshold: 0.4, model: up/embed, timeout_ms: 9, on_error: refuse }
    auto: { classes: { legal: { utterances: [Is this contract void?] }, code: { utterances: fix it, cost: 0 } } }
    targets:
      - { provider: up, model: a, quality: { legal: 0.9, default: 0.5 } }
",
    );
    let meaning = found.meaning.as_deref().expect("utterances");
    let counts: Vec<usize> = meaning.utterances.iter().map(Vec::len).collect();
    assert_eq!(counts, [0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0], "the last is for what is like none");
    assert_eq!((meaning.default, meaning.threshold_permille, meaning.timeout_ms), (10, 400, 9));
    assert_eq!(meaning.embedder, EmbedderName::Model("up/embed".into()));
    assert_eq!((&*found.classes[9].name, found.quality(0, 9), found.quality(0, 0)), ("legal", 900, 500));
}

#[test]
fn a_group_within_a_group_has_a_table_of_its_own() {
    let compiled = ok(&format!(
        "{PROVIDERS}
  m:
    strategy: auto
    targets:
      - {{ quality: 0.9, strategy: weighted, targets: [{{ provider: up, model: a }}, {{ provider: up, model: b }}] }}
      - {{ model: other, quality: 0.2 }}
  other: {{ strategy: auto, targets: [{{ provider: up, model: c, quality: 0.3 }}] }}
"
    ));
    let group = &compiled.snapshot.models["m"].group;
    let Strategy::Auto(outer) = &group.strategy else { panic!("{:?}", group.strategy) };
    assert_eq!([0, 1].map(|member| outer.quality(member, 0)), [900, 200]);
    let Destination::Group(inner) = &group.members[1].to else { panic!("a group") };
    let Strategy::Auto(inner) = &inner.strategy else { panic!("{:?}", inner.strategy) };
    assert_eq!(inner.quality(0, 0), 300);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let needs = refused("", "weight: 1");
    assert!(needs.starts_with("f.yaml:9:9: this target needs 'quality', from 0 to 1"), "{needs}");
    let rows = [
        ("", "quality: 1.5", "9:44: 'quality' must be a number from 0 to 1"),
        ("", "quality: { code: 0.5 }", "9:44: 'quality' says nothing of class 'chat': add it, or 'default'"),
        ("", "quality: { codes: 0.5, default: 0 }", "9:46: there is no class 'codes', did you mean 'code'?"),
        (
            "",
            "quality: { poetry: 0.5, default: 0 }",
            "9:46: there is no class 'poetry': write one of chat, code,",
        ),
        (
            "    auto: { quality: 0, cost: 0, latency: 0 }\n",
            "quality: 1",
            "8:11: 'quality', 'cost' and 'latency' are all 0: give one of them more",
        ),
        (
            "    auto: { classes: { math: { quality: 0, cost: 0, latency: 0 } } }\n",
            "quality: 1",
            "8:24: of class 'math' 'quality', 'cost' and 'latency' are all 0",
        ),
        (
            "    auto: { classes: { legal: {} } }\n",
            "quality: 1",
            "8:24: nothing says which requests are of class 'legal'",
        ),
        (
            "    auto: { classes: { codes: {} } }\n",
            "quality: 1",
            "8:24: there is no class 'codes', did you mean 'code'?",
        ),
        (
            "    semantic: { threshold: 0.5 }\n",
            "quality: 1",
            "8:15: 'semantic' is for classes with 'utterances'",
        ),
        ("", "quality: 1, utterances: [x]", "'utterances' are for targets of strategy semantic"),
        ("", "quality: 1, auto: {}", "'auto' is for groups: add 'targets', or remove it"),
    ];
    for (group, target, wanted) in rows {
        let found = refused(group, target);
        assert!(found.contains(wanted), "{wanted}\n{found}");
    }
    let other = faults(&format!(
        "{PROVIDERS}  m:\n    auto: {{}}\n    targets: [{{ provider: up, model: a, quality: 1 }}]\n"
    ));
    assert!(other.contains("7:11: 'auto' is for strategy auto: remove it"), "{other}");
    assert!(other.contains("8:50: 'quality' is for targets of strategy auto: remove it"), "{other}");
}

#[test]
fn utterances_need_something_that_compares_them() {
    let group = "    auto: { classes: { code: { utterances: [''] } } }\n";
    let found = refused(group, "quality: 1").replace("embeddings: { model_dir: weights }", "");
    assert!(found.contains("is empty: write a text like those that are meant for this class"), "{found}");
    let none = faults(
        "providers: { up: { kind: openai-compatible, base_url: 'http://u/v1' } }\nmodels:\n  m:\n    strategy: auto\n    \
         auto: { classes: { code: { utterances: [fix it] } } }\n    targets: [{ provider: up, model: a, quality: 1 }]\n",
    );
    assert!(none.contains("needs a model for embeddings: set 'model_dir' under 'embeddings'"), "{none}");
}
