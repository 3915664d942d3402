//! Names of tools that the target's format does not take: longer than it allows, or with other characters. Serves the
//! translation of requests and of their answers. It must not change a name that the target takes, and gives the
//! same name the same spelling in every turn of a conversation.

use gw_model::WireFormat;
use gw_model::chat::{ChatRequest, PartKind, Tool, ToolChoice};
use gw_model::event::Event;

/// Bytes that mark a spelling off: an underscore and eight digits of the name's hash.
const MARK_BYTES: usize = 9;

/// Spellings made for one request, each with the caller's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolNames(Vec<(String, String)>);

impl ToolNames {
    /// Spells the names in a request as `to` takes them.
    pub(super) fn fit(to: WireFormat, request: &mut ChatRequest) -> Self {
        let mut made = Self::default();
        let Some(max_bytes) = max_bytes(to) else { return made };
        for tool in &mut request.tools {
            if let Tool::Function { name, .. } = tool {
                made.spell(name, max_bytes);
            }
        }
        if let Some(ToolChoice::Tool(name)) = &mut request.tool_choice {
            made.spell(name, max_bytes);
        }
        for part in request.messages.iter_mut().flat_map(|message| &mut message.parts) {
            if let PartKind::ToolCall { name, .. } = &mut part.kind {
                made.spell(name, max_bytes);
            }
        }
        made
    }

    /// The spellings, each with the caller's name.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// As [`Self::pairs`] gave them.
    #[must_use]
    pub const fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// Gives a call in an answer the caller's name back.
    pub(super) fn restore(&self, event: &mut Event) {
        if let Event::ToolStart { name, .. } = event
            && let Some((_, own)) = self.0.iter().find(|(spelling, _)| spelling == name)
        {
            name.clone_from(own);
        }
    }

    fn spell(&mut self, name: &mut String, max_bytes: usize) {
        if name.is_empty() || (name.len() <= max_bytes && name.bytes().all(is_plain)) {
            return;
        }
        let spelling = spelling(name, max_bytes);
        let own = std::mem::replace(name, spelling.clone());
        if !self.0.iter().any(|(known, _)| *known == spelling) {
            self.0.push((spelling, own));
        }
    }
}

/// The longest name that a format's services take; `None` where they take what others do.
const fn max_bytes(to: WireFormat) -> Option<usize> {
    match to {
        WireFormat::OpenAiChat | WireFormat::OpenAiResponses | WireFormat::BedrockConverse => Some(64),
        WireFormat::AnthropicMessages => Some(128),
        _ => None,
    }
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// The name's beginning, and a mark that tells it from others that begin so.
fn spelling(name: &str, max_bytes: usize) -> String {
    let plain = name.chars().map(|c| if c.is_ascii() && is_plain(c as u8) { c } else { '_' });
    let mut out: String = plain.take(max_bytes.saturating_sub(MARK_BYTES)).collect();
    // FNV-1a: the same in every version and process.
    let hash =
        name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    out.push_str(&format!("_{hash:08x}"));
    out
}
