//! A whole answer to events. Serves the translate stage. It must not pass a failed generation for an answer.

use crate::cited::position;
use crate::codec::WireError;
use crate::cohere_chat::{citation, finish, usage::WireUsage};
use gw_model::event::{Citation, Event};
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
    let content = message.content.unwrap_or_default();
    let first_content = block;
    let last_content = block.saturating_add(position(content.len() as u64)).saturating_sub(1);
    let mut cited: Vec<(u32, Citation)> = Vec::new();
    for raw in message.citations.into_iter().flatten() {
        let Some((place, found)) = citation::read(raw.get()) else { continue };
        let of = place.map_or(last_content, |index| first_content.saturating_add(index));
        cited.extend(found.into_iter().map(|citation| (of, citation)));
    }
    for content in content {
        match content.kind.as_ref() {
            "thinking" => {
                events.push(Event::Thinking { choice, block, text: content.thinking.unwrap_or_default() });
            }
            _ => events.push(Event::Text { choice, block, text: content.text.unwrap_or_default() }),
        }
        let (own, others) = cited.into_iter().partition(|(of, _)| *of == block);
        cited = others;
        let own: Vec<(u32, Citation)> = own;
        events.extend(own.into_iter().map(|(_, citation)| {
            let citation = Box::new(citation);
            Event::Citation { choice, block, citation }
        }));
        events.push(Event::BlockEnd { choice, block });
        block += 1;
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
