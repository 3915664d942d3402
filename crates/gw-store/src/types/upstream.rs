//! What was used at a provider. Plain data.

use gw_model::NanoUsd;

/// Sums of a day and a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpstreamUsage {
    /// Days since 1970, in UTC; that of the request's arrival.
    pub day: i64,
    /// Model name sent to the provider.
    pub model: String,
    /// Attempts there.
    pub attempts: u64,
    /// Input tokens, cached ones included.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// Input tokens read from prompt caches.
    pub cached_tokens: u64,
    /// Cost.
    pub cost: NanoUsd,
}
