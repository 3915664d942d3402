//! Limits and budgets as the OpenAPI document tells of them, with the names and bounds that the readers beside this know.

use super::{
    LIMIT_MEMBERS, MAX_AMOUNT, MAX_PARALLEL, MAX_PARTS, MAX_PER_MINUTE, MAX_TOKENS, MAX_WINDOW_SECONDS,
    WINDOWS,
};
use crate::admin::held;
use gw_model::limits::{LimitUnit, MAX_MORE_LIMITS};
use serde_json::{Map, Value, json};

/// What a budget is, and where it stands.
const STATE: [&str; 4] = ["limit_now_usd", "carried_usd", "spent_usd", "reserved_usd"];

/// Schemas by name.
pub(in crate::admin) fn schemas() -> Map<String, Value> {
    let mut state = budget();
    state["required"] = json!(["limit_usd", "period"]);
    state.as_object_mut().map(|state| state.remove("description"));
    for name in STATE {
        state["properties"][name] = json!({ "type": "string", "readOnly": true });
    }
    state["properties"][held::SCOPE] =
        json!({ "type": "string", "enum": ["gateway", "all_gateways"], "readOnly": true });
    state["properties"]["resets_at"] =
        json!({ "type": ["string", "null"], "format": "date-time", "readOnly": true });
    Map::from_iter([
        ("Limits".to_owned(), limits()),
        ("Limit".to_owned(), limit()),
        ("LimitReserve".to_owned(), reserve()),
        ("BudgetInput".to_owned(), budget()),
        ("BudgetState".to_owned(), state),
    ])
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn or_null(schema: Value) -> Value {
    json!({ "oneOf": [schema, { "type": "null" }] })
}

/// A whole number from 1, or null.
fn up_to(most: u64) -> Value {
    json!({ "type": ["integer", "null"], "minimum": 1, "maximum": most })
}

/// Members that are the same of limits and of one limit.
fn manner() -> Value {
    json!({
        "kind": { "type": "string", "enum": ["sliding", "gcra", "fixed"], "default": "sliding" },
        "burst": { "type": ["integer", "null"], "minimum": 0, "maximum": MAX_PER_MINUTE,
            "description": "Of kind gcra: how many above the limit may come at once." },
        "mode": mode(),
        "on_unavailable": without(),
        "reserve": or_null(reference("LimitReserve")),
    })
}

fn mode() -> Value {
    json!({ "type": ["string", "null"], "enum": ["strict", "leased", "local", null],
        "description": "How it holds where several gateways meet." })
}

fn without() -> Value {
    json!({ "type": ["string", "null"], "enum": ["local", "closed", "open", null],
        "description": "What holds while nobody can be asked what all gateways have left." })
}

fn object(own: Value, shared: Value, required: &[&str]) -> Value {
    let mut properties = Map::new();
    for members in [own, shared] {
        if let Value::Object(members) = members {
            properties.extend(members);
        }
    }
    json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
}

fn limits() -> Value {
    let own = json!({
        "rpm": up_to(MAX_PER_MINUTE),
        "tpm": up_to(MAX_TOKENS),
        "max_parallel": up_to(MAX_PARALLEL),
        "more": { "type": ["array", "null"], "items": reference("Limit"), "maxItems": MAX_MORE_LIMITS },
    });
    object(own, manner(), &[])
}

fn limit() -> Value {
    let units: Vec<&str> = LimitUnit::ALL.iter().map(|unit| unit.as_str()).collect();
    let windows = WINDOWS.map(|(name, _)| name);
    let patterns = json!({ "type": ["array", "null"], "items": { "type": "string" }, "minItems": 1, "maxItems": MAX_PARTS });
    let own = json!({
        "unit": { "type": "string", "enum": units },
        "limit": { "type": ["integer", "null"], "minimum": 1, "maximum": MAX_AMOUNT, "description": "How many; of any unit but cost." },
        "limit_usd": or_null(usd("How much; of unit cost.")),
        "per": { "oneOf": [
            { "type": "string", "enum": windows },
            { "type": "integer", "minimum": 1, "maximum": MAX_WINDOW_SECONDS, "description": "Seconds." },
            { "type": "null" },
        ] },
        "models": patterns,
        "providers": patterns,
        "shadow": { "type": ["boolean", "null"], "description": "What it would have refused is noted, and let through." },
    });
    let limit = object(own, manner(), &["unit"]);
    debug_assert!(LIMIT_MEMBERS.iter().all(|name| limit["properties"].get(name).is_some()));
    limit
}

fn reserve() -> Value {
    let percent = json!({ "type": "integer", "minimum": 0, "maximum": 100 });
    object(json!({ "high": percent, "normal": percent }), json!({}), &[])
}

fn usd(description: &str) -> Value {
    json!({ "type": ["string", "number"], "pattern": "^[0-9]+(\\.[0-9]{1,9})?$", "description": format!("{description} US dollars.") })
}

fn budget() -> Value {
    let time = json!({ "type": "string", "format": "date-time" });
    let increase = object(
        json!({ "amount_usd": usd("What is added."), "until": time }),
        json!({}),
        &["amount_usd", "until"],
    );
    let cap = or_null(usd("At most so much goes over."));
    let rollover = object(json!({ "cap_usd": cap, "since": time }), json!({}), &["since"]);
    let own = json!({
        "limit_usd": usd("The bound."),
        "period": { "type": "string", "pattern": "^(day|week|month|total|[0-9]+[dhm])$" },
        "strict": { "type": ["boolean", "null"] },
        "time_zone": { "type": ["string", "null"], "examples": ["Europe/Berlin"] },
        "shadow": { "type": ["boolean", "null"] },
        "alert_at": { "type": ["array", "null"], "maxItems": MAX_PARTS,
            "items": { "type": "integer", "minimum": 1, "maximum": 1000 } },
        "increases": { "type": ["array", "null"], "maxItems": MAX_PARTS, "items": increase },
        "rollover": or_null(rollover),
        "mode": mode(),
        "on_unavailable": without(),
    });
    let mut budget = object(own, json!({}), &[]);
    budget["description"] =
        "`limit_usd` and `period` are needed; of the only budget there is, PATCH keeps what is not given."
            .into();
    // What is shown may be sent back.
    budget["additionalProperties"] = true.into();
    budget
}

#[cfg(test)]
mod tests;
