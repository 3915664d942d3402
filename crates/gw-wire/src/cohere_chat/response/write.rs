//! Events to a whole answer for a caller. Serves the translate stage. It must not fail: what the format has
//! no place for (further choices, signatures, opaque blocks of other formats) is left out.

use crate::cited::{Extents, position};
use crate::codec::WriteContext;
use crate::cohere_chat::{citation, finish, ids, usage};
use crate::json::Writer;
use gw_model::event::{Citation, Event, FinishReason};
use gw_model::usage::Usage;

/// An answer as it grows.
#[derive(Default)]
struct Answer<'a> {
    id: &'a str,
    content: Vec<Block>,
    calls: Vec<Call<'a>>,
    citations: Vec<(u32, &'a Citation)>,
    usage: Usage,
    finish: Option<&'a FinishReason>,
}

struct Block {
    block: u32,
    is_thinking: bool,
    text: String,
}

struct Call<'a> {
    block: u32,
    id: &'a str,
    name: &'a str,
    arguments: String,
}

/// Writes a whole answer.
#[must_use]
pub fn write(events: &[Event], context: &WriteContext) -> Vec<u8> {
    let mut answer = Answer { id: &context.fallback_id, ..Answer::default() };
    for event in events {
        answer.fold(event);
    }
    let mut w = Writer::with_capacity(512);
    w.begin_object();
    w.string_member("id", answer.id);
    w.key("message");
    w.begin_object();
    w.string_member("role", "assistant");
    write_content(&answer, &mut w);
    write_calls(&answer, &mut w);
    write_citations(&answer, &mut w);
    w.end_object();
    w.string_member("finish_reason", finish::write(answer.finish, !answer.calls.is_empty()));
    w.key("usage");
    usage::write(&mut w, &answer.usage);
    w.end_object();
    w.into_bytes()
}

impl<'a> Answer<'a> {
    fn fold(&mut self, event: &'a Event) {
        match event {
            Event::Start { id, .. } if !id.is_empty() => self.id = id,
            Event::Usage(later) => self.usage.merge(later),
            Event::Finish { choice: 0, reason } => self.finish = Some(reason),
            Event::Text { choice: 0, block, text } | Event::Refusal { choice: 0, block, text } => {
                self.content(*block, false, text);
            }
            Event::Thinking { choice: 0, block, text } => self.content(*block, true, text),
            Event::ToolStart { choice: 0, block, id, name } => {
                self.calls.push(Call { block: *block, id, name, arguments: String::new() });
            }
            Event::ToolArguments { choice: 0, block, json } => {
                if let Some(call) = self.calls.iter_mut().rev().find(|call| call.block == *block) {
                    call.arguments.push_str(json);
                }
            }
            Event::Citation { choice: 0, block, citation } => self.citations.push((*block, citation)),
            _ => {}
        }
    }

    fn content(&mut self, block: u32, is_thinking: bool, text: &str) {
        let known = self.content.iter_mut().rev().find(|b| b.block == block && b.is_thinking == is_thinking);
        match known {
            Some(known) => known.text.push_str(text),
            None => self.content.push(Block { block, is_thinking, text: text.to_owned() }),
        }
    }
}

/// Callers take the first block of an answer without looking, so that one without content has an empty one.
fn write_content(answer: &Answer<'_>, w: &mut Writer) {
    if answer.content.is_empty() && !answer.calls.is_empty() {
        return;
    }
    w.key("content");
    w.begin_array();
    for block in &answer.content {
        let kind = if block.is_thinking { "thinking" } else { "text" };
        w.begin_object();
        w.string_member("type", kind);
        w.string_member(kind, &block.text);
        w.end_object();
    }
    if answer.content.is_empty() {
        w.raw(r#"{"type":"text","text":""}"#);
    }
    w.end_array();
}

fn write_calls(answer: &Answer<'_>, w: &mut Writer) {
    if answer.calls.is_empty() {
        return;
    }
    w.key("tool_calls");
    w.begin_array();
    for call in &answer.calls {
        w.begin_object();
        if call.id.is_empty() {
            w.string_member("id", &ids::invent(answer.id, call.block));
        } else {
            w.string_member("id", call.id);
        }
        w.string_member("type", "function");
        w.key("function");
        w.begin_object();
        w.string_member("name", call.name);
        w.string_member("arguments", if call.arguments.is_empty() { "{}" } else { &call.arguments });
        w.end_object();
        w.end_object();
    }
    w.end_array();
}

fn write_citations(answer: &Answer<'_>, w: &mut Writer) {
    let mut extents = Extents::default();
    let texts = || answer.content.iter().filter(|block| !block.is_thinking);
    texts().for_each(|block| extents.text(block.block, &block.text));
    let placed = |wanted: u32| answer.content.iter().position(|b| b.block == wanted && !b.is_thinking);
    let mut cited = answer.citations.iter().filter_map(|(block, citation)| {
        let index = placed(*block)?;
        Some((index, *block, *citation))
    });
    let Some(first) = cited.next() else { return };
    w.key("citations");
    w.begin_array();
    for (index, block, cited) in std::iter::once(first).chain(cited) {
        let range = extents.in_block(block, cited);
        let text = answer.content.get(index).map_or("", |content| citation::piece(&content.text, range));
        citation::write(w, cited, range, text, position(index as u64));
    }
    w.end_array();
}
