//! Wire formats and endpoint kinds, as names only: codecs live in `gw-wire`.

use serde::{Deserialize, Serialize};

/// The shape of a request and its answer on the wire, on either side of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WireFormat {
    /// OpenAI `/chat/completions`.
    OpenAiChat,
    /// OpenAI `/completions` (legacy).
    OpenAiCompletions,
    /// OpenAI `/embeddings`.
    OpenAiEmbeddings,
    /// OpenAI `/responses`.
    OpenAiResponses,
    /// Anthropic `/v1/messages`.
    AnthropicMessages,
    /// Google `models/{model}:generateContent` and `:streamGenerateContent`. The path names the model and says
    /// whether to stream.
    GeminiGenerate,
    /// Bedrock `/model/{id}/converse` and `/converse-stream`. As above; streams are binary.
    BedrockConverse,
    /// Cohere `/v2/chat`.
    CohereChat,
}

impl WireFormat {
    /// Every format.
    pub const ALL: &'static [Self] = &[
        Self::OpenAiChat,
        Self::OpenAiCompletions,
        Self::OpenAiEmbeddings,
        Self::OpenAiResponses,
        Self::AnthropicMessages,
        Self::GeminiGenerate,
        Self::BedrockConverse,
        Self::CohereChat,
    ];

    /// Conversations: any of these can be translated into any other.
    pub const CONVERSATIONS: &'static [Self] = &[
        Self::OpenAiChat,
        Self::OpenAiResponses,
        Self::AnthropicMessages,
        Self::GeminiGenerate,
        Self::BedrockConverse,
        Self::CohereChat,
    ];

    /// The name in logs, JSON and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAiChat => "chat",
            Self::OpenAiCompletions => "completions",
            Self::OpenAiEmbeddings => "embeddings",
            Self::OpenAiResponses => "responses",
            Self::AnthropicMessages => "messages",
            Self::GeminiGenerate => "generate_content",
            Self::BedrockConverse => "converse",
            Self::CohereChat => "cohere_chat",
        }
    }

    /// True when a request's path, not its body, names the model and asks for a stream.
    #[must_use]
    pub const fn has_model_in_path(self) -> bool {
        matches!(self, Self::GeminiGenerate | Self::BedrockConverse)
    }

    /// What kind of work the format asks for; key policy speaks of these.
    #[must_use]
    pub const fn endpoint(self) -> Endpoint {
        match self {
            Self::OpenAiChat
            | Self::OpenAiResponses
            | Self::AnthropicMessages
            | Self::GeminiGenerate
            | Self::BedrockConverse
            | Self::CohereChat => Endpoint::Chat,
            Self::OpenAiCompletions => Endpoint::Completions,
            Self::OpenAiEmbeddings => Endpoint::Embeddings,
        }
    }

    /// The provider whose own format this is: where a bare model name resolves to.
    #[must_use]
    pub const fn native_provider(self) -> &'static str {
        match self {
            Self::OpenAiChat | Self::OpenAiCompletions | Self::OpenAiEmbeddings | Self::OpenAiResponses => {
                "openai"
            }
            Self::AnthropicMessages => "anthropic",
            Self::GeminiGenerate => "gemini",
            Self::BedrockConverse => "bedrock",
            Self::CohereChat => "cohere",
        }
    }
}

/// A kind of work, independent of the wire format. Keys may be restricted to some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// Conversations, in any wire format.
    Chat,
    /// Plain text completion.
    Completions,
    /// Vectors for texts.
    Embeddings,
    /// Listing models.
    Models,
    /// Untouched bodies to a provider's own path.
    Passthrough,
}

impl Endpoint {
    /// Every kind.
    pub const ALL: &'static [Self] =
        &[Self::Chat, Self::Completions, Self::Embeddings, Self::Models, Self::Passthrough];

    /// The name in configuration and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Completions => "completions",
            Self::Embeddings => "embeddings",
            Self::Models => "models",
            Self::Passthrough => "passthrough",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|e| e.as_str() == name)
    }
}
