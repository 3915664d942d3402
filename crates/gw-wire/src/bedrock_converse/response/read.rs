//! A whole answer to events. Serves the translate stage. It must not lose a block: what the intermediate
//! form has no event for stays opaque.

use crate::bedrock_converse::usage::{TierIn, WireUsage};
use crate::bedrock_converse::{blob, citation, ids, stop};
use crate::codec::WireError;
use bytes::Bytes;
use gw_model::event::Event;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnswerIn<'a> {
    #[serde(borrow)]
    output: OutputIn<'a>,
    stop_reason: Option<String>,
    usage: Option<WireUsage>,
    service_tier: Option<TierIn>,
    #[serde(default, borrow)]
    additional_model_response_fields: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct OutputIn<'a> {
    #[serde(borrow)]
    message: MessageIn<'a>,
}

#[derive(Deserialize)]
struct MessageIn<'a> {
    #[serde(default, borrow)]
    content: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlockIn<'a> {
    text: Option<String>,
    #[serde(default, borrow)]
    tool_use: Option<ToolUseIn<'a>>,
    reasoning_content: Option<ReasoningIn>,
    #[serde(default, borrow)]
    citations_content: Option<CitedIn<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolUseIn<'a> {
    #[serde(default)]
    tool_use_id: String,
    #[serde(default)]
    name: String,
    #[serde(default, borrow)]
    input: Option<&'a RawValue>,
    #[serde(rename = "type", default, borrow)]
    kind: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReasoningIn {
    reasoning_text: Option<ReasoningTextIn>,
    redacted_content: Option<String>,
}

#[derive(Deserialize)]
struct ReasoningTextIn {
    #[serde(default)]
    text: String,
    signature: Option<String>,
}

#[derive(Deserialize)]
struct CitedIn<'a> {
    #[serde(default, borrow)]
    content: Vec<CitedTextIn<'a>>,
    #[serde(default, borrow)]
    citations: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct CitedTextIn<'a> {
    #[serde(default, borrow)]
    text: Cow<'a, str>,
}

/// Reads a whole answer, `End` included. The format states neither an id nor the model.
///
/// # Errors
/// [`WireError::Json`] when `body` is not an answer of Converse.
pub fn read(body: &[u8]) -> Result<Vec<Event>, WireError> {
    let answer: AnswerIn<'_> = serde_json::from_slice(body)?;
    let content = answer.output.message.content;
    let mut events = Vec::with_capacity(content.len() * 3 + 4);
    events.push(Event::Start { id: String::new(), model: String::new(), created: None });
    let mut last_text = None;
    for (block, raw) in (0..).zip(content) {
        read_block(raw, block, &mut last_text, &mut events)?;
    }
    if let Some(usage) = answer.usage {
        events.push(Event::Usage(usage.usage(answer.service_tier.as_ref())));
    }
    if let Some(reason) = answer.stop_reason {
        let sequence = stop::sequence(answer.additional_model_response_fields);
        events.push(Event::Finish { choice: 0, reason: stop::read(&reason, sequence) });
    }
    events.push(Event::End);
    Ok(events)
}

/// `last_text` is the block of the last text: some models cite in a block of its own, behind what it is for.
fn read_block(
    raw: &RawValue,
    block: u32,
    last_text: &mut Option<u32>,
    events: &mut Vec<Event>,
) -> Result<(), WireError> {
    let found: BlockIn<'_> = serde_json::from_str(raw.get())?;
    let choice = 0;
    let cited = found.citations_content;
    if let Some(text) = found.text {
        events.push(Event::Text { choice, block, text });
        *last_text = Some(block);
    } else if let Some(call) = found.tool_use.filter(|call| call.kind != "server_tool_use") {
        let id = ids::decode(&call.tool_use_id).into_owned();
        events.push(Event::ToolStart { choice, block, id, name: call.name });
        let json = call.input.map_or("{}", RawValue::get).to_owned();
        events.push(Event::ToolArguments { choice, block, json });
    } else if let Some(ReasoningTextIn { text, signature }) =
        found.reasoning_content.as_ref().and_then(|reasoning| reasoning.reasoning_text.as_ref())
    {
        events.push(Event::Thinking { choice, block, text: text.clone() });
        if let Some(signature) = signature.clone().filter(|signature| !signature.is_empty()) {
            events.push(Event::ThinkingSignature { choice, block, signature });
        }
    } else if let Some(data) = found.reasoning_content.and_then(|reasoning| reasoning.redacted_content) {
        events.push(Event::RedactedThinking { choice, block, data: blob::read(&data) });
    } else if let Some(cited) = cited {
        if !cited.content.is_empty() {
            let text = cited.content.iter().map(|piece| piece.text.as_ref()).collect();
            events.push(Event::Text { choice, block, text });
            *last_text = Some(block);
        }
        if let Some(block) = *last_text {
            let found = cited.citations.into_iter().filter_map(|raw| citation::read(raw.get()));
            events.extend(found.map(|citation| {
                let citation = Box::new(citation);
                Event::Citation { choice, block, citation }
            }));
        }
        if cited.content.is_empty() {
            return Ok(());
        }
    } else {
        events.push(Event::Opaque { choice, block, json: Bytes::copy_from_slice(raw.get().as_bytes()) });
        return Ok(());
    }
    events.push(Event::BlockEnd { choice, block });
    Ok(())
}
