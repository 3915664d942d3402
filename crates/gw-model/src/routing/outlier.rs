//! Outlier ejection: when a deployment that is much worse than its peers goes behind them. Part of the configuration. It
//! must not judge anything.

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutlierPolicy {
    /// How many times as bad as its peers an outlier is, in thousandths.
    pub factor_permille: u32,
    /// Requests within the window below which nothing is said of a deployment.
    pub min_requests: u32,
    /// Length of the window in milliseconds.
    pub window_ms: u64,
    /// Most of a hundred deployments of a group that are ejected at the same time.
    pub max_ejected_percent: u32,
    /// How long one is ejected the first time, in milliseconds; doubles each time.
    pub eject_ms: u64,
    /// Longest ejection, in milliseconds.
    pub max_eject_ms: u64,
}
