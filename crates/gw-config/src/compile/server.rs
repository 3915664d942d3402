//! What the listening side and the store need, resolved: plain numbers with their units in the names.

use super::bodies::BodyStorage;
use super::database::DatabaseSettings;
use crate::errors::Faults;
use crate::settings::FileSettings;
use crate::settings::network::CorsSettings;
use crate::settings::otlp::MetricAccess;
use crate::settings::telemetry::{LogFormat, LogLevel};
use gw_model::Network;
use std::net::SocketAddr;

/// The listening side.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Data plane, and all the rest unless `admin_listen` is set.
    pub listen: SocketAddr,
    /// `/api`, `/ui` and `/metrics` apart.
    pub admin_listen: Option<SocketAddr>,
    /// TLS files; the paths are as written.
    pub tls: Option<TlsFiles>,
    /// Other files that are part of the configuration; the paths are as written.
    pub files: Vec<String>,
    /// Browser origins; `None` answers no preflight.
    pub cors: Option<Cors>,
    /// Limits of connections.
    pub limits: ServerLimits,
    /// Proxies that are believed whom they speak for.
    pub trusted_proxies: Vec<Network>,
    /// Seconds of accepting on after SIGTERM.
    pub drain_delay_seconds: u64,
    /// Seconds for running requests to end.
    pub shutdown_grace_seconds: u64,
    /// Worker threads; `None` is one for each processor.
    pub workers: Option<usize>,
    /// Shape of log lines.
    pub log_format: LogFormat,
    /// How much is logged.
    pub log_level: LogLevel,
    /// Who may read `/metrics`.
    pub metric_access: MetricAccess,
}

/// PEM files to listen with TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificate chain.
    pub cert_file: String,
    /// Private key.
    pub key_file: String,
}

/// Browser origins that may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cors {
    /// Any origin.
    pub allow_any_origin: bool,
    /// Origins (`https://app.example`), lower-case, when not any.
    pub allow_origins: Vec<String>,
}

/// Limits of connections and slow clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerLimits {
    /// Open connections.
    pub max_connections: usize,
    /// Bytes of a request's head.
    pub max_header_bytes: usize,
    /// Headers of a request.
    pub max_headers: usize,
    /// For a head to arrive.
    pub header_read_timeout_ms: u64,
    /// Silence within a body.
    pub body_read_timeout_ms: u64,
    /// For data that the client leaves unread.
    pub client_stall_timeout_ms: u64,
}

/// Journal and store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    /// Where keys, usage and records are kept.
    pub database: DatabaseSettings,
    /// Most connections to a server, at the same time.
    pub database_max_connections: usize,
    /// Bytes of one journal segment.
    pub journal_segment_bytes: u64,
    /// Bytes kept for calls in flight when the disk fills.
    pub journal_reserve_bytes: u64,
    /// Between two forced writes to disk; 0 leaves it to the system.
    pub fsync_interval_ms: u64,
    /// Records in one transaction.
    pub batch_max_records: usize,
    /// Between two transactions.
    pub batch_interval_ms: u64,
    /// Objects whose owner is kept in memory.
    pub object_memory_entries: usize,
    /// Bytes of stored responses that may wait.
    pub object_queue_bytes: usize,
    /// Most answers of the admin API that are kept for whoever asks again.
    pub idempotency_entries: usize,
    /// Days that entries of the audit log are kept; `None` is for ever.
    pub audit_retention_days: Option<u64>,
    /// Refused credentials that the audit log tells of in a minute.
    pub audit_refusals_per_minute: u64,
    /// Bytes of bodies of calls that may wait.
    pub body_queue_bytes: usize,
    /// Where bodies are kept.
    pub bodies: BodyStorage,
    /// Days that records are kept; `None` is for ever.
    pub record_retention_days: Option<u64>,
    /// Most readers that follow records live.
    pub max_tail_readers: usize,
    /// Bytes of bodies that are read at once.
    pub max_page_bytes: usize,
    /// Sums by time.
    pub rollups: RollupSettings,
}

/// How long sums by time are kept, and how much they tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollupSettings {
    /// Days of sums by minute.
    pub minute_days: u64,
    /// Days of sums by hour.
    pub hour_days: u64,
    /// Days of sums by day.
    pub day_days: u64,
    /// Series of callers in a minute.
    pub max_minute_series: usize,
    /// Series of callers in an hour.
    pub max_hour_series: usize,
}

pub(super) fn server(file: &FileSettings, faults: &mut Faults) -> ServerSettings {
    let block = &file.server.value;
    let listen = file.listen.value.0;
    if let Some(admin) = file.admin_listen.filter(|admin| admin.value.0 == listen && listen.port() != 0) {
        faults.add(
            admin.place,
            format!("'admin_listen' is the same as 'listen' ({listen}): choose another port"),
        );
    }
    ServerSettings {
        listen,
        admin_listen: file.admin_listen.map(|admin| admin.value.0),
        tls: file.tls.as_ref().map(|tls| TlsFiles {
            cert_file: tls.value.cert_file.value.0.clone(),
            key_file: tls.value.key_file.value.0.clone(),
        }),
        files: super::named_files(file),
        cors: file.cors.as_ref().map(|cors| origins(&cors.value, faults)),
        limits: ServerLimits {
            max_connections: block.max_connections.value.size(),
            max_header_bytes: block.max_header_bytes.value.size(),
            max_headers: block.max_headers.value.size(),
            header_read_timeout_ms: block.header_read_timeout_ms.value.get(),
            body_read_timeout_ms: block.body_read_timeout_ms.value.get(),
            client_stall_timeout_ms: block.client_stall_timeout_ms.value.get(),
        },
        trusted_proxies: super::access::networks("trusted_proxies", &block.trusted_proxies.value, faults),
        drain_delay_seconds: file.drain_delay_seconds.value.get(),
        shutdown_grace_seconds: file.shutdown_grace_seconds.value.get(),
        workers: block.workers.map(|workers| workers.value.size()),
        log_format: file.telemetry.value.log_format.value,
        log_level: file.telemetry.value.log_level.value,
        metric_access: file.telemetry.value.metrics.value.access.value,
    }
}

fn origins(settings: &CorsSettings, faults: &mut Faults) -> Cors {
    let origins = &settings.allow_origins;
    if origins.value.0.is_empty() {
        faults.add(origins.place, "'allow_origins' is empty: name an origin, or remove 'cors'");
    }
    let mut allow_origins = Vec::with_capacity(origins.value.0.len());
    for origin in &origins.value.0 {
        let text = origin.value.as_str();
        let is_origin = super::url::parse(text).is_ok_and(|url| {
            url.text == text && text.split_once("://").is_some_and(|(_, rest)| !rest.contains(['/', '?']))
        });
        if text != "*" && !is_origin {
            let message =
                format!("'{text}' is not an origin: write https://host or https://host:port, or \"*\"");
            faults.add(origin.place, message);
        }
        allow_origins.push(text.to_ascii_lowercase());
    }
    Cors { allow_any_origin: allow_origins.iter().any(|origin| origin == "*"), allow_origins }
}

pub(super) fn store(file: &FileSettings, database: DatabaseSettings, faults: &mut Faults) -> StoreSettings {
    let (settings, records) = (&file.storage.value, &file.records.value);
    let bodies = super::bodies::bodies(records, &database, faults);
    let analytics = &file.analytics.value;
    StoreSettings {
        database,
        database_max_connections: settings.database_max_connections.value.size(),
        journal_segment_bytes: settings.journal_segment_bytes.value.get(),
        journal_reserve_bytes: settings.journal_reserve_bytes.value.get(),
        fsync_interval_ms: settings.fsync_interval_ms.value.get(),
        batch_max_records: settings.batch_max_records.value.size(),
        batch_interval_ms: settings.batch_interval_ms.value.get(),
        object_memory_entries: settings.object_memory_entries.value.size(),
        object_queue_bytes: settings.object_queue_bytes.value.size(),
        idempotency_entries: settings.idempotency_entries.value.size(),
        audit_retention_days: settings.audit_retention_days.map(|days| days.value.get()),
        audit_refusals_per_minute: settings.audit_refusals_per_minute.value.get(),
        body_queue_bytes: records.body_queue_bytes.value.size(),
        bodies,
        record_retention_days: records.retention_days.map(|days| days.value.get()),
        max_tail_readers: records.max_tail_readers.value.size(),
        max_page_bytes: records.max_page_bytes.value.size(),
        rollups: RollupSettings {
            minute_days: analytics.minute_retention_days.value.get(),
            hour_days: analytics.hour_retention_days.value.get(),
            day_days: analytics.day_retention_days.value.get(),
            max_minute_series: analytics.max_minute_series.value.size(),
            max_hour_series: analytics.max_hour_series.value.size(),
        },
    }
}
