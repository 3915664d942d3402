//! Limits of what is kept in memory and of what waits to be written. Plain data.

use std::time::Duration;

/// See the module.
#[derive(Clone, Debug)]
pub struct ObjectSettings {
    /// Objects that are remembered beside the database; about 300 bytes each.
    pub memory_entries: usize,
    /// Writes that may wait.
    pub queue_writes: usize,
    /// Bytes of contents that may wait.
    pub queue_bytes: usize,
    /// How often expired objects are looked for.
    pub sweep_interval: Duration,
}

impl Default for ObjectSettings {
    fn default() -> Self {
        Self {
            memory_entries: 65_536,
            queue_writes: 4096,
            queue_bytes: 128 << 20,
            sweep_interval: Duration::from_secs(60),
        }
    }
}
