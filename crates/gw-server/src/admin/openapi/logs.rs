//! What the document says of records.

use super::{Answer, Operation, object};
use serde_json::{Map, Value};

/// What is done with records besides reading them, and with their filters.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: "post",
        path: "/api/v1/logs/{id}/replay",
        summary: "Make a request again of which the body is kept, with a virtual key that it counts for; model: another one",
        query: &[],
        body: Some("ReplayInput"),
        answer: Answer::One(200, "Replay"),
    },
    Operation {
        method: "get",
        path: "/api/v1/views",
        summary: "List saved views of the explorer: one's own, and those that others share",
        query: &["limit", "cursor"],
        body: None,
        answer: Answer::List("View"),
    },
    Operation {
        method: "post",
        path: "/api/v1/views",
        summary: "Save filters of the explorer, for oneself or for the people of an organization, a team or a project",
        query: &[],
        body: Some("ViewInput"),
        answer: Answer::One(201, "View"),
    },
    Operation {
        method: "get",
        path: "/api/v1/views/{id}",
        summary: "Show a saved view",
        query: &[],
        body: None,
        answer: Answer::One(200, "View"),
    },
    Operation {
        method: "patch",
        path: "/api/v1/views/{id}",
        summary: "Change the members given. Takes If-Match",
        query: &[],
        body: Some("ViewInput"),
        answer: Answer::One(200, "View"),
    },
    Operation {
        method: "delete",
        path: "/api/v1/views/{id}",
        summary: "Remove a saved view. Takes If-Match",
        query: &[],
        body: None,
        answer: Answer::Empty,
    },
];

/// Members of a row of the list, and of a record that is shown alone.
const ROW: [&str; 53] = [
    "id:string",
    "time:string",
    "request_id:string",
    "parent_id:string?",
    "role:string?",
    "key_id:string?",
    "team_id:string?",
    "organization_id:string?",
    "project_id:string?",
    "user_id:string?",
    "customer_id:string?",
    "tag_ids:array",
    "format:string",
    "endpoint:string?",
    "model:string",
    "provider:string?",
    "upstream_model:string?",
    "region:string?",
    "parameters:object",
    "route:array",
    "stream:boolean",
    "outcome:string",
    "status:integer",
    "error_code:string?",
    "error_detail:string?",
    "attempts:integer",
    "tries:array",
    "cache:string?",
    "customer:string?",
    "session:string?",
    "trace_id:string?",
    "tags:array",
    "metadata:object?",
    "user_agent:string?",
    "client_ip:string?",
    "guardrails:array",
    "dropped_parameters:array",
    "input_tokens:integer",
    "output_tokens:integer",
    "cached_tokens:integer",
    "cache_write_tokens:integer",
    "reasoning_tokens:integer",
    "media:object?",
    "usage_source:string",
    "cost_usd:string",
    "saved_usd:string",
    "queue_ms:number",
    "guardrails_ms:number",
    "answer_guardrails_ms:number",
    "connect_ms:number?",
    "first_byte_ms:number?",
    "total_ms:number",
    "tokens_per_second:number?",
];

/// Schemas by name.
pub(super) fn schemas() -> Map<String, Value> {
    let whole: Vec<&str> =
        ROW.iter().copied().chain(["cost:object", "recosted:object?", "sub_calls:array"]).collect();
    let mut schemas = Map::new();
    schemas.insert("Log".to_owned(), object(&ROW));
    schemas.insert("LogDetail".to_owned(), object(&whole));
    schemas.insert(
        "LogBodies".to_owned(),
        object(&[
            "request_id:string",
            "format:string",
            "masked:boolean",
            "request:object",
            "response:object",
        ]),
    );
    schemas
        .insert("ViewInput".to_owned(), object(&["name:string?", "filters:object?", "account_id:string?"]));
    schemas.insert(
        "View".to_owned(),
        object(&[
            "id:string",
            "name:string",
            "owner:string",
            "account_id:string?",
            "filters:object",
            "created_at:string",
            "updated_at:string",
            "revision:integer",
        ]),
    );
    schemas.insert("ReplayInput".to_owned(), object(&["key:string", "model:string?"]));
    schemas.insert(
        "Replay".to_owned(),
        object(&[
            "replay_of:string",
            "request_id:string",
            "model:string",
            "masked:boolean",
            "status:integer",
            "complete:boolean",
            "response:object",
        ]),
    );
    schemas
        .insert("FeedbackInput".to_owned(), object(&["score:integer?", "label:string?", "comment:string?"]));
    schemas.insert(
        "Feedback".to_owned(),
        object(&[
            "id:string",
            "request_id:string",
            "time:string",
            "author:string",
            "score:integer?",
            "label:string?",
            "comment:string?",
        ]),
    );
    schemas
}
