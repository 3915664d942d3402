//! Charts, figures and reports, as the document tells of them.

use super::{Answer, Operation, object};
use crate::admin::figures::{FILTERS, FILTERS_AND_FORMAT};
use gw_config::compile::joined;
use serde_json::{Map, Value, json};

/// Operations.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: "get",
        path: "/api/v1/analytics/timeseries",
        summary: "Figures over time, for each value of a dimension",
        query: &joined::<29>(&[
            &["metric", "group_by", "interval", "from", "to", "limit", "value"],
            &FILTERS_AND_FORMAT,
        ]),
        body: None,
        answer: Answer::One(200, "Timeseries"),
    },
    Operation {
        method: "get",
        path: "/api/v1/analytics/overview",
        summary: "Traffic, money, failures and durations of a time, beside those of the time before",
        query: &[
            "from",
            "to",
            "key_id",
            "team_id",
            "organization_id",
            "project_id",
            "user_id",
            "model",
            "provider",
            "outcome",
            "error_code",
            "cache",
        ],
        body: None,
        answer: Answer::One(200, "Overview"),
    },
    Operation {
        method: "get",
        path: "/api/v1/reports/chargeback",
        summary: "What each team, project or customer used and what it cost, month by month; as JSON or CSV",
        query: &joined::<25>(&[&["group_by", "from", "to", "format"], &FILTERS]),
        body: None,
        answer: Answer::One(200, "Chargeback"),
    },
    Operation {
        method: "post",
        path: "/api/v1/reports/reconcile",
        summary: "Compare a provider's invoice (CSV) with what was metered, by day and model",
        query: &[],
        body: Some("ReconcileInput"),
        answer: Answer::One(200, "Reconciliation"),
    },
];

/// Their schemas.
pub(super) fn schemas() -> Map<String, Value> {
    let schemas = json!({
        "Timeseries": object(&["data:array", "next_cursor:string?", "group_by:string?", "interval:string",
            "from:string", "to:string"]),
        "Overview": object(&["from:string", "to:string", "interval:string", "current:object", "previous:object",
            "top:object", "endings:object", "forecast:object"]),
        "ReconcileInput": object(&["provider:string", "csv:string", "columns:object?", "models:object?",
            "input_excludes_cached:boolean?", "decimal:string?", "tolerance_percent:string?", "tolerance_usd:string?", "from:string?",
            "to:string?"]),
        "Reconciliation": object(&["provider:string", "from:string", "to:string", "agrees:boolean", "lines:integer",
            "differing:integer", "total:object", "data:array", "read_lines:integer", "unread_lines:integer",
            "unread:array"]),
        "Chargeback": object(&["data:array", "next_cursor:string?", "group_by:string", "from:string", "to:string"]),
    });
    match schemas {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
