//! A whole answer to events. Serves the translate stage. It must not pass a failed generation for an answer.

use crate::codec::WireError;
use crate::cohere_chat::{finish, usage::WireUsage};
use bytes::Bytes;
use gw_model::event::Event;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
struct AnswerIn<'a> {
    #[serde(default)]
    id: Option<String>,
    #[serde(borrow)]
    message: MessageIn<'a>,
    finish_reason: Option<String>,
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct MessageIn<'a> {
    #[serde(default)]
    tool_plan: Option<String>,
    #[serde(default, borrow)]
    content: Option<Vec<BlockIn<'a>>>,
    #[serde(default)]
    tool_calls: Option<Vec<CallIn>>,
    #[serde(default, borrow)]
    citations: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct BlockIn<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    text: Option<String>,
    thinking: Option<String>,
}

#[derive(Deserialize)]
struct CallIn {
    id: Option<String>,
    function: FunctionIn,
}

#[derive(Deserialize)]
struct FunctionIn {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct PlaceIn {
    content_index: Option<u32>,
}

/// Reads a whole answer, `End` included. Block numbers: the plan, the content in order, the calls in order.
///
/// # Errors
/// [`WireError::Json`] when `body` is not an answer, [`WireError::Shape`] when it says that the generation
/// failed.
pub fn read(body: &[u8]) -> Result<Vec<Event>, WireError> {
    let answer: AnswerIn<'_> = serde_json::from_slice(body)?;
    if answer.finish_reason.as_deref().is_some_and(finish::is_failure) {
        return Err(WireError::Shape { what: "`finish_reason` says that the generation failed" });
    }
    let mut events = Vec::with_capacity(12);
    let id = answer.id.unwrap_or_default();
    events.push(Event::Start { id, model: String::new(), created: None });
    message(answer.message, &mut events);
    if let Some(usage) = answer.usage.and_then(|usage| usage.usage()) {
        events.push(Event::Usage(usage));
    }
    if let Some(reason) = answer.finish_reason {
        events.push(Event::Finish { choice: 0, reason: finish::read(&reason) });
    }
    events.push(Event::End);
    Ok(events)
}

fn message(message: MessageIn<'_>, events: &mut Vec<Event>) {
    let (choice, mut block) = (0, 0);
    if let Some(text) = message.tool_plan.filter(|text| !text.is_empty()) {
        events.push(Event::Thinking { choice, block, text });
        events.push(Event::BlockEnd { choice, block });
        block += 1;
    }
    let first_content = block;
    for content in message.content.into_iter().flatten() {
        match content.kind.as_ref() {
            "thinking" => {
                events.push(Event::Thinking { choice, block, text: content.thinking.unwrap_or_default() });
            }
            _ => events.push(Event::Text { choice, block, text: content.text.unwrap_or_default() }),
        }
        events.push(Event::BlockEnd { choice, block });
        block += 1;
    }
    let last_content = block.saturating_sub(1).max(first_content);
    for raw in message.citations.into_iter().flatten() {
        let place = serde_json::from_str::<PlaceIn>(raw.get()).ok().and_then(|place| place.content_index);
        let block = place.map_or(last_content, |index| first_content.saturating_add(index));
        events.push(Event::Opaque { choice, block, json: Bytes::copy_from_slice(raw.get().as_bytes()) });
    }
    for call in message.tool_calls.into_iter().flatten() {
        let (id, name) = (call.id.unwrap_or_default(), call.function.name.unwrap_or_default());
        events.push(Event::ToolStart { choice, block, id, name });
        // A call without arguments comes with the text `null`.
        let json = call.function.arguments.filter(|text| !matches!(text.trim(), "" | "null"));
        events.push(Event::ToolArguments { choice, block, json: json.unwrap_or_else(|| "{}".to_owned()) });
        events.push(Event::BlockEnd { choice, block });
        block += 1;
    }
}
