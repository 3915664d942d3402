//! Targets of aliases: what nested ones come to, and each refusal word for word.

use super::{faults, ok};
use gw_model::routing::{Capacity, Destination, Group, StickyBy, Strategy};
use gw_model::snapshot::Model;

const PROVIDERS: &str = "
providers:
  east: { kind: openai-compatible, base_url: 'http://e/v1', region: eastus }
  west: { kind: openai-compatible, base_url: 'http://w/v1', region: westus }
  far: { kind: openai-compatible, base_url: 'http://f/v1' }
models:
";

fn model(models: &str, name: &str) -> Model {
    (*ok(&format!("{PROVIDERS}{models}")).snapshot.models[name]).clone()
}

fn refused(models: &str) -> String {
    faults(&format!("{PROVIDERS}{models}"))
}

/// Where the targets of a tree lead, with brackets for groups.
fn tree(model: &Model, group: &Group) -> String {
    let one = |to: &Destination| match to {
        Destination::Target(index) => {
            let target = &model.targets[*index];
            format!("{}/{}", target.provider.name, target.model)
        }
        Destination::Group(inner) => format!("[{}]", tree(model, inner)),
        Destination::End(end) => format!("!{}", end.node),
    };
    group.members.iter().map(|member| one(&member.to)).collect::<Vec<_>>().join(" ")
}

#[test]
fn aliases_and_groups_nest_and_a_target_is_listed_once() {
    let models = "
  a:
    strategy: weighted
    targets:
      - { model: b, weight: 3 }
      - { provider: east, model: m }
      - strategy: round-robin
        targets: [{ provider: west, model: m }, { model: b }]
    fallbacks: { default: [b, far/other], context_window: far/long }
  b:
    strategy: latency
    targets: [{ provider: east, model: m }, { provider: far, model: n, capacity: { rpm: 5 }, family: big }]
";
    let a = model(models, "a");
    assert_eq!(tree(&a, &a.group), "[east/m far/n] east/m [west/m [east/m far/n]]");
    assert_eq!(a.targets.len(), 5, "east/m, far/n, west/m and the two of the fallbacks");
    assert_eq!(tree(&a, a.fallbacks.default.as_ref().expect("there")), "[east/m far/n] far/other");
    assert_eq!(tree(&a, a.fallbacks.context_window.as_ref().expect("there")), "far/long");
    assert!(a.fallbacks.content_policy.is_none());
    assert_eq!(a.group.members.iter().map(|member| member.weight).collect::<Vec<_>>(), [3, 1, 1]);
    let Destination::Group(b) = &a.group.members[0].to else { panic!("a group") };
    assert_eq!(b.strategy, Strategy::Latency);
    let far = &a.targets[1];
    assert_eq!(
        (far.capacity, &*far.family),
        (Some(Capacity { rpm: Some(5), tpm: None, max_parallel: None }), "big")
    );
}

#[test]
fn regions_are_priorities_and_residency_leaves_out() {
    let models = "
  near:
    strategy: region
    regions: [westus, eastus]
    targets: [{ provider: far, model: m }, { provider: east, model: m }, { provider: west, model: m }]
  outer: { targets: [{ model: kept }, { provider: west, model: m }], fallbacks: { default: [kept] } }
  kept:
    residency: [eastus]
    targets: [{ provider: west, model: m }, { provider: east, model: m }, { model: near }]
";
    let near = model(models, "near");
    assert_eq!(near.group.strategy, Strategy::Priority);
    assert_eq!(near.group.members.iter().map(|member| member.priority).collect::<Vec<_>>(), [2, 1, 0]);
    let kept = model(models, "kept");
    assert_eq!(tree(&kept, &kept.group), "east/m [east/m]");
    let outer = model(models, "outer");
    assert_eq!(tree(&outer, &outer.group), "[east/m [east/m]] west/m");
    assert_eq!(tree(&outer, outer.fallbacks.default.as_ref().expect("there")), "[east/m [east/m]]");
    assert_eq!(
        refused("  m: { residency: [eu], targets: [{ provider: west, model: m }] }\n"),
        "f.yaml:7:19: no target of model 'm' is in one of these regions"
    );
}

#[test]
fn sticky_and_percentage_have_their_own_defaults() {
    let models = "
  s: { strategy: sticky, targets: [{ provider: east, model: m }] }
  p: { strategy: percentage, targets: [{ provider: east, model: m, weight: 5 }] }
  u: { strategy: sticky, sticky_by: [user], targets: [{ provider: east, model: m }] }
";
    let by = |name| match model(models, name).group.strategy {
        Strategy::Sticky(by) => by.to_vec(),
        other => panic!("{other:?}"),
    };
    let all = [StickyBy::Session, StickyBy::User, StickyBy::Customer, StickyBy::Prefix, StickyBy::Key];
    assert_eq!((by("s"), by("p"), by("u")), (all.to_vec(), vec![StickyBy::Key], vec![StickyBy::User]));
}

#[test]
fn what_makes_no_sense_is_refused_with_its_place() {
    let cases = [
        (
            "  a: { targets: [{ model: b }] }\n  b: { targets: [{ model: a }] }\n",
            "f.yaml:7:27: model 'b' -> 'a' -> 'b' is a circle: remove one of its links\n\
             f.yaml:8:27: model 'a' -> 'b' -> 'a' is a circle: remove one of its links",
        ),
        (
            "  a: { targets: [{ model: a }] }\n",
            "f.yaml:7:27: model 'a' -> 'a' is a circle: remove one of its links",
        ),
        (
            "  chat: { targets: [{ model: chta }] }\n",
            "f.yaml:7:30: there is no model 'chta', did you mean 'chat'?",
        ),
        (
            "  a: { targets: [{ provider: est, model: m }] }\n",
            "f.yaml:7:30: there is no provider 'est', did you mean 'east'?",
        ),
        (
            "  a: { targets: [{ weight: 2 }] }\n",
            "f.yaml:7:18: a target needs 'provider' and 'model', or 'model' alone for another alias, or 'targets' \
             for a group",
        ),
        (
            "  a: { targets: [{ provider: east }] }\n",
            "f.yaml:7:30: 'model' is missing: write the model's name at the provider",
        ),
        (
            "  a: { targets: [{ provider: east, model: m, targets: [] }] }\n",
            "f.yaml:7:55: a target is either a provider's model or a group: remove 'targets', or 'provider' and \
             'model'",
        ),
        (
            "  a: { targets: [{ strategy: weighted, targets: [{ provider: east, model: m, weight: 0 }] }] }\n",
            "f.yaml:7:49: all weights of model 'a' are 0: give one target more",
        ),
        (
            "  a: { strategy: region, targets: [{ provider: east, model: m }] }\n",
            "f.yaml:7:35: strategy 'region' needs 'regions', in order of preference",
        ),
        (
            "  a: { sticky_by: [key], targets: [{ provider: east, model: m }] }\n",
            "f.yaml:7:19: 'sticky_by' is for strategies sticky and percentage: remove it",
        ),
        (
            "  a: { failure_policy: fail-closed, fallbacks: { default: [east/n] }, targets: [{ provider: east, model: \
             m }] }\n",
            "f.yaml:7:24: 'fallbacks' name other models, and 'failure_policy: fail-closed' never goes to one: \
             remove one of the two",
        ),
    ];
    for (models, wanted) in cases {
        assert_eq!(refused(models), wanted, "{models}");
    }
}

#[test]
fn nesting_without_end_is_refused_before_it_takes_the_memory() {
    let mut models = "  m0: { targets: [{ provider: east, model: m }] }\n".to_owned();
    for level in 1..40 {
        let inner = level - 1;
        let targets: String = (0..8).map(|_| format!("{{ model: m{inner} }}, ")).collect();
        models.push_str(&format!("  m{level}: {{ targets: [{targets}] }}\n"));
    }
    let refused = refused(&models);
    assert!(refused.contains("comes to more than 10000 choices"), "{refused}");
    let many: String = (0..2001).map(|i| format!("{{ provider: east, model: m{i} }}, ")).collect();
    let refused = self::refused(&format!("  a: {{ targets: [{many}] }}\n"));
    assert!(refused.ends_with("model 'a' has more than 2000 targets"), "{refused}");
}

#[test]
fn conditions_stand_at_any_member_and_are_compiled_once() {
    let models = "
  a:
    strategy: conditional
    targets:
      - { provider: east, model: m, when: 'request.stream' }
      - { targets: [{ provider: west, model: m, when: '\"vip\" in tags' }], when: 'time.hour < 7' }
      - { provider: far, model: n }
  b: { strategy: weighted, targets: [{ model: a, weight: 2 }, { model: a }] }
";
    let a = model(models, "a");
    assert_eq!(a.group.strategy, Strategy::Fallback);
    let seen = |group: &Group| {
        let mut seen = Vec::new();
        group.conditions(&mut |condition| seen.push(std::sync::Arc::clone(condition)));
        seen
    };
    let of_a = seen(&a.group);
    let texts: Vec<&str> = of_a.iter().map(|condition| condition.source()).collect();
    assert_eq!(texts, ["request.stream", "time.hour < 7", "\"vip\" in tags"]);
    let of_b = seen(&model(models, "b").group);
    assert!(of_b.len() == 6 && std::sync::Arc::ptr_eq(&of_b[0], &of_b[3]), "one for both ways to it");
}

#[test]
fn conditions_that_are_none_are_refused_with_their_place() {
    let when = |text: &str| {
        refused(&format!(
            "  a:\n    targets:\n      - provider: east\n        model: m\n        when: {text}\n"
        ))
    };
    assert_eq!(
        when("'request.modle == \"x\"'"),
        "f.yaml:11:15: 'when' is no condition: `request` has no member `modle`; did you mean `model`?, at character 9"
    );
    assert!(
        when("'1 + 1'").contains("11:15: 'when' is no condition: a condition is true or false"),
        "{}",
        when("'1 + 1'")
    );
    assert!(when("'(((('").contains("11:15: 'when' is no condition: "));
    let long = format!("'{}'", vec!["request.stream"; 200].join(" || "));
    assert!(
        when(&long).ends_with("the condition is longer than 2048 bytes, at character 1"),
        "{}",
        when(&long)
    );
    let deep = format!("'{}request.stream{}'", "(".repeat(41), ")".repeat(41));
    assert!(when(&deep).contains("11:15: 'when' is no condition: "), "{}", when(&deep));
    let many: String = (0..257)
        .map(|n| format!("      - {{ provider: east, model: m, when: 'request.choices == {n}' }}\n"))
        .collect();
    let many = refused(&format!("  a:\n    targets:\n{many}"));
    assert_eq!(many, "f.yaml:265:43: there are more than 256 conditions in one model: use fewer");
}

#[test]
fn a_conditional_group_that_may_take_nothing_is_warned_of_once() {
    let of = |last: &str| {
        let models = format!(
            "  a: {{ strategy: conditional, targets: [{{ provider: east, model: m, when: 'request.stream' }}{last}] }}\n  \
             b: {{ targets: [{{ model: a }}] }}\n"
        );
        ok(&format!("{PROVIDERS}{models}")).warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(of(", { provider: west, model: m }"), Vec::<String>::new());
    let warned = of("");
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(
        warned[0].starts_with("f.yaml:7:40: warning: every target of this group of model 'a' has 'when'"),
        "{warned:?}"
    );
    assert!(warned[0].contains("503 no_healthy_target"), "{warned:?}");
}
