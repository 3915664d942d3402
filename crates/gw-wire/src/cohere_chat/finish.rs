//! Finish reasons. Serves the readers and writers of answers in this format. It must not look at content.

use gw_model::event::FinishReason;

/// The name that says that the generation failed.
pub const FAILED: &str = "ERROR";

/// The common reason for Cohere's `finish_reason`.
#[must_use]
pub fn read(reason: &str) -> FinishReason {
    match reason {
        "COMPLETE" => FinishReason::Stop,
        "STOP_SEQUENCE" => FinishReason::StopSequence(None),
        "MAX_TOKENS" | "ERROR_LIMIT" => FinishReason::Length,
        "TOOL_CALL" => FinishReason::ToolCalls,
        "ERROR_TOXIC" => FinishReason::ContentFilter,
        other => FinishReason::Other(other.to_owned()),
    }
}

/// Whether a reason says that the answer is not whole because the upstream failed.
#[must_use]
pub fn is_failure(reason: &str) -> bool {
    matches!(reason, FAILED | "TIMEOUT")
}

/// Cohere's `finish_reason`. Some upstreams say `stop` for an answer that calls tools; callers of this format
/// go by the reason, so the content decides then.
#[must_use]
pub const fn write(reason: Option<&FinishReason>, has_tool_call: bool) -> &'static str {
    match reason {
        Some(FinishReason::StopSequence(_)) => "STOP_SEQUENCE",
        Some(FinishReason::Length) => "MAX_TOKENS",
        Some(FinishReason::ContentFilter) => "ERROR_TOXIC",
        Some(FinishReason::ToolCalls) => "TOOL_CALL",
        Some(FinishReason::Stop | FinishReason::Pause | FinishReason::Other(_)) | None => {
            if has_tool_call {
                "TOOL_CALL"
            } else {
                "COMPLETE"
            }
        }
    }
}
