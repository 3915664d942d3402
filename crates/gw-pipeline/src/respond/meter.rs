//! What an answer consumed: the upstream's own figure, else a conservative estimate, marked as such.

use gw_model::{Usage, UsageSource};

/// The figure to charge. `output_tokens` is the estimate of what was seen of the answer.
pub(crate) fn charged(stated: Option<Usage>, input_tokens: u64, output_tokens: u64) -> (Usage, UsageSource) {
    match stated {
        Some(usage) => (usage, UsageSource::Upstream),
        None => (Usage { input_tokens, output_tokens, ..Usage::default() }, UsageSource::Estimated),
    }
}
