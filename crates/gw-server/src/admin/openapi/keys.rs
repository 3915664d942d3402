//! Schemas of keys and budgets, for the OpenAPI document.

use super::{object, reference};
use serde_json::{Value, json};

/// Members of limits and of a budget, as they are given.
const LIMITS: [&str; 7] = [
    "rpm:integer?",
    "tpm:integer?",
    "max_parallel:integer?",
    "kind:string?",
    "burst:integer?",
    "mode:string?",
    "on_unavailable:string?",
];
const BUDGET: [&str; 9] = [
    "limit_usd:string",
    "period:string",
    "strict:boolean?",
    "time_zone:string?",
    "shadow:boolean?",
    "increases:array?",
    "rollover:object?",
    "mode:string?",
    "on_unavailable:string?",
];

/// Members of a key.
const KEY: [&str; 41] = [
    "id:string",
    "name:string",
    "team_id:string?",
    "project_id:string?",
    "user_id:string?",
    "plan_id:string?",
    "disabled:boolean",
    "models:array",
    "endpoints:array?",
    "expires_at:string?",
    "limits:object",
    "budget:object?",
    "budgets:array",
    "priority:string",
    "allowed_ips:array",
    "allowed_origins:array",
    "hours:array",
    "required_metadata:array",
    "logging:string?",
    "providers:array?",
    "regions:array?",
    "max_input_tokens:integer?",
    "max_output_tokens:integer?",
    "tools:array?",
    "denied_tools:array",
    "fallbacks:boolean",
    "parameters:object?",
    "deny_when:string?",
    "deny_message:string?",
    "guardrails:array",
    "credentials:object",
    "metadata:object",
    "managed_by:string",
    "requests_in_flight:integer",
    "last_used_at:string?",
    "previous_key_until:string?",
    "prefix:string?",
    "last4:string?",
    "revision:integer?",
    "created_at:string?",
    "updated_at:string?",
];

/// Members of a key as it is written.
const KEY_INPUT: [&str; 31] = [
    "name:string?",
    "team_id:string?",
    "project_id:string?",
    "user_id:string?",
    "plan_id:string?",
    "disabled:boolean?",
    "models:array?",
    "endpoints:array?",
    "expires_at:string?",
    "limits:object?",
    "budget:object?",
    "budgets:array?",
    "priority:string?",
    "allowed_ips:array?",
    "allowed_origins:array?",
    "hours:array?",
    "required_metadata:array?",
    "logging:string?",
    "providers:array?",
    "regions:array?",
    "max_input_tokens:integer?",
    "max_output_tokens:integer?",
    "tools:array?",
    "denied_tools:array?",
    "fallbacks:boolean?",
    "parameters:object?",
    "deny_when:string?",
    "deny_message:string?",
    "guardrails:array?",
    "credentials:object?",
    "metadata:object?",
];

/// Schemas of keys: each member with its type; `?` marks one that may be null or missing.
pub(super) fn schemas() -> Value {
    let (limits, budget_input) = (object(&LIMITS), object(&BUDGET));
    json!({
        "Limits": limits,
        "BudgetInput": budget_input,
        "KeyInput": object(&KEY_INPUT),
        "Key": object(&KEY),
        "NewKey": { "allOf": [reference("Key"), object(&["key:string"])] },
        "KeyRotation": object(&["grace_seconds:integer?"]),
        "EffectivePolicy": object(&["key_id:string", "belongs_to:array", "usable:boolean",
            "unusable_because:array", "priority:object", "expires_at:object", "credentials:object", "models:object", "endpoints:object",
            "providers:object", "max_output_tokens:object", "guardrails:object", "allowed_ips:array",
            "allowed_origins:array", "hours:array",
            "required_metadata:object", "logging:array", "regions:object", "max_input_tokens:object", "tools:object",
            "denied_tools:object", "fallbacks:object", "parameters:object", "deny_when:array", "limits:array", "budgets:array"]),
        "Budget": object(&["level:string", "id:string", "name:string", "plan_id:string?", "key_id:string?",
            "key_name:string?", "limit_usd:string", "limit_now_usd:string", "carried_usd:string", "spent_usd:string",
            "reserved_usd:string", "reserved_scope:string", "period:string", "strict:boolean", "rollover:object?", "resets_at:string?"]),
    })
}
