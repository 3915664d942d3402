//! Numbers that stand for the vocabulary's enums in journal files. They must never change their meaning:
//! a journal may be read by a later version. A new variant takes the next free number.

use gw_model::{Outcome, ServiceTier, SubCallRole, Unit, UsageSource, WireFormat};

macro_rules! codes {
    ($to:ident, $from:ident, $type:ty, { $($variant:path = $code:literal),+ $(,)? }) => {
        pub(crate) const fn $to(value: $type) -> u8 {
            match value { $($variant => $code),+ }
        }
        pub(crate) const fn $from(code: u8) -> Option<$type> {
            match code { $($code => Some($variant),)+ _ => None }
        }
    };
}

codes!(format_code, format_of, WireFormat, {
    WireFormat::OpenAiChat = 1,
    WireFormat::OpenAiCompletions = 2,
    WireFormat::OpenAiEmbeddings = 3,
    WireFormat::AnthropicMessages = 4,
    WireFormat::OpenAiResponses = 5,
    WireFormat::GeminiGenerate = 6,
    WireFormat::BedrockConverse = 7,
    WireFormat::CohereChat = 8,
    WireFormat::OpenAiImages = 9,
    WireFormat::OpenAiImageEdits = 10,
    WireFormat::OpenAiSpeech = 11,
    WireFormat::OpenAiTranscriptions = 12,
    WireFormat::OpenAiTranslations = 13,
    WireFormat::OpenAiModerations = 14,
    WireFormat::OpenAiFiles = 15,
    WireFormat::OpenAiBatches = 16,
    WireFormat::OpenAiRealtime = 17,
    WireFormat::AnthropicCountTokens = 18,
    WireFormat::GeminiCountTokens = 19,
    WireFormat::GeminiEmbed = 20,
    WireFormat::GeminiBatchEmbed = 21,
    WireFormat::BedrockCountTokens = 22,
    WireFormat::BedrockTitanEmbed = 23,
    WireFormat::BedrockCohereEmbed = 24,
    WireFormat::BedrockRerank = 25,
    WireFormat::CohereEmbed = 26,
    WireFormat::CohereRerank = 27,
    WireFormat::PlainRerank = 28,
    WireFormat::VoyageEmbed = 29,
    WireFormat::Passthrough = 30,
    WireFormat::VoyageRerank = 31,
    WireFormat::OpenAiInputTokens = 32,
    WireFormat::VertexPredict = 33,
});

codes!(outcome_code, outcome_of, Outcome, {
    Outcome::Success = 1,
    Outcome::Refused = 2,
    Outcome::UpstreamError = 3,
    Outcome::StreamCut = 4,
    Outcome::ClientDisconnect = 5,
    Outcome::Shutdown = 6,
    Outcome::Lost = 7,
});

codes!(source_code, source_of, UsageSource, {
    UsageSource::Upstream = 1,
    UsageSource::Estimated = 2,
    UsageSource::None = 3,
});

codes!(tier_code, tier_of, ServiceTier, {
    ServiceTier::Standard = 1,
    ServiceTier::Batch = 2,
    ServiceTier::Flex = 3,
    ServiceTier::Priority = 4,
});

codes!(role_code, role_of, SubCallRole, {
    SubCallRole::Mirror = 1,
    SubCallRole::Panel = 2,
    SubCallRole::Refresh = 3,
    SubCallRole::Repair = 4,
});

codes!(unit_code, unit_of, Unit, {
    Unit::Input = 1,
    Unit::Output = 2,
    Unit::CacheRead = 3,
    Unit::CacheWrite = 4,
    Unit::CacheWrite1h = 5,
    Unit::Reasoning = 6,
    Unit::AudioInput = 7,
    Unit::AudioOutput = 8,
    Unit::AudioCacheRead = 9,
    Unit::ImageInputToken = 10,
    Unit::ImageOutputToken = 11,
    Unit::ImageInput = 12,
    Unit::ImageOutput = 13,
    Unit::CharacterInput = 14,
    Unit::CharacterOutput = 15,
    Unit::SecondInput = 16,
    Unit::SecondOutput = 17,
    Unit::PixelInput = 18,
    Unit::PixelOutput = 19,
    Unit::Request = 20,
    Unit::Page = 21,
    Unit::SearchLow = 22,
    Unit::SearchMedium = 23,
    Unit::SearchHigh = 24,
});
