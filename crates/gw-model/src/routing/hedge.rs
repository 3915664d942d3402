//! Hedging: when a second target is asked while the first is silent, and how often at most. Part of the configuration. It
//! must not know how a race is run.

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedge {
    /// How long the first target may be silent.
    pub after: HedgeAfter,
    /// Most requests of a hundred that are hedged.
    pub max_percent: u32,
    /// Hedges that may come at once, before that share counts.
    pub burst: u32,
    /// Most further targets that one request is sent to.
    pub attempts: u32,
}

/// A time of silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HedgeAfter {
    /// So many milliseconds.
    Ms(u64),
    /// What all but a few of the deployment's own answers take.
    Percentile {
        /// So many of a thousand answers came sooner.
        permille: u32,
        /// Shortest time, in milliseconds.
        min_ms: u64,
        /// Longest time, in milliseconds; also the time of a deployment of which too little is known.
        max_ms: u64,
    },
}
