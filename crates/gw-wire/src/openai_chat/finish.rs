//! Finish reasons. Serves the readers and writers of answers in OpenAI's formats. It must not look at content.

use gw_model::FinishReason;

/// The common reason for OpenAI's `finish_reason`.
pub(crate) fn read(reason: &str) -> FinishReason {
    match reason {
        "stop" | "eos" | "end_turn" => FinishReason::Stop,
        "length" | "max_tokens" => FinishReason::Length,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        "content_filter" => FinishReason::ContentFilter,
        other => FinishReason::Other(other.to_owned()),
    }
}

/// OpenAI's name. Reasons that it has no name for are a stop.
pub(crate) const fn write(reason: &FinishReason) -> &'static str {
    match reason {
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
        FinishReason::Stop | FinishReason::StopSequence(_) | FinishReason::Pause | FinishReason::Other(_) => {
            "stop"
        }
    }
}
