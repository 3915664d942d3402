//! The request side of the intermediate form: a conversation that any chat format can be read into and
//! written from. Used only when the caller's format and the target's differ.

use serde_json::value::RawValue;
use std::sync::Arc;

/// JSON kept as text: member order and number spelling survive.
pub type Json = Arc<RawValue>;

/// A request for the next turn of a conversation.
#[derive(Clone, Debug, Default)]
pub struct ChatRequest {
    /// The model, as the caller named it.
    pub model: String,
    /// Instructions that precede the conversation.
    pub system: Vec<Part>,
    /// The turns so far.
    pub messages: Vec<Message>,
    /// Tools that the model may call.
    pub tools: Vec<Tool>,
    /// Which of them.
    pub tool_choice: Option<ToolChoice>,
    /// Whether it may call several at once.
    pub parallel_tool_calls: Option<bool>,
    /// Bound on output tokens.
    pub max_output_tokens: Option<u64>,
    /// Sampling temperature, as written.
    pub temperature: Option<serde_json::Number>,
    /// Nucleus sampling, as written.
    pub top_p: Option<serde_json::Number>,
    /// Top-k sampling.
    pub top_k: Option<u64>,
    /// Stop sequences.
    pub stop: Vec<String>,
    /// Seed for repeatable sampling.
    pub seed: Option<i64>,
    /// Number of choices; 1 when absent.
    pub choices: Option<u32>,
    /// The shape that the answer must have.
    pub response_format: Option<ResponseFormat>,
    /// How much to reason.
    pub reasoning: Option<Reasoning>,
    /// The end user.
    pub user: Option<String>,
    /// The caller asked for a stream.
    pub stream: bool,
    /// The caller asked for usage at the end of the stream.
    pub include_usage: bool,
    /// The provider's service tier, as written.
    pub service_tier: Option<String>,
    /// Members that the intermediate form has no field for: name and value, for the table of what is dropped.
    pub extra: Vec<(String, Json)>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The caller's side.
    User,
    /// The model.
    Assistant,
    /// Instructions in the midst of a conversation.
    System,
}

/// One turn.
#[derive(Clone, Debug)]
pub struct Message {
    /// Speaker.
    pub role: Role,
    /// Content, in order. Tool results are parts of a user turn.
    pub parts: Vec<Part>,
    /// Name of the speaker, where the format has one.
    pub name: Option<String>,
}

/// A piece of content, with a mark where the caller asked the provider to cache the prompt up to here.
#[derive(Clone, Debug)]
pub struct Part {
    /// The content.
    pub kind: PartKind,
    /// Prompt-caching mark after this part, as written (`{"type":"ephemeral",...}`).
    pub cache_control: Option<Json>,
}

impl Part {
    /// A part without a caching mark.
    #[must_use]
    pub const fn new(kind: PartKind) -> Self {
        Self { kind, cache_control: None }
    }

    /// A text part.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(PartKind::Text(text.into()))
    }
}

/// Kinds of content.
#[derive(Clone, Debug)]
pub enum PartKind {
    /// Text.
    Text(String),
    /// An image; `detail` is OpenAI's resolution hint.
    Image {
        /// Where it is.
        source: MediaSource,
        /// Resolution hint.
        detail: Option<String>,
    },
    /// A document such as a PDF.
    Document {
        /// Where it is.
        source: MediaSource,
        /// File name or title.
        title: Option<String>,
    },
    /// Audio; `format` is `wav` or `mp3`.
    Audio {
        /// Base64.
        data: String,
        /// Encoding.
        format: String,
    },
    /// The model calls a tool.
    ToolCall {
        /// Id that the result refers to.
        id: String,
        /// The tool.
        name: String,
        /// JSON text of the arguments; may be empty or broken when a model wrote it so.
        arguments: String,
    },
    /// What a tool answered.
    ToolResult {
        /// The call.
        id: String,
        /// Its content.
        parts: Vec<Part>,
        /// The tool failed.
        is_error: bool,
    },
    /// Reasoning that was shown, with the provider's signature.
    Thinking {
        /// Text.
        text: String,
        /// Signature.
        signature: Option<String>,
    },
    /// Reasoning that was hidden.
    RedactedThinking(String),
    /// A refusal in the model's words.
    Refusal(String),
    /// A block that only the format it came from can carry.
    Opaque(Json),
}

/// Where media is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaSource {
    /// A URL that the provider fetches.
    Url(String),
    /// Inline.
    Base64 {
        /// Media type, for example `image/png`.
        media_type: String,
        /// Base64 text.
        data: String,
    },
    /// A file stored at the provider.
    File(String),
}

/// A tool that the model may call.
#[derive(Clone, Debug)]
pub enum Tool {
    /// A function with a JSON Schema.
    Function {
        /// Name.
        name: String,
        /// What it does.
        description: Option<String>,
        /// JSON Schema of the arguments.
        parameters: Option<Json>,
        /// The provider must follow the schema strictly.
        strict: Option<bool>,
        /// Prompt-caching mark.
        cache_control: Option<Json>,
    },
    /// A tool that the provider runs, in the format it came from.
    Opaque(Json),
}

/// Which tool to call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolChoice {
    /// The model decides.
    Auto,
    /// None.
    None,
    /// At least one.
    Required,
    /// This one.
    Tool(String),
}

/// The shape that an answer must have.
#[derive(Clone, Debug)]
pub enum ResponseFormat {
    /// Text.
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON after a schema.
    JsonSchema {
        /// Name of the schema.
        name: String,
        /// JSON Schema.
        schema: Json,
        /// Follow it strictly.
        strict: Option<bool>,
        /// What it is for.
        description: Option<String>,
    },
}

/// How much a model is to reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reasoning {
    /// Not at all.
    Off,
    /// By effort: `minimal`, `low`, `medium`, `high`, ...
    Effort(String),
    /// With a budget of tokens.
    Budget(u64),
    /// As the provider sees fit.
    Adaptive,
}
