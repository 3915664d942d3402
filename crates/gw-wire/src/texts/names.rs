//! Names of members, by what their values are to guardrails. Serves the walk. A name that is missing here is text.

use gw_model::guardrail::Speaker;

/// Members that are structure, as long as they hold words of the protocol.
const NAMES: &[&str] = &[
    "model",
    "role",
    "type",
    "id",
    "object",
    "name",
    "index",
    "call_id",
    "tool_call_id",
    "tool_use_id",
    "toolUseId",
    "item_id",
    "previous_response_id",
    "response_id",
    "message_id",
    "generation_id",
    "responseId",
    "modelVersion",
    "system_fingerprint",
    "service_tier",
    "finish_reason",
    "finishReason",
    "stop_reason",
    "stopReason",
    "status",
    "created",
    "created_at",
    "usage",
    "usageMetadata",
    "metrics",
    "redacted_thinking",
    "file_id",
    "container_id",
    "media_type",
    "mimeType",
    "mime_type",
    "format",
    "detail",
    "voice",
    "cache_control",
    "cachePoint",
    "tool_choice",
    "toolChoice",
    "reasoning_effort",
    "effort",
    "cachedContent",
    "$schema",
    "$ref",
    "$id",
    "pattern",
    "required",
    "modalities",
    "responseModalities",
    "stream_options",
    "encoding_format",
    "truncate",
    "truncation",
    "include",
    "verbosity",
    "role_name",
    "citation_options",
    "safety_mode",
    "anthropic_version",
    "inferenceConfig",
    "guardrailConfig",
    "performanceConfig",
    "safetySettings",
    "safetyRatings",
    "logit_bias",
    "nonce",
    "obfuscation",
    "sequence_number",
    "language_code",
];

/// Structure: names, kinds, ids and codes. Never what somebody says.
pub(super) fn is_structure(name: &str) -> bool {
    let first = name.as_bytes().first().map_or(0, |first| LENGTHS[usize::from(*first)]);
    name.len() < 32 && first >> name.len() & 1 == 1 && {
        let last = usize::from(name.as_bytes()[name.len() - 1]);
        // Of names of one length, few end with the same letter.
        let mut left = OF_LENGTH[name.len()] & ENDS[last];
        let mut is_one = false;
        while left != 0 && !is_one {
            is_one = NAMES[left.trailing_zeros() as usize] == name;
            left &= left - 1;
        }
        is_one
    }
}

/// Lengths of the names by their first byte, a bit each: they tell most others apart.
const LENGTHS: [u32; 256] = {
    let mut lengths = [0; 256];
    let mut at = 0;
    while at < NAMES.len() {
        let name = NAMES[at].as_bytes();
        lengths[name[0] as usize] |= 1 << name.len();
        at += 1;
    }
    lengths
};

/// The names of each length, a bit each.
static OF_LENGTH: [u128; 32] = {
    let mut names = [0; 32];
    let mut at = 0;
    while at < NAMES.len() {
        names[NAMES[at].len()] |= 1 << at;
        at += 1;
    }
    names
};

/// The names that end with each byte, a bit each.
static ENDS: [u128; 256] = {
    let mut names = [0; 256];
    let mut at = 0;
    while at < NAMES.len() {
        let name = NAMES[at].as_bytes();
        names[name[name.len() - 1] as usize] |= 1 << at;
        at += 1;
    }
    names
};

/// Media, vectors and what is sealed, as base64 or numbers. `data` is media only where the object says so.
pub(super) fn is_encoded(name: &str, holds_media: bool) -> bool {
    match name {
        "data" => holds_media,
        "b64_json" | "bytes" | "file_data" | "encrypted_content" | "redactedContent" | "signature"
        | "thoughtSignature" | "embedding" | "embeddings" | "base64" | "float" | "int8" | "uint8"
        | "binary" | "ubinary" | "audio" => true,
        _ => false,
    }
}

/// Objects whose `data` is media, by the member that they are and their kind.
pub(super) fn holds_media(name: &str, kind: Option<&str>) -> bool {
    matches!(name, "audio" | "input_audio" | "inlineData" | "inline_data")
        || matches!(kind, Some("base64" | "redacted_thinking"))
}

/// Members that hold a link, which may be a `data:` one.
pub(super) fn is_link(name: &str) -> bool {
    matches!(
        name,
        "url"
            | "uri"
            | "image"
            | "image_url"
            | "imageUrl"
            | "file_data"
            | "file_url"
            | "fileUri"
            | "audio_url"
            | "video_url"
    )
}

/// Objects whose members the caller names.
pub(super) fn is_map(name: &str) -> bool {
    matches!(name, "properties" | "patternProperties" | "variables" | "$defs" | "definitions")
}

/// Objects in which the caller says what it likes, beside the conversation.
pub(super) fn is_own(name: &str) -> bool {
    name == "metadata"
}

/// What repeats a text piece by piece.
pub(super) fn is_tokens(name: &str) -> bool {
    matches!(name, "logprobs" | "top_logprobs" | "logprobsResult" | "logprobs_content")
}

/// Values of any form, which tools are given or return: all in them is text, names and numbers too.
pub(super) fn is_free(name: &str, parent: &str) -> bool {
    matches!(
        (name, parent),
        ("args", _)
            | ("response", "functionResponse" | "function_response")
            | ("json", _)
            | ("data", "document" | "documents")
    )
}

/// Strings that hold JSON.
pub(super) fn is_json(name: &str, parent: &str) -> bool {
    matches!((name, parent), ("arguments" | "partial_json", _) | ("input", "toolUse"))
}

/// What is said, and no detail beside it. `is_result`: a tool says it, or a document.
pub(super) fn is_prose(name: &str, is_result: bool) -> bool {
    let is_of_result =
        matches!(name, "title" | "snippet" | "context" | "data" | "stdout" | "stderr" | "logs");
    is_result && is_of_result || is_said(name)
}

fn is_said(name: &str) -> bool {
    matches!(
        name,
        "content"
            | "text"
            | "output"
            | "input"
            | "prompt"
            | "instructions"
            | "system"
            | "preamble"
            | "refusal"
            | "parts"
            | "delta"
            | "message"
            | "query"
            | "documents"
            | "contents"
            | "messages"
            | "systemInstruction"
            | "suffix"
    )
}

/// Who speaks in a member of the whole body.
pub(super) fn speaker_of_member(name: &str) -> Option<Speaker> {
    Some(match name {
        "system" | "instructions" | "systemInstruction" | "system_instruction" | "preamble" => {
            Speaker::System
        }
        "tools"
        | "functions"
        | "toolConfig"
        | "tool_config"
        | "response_format"
        | "responseFormat"
        | "text"
        | "generationConfig"
        | "generation_config"
        | "output_config"
        | "additionalModelRequestFields" => Speaker::Definition,
        "documents" => Speaker::Tool,
        _ => return None,
    })
}

/// Who speaks in an object, by its role.
pub(super) fn speaker_of_role(role: &str) -> Option<Speaker> {
    Some(match role {
        "system" | "developer" => Speaker::System,
        "user" => Speaker::User,
        "assistant" | "model" => Speaker::Assistant,
        "tool" | "function" => Speaker::Tool,
        _ => return None,
    })
}

/// Who speaks in an object, by its kind.
pub(super) fn speaker_of_kind(kind: &str) -> Option<Speaker> {
    Some(match kind {
        "reasoning" | "thinking" => Speaker::Assistant,
        "mcp_list_tools" => Speaker::Definition,
        "document" | "search_result" | "tool_search_output" => Speaker::Tool,
        _ if kind.ends_with("_call_output") || kind.ends_with("tool_result") => Speaker::Tool,
        _ if is_call_kind(kind) => Speaker::Assistant,
        _ => return None,
    })
}

/// Who speaks in the value of a member within content.
pub(super) fn speaker_of_content(name: &str) -> Option<Speaker> {
    match name {
        "functionResponse"
        | "function_response"
        | "toolResponse"
        | "tool_response"
        | "toolResult"
        | "tool_results"
        | "codeExecutionResult"
        | "code_execution_result" => Some(Speaker::Tool),
        _ if is_call(name) => Some(Speaker::Assistant),
        _ => None,
    }
}

/// Does the model call a tool in the value of that member?
pub(super) fn is_call(name: &str) -> bool {
    matches!(
        name,
        "functionCall"
            | "function_call"
            | "toolCall"
            | "tool_call"
            | "toolUse"
            | "tool_calls"
            | "executableCode"
            | "executable_code"
    )
}

/// Does the model call a tool in an object of that kind?
pub(super) fn is_call_kind(kind: &str) -> bool {
    kind.ends_with("_call") || kind.ends_with("tool_use") || kind == "mcp_approval_request"
}

/// Does a call hold there what the tool returned?
pub(super) fn is_result(name: &str) -> bool {
    matches!(name, "output" | "outputs" | "results")
}
