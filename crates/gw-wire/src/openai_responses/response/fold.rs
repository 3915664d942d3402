//! The items of an answer for a caller, folded from events. Serves the writers of whole answers and of streams. It
//! must not know how items are written. Choices other than the first have no place in this format.

use crate::cited::Extents;
use crate::codec::WireError;
use crate::json::Object;
use crate::json::cursor::DEPTH_CEILING;
use crate::openai_responses::echo::one_line;
use crate::openai_responses::items;
use gw_model::Event;
use gw_model::event::{Citation, TokenLogprob};

/// Bytes of content that may be held: the format repeats everything when an answer ends.
const MAX_HELD_BYTES: usize = 64 * 1024 * 1024;
/// Largest number of items.
const MAX_ITEMS: usize = 4096;

/// One item.
#[derive(Debug)]
pub(crate) struct Item {
    /// What it holds.
    pub(crate) kind: Kind,
    /// It gets nothing more: the status that it was closed with.
    pub(crate) closed: Option<&'static str>,
}

impl Item {
    fn last_part(&mut self) -> Option<&mut Part> {
        match &mut self.kind {
            Kind::Message(parts) => parts.last_mut(),
            _ => None,
        }
    }
}

/// What an item holds.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Text and refusals.
    Message(Vec<Part>),
    /// Reasoning: what is shown, its signature, or what is hidden.
    Reasoning { block: u32, text: String, signature: String, hidden: String },
    /// A call.
    Call { block: u32, id: String, name: String, arguments: String },
    /// An item of this format, as its upstream wrote it.
    Opaque(String),
}

/// A part of a message.
#[derive(Debug)]
pub(crate) struct Part {
    block: u32,
    /// What it is.
    pub(crate) kind: PartKind,
    /// So far.
    pub(crate) text: String,
    /// What it rests on, with the ranges in it.
    pub(crate) citations: Vec<(Citation, (u32, u32))>,
    /// How likely its tokens were.
    pub(crate) logprobs: Vec<TokenLogprob>,
}

impl Part {
    fn new(block: u32, kind: PartKind) -> Self {
        Self { block, kind, text: String::new(), citations: Vec::new(), logprobs: Vec::new() }
    }
}

/// Kinds of parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartKind {
    /// Text.
    Text,
    /// A refusal.
    Refusal,
}

/// What an event did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The item's index.
    pub(crate) item: usize,
    /// It is new.
    pub(crate) is_new: bool,
    /// A part of a message is new.
    pub(crate) is_new_part: bool,
}

/// The items so far.
#[derive(Debug, Default)]
pub(crate) struct Folder {
    /// In order.
    pub(crate) items: Vec<Item>,
    /// Probabilities for the piece of text that comes next.
    logprobs: Vec<TokenLogprob>,
    /// Those of the piece that came last.
    pub(crate) piece_logprobs: Vec<TokenLogprob>,
    held_bytes: usize,
}

impl Folder {
    /// Takes an event. `None` when it changes no item.
    ///
    /// # Errors
    /// [`WireError::TooLarge`] when more than 64 MiB or 4096 items came together.
    pub(crate) fn take(&mut self, event: &Event) -> Result<Option<Change>, WireError> {
        let change = match event {
            Event::Text { choice: 0, block, text } if !text.is_empty() => {
                self.said(*block, PartKind::Text, text)?
            }
            Event::Refusal { choice: 0, block, text } if !text.is_empty() => {
                self.said(*block, PartKind::Refusal, text)?
            }
            Event::Citation { choice: 0, block, citation } => {
                let Some(change) = self.cite(*block, citation)? else { return Ok(None) };
                change
            }
            Event::Logprobs { choice: 0, tokens } => {
                self.hold(tokens.iter().map(|t| 64 * (1 + t.top.len())).sum())?;
                self.logprobs.extend_from_slice(tokens);
                return Ok(None);
            }
            Event::Thinking { choice: 0, block, text } if !text.is_empty() => {
                self.hold(text.len())?;
                self.reasoning(*block, |shown, _, _| shown.push_str(text))?
            }
            Event::ThinkingSignature { choice: 0, block, signature } => {
                self.hold(signature.len())?;
                self.reasoning(*block, |_, whole, _| whole.push_str(signature))?
            }
            Event::RedactedThinking { choice: 0, block, data } => {
                self.hold(data.len())?;
                self.reasoning(*block, |_, _, hidden| hidden.push_str(data))?
            }
            Event::ToolStart { choice: 0, block, id, name } => {
                self.hold(id.len() + name.len())?;
                let (id, name) = (id.clone(), name.clone());
                self.push(Kind::Call { block: *block, id, name, arguments: String::new() })?
            }
            Event::ToolArguments { choice: 0, block, json } if !json.is_empty() => {
                self.hold(json.len())?;
                let Some(item) = self.call(*block) else { return Ok(None) };
                if let Some(Item { kind: Kind::Call { arguments, .. }, .. }) = self.items.get_mut(item) {
                    arguments.push_str(json);
                }
                Change { item, is_new: false, is_new_part: false }
            }
            Event::Opaque { choice: 0, json, .. } => {
                let Some(text) = own_item(json) else { return Ok(None) };
                self.hold(text.len())?;
                self.push(Kind::Opaque(one_line(text)))?
            }
            _ => return Ok(None),
        };
        Ok(Some(change))
    }

    /// The open call of a block.
    pub(crate) fn call(&self, block: u32) -> Option<usize> {
        self.items.iter().rposition(|item| {
            item.closed.is_none() && matches!(item.kind, Kind::Call { block: own, .. } if own == block)
        })
    }

    /// The open item that has a block.
    pub(crate) fn of_block(&self, wanted: u32) -> Option<usize> {
        self.items.iter().rposition(|item| {
            item.closed.is_none()
                && match &item.kind {
                    Kind::Message(parts) => parts.iter().any(|part| part.block == wanted),
                    Kind::Reasoning { block, .. } | Kind::Call { block, .. } => *block == wanted,
                    Kind::Opaque(_) => false,
                }
        })
    }

    fn hold(&mut self, bytes: usize) -> Result<(), WireError> {
        self.held_bytes = self.held_bytes.saturating_add(bytes);
        if self.held_bytes > MAX_HELD_BYTES {
            return Err(WireError::TooLarge { what: "bytes of an answer", limit: MAX_HELD_BYTES });
        }
        Ok(())
    }

    fn push(&mut self, kind: Kind) -> Result<Change, WireError> {
        if self.items.len() >= MAX_ITEMS {
            return Err(WireError::TooLarge { what: "items of an answer", limit: MAX_ITEMS });
        }
        let is_new_part = matches!(kind, Kind::Message(_));
        self.items.push(Item { kind, closed: None });
        Ok(Change { item: self.items.len() - 1, is_new: true, is_new_part })
    }

    /// Texts that follow one another are parts of one message.
    fn said(&mut self, block: u32, kind: PartKind, text: &str) -> Result<Change, WireError> {
        self.hold(text.len())?;
        let item = self.items.len().checked_sub(1);
        let open = self.items.last_mut().filter(|last| last.closed.is_none());
        let (change, part) = match (item, open) {
            (Some(item), Some(Item { kind: Kind::Message(parts), .. })) => {
                let goes_on = parts.last().is_some_and(|part| part.block == block && part.kind == kind);
                if !goes_on {
                    parts.push(Part::new(block, kind));
                }
                (Change { item, is_new: false, is_new_part: !goes_on }, parts.last_mut())
            }
            _ => {
                let change = self.push(Kind::Message(vec![Part::new(block, kind)]))?;
                (change, self.items.last_mut().and_then(Item::last_part))
            }
        };
        if let Some(part) = part {
            part.text.push_str(text);
            self.piece_logprobs = std::mem::take(&mut self.logprobs);
            part.logprobs.extend_from_slice(&self.piece_logprobs);
        }
        Ok(change)
    }

    /// Cites for the last part, which is the only one that may still change.
    fn cite(&mut self, block: u32, citation: &Citation) -> Result<Option<Change>, WireError> {
        self.hold(citation.title.len() + citation.url.len() + 64)?;
        let Some(item) = self.items.len().checked_sub(1) else { return Ok(None) };
        let open = self.items.last_mut().filter(|last| last.closed.is_none());
        let part = open.and_then(Item::last_part);
        let Some(part) = part.filter(|part| part.block == block && part.kind == PartKind::Text) else {
            return Ok(None);
        };
        let mut extents = Extents::default();
        extents.text(block, &part.text);
        part.citations.push((citation.clone(), extents.in_block(block, citation)));
        Ok(Some(Change { item, is_new: false, is_new_part: false }))
    }

    fn reasoning(
        &mut self,
        block: u32,
        add: impl FnOnce(&mut String, &mut String, &mut String),
    ) -> Result<Change, WireError> {
        let item = self.items.iter().rposition(|item| {
            item.closed.is_none() && matches!(item.kind, Kind::Reasoning { block: own, .. } if own == block)
        });
        let change = match item {
            Some(item) => Change { item, is_new: false, is_new_part: false },
            None => self.push(Kind::Reasoning {
                block,
                text: String::new(),
                signature: String::new(),
                hidden: String::new(),
            })?,
        };
        if let Some(Item { kind: Kind::Reasoning { text, signature, hidden, .. }, .. }) =
            self.items.get_mut(change.item)
        {
            add(text, signature, hidden);
        }
        Ok(change)
    }
}

/// A block that is an item of this format. Blocks of other formats may have the same type, but not an id.
fn own_item(json: &[u8]) -> Option<&str> {
    let object = Object::parse(json, DEPTH_CEILING).ok()?;
    let kind = object.get("type")?.as_str()?;
    object.get("id")?.as_str()?;
    items::is_item(&kind).then(|| std::str::from_utf8(json).ok()).flatten()
}
