//! Tests of [`super`].
use super::{counts_here, upstream_format};
use crate::testing::provider;
use gw_model::catalog::ProviderKind;
use gw_model::format::WireFormat::{
    self, AnthropicMessages, OpenAiChat, OpenAiCompletions, OpenAiEmbeddings,
};

#[test]
fn the_same_format_or_a_chat_one_to_translate_to() {
    let openai: &[WireFormat] = &[OpenAiChat, OpenAiCompletions, OpenAiEmbeddings];
    let anthropic: &[WireFormat] = &[AnthropicMessages];
    let both: &[WireFormat] = &[OpenAiChat, AnthropicMessages];
    let cases = [
        (openai, OpenAiChat, Some(OpenAiChat)),
        (openai, OpenAiCompletions, Some(OpenAiCompletions)),
        (openai, AnthropicMessages, Some(OpenAiChat)),
        (anthropic, OpenAiChat, Some(AnthropicMessages)),
        (anthropic, OpenAiCompletions, Some(AnthropicMessages)),
        (anthropic, OpenAiEmbeddings, None),
        (both, AnthropicMessages, Some(AnthropicMessages)),
        (both, OpenAiCompletions, Some(OpenAiChat)),
        (&[OpenAiEmbeddings], OpenAiChat, None),
    ];
    for (formats, caller, wanted) in cases {
        let mut p = provider(ProviderKind::OpenAiCompatible, "http://h/v1");
        p.formats = formats.to_vec();
        assert_eq!(upstream_format(&p, "m", caller), wanted, "{formats:?} {caller:?}");
    }
}

#[test]
fn vectors_rankings_and_counts_have_formats_of_their_own() {
    use WireFormat::{
        AnthropicCountTokens, BedrockCohereEmbed, BedrockConverse, BedrockCountTokens, BedrockRerank,
        BedrockTitanEmbed, CohereEmbed, CohereRerank, GeminiBatchEmbed, GeminiEmbed, GeminiGenerate,
        PlainRerank,
    };
    let bedrock: &[WireFormat] =
        &[BedrockConverse, BedrockCountTokens, BedrockTitanEmbed, BedrockCohereEmbed, BedrockRerank];
    let google: &[WireFormat] = &[GeminiGenerate, GeminiBatchEmbed, GeminiEmbed];
    let plain: &[WireFormat] = &[OpenAiChat, OpenAiEmbeddings, PlainRerank];
    let cases = [
        (bedrock, "amazon.titan-embed-text-v2:0", OpenAiEmbeddings, Some(BedrockTitanEmbed)),
        (bedrock, "us.cohere.embed-v4:0", OpenAiEmbeddings, Some(BedrockCohereEmbed)),
        (bedrock, "amazon.nova-pro-v1:0", OpenAiEmbeddings, None),
        (bedrock, "cohere.rerank-v3-5:0", CohereRerank, Some(BedrockRerank)),
        (bedrock, "amazon.nova-pro-v1:0", AnthropicCountTokens, Some(BedrockCountTokens)),
        (google, "m", CohereEmbed, Some(GeminiBatchEmbed)),
        (google, "m", GeminiEmbed, Some(GeminiEmbed)),
        (google, "m", CohereRerank, None),
        (google, "m", AnthropicCountTokens, None),
        (plain, "m", CohereEmbed, Some(OpenAiEmbeddings)),
        (plain, "m", CohereRerank, Some(PlainRerank)),
    ];
    for (formats, model, caller, wanted) in cases {
        let mut p = provider(ProviderKind::OpenAiCompatible, "http://h/v1");
        p.formats = formats.to_vec();
        assert_eq!(upstream_format(&p, model, caller), wanted, "{formats:?} {model} {caller:?}");
    }
    let mut p = provider(ProviderKind::OpenAiCompatible, "http://h/v1");
    p.formats = google.to_vec();
    assert!(counts_here(&p, AnthropicCountTokens) && !counts_here(&p, CohereEmbed));
    p.formats = vec![OpenAiEmbeddings];
    assert!(!counts_here(&p, AnthropicCountTokens));
}
