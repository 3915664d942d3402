//! The part of the document about organizations, keys and what else there is as one document.

use super::{Answer, Operation, object};
use serde_json::Value;

/// All operations.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: "post",
        path: "/api/v1/apply",
        summary: "Make organizations, keys and what else there is as a document says; with dry_run, say what would be \
                  done. Takes the document itself as application/yaml too",
        query: &["dry_run", "prune", "take_over", "plan"],
        body: Some("ApplyInput"),
        answer: Answer::One(200, "Applied"),
    },
    Operation {
        method: "get",
        path: "/api/v1/export",
        summary: "Write organizations, keys and what else there is as a document, in YAML unless format is json",
        query: &["organization", "ids", "format"],
        body: None,
        answer: Answer::Document,
    },
];

/// The schemas.
pub(super) fn schemas() -> Vec<(String, Value)> {
    let input = [
        "files:array",
        "variables:object?",
        "secrets:object?",
        "dry_run:boolean?",
        "prune:boolean?",
        "take_over:boolean?",
        "plan:string?",
    ];
    let applied = [
        "document:string",
        "plan:string",
        "summary:object",
        "changes:array",
        "not_in_document:array",
        "dry_run:boolean",
        "applied:integer?",
        "keys:array?",
    ];
    vec![("ApplyInput".to_owned(), object(&input)), ("Applied".to_owned(), object(&applied))]
}
