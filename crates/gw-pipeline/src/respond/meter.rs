//! What an answer consumed: the upstream's own figure, else a conservative estimate, marked as such.

use crate::ticket::Open;
use gw_model::{Usage, UsageSource};

/// The figure to charge. `output_tokens` is the estimate of what was seen of the answer.
pub(crate) fn charged(stated: Option<Usage>, ticket: &Open, output_tokens: u64) -> (Usage, UsageSource) {
    match stated {
        Some(mut usage) => {
            ticket.add_request_media(&mut usage);
            (usage, UsageSource::Upstream)
        }
        None => (ticket.estimated_usage(output_tokens), UsageSource::Estimated),
    }
}
