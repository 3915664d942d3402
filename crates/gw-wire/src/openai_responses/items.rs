//! The kinds of items that the format has besides messages, reasoning and calls of the caller's functions.
//! Serves readers and writers. It must not list what has a part or an event of its own.

/// Items that a model's provider makes.
const MADE_BY_MODEL: &[&str] = &[
    "apply_patch_call",
    "code_interpreter_call",
    "computer_call",
    "file_search_call",
    "image_generation_call",
    "local_shell_call",
    "mcp_approval_request",
    "mcp_call",
    "mcp_list_tools",
    "program",
    "program_output",
    "reasoning",
    "shell_call",
    "tool_search_call",
    "web_search_call",
    "x_search_call",
];

/// Items that a caller makes, or that stand for what a caller said.
const MADE_BY_CALLER: &[&str] = &[
    "additional_tools",
    "apply_patch_call_output",
    "compaction",
    "computer_call_output",
    "local_shell_call_output",
    "mcp_approval_response",
    "shell_call_output",
    "tool_search_output",
];

/// Tools of this format that its provider runs, up to a version's suffix.
const TOOLS: &[&str] = &[
    "apply_patch",
    "code_interpreter",
    "collections_search",
    "computer_use",
    "file_search",
    "image_generation",
    "local_shell",
    "mcp",
    "shell",
    "tool_search",
    "web_search",
    "x_search",
];

/// Whether an item of that type belongs to the model's side of a conversation.
pub(super) fn is_models(kind: &str) -> bool {
    MADE_BY_MODEL.contains(&kind)
}

/// Whether the format has items of that type that no part or event is made for.
pub(super) fn is_item(kind: &str) -> bool {
    MADE_BY_MODEL.contains(&kind) || MADE_BY_CALLER.contains(&kind)
}

/// Whether a tool of that type is one of this format: by name, or with the suffixes that its versions have
/// (`web_search_preview`, `web_search_2025_08_26`). Other formats number theirs without separators.
pub(super) fn is_tool(kind: &str) -> bool {
    TOOLS.iter().any(|tool| {
        kind.strip_prefix(tool).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with("_preview") || (rest.starts_with('_') && rest.len() == 11)
        })
    })
}
