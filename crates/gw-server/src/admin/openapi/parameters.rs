//! What parameters of a query may be: one table for the document and for the check of every request. Handlers turn what
//! passed into what they need; it must not know them.

use super::Operation;
use crate::admin::account_input::UserKind;
use crate::admin::{keys, logs, query};
use gw_model::{Level, Media, Outcome, SubCallRole, UsageSource, WireFormat};
use gw_store::analytics::RollupBy;
use gw_store::types::GroupBy;
use serde_json::{Value, json};

/// Longest text in characters, as of names.
pub(in crate::admin) const MAX_TEXT: usize = 256;

/// What the value of a parameter may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::admin) enum Kind {
    /// A whole number, from 1 to this.
    Whole(usize),
    /// `true` or `false`.
    Flag,
    /// One of these names.
    OneOf(Vec<&'static str>),
    /// A point in time, or a date.
    Time,
    /// At most [`MAX_TEXT`] characters, none of them one of control.
    Text,
}

/// What a parameter of an operation may be.
pub(in crate::admin) fn kind(operation: &Operation, name: &str) -> Kind {
    match (operation.path, name) {
        ("/api/v1/logs", "limit") => Kind::Whole(logs::MAX_LIMIT),
        ("/api/v1/logs/tail", "seconds") => Kind::Whole(logs::MAX_SECONDS),
        ("/api/v1/logs" | "/api/v1/logs/tail", "stream" | "has_body") => Kind::Flag,
        (
            "/api/v1/logs" | "/api/v1/logs/tail" | "/api/v1/analytics/timeseries" | "/api/v1/usage",
            "format",
        ) => Kind::OneOf(WireFormat::ALL.iter().map(|format| format.as_str()).collect()),
        ("/api/v1/logs" | "/api/v1/logs/tail", "usage_source") => {
            Kind::OneOf(UsageSource::ALL.iter().map(|source| source.as_str()).collect())
        }
        ("/api/v1/logs" | "/api/v1/logs/tail", "role") => {
            Kind::OneOf(SubCallRole::ALL.iter().map(|role| role.as_str()).collect())
        }
        ("/api/v1/logs" | "/api/v1/logs/tail", "guardrail_side") => Kind::OneOf(logs::SIDES.to_vec()),
        ("/api/v1/logs" | "/api/v1/logs/tail", "media") => Kind::OneOf(Media::NAMES.to_vec()),
        (_, "limit") => Kind::Whole(query::MAX_LIMIT),
        (_, "cascade" | "dry_run" | "prune" | "take_over" | "ids") => Kind::Flag,
        (_, "from" | "to") => Kind::Time,
        (_, "outcome") => Kind::OneOf(Outcome::ALL.iter().map(|outcome| outcome.as_str()).collect()),
        (_, "include") => Kind::OneOf(vec!["subcalls"]),
        ("/api/v1/analytics/timeseries", "group_by") => {
            Kind::OneOf(RollupBy::ALL.iter().map(|by| by.as_str()).collect())
        }
        ("/api/v1/reports/chargeback", "group_by") => Kind::Text,
        ("/api/v1/reports/chargeback", "format") => Kind::OneOf(vec!["json", "csv"]),
        (_, "group_by") => Kind::OneOf(GroupBy::ALL.iter().map(|by| by.as_str()).collect()),
        (_, "level") => {
            Kind::OneOf(Level::ALL.iter().chain(Level::CALLED).map(|level| level.as_str()).collect())
        }
        ("/api/v1/users", "kind") => Kind::OneOf(UserKind::ALL.iter().map(|kind| kind.as_str()).collect()),
        ("/api/v1/keys", "state") => Kind::OneOf(keys::STATES.to_vec()),
        ("/api/v1/models", "managed_by") => Kind::OneOf(vec!["file", "api"]),
        (_, "managed_by") => Kind::OneOf(vec!["file", "api", "token"]),
        ("/api/v1/audit/export", "format") => Kind::OneOf(vec!["jsonl"]),
        ("/api/v1/evaluations/{id}/export", "format") => Kind::OneOf(vec!["jsonl", "csv"]),
        ("/api/v1/alerts/events", "type") => Kind::OneOf(vec!["firing", "repeated", "resolved", "test"]),
        ("/api/v1/alerts/events", "severity") => Kind::OneOf(vec!["info", "warning", "critical"]),
        (_, "format") => Kind::OneOf(vec!["yaml", "json"]),
        _ => Kind::Text,
    }
}

/// Its schema in the document.
pub(super) fn schema(kind: &Kind) -> Value {
    match kind {
        Kind::Whole(most) => json!({ "type": "integer", "minimum": 1, "maximum": most }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::OneOf(names) => json!({ "type": "string", "enum": names }),
        Kind::Time => {
            json!({ "type": "string", "description": "a time such as 2026-11-01T00:00:00Z, or a date" })
        }
        Kind::Text => json!({ "type": "string", "maxLength": MAX_TEXT }),
    }
}
