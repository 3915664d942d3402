//! Members of Bedrock Converse requests. Serves the table. It must not list what is translated.

use super::{Member, NO_GUARDRAIL, NO_STORED_CONTENT};

pub(super) const MEMBERS: &[Member] = &[
    Member::drop("additionalModelRequestFields.anthropic_beta", &["[]"]),
    Member::drop("additionalModelResponseFieldPaths", &["[]"]),
    Member::refuse("guardrailConfig", &[], NO_GUARDRAIL),
    Member::drop("performanceConfig", &["{}", "{\"latency\":\"standard\"}"]),
    Member::refuse("promptVariables", &["{}"], NO_STORED_CONTENT),
    Member::drop("requestMetadata", &["{}"]),
];

pub(super) const SPELLING: &[(&str, &str)] = &[
    ("cache_control", "cachePoint"),
    ("file.filename", "messages.content.document.name"),
    ("max_completion_tokens", "inferenceConfig.maxTokens"),
    ("reasoning", "additionalModelRequestFields.thinking"),
    ("reasoning_content", "messages.content.reasoningContent"),
    ("reasoning_effort", "additionalModelRequestFields.thinking"),
    ("response_format", "outputConfig.textFormat"),
    ("service_tier", "serviceTier"),
    ("stop", "inferenceConfig.stopSequences"),
    ("temperature", "inferenceConfig.temperature"),
    ("thinking", "messages.content.reasoningContent"),
    ("tools.function.strict", "toolConfig.tools.toolSpec.strict"),
    ("top_k", "additionalModelRequestFields.top_k"),
    ("top_p", "inferenceConfig.topP"),
];
