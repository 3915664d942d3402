//! Tests of [`super`].
use super::upstream_format;
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
