//! The example and the reference in the documentation hold what they promise.

use super::{env, ok};
use crate::schema::{schema, walk};
use gw_model::routing::Strategy;

const EXAMPLE: &str = include_str!("../../../../../docs/examples/gatewright.yaml");
const REFERENCE: &str = include_str!("../../../../../docs/config.md");

#[test]
fn the_example_compiles_without_a_warning() {
    let compiled = ok(EXAMPLE);
    assert_eq!(compiled.warnings, []);
    assert_eq!(compiled.snapshot.providers.len(), 5);
    assert_eq!(compiled.snapshot.models["chat-cheap"].group.strategy, Strategy::Weighted);
    assert_eq!(compiled.keys.len(), 2);
    assert_eq!(compiled.server.shutdown_grace_seconds, 60);
    let azure = &compiled.snapshot.models["chat-prod"].targets[0].info;
    assert!(azure.prices.prices_tokens(), "priced as the model it runs");
}

#[test]
fn the_example_shows_every_group() {
    for name in schema()["properties"].as_object().expect("an object").keys() {
        let shown =
            EXAMPLE.lines().any(|line| line.trim_start_matches("# ").starts_with(&format!("{name}:")));
        assert!(shown, "{name} is not in the example");
    }
}

/// Each key stands as a row under the heading of its block, with the description and default of the schema.
#[test]
fn the_reference_says_what_the_schema_says() {
    let schema = schema();
    let mut missing = Vec::new();
    walk(&schema, &mut Vec::new(), &mut |path, property| {
        let (key, block) = path.split_last().expect("not empty");
        let block = block.join(".");
        // Keys that may stand in two places are described once.
        let of_credential = block.ends_with("providers.<name>.credentials.<name>") && key != "weight";
        let is_said_above = [
            "targets.prices",
            "targets.semantic",
            "models.<name>.cache",
            "nodes.<name>.retry",
            "keys.budgets",
            "customers.budgets",
            "customers.limits",
            "customers.limits.more",
            "policies.<name>.limits",
            "policies.<name>.limits.more",
            "policies.<name>.budget",
            "policies.<name>.budgets",
            "routes.<name>.queue",
            "providers.<name>.capacity",
            "providers.<name>.limits",
            "providers.<name>.limits.more",
            "providers.<name>.limits.reserve",
            "models.<name>.limits",
            "models.<name>.limits.more",
            "models.<name>.limits.reserve",
            "targets.limits",
            "targets.limits.more",
            "targets.limits.reserve",
            "customers.limits.reserve",
            "policies.<name>.limits.reserve",
            "limits.more.reserve",
            "providers.<name>.budget",
            "providers.<name>.budgets",
            "models.<name>.budget",
            "models.<name>.budgets",
            "targets.budget",
            "targets.budgets",
            "providers.<name>.budget.rollover",
            "models.<name>.budget.rollover",
            "targets.budget.rollover",
            "policies.<name>.budget.rollover",
            "budgets.rollover",
            "records.s3",
        ];
        let is_of_group = block.contains(".targets.auto");
        if of_credential || is_of_group || is_said_above.iter().any(|twice| block.ends_with(twice)) {
            return;
        }
        let heading = if block.is_empty() { "## Top level".to_owned() } else { format!("## `{block}`") };
        let section = REFERENCE.split(&format!("{heading}\n")).nth(1).unwrap_or("");
        let section = section.split("\n## ").next().unwrap_or("");
        let default =
            property.get("default").map(|d| d.as_str().map_or_else(|| d.to_string(), str::to_owned));
        let about = property["description"].as_str().unwrap_or_default();
        let row = section.lines().find(|line| line.starts_with(&format!("| `{key}` |"))).unwrap_or("");
        let right = row.ends_with(&format!("| {about} |"))
            && default.is_none_or(|default| row.contains(&format!("| {default} | ")));
        if !right {
            missing.push(format!("{heading}: {key}"));
        }
    });
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn the_contract_example_loads_but_for_what_is_not_in_this_version() {
    let text = r#"
listen: 127.0.0.1:4000
providers:
  openai: { api_key: ${OPENAI_API_KEY} }                        # kind = the name, when the catalogue knows it
  azure-east: { kind: azure-openai, endpoint: https://east.example, api_key: ${AZURE_OPENAI_API_KEY}, api_version: "2024-10-21", region: eastus }
  local: { kind: openai-compatible, base_url: http://127.0.0.1:8080/v1 }   # optional upstream_format
models:
  chat-prod:                                                    # the alias that callers use
    strategy: fallback            # fallback | weighted
    targets:
      - { provider: azure-east, model: gpt-4o, weight: 1 }
      - { provider: openai, model: gpt-4o }
    retry: { attempts: 2, on: [429, 5xx, timeout, connect] }
    timeout: { connect_ms: 2000, first_byte_ms: 30000, idle_ms: 60000, total_ms: 600000 }
keys:                                                           # optional, declarative
  - { name: app-a, key: ${APP_A_KEY}, models: [chat-prod], limits: { rpm: 600, tpm: 200000 }, budget: { limit_usd: 50, period: month } }
"#;
    let compiled = ok(text);
    assert_eq!(compiled.warnings, []);
    assert_eq!(compiled.keys[0].key.expose(), env()["APP_A_KEY"]);
}
