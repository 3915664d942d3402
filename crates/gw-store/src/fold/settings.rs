//! Settings and figures of the fold. Plain data.

use super::newly::Newly;
use std::sync::Arc;
use std::time::Duration;

/// How the journal is folded.
#[derive(Clone, Debug)]
pub struct FoldSettings {
    /// This node's number.
    pub node: u64,
    /// The number of this run of the process.
    pub generation: u64,
    /// Pause between two rounds. A call stands in the store this long after its end, plus a round.
    pub interval: Duration,
    /// How often new segments of workers that start later are looked for.
    pub discover_interval: Duration,
    /// What earlier runs left could not be replayed, as the store was away: that comes first once it is back.
    pub replay_first: bool,
    /// Most bytes of one chain that one transaction takes over.
    pub batch_bytes: usize,
    /// Told which records are stored.
    pub newly: Arc<Newly>,
}

impl Default for FoldSettings {
    fn default() -> Self {
        Self {
            node: 0,
            generation: 1,
            interval: Duration::from_millis(100),
            discover_interval: Duration::from_millis(250),
            replay_first: false,
            batch_bytes: 4 << 20,
            newly: Arc::default(),
        }
    }
}

/// What the fold did so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoldStats {
    /// Records stored.
    pub records: u64,
    /// Transactions.
    pub rounds: u64,
    /// Rounds that failed; their work is done by a later one.
    pub failed_rounds: u64,
    /// Bytes of the journal that could not be read as entries.
    pub corrupt_bytes: u64,
    /// False while the store does not take what is folded.
    pub store_up: bool,
    /// Why the last failed round failed; empty while the store is up.
    pub last_error: String,
}
