//! Ids of tool calls. Serves the fitting of requests. It must not change an id that is unique.

use gw_model::WireFormat;
use gw_model::chat::{Message, PartKind};
use std::collections::{HashMap, VecDeque};

/// Whether the format refuses ids that repeat within a conversation.
pub(super) const fn must_be_unique(to: WireFormat) -> bool {
    !matches!(to, WireFormat::OpenAiChat | WireFormat::GeminiGenerate)
}

/// Makes ids unique. Callers of the older `function_call` have names for ids, and some upstreams give the same
/// id, or none, again and again. Results follow their calls' order.
pub(super) fn make_unique(messages: &mut [Message]) {
    let mut used: HashMap<String, VecDeque<String>> = HashMap::new();
    let mut count = 0_u32;
    for part in messages.iter_mut().flat_map(|message| &mut message.parts) {
        match &mut part.kind {
            PartKind::ToolCall { id, .. } => {
                let is_repeated = id.is_empty() || used.contains_key(id.as_str());
                let waiting = used.entry(id.clone()).or_default();
                if is_repeated {
                    count += 1;
                    *id = format!("{id}-{count}");
                }
                waiting.push_back(id.clone());
            }
            PartKind::ToolResult { id, .. } => {
                if let Some(unique) = used.get_mut(id.as_str()).and_then(VecDeque::pop_front) {
                    *id = unique;
                }
            }
            _ => {}
        }
    }
}
