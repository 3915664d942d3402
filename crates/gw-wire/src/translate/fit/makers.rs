//! Whose reasoning it is: providers sign or seal what their models think, and refuse what another sealed. Serves
//! the fitting of requests. It must not verify anything, only tell by the looks.

use crate::gemini::signature;
use gw_model::WireFormat;

/// Begins whatever OpenAI seals (the version byte of its tokens, in base64).
const OPENAI_SEAL: &str = "gAAAA";

/// Whether models behind `to` may take this signature or seal back. Reasoning travels through callers of any
/// format, so that the format it came in says nothing about who made it.
pub(super) fn takes_back(to: WireFormat, seal: &str) -> bool {
    let is_gemini = signature::is_own(seal);
    let is_openai = seal.starts_with(OPENAI_SEAL);
    match to {
        WireFormat::GeminiGenerate => is_gemini,
        WireFormat::OpenAiResponses => is_openai,
        // Claude has many doors: its own, Bedrock's.
        WireFormat::AnthropicMessages | WireFormat::BedrockConverse => !is_gemini && !is_openai,
        _ => false,
    }
}
