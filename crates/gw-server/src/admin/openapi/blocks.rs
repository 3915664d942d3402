//! Providers, models and guardrails that the API manages, as the document tells of them. What may be written of one is what its block of
//! the configuration file may have.

use super::{Answer, Operation, object, one};
use serde_json::{Map, Value, json};

const PROVIDERS: &str = "/api/v1/providers";
const PROVIDER: &str = "/api/v1/providers/{id}";
const MODELS: &str = "/api/v1/models";
const MODEL: &str = "/api/v1/models/{id}";
const GUARDRAILS: &str = "/api/v1/guardrails";
const GUARDRAIL: &str = "/api/v1/guardrails/{id}";

/// Operations.
pub(super) const OPERATIONS: &[Operation] = &[
    one(
        "post",
        PROVIDERS,
        "Add a provider, in force at once at every gateway; its secrets are sealed and never shown",
        Some("ProviderInput"),
        Answer::One(201, "Provider"),
    ),
    one("get", PROVIDER, "Show a provider, by its name", None, Answer::One(200, "Provider")),
    one(
        "patch",
        PROVIDER,
        "Change the members given, null takes one away; with another address, secrets are given again. Takes If-Match",
        Some("ProviderInput"),
        Answer::One(200, "Provider"),
    ),
    one(
        "delete",
        PROVIDER,
        "Remove a provider that no model and no route needs. Takes If-Match",
        None,
        Answer::Empty,
    ),
    one(
        "post",
        "/api/v1/providers/test",
        "Make one small call to a provider: one that is there, with members in place of its own, or a new one",
        Some("ProviderTestInput"),
        Answer::One(200, "ProviderTest"),
    ),
    one("post", MODELS, "Add an alias", Some("ModelInput"), Answer::One(201, "Model")),
    one("get", MODEL, "Show a model, by the name that callers use", None, Answer::One(200, "Model")),
    one(
        "patch",
        MODEL,
        "Change the members of an alias that are given, null takes one away. Takes If-Match",
        Some("ModelInput"),
        Answer::One(200, "Model"),
    ),
    one("delete", MODEL, "Remove an alias that nothing needs. Takes If-Match", None, Answer::Empty),
    one(
        "post",
        GUARDRAILS,
        "Add a guardrail, in force at once at every gateway; its secrets are sealed and never shown",
        Some("GuardrailInput"),
        Answer::One(201, "Guardrail"),
    ),
    one("get", GUARDRAIL, "Show a guardrail, by its name", None, Answer::One(200, "Guardrail")),
    one(
        "patch",
        GUARDRAIL,
        "Change the members given, null takes one away; with another address, secrets are given again. Takes If-Match",
        Some("GuardrailInput"),
        Answer::One(200, "Guardrail"),
    ),
    one(
        "delete",
        GUARDRAIL,
        "Remove a guardrail that no key, no account, no plan and no model names. Takes If-Match",
        None,
        Answer::Empty,
    ),
];

/// Of what the API manages.
const STORED: [&str; 7] = [
    "source:string",
    "settings:object?",
    "secrets:array?",
    "created_at:string?",
    "updated_at:string?",
    "revision:integer?",
    "problem:string?",
];

/// Schemas.
pub(super) fn schemas() -> Map<String, Value> {
    let provider = [
        "id:string",
        "name:string",
        "kind:string",
        "base_url:string",
        "region:string?",
        "formats:array",
        "models:array",
        "has_credential:boolean",
        "credentials:array",
        "lists_models:boolean?",
        "managed_by:string",
        "state:string",
        "in_flight:integer?",
        "deployments:array",
        "limits:array",
        "budgets:array",
    ];
    let model = [
        "id:string",
        "owner:string",
        "providers:array",
        "targets:array?",
        "mode:string",
        "input_usd_per_million_tokens:string?",
        "output_usd_per_million_tokens:string?",
        "cache_read_usd_per_million_tokens:string?",
        "cache_write_usd_per_million_tokens:string?",
        "usd_per_image:string?",
        "usd_per_minute:string?",
        "usd_per_million_characters:string?",
        "max_input_tokens:integer?",
        "max_output_tokens:integer?",
        "capabilities:array",
    ];
    let guardrail = [
        "id:string",
        "name:string",
        "kind:string",
        "on:array",
        "action:string",
        "mandatory:boolean",
        "default:boolean",
        "shadow:boolean",
        "sample_percent:number",
        "speakers:array",
        "buffered:boolean?",
        "managed_by:string",
    ];
    let mut test = input("providers");
    test["properties"]["model"] = json!({ "type": ["string", "null"] });
    let all = json!({
        "Provider": object(&[&provider[..], &STORED].concat()),
        "ProviderInput": input("providers"),
        "ProviderTestInput": test,
        "ProviderTest": object(&["ok:boolean", "status:integer?", "latency_ms:integer", "reason:string?", "models:array"]),
        "Model": object(&[&model[..], &STORED].concat()),
        "ModelInput": input("models"),
        "Guardrail": object(&[&guardrail[..], &STORED].concat()),
        "GuardrailInput": input("guardrails"),
    });
    match all {
        Value::Object(all) => all,
        _ => Map::new(),
    }
}

/// A block of the configuration with its name: which members it may have. What they are, `gatewright schema` says.
fn input(group: &str) -> Value {
    let schema = gw_config::schema();
    let members = schema["properties"][group]["additionalProperties"]["properties"].as_object();
    let mut properties = Map::from_iter([("name".to_owned(), json!({ "type": ["string", "null"] }))]);
    for (name, member) in members.into_iter().flatten() {
        properties.insert(name.clone(), json!({ "description": member["description"] }));
    }
    json!({ "type": "object", "properties": properties })
}
