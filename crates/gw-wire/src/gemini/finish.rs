//! Finish reasons. Serves the readers and writers of answers in this format. It must not look at content
//! beyond whether a tool was called: this format has no reason of its own for calls.

use gw_model::FinishReason;

/// The common reason for `finishReason`.
pub(crate) fn read(reason: &str, has_call: bool) -> FinishReason {
    match reason {
        "STOP" if has_call => FinishReason::ToolCalls,
        "STOP" => FinishReason::Stop,
        "MAX_TOKENS" => FinishReason::Length,
        "CONTINUATION" => FinishReason::Pause,
        "SAFETY"
        | "RECITATION"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "MODEL_ARMOR"
        | "ESCALATION"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => FinishReason::ContentFilter,
        other => FinishReason::Other(other.to_owned()),
    }
}

/// This format's name.
pub(crate) fn write(reason: Option<&FinishReason>) -> &str {
    match reason {
        None
        | Some(
            FinishReason::Stop
            | FinishReason::StopSequence(_)
            | FinishReason::ToolCalls
            // Nothing that callers of this format could continue with.
            | FinishReason::Pause,
        ) => "STOP",
        Some(FinishReason::Length) => "MAX_TOKENS",
        Some(FinishReason::ContentFilter) => "SAFETY",
        Some(FinishReason::Other(reason)) => known(reason).unwrap_or("OTHER"),
    }
}

fn known(reason: &str) -> Option<&str> {
    const KNOWN: &[&str] = &[
        "FINISH_REASON_UNSPECIFIED",
        "LANGUAGE",
        "MALFORMED_FUNCTION_CALL",
        "MALFORMED_RESPONSE",
        "MISSING_THOUGHT_SIGNATURE",
        "NO_IMAGE",
        "IMAGE_OTHER",
        "TOO_MANY_TOOL_CALLS",
        "UNEXPECTED_TOOL_CALL",
        "PUP_LIMITED_DISABLED",
    ];
    KNOWN.contains(&reason).then_some(reason)
}
