//! What the document says of exports.

use super::{Answer, Operation, object};
use serde_json::{Map, Value};

/// Operations.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: "get",
        path: "/api/v1/exports",
        summary: "List exports of records, the latest first",
        query: &["limit", "cursor"],
        body: None,
        answer: Answer::List("Export"),
    },
    Operation {
        method: "post",
        path: "/api/v1/exports",
        summary: "Have records written to a file, here or in object storage",
        query: &[],
        body: Some("ExportInput"),
        answer: Answer::One(201, "Export"),
    },
    Operation {
        method: "get",
        path: "/api/v1/exports/{id}",
        summary: "Show how far an export is",
        query: &[],
        body: None,
        answer: Answer::One(200, "Export"),
    },
    Operation {
        method: "post",
        path: "/api/v1/exports/{id}/cancel",
        summary: "End an export that is not wanted any more",
        query: &[],
        body: None,
        answer: Answer::One(200, "Export"),
    },
    Operation {
        method: "get",
        path: "/api/v1/exports/{id}/download",
        summary: "Download the file of an export that stayed here, as Parquet or as JSON, one record to a line",
        query: &[],
        body: None,
        answer: Answer::Lines("Log"),
    },
];

/// Schemas by name.
pub(super) fn schemas() -> Map<String, Value> {
    let mut schemas = Map::new();
    schemas.insert(
        "ExportInput".to_owned(),
        object(&[
            "format:string?",
            "to:string?",
            "with_bodies:boolean?",
            "filter:object?",
            "from:string?",
            "until:string?",
        ]),
    );
    schemas.insert(
        "Export".to_owned(),
        object(&[
            "id:string",
            "state:string",
            "format:string",
            "to:string",
            "name:string",
            "schedule:string?",
            "by:string",
            "with_bodies:boolean",
            "filter:object",
            "from:string",
            "until:string",
            "records:integer",
            "without_bodies:integer",
            "bytes:integer",
            "tries:integer",
            "error:string?",
            "created_at:string",
            "ended_at:string?",
        ]),
    );
    schemas
}
