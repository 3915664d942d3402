//! Members of OpenAI Responses requests. Serves the table. It must not list what is translated.

use super::{
    Member, NO_BACKGROUND, NO_EARLIER, NO_LOGPROBS, NO_STATE, NO_STORED_CONTENT, NO_TOOL_OF_PROVIDER,
};
use gw_model::WireFormat::{GeminiGenerate as Gemini, OpenAiChat as Chat};

pub(super) const MEMBERS: &[Member] = &[
    Member::refuse("background", &["false"], NO_BACKGROUND),
    Member::drop("client_metadata", &["{}"]),
    Member::drop("context_management", &["[]"]),
    Member::refuse("conversation", &[], NO_STATE),
    // Reasoning comes in a form that can be sent back, where the model has such.
    Member::drop("include", &["[]", "[\"reasoning.encrypted_content\"]"]),
    // Clients name what they could use, not what they need.
    Member::drop("include[message.output_text.logprobs]", &["false"])
        .read_as("logprobs")
        .kept_by(&[(Chat, "logprobs"), (Gemini, "logprobs")]),
    Member::drop("max_tool_calls", &[]),
    Member::drop("metadata", &["{}"]),
    Member::drop("moderation", &[]).kept_by(&[(Chat, "moderation")]),
    Member::refuse("previous_response_id", &[], NO_EARLIER),
    Member::refuse("prompt", &[], NO_STORED_CONTENT),
    Member::drop("prompt_cache_key", &[]).kept_by(&[(Chat, "prompt_cache_key")]),
    Member::drop("prompt_cache_options", &[]).kept_by(&[(Chat, "prompt_cache_options")]),
    Member::drop("prompt_cache_retention", &[]).kept_by(&[(Chat, "prompt_cache_retention")]),
    Member::drop("reasoning.context", &[]),
    Member::drop("reasoning.generate_summary", &["\"auto\""]),
    // What a model shows of its reasoning comes as the summary.
    Member::drop("reasoning.summary", &["\"auto\""]),
    // Answers are stored by the gateway or not at all; nothing is lost on the way to the model.
    Member::silent("store"),
    Member::silent("stream_options"),
    Member::drop("text.verbosity", &["\"medium\""]).kept_by(&[(Chat, "verbosity")]),
    Member::refuse("tool_choice", &[], NO_TOOL_OF_PROVIDER),
    Member::refuse("top_logprobs", &["0"], NO_LOGPROBS)
        .kept_by(&[(Chat, "top_logprobs"), (Gemini, "top_logprobs")]),
    Member::drop("truncation", &["\"disabled\""]),
];

pub(super) const SPELLING: &[(&str, &str)] = &[
    ("cache_control", "input.content.prompt_cache_breakpoint"),
    ("file.filename", "input.content.filename"),
    ("image_url.detail", "input.content.detail"),
    ("max_completion_tokens", "max_output_tokens"),
    ("messages.content.is_error", "input.is_error"),
    ("reasoning", "reasoning.effort"),
    ("reasoning_content", "input.reasoning"),
    ("reasoning_effort", "reasoning.effort"),
    ("response_format", "text.format"),
    ("thinking", "input.reasoning"),
    ("tools.function.strict", "tools.strict"),
];
