//! Places, queues, priorities and what the gateway itself takes on: what is inherited, and what is left when nothing is said.

use super::{faults, ok};
use gw_model::Priority;
use gw_model::routing::{Capacity, QueuePolicy, SaturationPolicy};
use gw_model::snapshot::Target;

const TEXT: &str = "
providers:
  gpu: { kind: openai-compatible, base_url: 'http://g/v1', capacity: { rpm: 60, max_parallel: 8 } }
  far: { kind: openai-compatible, base_url: 'http://f/v1' }
models:
  a:
    targets:
      - { provider: gpu, model: m }
      - { provider: gpu, model: n, capacity: { max_parallel: 24 } }
      - { provider: far, model: m }
    fallbacks: { default: gpu/o }
    queue: { max_waiting: 3 }
  b: { targets: [{ provider: far, model: m }] }
routes:
  r: { start: go, queue: { max_wait_ms: 7 }, nodes: { go: { type: model, model: a } } }
limits: { max_in_flight: 9 }
keys:
  - { name: one, key: aaaaaaaaaaaaaaaaaaaaaa, priority: high }
  - { name: two, key: bbbbbbbbbbbbbbbbbbbbbb }
";

#[test]
fn what_a_target_does_not_state_is_its_providers() {
    let snapshot = ok(TEXT).snapshot;
    let stated = |rpm, most| Some(Capacity { rpm, tpm: None, max_parallel: Some(most) });
    let capacities: Vec<_> = snapshot.models["a"].targets.iter().map(|target| target.capacity).collect();
    assert_eq!(capacities, [stated(Some(60), 8), stated(Some(60), 24), None, stated(Some(60), 8)]);
    let direct = Target::plain(&snapshot.providers["gpu"], "any", std::sync::Arc::default());
    assert_eq!(direct.capacity, stated(Some(60), 8), "called without an alias");
}

#[test]
fn queues_and_priorities_have_defaults() {
    let compiled = ok(TEXT);
    let queue = |name: &str| compiled.snapshot.models[name].queue;
    assert_eq!(queue("a"), QueuePolicy { max_waiting: 3, max_wait_ms: 2_000 });
    assert_eq!(queue("b"), QueuePolicy { max_waiting: 100, max_wait_ms: 2_000 });
    assert_eq!(queue("r"), QueuePolicy { max_waiting: 100, max_wait_ms: 7 }, "a route has its own");
    let priorities: Vec<Priority> = compiled.keys.iter().map(|key| key.policy.priority).collect();
    assert_eq!(priorities, [Priority::High, Priority::Normal]);
    assert_eq!(compiled.snapshot.saturation, SaturationPolicy { max_in_flight: 9, shed_lag_ms: 0 });
    assert_eq!(ok("providers: {}").snapshot.saturation, SaturationPolicy::default());
}

#[test]
fn a_queue_that_nobody_waits_in_looks_like_a_mistake() {
    let useless = TEXT.replace("b: {", "b: { queue: {},");
    let warnings: Vec<String> = ok(&useless).warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("no call ever waits here"), "{warnings:?}");
    assert_eq!(ok(TEXT).warnings, []);
}

#[test]
fn wrong_values_are_told_with_their_places() {
    let wrong = TEXT
        .replace("priority: high", "priority: hihg")
        .replace("max_parallel: 24", "max_parallel: 0")
        .replace("max_waiting: 3", "max_waitng: 3")
        .replace("max_in_flight: 9", "max_in_flight: -1");
    let told = faults(&wrong);
    for part in [
        "9:62: 'max_parallel' must be a whole number from 1 to 1000000, not '0'",
        "unknown key 'max_waitng', did you mean 'max_waiting'?",
        "'max_in_flight' must be a whole number from 0 to 10000000, not '-1'",
        "'priority' must be low, normal or high, not 'hihg': did you mean 'high'?",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
}
