//! Who tells something, and messages that say so once for many spans, points or events.

use crate::attributes::pair;
use crate::names::{SCHEMA_URL, SCOPE};
use crate::proto::collector::{ExportLogs, ExportMetrics, ExportTraces};
use crate::proto::logs::{LogRecord, ResourceLogs, ScopeLogs};
use crate::proto::metrics::{Metric, ResourceMetrics, ScopeMetrics};
use crate::proto::trace::{ResourceSpans, ScopeSpans, Span};
use crate::proto::values::{InstrumentationScope, KeyValue, Resource, Value};
use prost::Message;
use std::sync::Arc;

/// The process, as all messages name it.
#[derive(Clone, Debug, PartialEq)]
pub struct Teller {
    resource: Resource,
    scope: InstrumentationScope,
}

impl Teller {
    /// From names and values.
    #[must_use]
    pub fn new(attributes: &[(Arc<str>, Arc<str>)], version: &str) -> Self {
        let attributes: Vec<KeyValue> =
            attributes.iter().map(|(name, value)| pair(name, Value::Text(value.to_string()))).collect();
        Self {
            resource: Resource { attributes },
            scope: InstrumentationScope { name: SCOPE.to_owned(), version: version.to_owned() },
        }
    }

    /// A request with spans, encoded.
    #[must_use]
    pub fn spans(&self, spans: Vec<Span>) -> Vec<u8> {
        let (resource, scope, schema_url) = self.heads();
        let scope_spans = vec![ScopeSpans { scope, spans, schema_url: schema_url.clone() }];
        ExportTraces { resource_spans: vec![ResourceSpans { resource, scope_spans, schema_url }] }
            .encode_to_vec()
    }

    /// A request with metrics, encoded.
    #[must_use]
    pub fn metrics(&self, metrics: Vec<Metric>) -> Vec<u8> {
        let (resource, scope, schema_url) = self.heads();
        let scope_metrics = vec![ScopeMetrics { scope, metrics, schema_url: schema_url.clone() }];
        let resource_metrics = vec![ResourceMetrics { resource, scope_metrics, schema_url }];
        ExportMetrics { resource_metrics }.encode_to_vec()
    }

    /// A request with events, encoded.
    #[must_use]
    pub fn logs(&self, log_records: Vec<LogRecord>) -> Vec<u8> {
        let (resource, scope, schema_url) = self.heads();
        let scope_logs = vec![ScopeLogs { scope, log_records, schema_url: schema_url.clone() }];
        ExportLogs { resource_logs: vec![ResourceLogs { resource, scope_logs, schema_url }] }.encode_to_vec()
    }

    fn heads(&self) -> (Option<Resource>, Option<InstrumentationScope>, String) {
        (Some(self.resource.clone()), Some(self.scope.clone()), SCHEMA_URL.to_owned())
    }
}
