//! What the document says of prices and re-costings.

use super::{Answer, Operation, object};
use serde_json::{Map, Value};

/// Operations.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: "get",
        path: "/api/v1/prices/{name}/history",
        summary: "Show what a model costs, and cost before: an alias, MODEL, or PROVIDER/MODEL (with %2F)",
        query: &["provider"],
        body: None,
        answer: Answer::List("PriceHistory"),
    },
    Operation {
        method: "get",
        path: "/api/v1/prices/recostings",
        summary: "List re-costings of past calls, the latest first",
        query: &["limit", "cursor"],
        body: None,
        answer: Answer::List("Recosting"),
    },
    Operation {
        method: "post",
        path: "/api/v1/prices/recostings",
        summary: "Have past calls cost what they do at the prices in force, or at others, or show what would change",
        query: &[],
        body: Some("RecostingInput"),
        answer: Answer::One(201, "Recosting"),
    },
    Operation {
        method: "get",
        path: "/api/v1/prices/recostings/{id}",
        summary: "Show how far a re-costing is, and what it changes by model and team",
        query: &[],
        body: None,
        answer: Answer::One(200, "Recosting"),
    },
    Operation {
        method: "post",
        path: "/api/v1/prices/recostings/{id}/cancel",
        summary: "End a re-costing that is not wanted any more; what it changed stays changed",
        query: &[],
        body: None,
        answer: Answer::One(200, "Recosting"),
    },
];

/// Schemas by name.
pub(super) fn schemas() -> Map<String, Value> {
    let mut schemas = Map::new();
    let mut add = |name: &str, members: &[&str]| schemas.insert(name.to_owned(), object(members));
    add("PriceHistory", &["provider:string", "model:string", "alias:string?", "history:array"]);
    add(
        "RecostingInput",
        &[
            "from:string",
            "to:string?",
            "provider:string?",
            "upstream_model:string?",
            "model:string?",
            "prices:object?",
            "not_before:string?",
            "dry_run:boolean?",
        ],
    );
    add(
        "Recosting",
        &[
            "id:string",
            "state:string",
            "dry_run:boolean",
            "provider:string?",
            "upstream_model:string?",
            "model:string?",
            "prices:array?",
            "from:string",
            "to:string",
            "not_before:string?",
            "by:string",
            "created_at:string",
            "started_at:string?",
            "ended_at:string?",
            "reached:string?",
            "seen:integer",
            "records:integer",
            "cost_before_usd:string",
            "cost_after_usd:string",
            "difference_usd:string",
            "left:object",
            "models:array",
            "teams:array",
            "error:string?",
        ],
    );
    schemas
}
