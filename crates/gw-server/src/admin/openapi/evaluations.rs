//! Evaluations of datasets, as the document tells of them.

use super::{Answer, Operation, object};
use serde_json::{Map, Value, json};

/// Operations.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: "get",
        path: "/api/v1/evaluations",
        summary: "List evaluations, the latest first: one's own, and those that others share",
        query: &["limit", "cursor"],
        body: None,
        answer: Answer::List("Evaluation"),
    },
    Operation {
        method: "post",
        path: "/api/v1/evaluations",
        summary: "Have a dataset put to models by calls with a key, and the answers checked",
        query: &[],
        body: Some("EvaluationInput"),
        answer: Answer::One(201, "Evaluation"),
    },
    Operation {
        method: "get",
        path: "/api/v1/evaluations/{id}",
        summary: "Show how far an evaluation is, how models fared, and against each other",
        query: &[],
        body: None,
        answer: Answer::One(200, "EvaluationSummary"),
    },
    Operation {
        method: "delete",
        path: "/api/v1/evaluations/{id}",
        summary: "Remove an evaluation with its results; where it runs, that ends",
        query: &[],
        body: None,
        answer: Answer::Empty,
    },
    Operation {
        method: "post",
        path: "/api/v1/evaluations/{id}/cancel",
        summary: "End an evaluation that is not wanted any more; one that is over stays as it is",
        query: &[],
        body: None,
        answer: Answer::One(200, "Evaluation"),
    },
    Operation {
        method: "post",
        path: "/api/v1/evaluations/{id}/resume",
        summary: "Go on with what has no answer, perhaps with another key or budget",
        query: &[],
        body: Some("EvaluationAnew"),
        answer: Answer::One(200, "Evaluation"),
    },
    Operation {
        method: "post",
        path: "/api/v1/evaluations/{id}/rerun",
        summary: "Do the same once more, from the beginning, perhaps with another key or budget",
        query: &[],
        body: Some("EvaluationAnew"),
        answer: Answer::One(201, "Evaluation"),
    },
    Operation {
        method: "get",
        path: "/api/v1/evaluations/{id}/results",
        summary: "Show results in the order of items and models, at most 200; the audit log says who looked",
        query: &["limit", "cursor"],
        body: None,
        answer: Answer::List("EvaluationResult"),
    },
    Operation {
        method: "get",
        path: "/api/v1/evaluations/{id}/export",
        summary: "Stream results as JSON, one to a line, or with format=csv as a table; the audit log says who did",
        query: &["format"],
        body: None,
        answer: Answer::Lines("EvaluationResult"),
    },
];

const MEMBERS: [&str; 19] = [
    "id:string",
    "name:string",
    "state:string",
    "error:string?",
    "dataset_id:string",
    "dataset_name:string",
    "owner:string",
    "account_id:string?",
    "targets:array",
    "checks:array",
    "key_id:string",
    "budget_usd:string",
    "spent_usd:string",
    "concurrency:integer",
    "items:integer",
    "progress:object",
    "interruptions:integer",
    "created_at:string",
    "started_at:string?",
];

/// Their schemas.
pub(super) fn schemas() -> Map<String, Value> {
    let members: Vec<&str> = MEMBERS.iter().copied().chain(["ended_at:string?"]).collect();
    let whole: Vec<&str> =
        members.iter().copied().chain(["summary:array", "comparison:array", "recorded:object?"]).collect();
    let schemas = json!({
        "EvaluationInput": object(&["name:string", "dataset_id:string", "models:array?", "targets:array?", "checks:array?",
            "key:string?", "key_id:string?", "budget_usd:string", "concurrency:integer?", "max_items:integer?"]),
        "EvaluationAnew": object(&["key:string?", "key_id:string?", "budget_usd:string?"]),
        "Evaluation": object(&members),
        "EvaluationSummary": object(&whole),
        "EvaluationResult": object(&["item_id:string", "target:string?", "model:string?", "verdict:string",
            "score:number?", "cost_usd:string", "total_ms:number?", "input_tokens:integer", "output_tokens:integer",
            "tries:integer", "request_id:string?", "status:integer", "cache:string?", "prompt:string",
            "expected:string?", "answer:string?", "cut:boolean", "error:string?", "checks:array",
            "recorded_score:number?"]),
    });
    match schemas {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
