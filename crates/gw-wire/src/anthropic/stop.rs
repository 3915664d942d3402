//! Stop reasons. Serves the readers and writers of answers in this format. It must not look at content.

use gw_model::event::FinishReason;

/// The common reason for Anthropic's `stop_reason`.
#[must_use]
pub fn read(stop_reason: &str, stop_sequence: Option<&str>) -> FinishReason {
    match stop_reason {
        "end_turn" => FinishReason::Stop,
        "stop_sequence" => FinishReason::StopSequence(stop_sequence.map(str::to_owned)),
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        "refusal" => FinishReason::ContentFilter,
        "pause_turn" => FinishReason::Pause,
        other => FinishReason::Other(other.to_owned()),
    }
}

/// What else a writer knows when it states why an answer ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// The answer has a tool call.
    pub tool_call: bool,
    /// The answer has a refusal in words.
    pub refusal: bool,
}

/// Anthropic's `stop_reason` and `stop_sequence`. Some upstreams say `stop` for an answer that calls tools;
/// callers of this format go by the stop reason alone, so the content decides then.
#[must_use]
pub fn write(reason: Option<&FinishReason>, seen: Seen) -> (&'static str, Option<&str>) {
    match reason {
        Some(FinishReason::StopSequence(sequence)) => ("stop_sequence", sequence.as_deref()),
        Some(FinishReason::Length) => ("max_tokens", None),
        Some(FinishReason::ContentFilter) => ("refusal", None),
        Some(FinishReason::Pause) => ("pause_turn", None),
        _ if seen.tool_call => ("tool_use", None),
        Some(FinishReason::ToolCalls) => ("tool_use", None),
        _ if seen.refusal => ("refusal", None),
        Some(FinishReason::Stop | FinishReason::Other(_)) | None => ("end_turn", None),
    }
}
