//! A request after reading, whatever its wire format: what the reply is made from. Plain data; it
//! must not parse or write any format.

use serde_json::Value;

/// What a request asks for.
#[derive(Debug, Default)]
pub(crate) struct Prompt {
    /// Model as named in the request (Azure: the deployment).
    pub(crate) model: String,
    /// Text of the last user turn.
    pub(crate) user_text: String,
    /// Media types of the images in the last user turn.
    pub(crate) images: Vec<String>,
    /// Functions that may be called.
    pub(crate) tools: Vec<Tool>,
    /// Which of them.
    pub(crate) choice: ToolChoice,
    /// At most one call in the reply.
    pub(crate) one_call: bool,
    /// Results of tool calls in the last turn, as text.
    pub(crate) tool_results: Vec<String>,
    /// Form of the reply's text.
    pub(crate) output: OutputForm,
    /// Input tokens by the emulator's rule.
    pub(crate) input_tokens: u64,
    /// Bound on generated tokens.
    pub(crate) max_tokens: Option<u64>,
    /// Texts that end the reply.
    pub(crate) stops: Vec<String>,
    /// Whether to think first.
    pub(crate) thinking: bool,
}

/// A function that may be called.
#[derive(Debug, Clone)]
pub(crate) struct Tool {
    pub(crate) name: String,
    /// JSON Schema of its arguments.
    pub(crate) schema: Value,
}

/// The caller's choice of tools.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) enum ToolChoice {
    /// Any number of calls; the emulator always calls one.
    #[default]
    Auto,
    /// No call.
    None,
    /// At least one call.
    Required,
    /// This function.
    Named(String),
}

/// The form of the reply's text.
#[derive(Debug, Default)]
pub(crate) enum OutputForm {
    /// Prose.
    #[default]
    Text,
    /// Some JSON object.
    JsonObject,
    /// JSON that fits a schema.
    Schema(Value),
}
