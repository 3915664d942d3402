//! Limits and time limits of the upstream client. Plain values: nothing here reads files or the environment.

use crate::resolve::Resolve;
use gw_model::snapshot::Timeouts;
use std::sync::Arc;
use std::time::Duration;

/// Largest head of an answer, in bytes; more is [`crate::ProtocolError::HeadTooLarge`].
pub const MAX_HEAD_BYTES: usize = 64 * 1024;
/// Most header lines of an answer.
pub const MAX_HEADERS: usize = 128;
/// Largest piece of a body that is handed over at once, in bytes.
pub const PIECE_BYTES: usize = 64 * 1024;
/// Interim (1xx) answers that are skipped before the real one must come.
pub(crate) const MAX_INTERIM: u8 = 8;

/// What one worker's client may hold open.
#[derive(Clone)]
pub struct UpstreamConfig {
    /// Idle HTTP/1.1 connections kept per destination.
    pub max_idle_per_host: usize,
    /// How long an idle connection is kept, in milliseconds. Shorter than what providers use.
    pub idle_timeout_ms: u64,
    /// Most connections, idle ones included.
    pub max_connections: usize,
    /// Most concurrent streams on one HTTP/2 connection, if the peer allows as many.
    pub max_streams_per_connection: usize,
    /// How long a resolved address is used, in milliseconds.
    pub dns_cache_ms: u64,
    /// Where addresses come from; `None` asks the system.
    pub resolver: Option<Arc<dyn Resolve>>,
}

impl Default for UpstreamConfig {
    fn default() -> Self {
        Self {
            max_idle_per_host: 512,
            idle_timeout_ms: 55_000,
            max_connections: 32_768,
            max_streams_per_connection: 100,
            dns_cache_ms: 30_000,
            resolver: None,
        }
    }
}

/// Time limits of one send, in milliseconds. 0 means no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhaseTimeouts {
    /// Name resolution, TCP, proxy and TLS together.
    pub connect_ms: u64,
    /// From the last byte of the request that could be written to the end of the answer's head.
    pub first_byte_ms: u64,
    /// Waiting for the next piece of the answer.
    pub idle_ms: u64,
}

impl From<&Timeouts> for PhaseTimeouts {
    fn from(t: &Timeouts) -> Self {
        Self { connect_ms: t.connect_ms, first_byte_ms: t.first_byte_ms, idle_ms: t.idle_ms }
    }
}

/// A limit in milliseconds as a duration; `None` for 0.
pub(crate) const fn limit(ms: u64) -> Option<Duration> {
    if ms == 0 { None } else { Some(Duration::from_millis(ms)) }
}
