//! Members of OpenAI chat requests. Serves the table. It must not list what is translated.

use super::{Member, NO_LOGPROBS, NO_OUTPUT_BUT_TEXT, NO_SEARCH};
use gw_model::WireFormat::{
    AnthropicMessages as Messages, CohereChat as Cohere, GeminiGenerate as Gemini,
    OpenAiResponses as Responses,
};

pub(super) const MEMBERS: &[Member] = &[
    Member::refuse("audio", &[], NO_OUTPUT_BUT_TEXT),
    // Anthropic's own member, which callers of OpenAI's format send through compatible libraries.
    Member::drop("cache_control", &[]).kept_by(&[(Messages, "cache_control")]),
    Member::drop("frequency_penalty", &["0"])
        .kept_by(&[(Gemini, "frequency_penalty"), (Cohere, "frequency_penalty")]),
    Member::drop("logit_bias", &["{}"]),
    Member::refuse("logprobs", &["false"], NO_LOGPROBS)
        .kept_by(&[(Responses, "logprobs"), (Gemini, "logprobs")]),
    Member::drop("metadata", &["{}"]).kept_by(&[(Responses, "metadata")]),
    Member::refuse("modalities", &["[\"text\"]"], NO_OUTPUT_BUT_TEXT),
    Member::drop("moderation", &[]).kept_by(&[(Responses, "moderation")]),
    Member::drop("prediction", &[]),
    Member::drop("presence_penalty", &["0"])
        .kept_by(&[(Gemini, "presence_penalty"), (Cohere, "presence_penalty")]),
    Member::drop("prompt_cache_key", &[]).kept_by(&[(Responses, "prompt_cache_key")]),
    Member::drop("prompt_cache_options", &[]).kept_by(&[(Responses, "prompt_cache_options")]),
    Member::drop("prompt_cache_retention", &[]).kept_by(&[(Responses, "prompt_cache_retention")]),
    Member::drop("store", &["false"]).kept_by(&[(Responses, "store")]),
    Member::refuse("top_logprobs", &["0"], NO_LOGPROBS)
        .kept_by(&[(Responses, "top_logprobs"), (Gemini, "top_logprobs")]),
    Member::drop("verbosity", &["\"medium\""]).kept_by(&[(Responses, "verbosity")]),
    Member::refuse("web_search_options", &[], NO_SEARCH),
];
