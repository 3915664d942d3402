//! Stop reasons. Serves the readers and writers of answers in this format. It must not look at content.

use gw_model::event::FinishReason;
use serde::Deserialize;

/// Reasons that have no common name and are written back as they were read.
const OWN: &[&str] = &["malformed_model_output", "malformed_tool_use"];

/// What models add to an answer; some name the stop sequence there.
#[derive(Debug, Default, Deserialize)]
pub(super) struct AddedFields {
    stop_sequence: Option<serde_json::Value>,
    delta: Option<AddedDelta>,
}

#[derive(Debug, Deserialize)]
struct AddedDelta {
    stop_sequence: Option<serde_json::Value>,
}

/// The stop sequence among `additionalModelResponseFields`, which may be any JSON.
pub(super) fn sequence(added: Option<&serde_json::value::RawValue>) -> Option<String> {
    let added: AddedFields = serde_json::from_str(added?.get()).unwrap_or_default();
    let found = added.stop_sequence.or_else(|| added.delta?.stop_sequence)?;
    found.as_str().map(str::to_owned)
}

/// The common reason for Bedrock's `stopReason`.
#[must_use]
pub fn read(reason: &str, sequence: Option<String>) -> FinishReason {
    match reason {
        "end_turn" => FinishReason::Stop,
        "stop_sequence" => FinishReason::StopSequence(sequence),
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        "guardrail_intervened" | "content_filtered" => FinishReason::ContentFilter,
        other => FinishReason::Other(other.to_owned()),
    }
}

/// Bedrock's `stopReason`, and the stop sequence when it is known. Some upstreams say `stop` for an answer
/// that calls tools; callers of this format go by the reason alone, so that the content decides then.
#[must_use]
pub fn write(reason: Option<&FinishReason>, has_tool_call: bool) -> (&'static str, Option<&str>) {
    match reason {
        Some(FinishReason::StopSequence(sequence)) => ("stop_sequence", sequence.as_deref()),
        Some(FinishReason::Length) => ("max_tokens", None),
        Some(FinishReason::ContentFilter) => ("content_filtered", None),
        Some(FinishReason::Other(other)) if OWN.contains(&other.as_str()) => {
            (OWN.iter().copied().find(|own| own == other).unwrap_or("end_turn"), None)
        }
        _ if has_tool_call => ("tool_use", None),
        Some(FinishReason::ToolCalls) => ("tool_use", None),
        Some(FinishReason::Stop | FinishReason::Pause | FinishReason::Other(_)) | None => ("end_turn", None),
    }
}
