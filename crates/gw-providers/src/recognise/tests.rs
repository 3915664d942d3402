//! Tests of [`super`].
use super::*;
use ProviderKind::{Anthropic, AzureOpenAi, Bedrock, Cohere, Gemini, OpenAiCompatible};

#[test]
fn known_paths_of_every_kind() {
    use WireFormat as F;
    let cases = [
        (OpenAiCompatible, "/v1/chat/completions", F::OpenAiChat, None, false),
        (OpenAiCompatible, "/chat/completions", F::OpenAiChat, None, false),
        (OpenAiCompatible, "/v1/chat/%63ompletions/", F::OpenAiChat, None, false),
        (OpenAiCompatible, "/v1/completions", F::OpenAiCompletions, None, false),
        (OpenAiCompatible, "/v1/embeddings", F::OpenAiEmbeddings, None, false),
        (OpenAiCompatible, "/v1/responses", F::OpenAiResponses, None, false),
        (OpenAiCompatible, "/v1/images/generations", F::OpenAiImages, None, false),
        (OpenAiCompatible, "/v1/audio/transcriptions", F::OpenAiTranscriptions, None, false),
        (AzureOpenAi, "/openai/deployments/my%20gpt/chat/completions", F::OpenAiChat, Some("my gpt"), false),
        (Anthropic, "/v1/messages", F::AnthropicMessages, None, false),
        (
            Gemini,
            "/v1beta/models/gemini-2.5-flash:generateContent",
            F::GeminiGenerate,
            Some("gemini-2.5-flash"),
            false,
        ),
        (Gemini, "/v1beta/models/g:streamGenerateContent", F::GeminiGenerate, Some("g"), true),
        (Gemini, "/v1beta/openai/chat/completions", F::OpenAiChat, None, false),
        (
            Gemini,
            "/v1/projects/p/locations/l/publishers/anthropic/models/claude@1:streamRawPredict",
            F::AnthropicMessages,
            Some("claude@1"),
            true,
        ),
        (Bedrock, "/model/a.b-v1%3A0/converse", F::BedrockConverse, Some("a.b-v1:0"), false),
        (Bedrock, "/model/a.b-v1:0/converse-stream", F::BedrockConverse, Some("a.b-v1:0"), true),
        (
            Bedrock,
            "/model/us.anthropic.claude/invoke",
            F::AnthropicMessages,
            Some("us.anthropic.claude"),
            false,
        ),
        (Cohere, "/v2/chat", F::CohereChat, None, false),
        (Cohere, "/v2/embed", F::CohereEmbed, None, false),
        (Gemini, "/v1beta/models/g:embedContent", F::GeminiEmbed, Some("g"), false),
        (Gemini, "/v1beta/models/g:batchEmbedContents", F::GeminiBatchEmbed, Some("g"), false),
        (Gemini, "/v1beta/models/g:countTokens", F::GeminiCountTokens, Some("g"), false),
        (
            Bedrock,
            "/model/amazon.titan-embed-text-v2%3A0/invoke",
            F::BedrockTitanEmbed,
            Some("amazon.titan-embed-text-v2:0"),
            false,
        ),
        (
            Bedrock,
            "/model/us.cohere.embed-v4/invoke",
            F::BedrockCohereEmbed,
            Some("us.cohere.embed-v4"),
            false,
        ),
        (Bedrock, "/model/a.b/count-tokens", F::BedrockCountTokens, Some("a.b"), false),
        (Anthropic, "/v1/messages/count_tokens", F::AnthropicCountTokens, None, false),
        (OpenAiCompatible, "/v1/responses/input_tokens", F::OpenAiInputTokens, None, false),
    ];
    for (kind, path, format, model, stream) in cases {
        let found = recognise(kind, path).unwrap_or_else(|| panic!("{path}"));
        assert_eq!((found.format, found.model.as_deref(), found.stream), (format, model, stream), "{path}");
    }
}

#[test]
fn what_is_not_known_is_not_named() {
    let cases = [
        (OpenAiCompatible, "/v1/files"),
        (OpenAiCompatible, "/v1/responses/resp_1"),
        (OpenAiCompatible, "/v1/chat/completions/x"),
        (Anthropic, "/v1/messages/batches"),
        (Gemini, "/v1beta/models/g:asyncBatchEmbedContent"),
        (Bedrock, "/model/amazon.titan/invoke"),
        (Bedrock, "/model/us.anthropic.claude/invoke-with-response-stream"),
        (Bedrock, "/model//converse"),
        (Cohere, "/v1/chat"),
    ];
    for (kind, path) in cases {
        assert_eq!(recognise(kind, path), None, "{path}");
    }
}
