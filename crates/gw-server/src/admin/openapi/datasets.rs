//! Datasets, as the document tells of them.

use super::{Answer, Operation, object};
use serde_json::{Map, Value, json};

/// Operations.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: "get",
        path: "/api/v1/datasets",
        summary: "List datasets: one's own, and those that others share",
        query: &["limit", "cursor"],
        body: None,
        answer: Answer::List("Dataset"),
    },
    Operation {
        method: "post",
        path: "/api/v1/datasets",
        summary: "Make a dataset, for oneself or for the people of an organization, a team or a project",
        query: &[],
        body: Some("DatasetInput"),
        answer: Answer::One(201, "Dataset"),
    },
    Operation {
        method: "get",
        path: "/api/v1/datasets/{id}",
        summary: "Show a dataset",
        query: &[],
        body: None,
        answer: Answer::One(200, "Dataset"),
    },
    Operation {
        method: "patch",
        path: "/api/v1/datasets/{id}",
        summary: "Change the members given. Takes If-Match",
        query: &[],
        body: Some("DatasetInput"),
        answer: Answer::One(200, "Dataset"),
    },
    Operation {
        method: "delete",
        path: "/api/v1/datasets/{id}",
        summary: "Remove a dataset with all that is in it. Takes If-Match",
        query: &[],
        body: None,
        answer: Answer::Empty,
    },
    Operation {
        method: "get",
        path: "/api/v1/datasets/{id}/items",
        summary: "Show items of a dataset, at most 200; the audit log says who looked",
        query: &["limit", "cursor"],
        body: None,
        answer: Answer::List("DatasetItem"),
    },
    Operation {
        method: "patch",
        path: "/api/v1/datasets/{id}/items",
        summary: "Add, change and take out items: all of it, or nothing",
        query: &[],
        body: Some("DatasetChanges"),
        answer: Answer::One(200, "DatasetAdded"),
    },
    Operation {
        method: "post",
        path: "/api/v1/datasets/{id}/import",
        summary: "Add items that stand one to a line: all of them, or none",
        query: &[],
        body: Some("DatasetItemInput"),
        answer: Answer::One(200, "DatasetAdded"),
    },
    Operation {
        method: "get",
        path: "/api/v1/datasets/{id}/export",
        summary: "Stream items of a dataset as JSON, one to a line; the audit log says who did",
        query: &[],
        body: None,
        answer: Answer::Lines("DatasetItem"),
    },
    Operation {
        method: "post",
        path: "/api/v1/datasets/{id}/collect",
        summary: "Add what filters of the explorer find among records of which the bodies are kept",
        query: &[],
        body: Some("DatasetCollect"),
        answer: Answer::One(200, "DatasetCollected"),
    },
];

/// Their schemas.
pub(super) fn schemas() -> Map<String, Value> {
    let schemas = json!({
        "DatasetInput": object(&["name:string?", "description:string?", "account_id:string?"]),
        "Dataset": object(&["id:string", "name:string", "description:string", "owner:string", "account_id:string?",
            "items:integer", "created_at:string", "updated_at:string", "revision:integer"]),
        "DatasetItemInput": object(&["format:string?", "request:object", "expected:string?", "answer:string?",
            "metadata:object?", "masked:boolean?"]),
        "DatasetItem": object(&["id:string", "source_request_id:string?", "format:string", "request:object",
            "expected:string?", "answer:string?", "metadata:object", "masked:boolean", "created_at:string",
            "updated_at:string"]),
        "DatasetChanges": object(&["add:array?", "change:array?", "remove:array?"]),
        "DatasetAdded": object(&["added:array"]),
        "DatasetCollect": object(&["filters:object?", "limit:integer?", "cursor:string?"]),
        "DatasetCollected": object(&["added:integer", "known:integer", "unusable:integer", "unread:integer", "next_cursor:string?"]),
    });
    match schemas {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
