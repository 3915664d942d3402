//! Members of Anthropic Messages requests. Serves the table. It must not list what is translated.

use super::{Member, NO_CONTAINER, NO_REGION};

pub(super) const MEMBERS: &[Member] = &[
    // In bodies for clouds that have no headers of the provider.
    Member::drop("anthropic_beta", &["[]"]),
    Member::silent("anthropic_version"),
    Member::drop("betas", &["[]"]),
    Member::drop("cache_control", &[]),
    Member::refuse("container", &[], NO_CONTAINER),
    Member::drop("context_management", &[]),
    Member::refuse("inference_geo", &["\"global\""], NO_REGION),
    Member::refuse("mcp_servers", &["[]"], NO_CONTAINER),
    Member::drop("output_config.task_budget", &[]),
    Member::drop("speed", &["\"standard\""]),
];

pub(super) const SPELLING: &[(&str, &str)] = &[
    ("file.filename", "messages.content.title"),
    ("max_completion_tokens", "max_tokens"),
    ("parallel_tool_calls", "tool_choice.disable_parallel_tool_use"),
    ("reasoning", "thinking"),
    ("reasoning_content", "messages.content.thinking"),
    ("reasoning_effort", "thinking"),
    ("response_format", "output_config.format"),
    ("stop", "stop_sequences"),
    ("thinking", "messages.content.thinking"),
    ("tools.function.strict", "tools.strict"),
    ("user", "metadata.user_id"),
];
