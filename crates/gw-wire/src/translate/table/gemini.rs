//! Members of Gemini requests. Serves the table. It must not list what is translated.

use super::{Member, NO_GUARDRAIL, NO_LOGPROBS, NO_OUTPUT_BUT_TEXT, NO_SHAPE, NO_STORED_CONTENT};
use gw_model::WireFormat::{CohereChat as Cohere, OpenAiChat as Chat, OpenAiResponses as Responses};

pub(super) const MEMBERS: &[Member] = &[
    Member::refuse("cachedContent", &[], NO_STORED_CONTENT),
    Member::drop("generationConfig.audioTimestamp", &["false"]),
    Member::drop("generationConfig.enableEnhancedCivicAnswers", &["false"]),
    Member::drop("generationConfig.frequencyPenalty", &["0"])
        .read_as("frequency_penalty")
        .kept_by(&[(Chat, "frequency_penalty"), (Cohere, "frequency_penalty")]),
    Member::refuse("generationConfig.imageConfig", &[], NO_OUTPUT_BUT_TEXT),
    Member::refuse("generationConfig.logprobs", &["0"], NO_LOGPROBS)
        .read_as("top_logprobs")
        .kept_by(&[(Chat, "top_logprobs"), (Responses, "top_logprobs")]),
    Member::drop("generationConfig.mediaResolution", &["\"MEDIA_RESOLUTION_UNSPECIFIED\""]),
    Member::drop("generationConfig.presencePenalty", &["0"])
        .read_as("presence_penalty")
        .kept_by(&[(Chat, "presence_penalty"), (Cohere, "presence_penalty")]),
    Member::refuse("generationConfig.responseLogprobs", &["false"], NO_LOGPROBS)
        .read_as("logprobs")
        .kept_by(&[(Chat, "logprobs"), (Responses, "logprobs")]),
    Member::refuse("generationConfig.responseMimeType", &[], NO_SHAPE),
    Member::refuse("generationConfig.responseModalities", &["[\"text\"]", "[]"], NO_OUTPUT_BUT_TEXT)
        .read_as("modalities"),
    Member::drop("generationConfig.routingConfig", &[]),
    Member::refuse("generationConfig.speechConfig", &[], NO_OUTPUT_BUT_TEXT),
    // What a model shows of its reasoning is shown.
    Member::drop("generationConfig.thinkingConfig.includeThoughts", &["false", "true"]),
    Member::drop("labels", &["{}"]),
    Member::refuse("modelArmorConfig", &[], NO_GUARDRAIL),
    Member::drop("safetySettings", &["[]"]),
    Member::silent("store"),
    // The tools are limited to those instead.
    Member::silent("toolConfig.functionCallingConfig.allowedFunctionNames"),
    Member::drop("toolConfig.functionCallingConfig.mode", &[]),
    Member::drop("toolConfig.functionCallingConfig.streamFunctionCallArguments", &["false"]),
    Member::drop("toolConfig.includeServerSideToolInvocations", &["false"]),
    Member::drop("toolConfig.retrievalConfig", &["{}"]),
];

pub(super) const SPELLING: &[(&str, &str)] = &[
    ("file.filename", "contents.parts.displayName"),
    ("max_completion_tokens", "generationConfig.maxOutputTokens"),
    ("reasoning", "generationConfig.thinkingConfig"),
    ("reasoning_content", "contents.parts.thought"),
    ("reasoning_effort", "generationConfig.thinkingConfig"),
    ("response_format", "generationConfig.responseMimeType"),
    ("seed", "generationConfig.seed"),
    ("service_tier", "serviceTier"),
    ("stop", "generationConfig.stopSequences"),
    ("temperature", "generationConfig.temperature"),
    ("thinking", "contents.parts.thought"),
    ("top_k", "generationConfig.topK"),
    ("top_p", "generationConfig.topP"),
];
