//! Wire formats and endpoint kinds, as names only: codecs live in `gw-wire`.

use serde::{Deserialize, Serialize};

macro_rules! formats {
    ($($(#[$meta:meta])* $variant:ident = $name:literal, $api:ident, $endpoint:ident;)+) => {
        /// The shape of a request and its answer on the wire, on either side of the gateway.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum WireFormat {
            $($(#[$meta])* $variant),+
        }

        impl WireFormat {
            /// Every format.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in logs, JSON and metrics.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// Whose API the format belongs to: errors, headers and credentials look alike within one.
            #[must_use]
            pub const fn api(self) -> Api {
                match self { $(Self::$variant => Api::$api),+ }
            }

            /// What kind of work the format asks for; key policy speaks of these.
            #[must_use]
            pub const fn endpoint(self) -> Endpoint {
                match self { $(Self::$variant => Endpoint::$endpoint),+ }
            }
        }
    };
}

formats! {
    /// OpenAI `/chat/completions`.
    OpenAiChat = "chat", OpenAi, Chat;
    /// OpenAI `/completions` (legacy).
    OpenAiCompletions = "completions", OpenAi, Completions;
    /// OpenAI `/embeddings`.
    OpenAiEmbeddings = "embeddings", OpenAi, Embeddings;
    /// OpenAI `/responses`.
    OpenAiResponses = "responses", OpenAi, Chat;
    /// Anthropic `/v1/messages`.
    AnthropicMessages = "messages", Anthropic, Chat;
    /// Google `models/{model}:generateContent` and `:streamGenerateContent`. The path names the model and says
    /// whether to stream.
    GeminiGenerate = "generate_content", Gemini, Chat;
    /// Bedrock `/model/{id}/converse` and `/converse-stream`. As above; streams are binary.
    BedrockConverse = "converse", Bedrock, Chat;
    /// Cohere `/v2/chat`.
    CohereChat = "cohere_chat", Cohere, Chat;
    /// OpenAI `/images/generations`.
    OpenAiImages = "images", OpenAi, Images;
    /// OpenAI `/images/edits`; the request is a multipart form.
    OpenAiImageEdits = "image_edits", OpenAi, Images;
    /// OpenAI `/audio/speech`; the answer is audio.
    OpenAiSpeech = "speech", OpenAi, Audio;
    /// OpenAI `/audio/transcriptions`; the request is a multipart form.
    OpenAiTranscriptions = "transcriptions", OpenAi, Audio;
    /// OpenAI `/audio/translations`; the request is a multipart form.
    OpenAiTranslations = "translations", OpenAi, Audio;
    /// OpenAI `/moderations`.
    OpenAiModerations = "moderations", OpenAi, Moderations;
    /// OpenAI `/files` and what is below it.
    OpenAiFiles = "files", OpenAi, Files;
    /// OpenAI `/batches` and what is below it.
    OpenAiBatches = "batches", OpenAi, Batches;
    /// OpenAI `/realtime`, over a WebSocket.
    OpenAiRealtime = "realtime", OpenAi, Realtime;
    /// Anthropic `/v1/messages/count_tokens`.
    AnthropicCountTokens = "count_tokens", Anthropic, Chat;
    /// Google `models/{model}:countTokens`.
    GeminiCountTokens = "gemini_count_tokens", Gemini, Chat;
    /// Google `models/{model}:embedContent`.
    GeminiEmbed = "embed_content", Gemini, Embeddings;
    /// Google `models/{model}:batchEmbedContents`.
    GeminiBatchEmbed = "batch_embed_contents", Gemini, Embeddings;
    /// Bedrock `/model/{id}/count-tokens`.
    BedrockCountTokens = "bedrock_count_tokens", Bedrock, Chat;
    /// Bedrock `/model/{id}/invoke` of Amazon's Titan embeddings.
    BedrockTitanEmbed = "bedrock_titan_embed", Bedrock, Embeddings;
    /// Bedrock `/model/{id}/invoke` of Cohere's embeddings.
    BedrockCohereEmbed = "bedrock_cohere_embed", Bedrock, Embeddings;
    /// Bedrock's reranking.
    BedrockRerank = "bedrock_rerank", Bedrock, Rerank;
    /// Cohere `/v2/embed`.
    CohereEmbed = "cohere_embed", Cohere, Embeddings;
    /// Cohere `/v2/rerank`.
    CohereRerank = "rerank", Cohere, Rerank;
    /// `/rerank` as Jina, Voyage, Together and servers of open models have it.
    PlainRerank = "plain_rerank", OpenAi, Rerank;
    /// Voyage `/v1/embeddings`.
    VoyageEmbed = "voyage_embed", OpenAi, Embeddings;
    /// Voyage `/v1/rerank`.
    VoyageRerank = "voyage_rerank", OpenAi, Rerank;
    /// OpenAI `/responses/input_tokens`.
    OpenAiInputTokens = "input_tokens", OpenAi, Chat;
    /// A provider's own path, its body untouched.
    Passthrough = "passthrough", OpenAi, Passthrough;
}

impl WireFormat {
    /// Conversations: any of these can be translated into any other.
    pub const CONVERSATIONS: &'static [Self] = &[
        Self::OpenAiChat,
        Self::OpenAiResponses,
        Self::AnthropicMessages,
        Self::GeminiGenerate,
        Self::BedrockConverse,
        Self::CohereChat,
    ];

    /// One of [`Self::CONVERSATIONS`].
    #[must_use]
    pub const fn is_conversation(self) -> bool {
        matches!(
            self,
            Self::OpenAiChat
                | Self::OpenAiResponses
                | Self::AnthropicMessages
                | Self::GeminiGenerate
                | Self::BedrockConverse
                | Self::CohereChat
        )
    }

    /// The conversation whose tokens the format asks to count; `None` when it asks for something else.
    #[must_use]
    pub const fn counts(self) -> Option<Self> {
        match self {
            Self::AnthropicCountTokens => Some(Self::AnthropicMessages),
            Self::GeminiCountTokens => Some(Self::GeminiGenerate),
            Self::BedrockCountTokens => Some(Self::BedrockConverse),
            Self::OpenAiInputTokens => Some(Self::OpenAiResponses),
            _ => None,
        }
    }

    /// True when a request may be a form (`multipart/form-data`), whose content type goes upstream with it.
    #[must_use]
    pub const fn takes_form(self) -> bool {
        matches!(self, Self::OpenAiImageEdits | Self::OpenAiTranscriptions | Self::OpenAiTranslations)
    }

    /// True when a request's path, not its body, names the model (and asks for a stream).
    #[must_use]
    pub const fn has_model_in_path(self) -> bool {
        matches!(self.api(), Api::Gemini | Api::Bedrock)
    }
}

/// Whose API a wire format belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Api {
    /// OpenAI's, and what copies it.
    OpenAi,
    /// Anthropic's.
    Anthropic,
    /// Google's Gemini API.
    Gemini,
    /// Amazon Bedrock's runtime.
    Bedrock,
    /// Cohere's.
    Cohere,
}

impl Api {
    /// The provider whose own API this is: where a bare model name resolves to.
    #[must_use]
    pub const fn native_provider(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Bedrock => "bedrock",
            Self::Cohere => "cohere",
        }
    }
}

macro_rules! endpoints {
    ($($(#[$meta:meta])* $variant:ident = $name:literal;)+) => {
        /// A kind of work, independent of the wire format. Keys may be restricted to some.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Endpoint {
            $($(#[$meta])* $variant),+
        }

        impl Endpoint {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in configuration and JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

endpoints! {
    /// Conversations, in any wire format, and counting their tokens.
    Chat = "chat";
    /// Plain text completion.
    Completions = "completions";
    /// Vectors for texts.
    Embeddings = "embeddings";
    /// Documents by relevance.
    Rerank = "rerank";
    /// Making and editing images.
    Images = "images";
    /// Speech from text, text from speech.
    Audio = "audio";
    /// Judging content.
    Moderations = "moderations";
    /// Stored files.
    Files = "files";
    /// Asynchronous batches.
    Batches = "batches";
    /// Conversations over a WebSocket.
    Realtime = "realtime";
    /// Listing models.
    Models = "models";
    /// Untouched bodies to a provider's own path.
    Passthrough = "passthrough";
}

impl Endpoint {
    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|e| e.as_str() == name)
    }
}
