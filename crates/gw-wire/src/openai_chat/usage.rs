//! The `usage` object of OpenAI's formats, written. Serves the writers of answers.

use crate::json::Writer;
use gw_model::{ServiceTier, Usage};

/// Writes the value of `usage`.
pub(crate) fn write(w: &mut Writer, usage: &Usage) {
    w.begin_object();
    w.number_member("prompt_tokens", usage.input_tokens);
    w.number_member("completion_tokens", usage.output_tokens);
    w.number_member("total_tokens", usage.total_tokens());
    w.key("prompt_tokens_details");
    w.begin_object();
    w.number_member("cached_tokens", usage.cached_tokens);
    if usage.cache_writes() > 0 {
        w.number_member("cache_write_tokens", usage.cache_writes());
    }
    w.number_member("audio_tokens", usage.audio_input_tokens);
    w.end_object();
    w.key("completion_tokens_details");
    w.begin_object();
    w.number_member("reasoning_tokens", usage.reasoning_tokens);
    w.number_member("audio_tokens", usage.audio_output_tokens);
    w.end_object();
    w.end_object();
}

/// OpenAI's name of a tier.
pub(crate) const fn tier(tier: ServiceTier) -> &'static str {
    match tier {
        ServiceTier::Standard => "default",
        ServiceTier::Batch => "batch",
        ServiceTier::Flex => "flex",
        ServiceTier::Priority => "priority",
    }
}
