//! Settings of an emulator. Plain data; it must not read files or the environment.

use crate::replay::Replay;

/// Settings of an [`Emulator`](crate::Emulator). The default accepts any credential, remembers the
/// last requests and answers from its own codecs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EmulatorConfig {
    /// The credential that callers must show (`Authorization: Bearer`, `x-api-key`, `api-key`,
    /// `x-goog-api-key` or `?key=`); `None` accepts any and none. Bedrock's paths take any complete AWS
    /// signature too.
    pub required_key: Option<String>,
    /// Requests remembered for `GET /emulator/requests`; 0 remembers none.
    pub remembered_requests: usize,
    /// Bytes of request bodies remembered in all; the oldest requests are dropped above it.
    pub remembered_bytes: usize,
    /// Largest request body in bytes; larger ones get 413.
    pub max_body_bytes: usize,
    /// Most open connections; more are closed at once.
    pub max_connections: usize,
    /// Recorded exchanges to answer with, before anything else is tried.
    pub replay: Option<Replay>,
}

impl Default for EmulatorConfig {
    fn default() -> Self {
        Self {
            required_key: None,
            remembered_requests: 16_384,
            remembered_bytes: 64 << 20,
            max_body_bytes: 64 << 20,
            max_connections: 65_536,
            replay: None,
        }
    }
}
