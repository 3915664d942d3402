//! A message or delta of an answer as events: both have the same members, a delta just has less of each.
//! Serves the readers of whole answers and streams. It must not depend on the order of members, and must keep
//! the numbers of blocks in the order in which blocks start.

use crate::json::{Kind, Object, Value};
use crate::openai_chat::annotation;
use gw_model::Event;
use std::borrow::Cow;

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    Text,
    Refusal,
    Thinking,
    Call,
}

/// The blocks of a choice so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocks {
    choice: u32,
    next: u32,
    /// The block that content of the same kind goes on in.
    open: Option<(Block, u32)>,
    /// The block of the last text, which annotations are about.
    text: u32,
    calls: Vec<Call>,
}

#[derive(Clone, Debug)]
struct Call {
    /// Its `index`; its position where the upstream states none.
    index: u64,
    id: String,
    name: String,
    /// None until it has started.
    block: Option<u32>,
}

/// Largest number of tool calls of a choice that are told apart.
const MAX_CALLS: usize = 1024;

impl Blocks {
    /// No blocks yet.
    pub(crate) fn new(choice: u32) -> Self {
        Self { choice, ..Self::default() }
    }

    /// Starts the calls that still wait for an id or a name: none will come.
    pub(crate) fn flush(&mut self, out: &mut Vec<Event>) {
        for at in 0..self.calls.len() {
            self.start_call(at, out);
        }
    }

    /// The block of the call at `at`, which starts when it has not yet.
    fn start_call(&mut self, at: usize, out: &mut Vec<Event>) -> u32 {
        let started = self.calls.get(at).and_then(|call| call.block);
        let block = started.unwrap_or_else(|| self.start(Block::Call));
        let choice = self.choice;
        if let Some(call) = self.calls.get_mut(at).filter(|call| call.block.is_none()) {
            call.block = Some(block);
            out.push(Event::ToolStart { choice, block, id: call.id.clone(), name: call.name.clone() });
        }
        block
    }

    fn block(&mut self, kind: Block) -> u32 {
        match self.open {
            Some((open, number)) if open == kind => number,
            _ => self.start(kind),
        }
    }

    fn start(&mut self, kind: Block) -> u32 {
        let number = self.next;
        self.next = self.next.saturating_add(1);
        self.open = Some((kind, number));
        if kind == Block::Text {
            self.text = number;
        }
        number
    }
}

/// Appends what `delta` (or a whole message) brings.
pub(crate) fn read_delta(delta: &Object<'_>, blocks: &mut Blocks, out: &mut Vec<Event>) {
    let choice = blocks.choice;
    let details = delta.get("reasoning_details").filter(|v| v.kind == Kind::Array);
    let mut has_text = false;
    for detail in details.iter().flat_map(Value::elements) {
        has_text |= reasoning_detail(&detail, blocks, out);
    }
    let plain = delta.get("reasoning_content").filter(|v| !v.is_null()).or_else(|| delta.get("reasoning"));
    if let Some(text) = plain.filter(|_| !has_text).and_then(|v| text(&v)) {
        let block = blocks.block(Block::Thinking);
        out.push(Event::Thinking { choice, block, text });
    }
    if let Some(content) = delta.get("content") {
        read_content(&content, blocks, out);
    }
    if let Some(list) = delta.get("annotations") {
        annotation::read_list(&list, choice, blocks.text, out);
    }
    if let Some(text) = delta.get("refusal").and_then(|v| text(&v)) {
        let block = blocks.block(Block::Refusal);
        out.push(Event::Refusal { choice, block, text });
    }
    let calls = delta.get("tool_calls").filter(|v| v.kind == Kind::Array);
    for (position, call) in calls.iter().flat_map(Value::elements).enumerate() {
        if let Ok(call) = call.object() {
            read_call(&call, position, blocks, out);
        }
    }
    if let Some(call) = delta.get("function_call").filter(|v| v.kind == Kind::Object)
        && let Ok(function) = call.object()
    {
        place_call(&function, 0, "", blocks, out);
    }
}

/// Content is text; some upstreams send parts, reasoning among them.
fn read_content(content: &Value<'_>, blocks: &mut Blocks, out: &mut Vec<Event>) {
    let choice = blocks.choice;
    if let Some(text) = text(content) {
        let block = blocks.block(Block::Text);
        out.push(Event::Text { choice, block, text });
    }
    if content.kind != Kind::Array {
        return;
    }
    for part in content.elements() {
        let Ok(part) = part.object() else { continue };
        if let Some(text) = part.get("text").and_then(|v| text(&v)) {
            let block = blocks.block(Block::Text);
            out.push(Event::Text { choice, block, text });
        }
        for thought in part.get("thinking").iter().flat_map(Value::elements) {
            let Ok(thought) = thought.object() else { continue };
            if let Some(text) = thought.get("text").and_then(|v| text(&v)) {
                let block = blocks.block(Block::Thinking);
                out.push(Event::Thinking { choice, block, text });
            }
        }
    }
}

/// True when the detail carried reasoning text, so that the plain copy of it must not count again.
fn reasoning_detail(value: &Value<'_>, blocks: &mut Blocks, out: &mut Vec<Event>) -> bool {
    let Ok(detail) = value.object() else { return false };
    let choice = blocks.choice;
    let member = |name: &str| detail.get(name).and_then(|v| text(&v));
    match detail.get("type").and_then(|v| v.as_str()).as_deref() {
        Some("reasoning.text" | "reasoning.summary") => {
            let said = member("text").or_else(|| member("summary"));
            let signature = member("signature");
            let has_text = said.is_some();
            if let Some(text) = said {
                let block = blocks.block(Block::Thinking);
                out.push(Event::Thinking { choice, block, text });
            }
            if let Some(signature) = signature {
                let block = blocks.block(Block::Thinking);
                out.push(Event::ThinkingSignature { choice, block, signature });
                // A signature is the last of its block.
                blocks.open = None;
            }
            has_text
        }
        Some("reasoning.encrypted") => {
            if let Some(data) = member("data") {
                let block = blocks.start(Block::Thinking);
                blocks.open = None;
                out.push(Event::RedactedThinking { choice, block, data });
            }
            false
        }
        _ => false,
    }
}

fn read_call(call: &Object<'_>, position: usize, blocks: &mut Blocks, out: &mut Vec<Event>) {
    let index = call.get("index").and_then(|v| v.as_u64()).unwrap_or(position as u64);
    let id = call.get("id").and_then(|v| v.as_str()).unwrap_or_default();
    if let Some(function) = call.get("function").and_then(|v| v.object().ok()) {
        place_call(&function, index, &id, blocks, out);
    } else if let Some(custom) = call.get("custom").and_then(|v| v.object().ok()) {
        place_call(&custom, index, &id, blocks, out);
    }
}

/// A call is another one when its index is new, or when another id comes under the same index (upstreams that
/// number every call 0). It starts when its id and name are known, which may come in pieces of their own, or
/// with its first argument.
fn place_call(function: &Object<'_>, index: u64, id: &str, blocks: &mut Blocks, out: &mut Vec<Event>) {
    let choice = blocks.choice;
    let name = function.get("name").and_then(|v| v.as_str()).unwrap_or_default();
    let goes_on = |call: &Call| {
        let is_late_id = call.id.is_empty() && (call.block.is_none() || name.is_empty());
        call.index == index && (id.is_empty() || call.id == id || is_late_id)
    };
    let at = match blocks.calls.iter().rposition(goes_on) {
        Some(at) => at,
        None if blocks.calls.len() >= MAX_CALLS => return,
        None => {
            blocks.flush(out);
            blocks.calls.push(Call { index, id: String::new(), name: String::new(), block: None });
            blocks.calls.len() - 1
        }
    };
    let Some(call) = blocks.calls.get_mut(at) else { return };
    if call.id.is_empty() {
        id.clone_into(&mut call.id);
    }
    if call.name.is_empty() {
        call.name = name.into_owned();
    }
    let is_known = !call.id.is_empty() && !call.name.is_empty();
    let written = function.get("arguments").or_else(|| function.get("input"));
    let json = written.and_then(|v| match v.kind {
        // Some upstreams send the object itself.
        Kind::Object => Some(v.raw().to_owned()),
        _ => text(&v),
    });
    if is_known || json.is_some() {
        let block = blocks.start_call(at, out);
        out.extend(json.map(|json| Event::ToolArguments { choice, block, json }));
    }
}

/// A string that is not empty.
fn text(value: &Value<'_>) -> Option<String> {
    value.as_str().filter(|t| !t.is_empty()).map(Cow::into_owned)
}
