//! The items of an upstream's answer, turned into events piece by piece. Serves the readers of whole answers and of
//! streams. It must not go by item ids, which some upstreams change with every event, nor hold content: events that
//! repeat a text in full count only when none of it came in pieces.

use super::parts::{Parts, Seen};
use crate::codec::WireError;
use crate::json::{Kind as JsonKind, Object, Value, escape_into};
use crate::openai_chat::{annotation, logprobs};
use crate::openai_responses::ids::{Sealed, unsealed};
use bytes::Bytes;
use gw_model::Event;
use std::borrow::Cow;

/// Largest number of items of an answer.
const MAX_ITEMS: usize = 4096;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Content came before the item was announced.
    Unknown,
    Message,
    Reasoning,
    Call,
    Custom,
    /// Anything else; only this format can carry it.
    Opaque,
}

#[derive(Debug)]
struct Item {
    index: u64,
    kind: Kind,
    /// A piece could not be placed: only the whole item will tell.
    waits: bool,
    is_done: bool,
    parts: Parts,
}

/// Which texts a reasoning item shows, or a message has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    /// A message's text.
    Output,
    /// A message's refusal.
    Refusal,
    /// A summary of reasoning.
    Summary,
    /// Reasoning as it was.
    Reasoning,
}

/// The items so far.
#[derive(Debug, Default)]
pub(crate) struct Tracker {
    items: Vec<Item>,
    next_block: u32,
    /// The answer calls a tool of the caller's.
    pub(crate) has_calls: bool,
}

impl Tracker {
    /// An item is announced.
    ///
    /// # Errors
    /// There are too many.
    pub(crate) fn start(
        &mut self,
        index: Option<u64>,
        item: &Object<'_>,
        out: &mut Vec<Event>,
    ) -> Result<(), WireError> {
        let at = self.at(index)?;
        self.announce(at, item, out);
        Ok(())
    }

    /// A piece of a text, or with `is_whole` the text in full.
    ///
    /// # Errors
    /// There are too many items or parts.
    pub(crate) fn text(
        &mut self,
        place: (Option<u64>, u64),
        kind: Text,
        piece: &str,
        is_whole: bool,
        out: &mut Vec<Event>,
    ) -> Result<(), WireError> {
        let at = self.at(place.0)?;
        let wanted =
            if matches!(kind, Text::Output | Text::Refusal) { Kind::Message } else { Kind::Reasoning };
        let Some(item) = self.items.get_mut(at) else { return Ok(()) };
        if item.kind == Kind::Unknown {
            item.kind = wanted;
        }
        if item.kind != wanted || item.is_done || piece.is_empty() {
            return Ok(());
        }
        let Some(seen) = item.parts.part(kind, place.1, &mut self.next_block)? else { return Ok(()) };
        push_text(kind, seen, piece, is_whole, out);
        Ok(())
    }

    /// A text is annotated.
    ///
    /// # Errors
    /// There are too many items or parts.
    pub(crate) fn annotation(
        &mut self,
        place: (Option<u64>, u64),
        annotation: &Value<'_>,
        out: &mut Vec<Event>,
    ) -> Result<(), WireError> {
        let at = self.at(place.0)?;
        let Some(item) = self.items.get_mut(at) else { return Ok(()) };
        if item.kind != Kind::Message || item.is_done {
            return Ok(());
        }
        let Some(seen) = item.parts.part(Text::Output, place.1, &mut self.next_block)? else { return Ok(()) };
        seen.annotations = seen.annotations.saturating_add(1);
        push_citation(seen.block, annotation, out);
        Ok(())
    }

    /// A piece of a call's arguments or input, or with `is_whole` all of it.
    ///
    /// # Errors
    /// There are too many items.
    pub(crate) fn arguments(
        &mut self,
        index: Option<u64>,
        piece: &str,
        is_whole: bool,
        out: &mut Vec<Event>,
    ) -> Result<(), WireError> {
        let at = self.at(index)?;
        let Some(item) = self.items.get_mut(at) else { return Ok(()) };
        match item.kind {
            Kind::Unknown => item.waits = true,
            Kind::Call | Kind::Custom if !item.is_done && (is_whole || !item.waits) => {
                let is_custom = item.kind == Kind::Custom;
                if let Some(seen) = item.parts.first() {
                    push_arguments(is_custom, seen, piece, is_whole, out);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// An item is complete.
    ///
    /// # Errors
    /// There are too many items or parts.
    pub(crate) fn finish(
        &mut self,
        index: Option<u64>,
        item: &Value<'_>,
        out: &mut Vec<Event>,
    ) -> Result<(), WireError> {
        let object =
            item.object().map_err(|_| WireError::Shape { what: "an output item is not an object" })?;
        let at = self.at(index)?;
        self.announce(at, &object, out);
        let next_block = &mut self.next_block;
        let Some(known) = self.items.get_mut(at).filter(|known| !known.is_done) else { return Ok(()) };
        if known.kind != kind_of(&object) {
            return Ok(());
        }
        known.is_done = true;
        match known.kind {
            Kind::Message => message(known, &object, next_block, out)?,
            Kind::Reasoning => reasoning(known, &object, next_block, out)?,
            Kind::Call | Kind::Custom => {
                let (is_custom, name) = (known.kind == Kind::Custom, input_name(known.kind));
                if let Some(seen) = known.parts.first() {
                    let whole = object.get(name).map(|value| text_or_raw(&value)).unwrap_or_default();
                    push_arguments(is_custom, seen, &whole, true, out);
                    if is_custom {
                        close_custom(seen, out);
                    }
                }
            }
            Kind::Opaque | Kind::Unknown => {
                let block = take(next_block);
                let json = Bytes::copy_from_slice(item.raw().as_bytes());
                out.push(Event::Opaque { choice: 0, block, json });
                return Ok(());
            }
        }
        let ends = known.parts.blocks().map(|block| Event::BlockEnd { choice: 0, block });
        out.extend(ends);
        Ok(())
    }

    /// The answer is complete, and its output stands here in full: adds what no event told before.
    ///
    /// # Errors
    /// There are too many items or parts.
    pub(crate) fn complete(&mut self, output: &Value<'_>, out: &mut Vec<Event>) -> Result<(), WireError> {
        // Outputs that leave out or renumber what was streamed add nothing new.
        let has_more = output.elements().count() > self.items.len();
        for (index, item) in output.elements().enumerate() {
            let index = index as u64;
            let known = self.items.iter().find(|known| known.index == index);
            if known.map_or(has_more, |known| !known.is_done) {
                self.finish(Some(index), &item, out)?;
            }
        }
        self.close(out);
        Ok(())
    }

    /// Nothing more comes: ends what no event ended.
    pub(crate) fn close(&mut self, out: &mut Vec<Event>) {
        for item in self.items.iter_mut().filter(|item| !item.is_done) {
            item.is_done = true;
            if item.kind == Kind::Custom
                && let Some(seen) = item.parts.first()
            {
                close_custom(seen, out);
            }
            out.extend(item.parts.blocks().map(|block| Event::BlockEnd { choice: 0, block }));
        }
    }

    /// The item's position here; an event without an index goes on with the last item.
    fn at(&mut self, index: Option<u64>) -> Result<usize, WireError> {
        let known = match index {
            Some(index) => self.items.iter().rposition(|item| item.index == index),
            None => self.items.len().checked_sub(1),
        };
        if let Some(at) = known {
            return Ok(at);
        }
        if self.items.len() >= MAX_ITEMS {
            return Err(WireError::TooLarge { what: "output items", limit: MAX_ITEMS });
        }
        let index = index.unwrap_or(0);
        let parts = Parts::default();
        self.items.push(Item { index, kind: Kind::Unknown, waits: false, is_done: false, parts });
        Ok(self.items.len() - 1)
    }

    fn announce(&mut self, at: usize, object: &Object<'_>, out: &mut Vec<Event>) {
        let Some(item) = self.items.get_mut(at).filter(|item| item.kind == Kind::Unknown) else { return };
        item.kind = kind_of(object);
        if !matches!(item.kind, Kind::Call | Kind::Custom) {
            return;
        }
        let text = |name: &str| object.get(name).and_then(|value| value.as_str());
        let block = take(&mut self.next_block);
        item.parts.start_call(block);
        self.has_calls = true;
        // An upstream without ids for calls has ids for items at least.
        let id = text("call_id").filter(|id| !id.is_empty()).or_else(|| text("id")).unwrap_or_default();
        // Without the namespace: the request was written without namespaces, so the caller knows none.
        let name = text("name").unwrap_or_default().into_owned();
        out.push(Event::ToolStart { choice: 0, block, id: id.into_owned(), name });
    }
}

fn kind_of(item: &Object<'_>) -> Kind {
    match item.get("type").and_then(|kind| kind.as_str()).as_deref() {
        Some("message") => Kind::Message,
        Some("reasoning") => Kind::Reasoning,
        Some("function_call") => Kind::Call,
        Some("custom_tool_call") => Kind::Custom,
        None if item.get("role").is_some() => Kind::Message,
        _ => Kind::Opaque,
    }
}

const fn input_name(kind: Kind) -> &'static str {
    if matches!(kind, Kind::Custom) { "input" } else { "arguments" }
}

fn text_or_raw<'a>(value: &Value<'a>) -> Cow<'a, str> {
    match value.kind {
        // Some upstreams send the object itself.
        JsonKind::Object => Cow::Borrowed(value.raw()),
        _ => value.as_str().unwrap_or_default(),
    }
}

pub(super) fn take(next: &mut u32) -> u32 {
    let block = *next;
    *next = next.saturating_add(1);
    block
}

fn message(
    item: &mut Item,
    object: &Object<'_>,
    next: &mut u32,
    out: &mut Vec<Event>,
) -> Result<(), WireError> {
    let (mut texts, mut refusals) = (0, 0);
    for part in object.get("content").iter().flat_map(Value::elements) {
        let Ok(part) = part.object() else { continue };
        let text = |name: &str| part.get(name).and_then(|value| value.as_str());
        let (kind, whole, position) = match text("type").as_deref() {
            Some("refusal") => (Text::Refusal, text("refusal"), &mut refusals),
            _ => (Text::Output, text("text"), &mut texts),
        };
        let Some(whole) = whole.filter(|whole| !whole.is_empty()) else { continue };
        if let Some(seen) = item.parts.at(kind, *position, next)? {
            if seen.bytes == 0 {
                push_logprobs(part.get("logprobs"), out);
            }
            push_text(kind, seen, &whole, true, out);
            let annotations = part.get("annotations").filter(|list| list.kind == JsonKind::Array);
            for annotation in annotations.iter().flat_map(Value::elements).skip(seen.annotations) {
                push_citation(seen.block, &annotation, out);
            }
        }
        *position += 1;
    }
    Ok(())
}

fn reasoning(
    item: &mut Item,
    object: &Object<'_>,
    next: &mut u32,
    out: &mut Vec<Event>,
) -> Result<(), WireError> {
    for (kind, name) in [(Text::Summary, "summary"), (Text::Reasoning, "content")] {
        let parts = object.get(name);
        let texts = parts
            .iter()
            .flat_map(Value::elements)
            .filter_map(|part| part.object().ok()?.get("text")?.as_str());
        for (position, text) in texts.filter(|text| !text.is_empty()).enumerate() {
            if let Some(seen) = item.parts.at(kind, position, next)? {
                push_text(kind, seen, &text, true, out);
            }
        }
    }
    let sealed = object.get("encrypted_content").and_then(|sealed| sealed.as_str());
    let Some(sealed) = sealed.filter(|sealed| !sealed.is_empty()) else { return Ok(()) };
    let has_text = item.parts.has_text();
    let block = item.parts.block_of_reasoning(next);
    out.push(match unsealed(has_text, &sealed) {
        Sealed::Signature(signature) => {
            Event::ThinkingSignature { choice: 0, block, signature: signature.to_owned() }
        }
        Sealed::Hidden(data) => Event::RedactedThinking { choice: 0, block, data: data.to_owned() },
    });
    Ok(())
}

fn push_citation(block: u32, annotation: &Value<'_>, out: &mut Vec<Event>) {
    if let Some(citation) = annotation::read(annotation) {
        out.push(Event::Citation { choice: 0, block, citation: Box::new(citation) });
    }
}

/// Probabilities of the tokens of the text that comes next.
pub(crate) fn push_logprobs(list: Option<Value<'_>>, out: &mut Vec<Event>) {
    let tokens = list.map(|list| logprobs::read(&list)).unwrap_or_default();
    if !tokens.is_empty() {
        out.push(Event::Logprobs { choice: 0, tokens });
    }
}

/// What of `piece` has to go out. With `is_whole`, `piece` is everything up to here: it counts only when none of
/// it came in pieces, since the pieces are what an upstream's own clients show.
fn rest<'a>(seen: &mut Seen, piece: &'a str, is_whole: bool) -> &'a str {
    let rest = if is_whole && seen.bytes > 0 { "" } else { piece };
    seen.bytes = seen.bytes.saturating_add(rest.len());
    rest
}

fn push_text(kind: Text, seen: &mut Seen, piece: &str, is_whole: bool, out: &mut Vec<Event>) {
    let (choice, block) = (0, seen.block);
    let gap = std::mem::take(&mut seen.needs_gap);
    let rest = rest(seen, piece, is_whole);
    if rest.is_empty() {
        seen.needs_gap = gap;
        return;
    }
    let text = if gap { format!("\n\n{rest}") } else { rest.to_owned() };
    out.push(match kind {
        Text::Output => Event::Text { choice, block, text },
        Text::Refusal => Event::Refusal { choice, block, text },
        Text::Summary | Text::Reasoning => Event::Thinking { choice, block, text },
    });
}

/// The input of a custom tool becomes the one parameter of a function.
fn push_arguments(is_custom: bool, seen: &mut Seen, piece: &str, is_whole: bool, out: &mut Vec<Event>) {
    let rest = rest(seen, piece, is_whole);
    if rest.is_empty() {
        return;
    }
    let mut json = Vec::with_capacity(rest.len() + 16);
    if !is_custom {
        json.extend_from_slice(rest.as_bytes());
    } else {
        if !std::mem::replace(&mut seen.is_open, true) {
            json.extend_from_slice(crate::openai_responses::request::OPENING.as_bytes());
        }
        escape_into(&mut json, rest);
    }
    let json = String::from_utf8(json).unwrap_or_default();
    out.push(Event::ToolArguments { choice: 0, block: seen.block, json });
}

fn close_custom(seen: &mut Seen, out: &mut Vec<Event>) {
    use crate::openai_responses::request::{CLOSING, OPENING};
    let json = if std::mem::replace(&mut seen.is_open, true) {
        CLOSING.to_owned()
    } else {
        format!("{OPENING}{CLOSING}")
    };
    out.push(Event::ToolArguments { choice: 0, block: seen.block, json });
}
