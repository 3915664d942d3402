//! A whole answer to events. Serves the translate stage. It must not lose a block: what the intermediate
//! form has no event for stays opaque.

use crate::anthropic::stream::StopDetails;
use crate::anthropic::{citation, ids, stop, usage::WireUsage};
use crate::codec::WireError;
use bytes::Bytes;
use gw_model::event::{Event, FinishReason};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
struct AnswerIn<'a> {
    #[serde(default)]
    id: String,
    #[serde(default)]
    model: String,
    #[serde(borrow)]
    content: Vec<&'a RawValue>,
    stop_reason: Option<String>,
    stop_sequence: Option<String>,
    stop_details: Option<StopDetails>,
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct BlockIn<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    text: Option<String>,
    thinking: Option<String>,
    signature: Option<String>,
    data: Option<String>,
    #[serde(default, borrow)]
    id: Cow<'a, str>,
    name: Option<String>,
    #[serde(default, borrow)]
    input: Option<&'a RawValue>,
    #[serde(default, borrow)]
    citations: Option<Vec<&'a RawValue>>,
}

/// Reads a whole answer, `End` included.
///
/// # Errors
/// [`WireError::Json`] when `body` is not a message.
pub fn read(body: &[u8]) -> Result<Vec<Event>, WireError> {
    let answer: AnswerIn<'_> = serde_json::from_slice(body)?;
    let mut events = Vec::with_capacity(answer.content.len() * 2 + 4);
    events.push(Event::Start { id: answer.id, model: answer.model, created: None });
    let mut block = 0;
    for raw in answer.content {
        content(raw, block, &mut events)?;
        block += 1;
    }
    if let Some(usage) = answer.usage {
        events.push(Event::Usage(usage.usage()));
    }
    if let Some(reason) = answer.stop_reason {
        let reason = stop::read(&reason, answer.stop_sequence.as_deref());
        if reason == FinishReason::ContentFilter
            && let Some(text) = answer.stop_details.and_then(|details| details.explanation)
        {
            events.push(Event::Refusal { choice: 0, block, text });
        }
        events.push(Event::Finish { choice: 0, reason });
    }
    events.push(Event::End);
    Ok(events)
}

fn content(raw: &RawValue, block: u32, events: &mut Vec<Event>) -> Result<(), WireError> {
    let found: BlockIn<'_> = serde_json::from_str(raw.get())?;
    let choice = 0;
    match found.kind.as_ref() {
        "text" => {
            events.push(Event::Text { choice, block, text: found.text.unwrap_or_default() });
            let citations = found.citations.into_iter().flatten();
            events.extend(citations.filter_map(|raw| citation::read(raw.get())).map(|citation| {
                let citation = Box::new(citation);
                Event::Citation { choice, block, citation }
            }));
        }
        "thinking" => {
            events.push(Event::Thinking { choice, block, text: found.thinking.unwrap_or_default() });
            if let Some(signature) = found.signature.filter(|signature| !signature.is_empty()) {
                events.push(Event::ThinkingSignature { choice, block, signature });
            }
        }
        "redacted_thinking" => {
            events.push(Event::RedactedThinking { choice, block, data: found.data.unwrap_or_default() });
        }
        "tool_use" => {
            let id = ids::decode(&found.id).into_owned();
            events.push(Event::ToolStart { choice, block, id, name: found.name.unwrap_or_default() });
            let json = found.input.map_or("{}", RawValue::get).to_owned();
            events.push(Event::ToolArguments { choice, block, json });
        }
        _ => {
            events.push(Event::Opaque { choice, block, json: Bytes::copy_from_slice(raw.get().as_bytes()) });
            return Ok(());
        }
    }
    events.push(Event::BlockEnd { choice, block });
    Ok(())
}
