//! Common events, written as this format's. Serves the translate step. It must not end a stream that the upstream
//! did not end. Every event that ends something repeats it in full: callers may go by those alone.

use crate::codec::{WireError, WriteContext};
use crate::errors;
use crate::json::Writer as Json;
use crate::openai_chat::{annotation, logprobs};
use crate::openai_responses::echo::Echo;
use crate::openai_responses::error;
use crate::openai_responses::request::unwrap_input;
use crate::openai_responses::response::{
    Change, Ending, Folder, Kind, Part, PartKind, Shell, or_empty_object, write_item, write_part,
};
use gw_model::{Event, FinishReason, Refusal, Usage};

/// Writes one stream, event by event.
#[derive(Debug)]
pub struct Writer {
    context: WriteContext,
    echo: Echo,
    shell: Option<Shell>,
    sequence: u64,
    folder: Folder,
    /// Ids of the items, by index.
    ids: Vec<String>,
    finish: Option<FinishReason>,
    usage: Usage,
    ended: bool,
    /// The whole answer, once it came to a good end and is to be stored.
    stored: Option<Vec<u8>>,
}

impl Writer {
    /// A writer at the start of a stream that answers a request which is not known.
    #[must_use]
    pub fn new(context: WriteContext) -> Self {
        Self::with_echo(context, Echo::default())
    }

    /// A writer at the start of a stream that answers the request that `echo` was read from.
    #[must_use]
    pub fn with_echo(context: WriteContext, echo: Echo) -> Self {
        Self {
            context,
            echo,
            shell: None,
            sequence: 0,
            folder: Folder::default(),
            ids: Vec::new(),
            finish: None,
            usage: Usage::default(),
            ended: false,
            stored: None,
        }
    }

    /// The whole answer that the stream ended with, when it is to be stored. Given once.
    pub fn take_stored(&mut self) -> Option<Vec<u8>> {
        self.stored.take()
    }

    /// True once the stream has its end or an error: nothing more will be written.
    #[must_use]
    pub const fn ended(&self) -> bool {
        self.ended
    }

    /// Appends what an event becomes.
    ///
    /// # Errors
    /// [`WireError::TooLarge`] when the answer outgrows what may be held to be repeated at its end.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) -> Result<(), WireError> {
        if self.ended {
            return Ok(());
        }
        match event {
            Event::Start { id, model, created } => self.start(id, model, *created, out),
            Event::Usage(usage) => self.usage.merge(usage),
            Event::BlockEnd { choice: 0, block } => self.block_end(*block, out),
            Event::Finish { choice: 0, reason } => {
                self.finish = Some(reason.clone());
                self.close_all(out);
            }
            Event::Error { kind, message } => {
                self.failed(error::code_of(kind, message), errors::or_default(message), None, out);
            }
            Event::End => self.end(out),
            content => {
                if let Some(change) = self.folder.take(content)? {
                    self.start("", "", None, out);
                    self.content(change, content, out);
                }
            }
        }
        Ok(())
    }

    /// Ends the stream with the gateway's own error.
    pub fn fail(&mut self, refusal: &Refusal, out: &mut Vec<u8>) {
        if !self.ended {
            self.failed(refusal.code.as_str(), &refusal.message, refusal.param.as_deref(), out);
        }
    }

    fn start(&mut self, id: &str, model: &str, created: Option<i64>, out: &mut Vec<u8>) {
        if self.shell.is_some() {
            return;
        }
        let shell = Shell::new((id, model, created), &self.context, &self.echo);
        for name in ["response.created", "response.in_progress"] {
            emit(&mut self.sequence, name, out, |w| {
                w.key("response");
                shell.write(w, Ending::InProgress, None, |_| {});
            });
        }
        self.shell = Some(shell);
    }

    /// Writes what a change brings: the item and the part when they are new, and the piece.
    fn content(&mut self, change: Change, event: &Event, out: &mut Vec<u8>) {
        if change.is_new {
            if let (Some(shell), Some(item)) = (&self.shell, self.folder.items.get(change.item)) {
                self.ids.push(shell.item_id(item, change.item, &self.echo));
            }
            self.close_before(change.item, out);
            self.item_event("response.output_item.added", change.item, "in_progress", out);
        }
        match event {
            Event::Text { text, .. } => self.said(change, "response.output_text.delta", text, out),
            Event::Refusal { text, .. } => self.said(change, "response.refusal.delta", text, out),
            Event::Citation { .. } => self.cited(change.item, out),
            Event::Thinking { text, .. } => self.thought(change.item, text, out),
            Event::ToolArguments { json, .. } => self.arguments(change.item, json, out),
            Event::Opaque { .. } => self.close(change.item, Ending::Ended(None), out),
            _ => {}
        }
    }

    fn said(&mut self, change: Change, name: &str, text: &str, out: &mut Vec<u8>) {
        let Some(Kind::Message(parts)) = self.folder.items.get(change.item).map(|item| &item.kind) else {
            return;
        };
        let at = parts.len().saturating_sub(1);
        if change.is_new_part && at > 0 {
            self.part_done(change.item, at - 1, out);
        }
        if change.is_new_part {
            self.part_event("response.content_part.added", change.item, at, false, out);
        }
        let tokens = std::mem::take(&mut self.folder.piece_logprobs);
        let id = id_of(&self.ids, change.item);
        emit(&mut self.sequence, name, out, |w| {
            place(w, id, change.item, "content_index", at);
            w.string_member("delta", text);
            if name == "response.output_text.delta" {
                w.key("logprobs");
                logprobs::write(w, &tokens);
            }
        });
    }

    /// The citation that the last part of an item got.
    fn cited(&mut self, item: usize, out: &mut Vec<u8>) {
        let id = id_of(&self.ids, item);
        let Some(Kind::Message(parts)) = self.folder.items.get(item).map(|item| &item.kind) else { return };
        let Some((citation, range)) = parts.last().and_then(|part| part.citations.last()) else { return };
        let (at, number) = (parts.len() - 1, parts.last().map_or(0, |part| part.citations.len() - 1));
        emit(&mut self.sequence, "response.output_text.annotation.added", out, |w| {
            place(w, id, item, "content_index", at);
            w.number_member("annotation_index", number);
            w.key("annotation");
            annotation::write_responses(w, citation, *range);
        });
    }

    fn thought(&mut self, item: usize, piece: &str, out: &mut Vec<u8>) {
        let id = id_of(&self.ids, item);
        let Some(Kind::Reasoning { text, .. }) = self.folder.items.get(item).map(|item| &item.kind) else {
            return;
        };
        if text.len() == piece.len() {
            emit(&mut self.sequence, "response.reasoning_summary_part.added", out, |w| {
                place(w, id, item, "summary_index", 0);
                summary_part(w, "");
            });
        }
        emit(&mut self.sequence, "response.reasoning_summary_text.delta", out, |w| {
            place(w, id, item, "summary_index", 0);
            w.string_member("delta", piece);
        });
    }

    /// The input of a custom tool is known when its arguments are complete; functions' go out as they come.
    fn arguments(&mut self, item: usize, json: &str, out: &mut Vec<u8>) {
        let id = id_of(&self.ids, item);
        let Some(Kind::Call { name, .. }) = self.folder.items.get(item).map(|item| &item.kind) else {
            return;
        };
        if !self.echo.is_custom(name) {
            emit(&mut self.sequence, "response.function_call_arguments.delta", out, |w| {
                target(w, id, item);
                w.string_member("delta", json);
            });
        }
    }

    /// Ends a call, and reasoning. A message may go on in the next block.
    fn block_end(&mut self, block: u32, out: &mut Vec<u8>) {
        let Some(item) = self.folder.of_block(block) else { return };
        let is_message =
            self.folder.items.get(item).is_some_and(|item| matches!(item.kind, Kind::Message(_)));
        if !is_message {
            self.close(item, Ending::Ended(None), out);
        }
    }

    /// A new item begins: all before it end, but calls, whose arguments some upstreams send by turns.
    fn close_before(&mut self, new: usize, out: &mut Vec<u8>) {
        for item in 0..new {
            let is_call =
                self.folder.items.get(item).is_some_and(|item| matches!(item.kind, Kind::Call { .. }));
            if !is_call {
                self.close(item, Ending::Ended(None), out);
            }
        }
    }

    fn close_all(&mut self, out: &mut Vec<u8>) {
        let last = self.folder.items.len().saturating_sub(1);
        let finish = self.finish.clone();
        for item in 0..self.folder.items.len() {
            let reason = finish.as_ref().filter(|_| item == last);
            self.close(item, Ending::Ended(reason), out);
        }
    }

    fn close(&mut self, index: usize, ending: Ending<'_>, out: &mut Vec<u8>) {
        let Some(item) = self.folder.items.get_mut(index).filter(|item| item.closed.is_none()) else {
            return;
        };
        item.closed = Some(ending.item_status());
        match &item.kind {
            Kind::Message(parts) => {
                let last = parts.len().saturating_sub(1);
                self.part_done(index, last, out);
            }
            Kind::Reasoning { .. } => self.thought_done(index, out),
            Kind::Call { .. } => self.call_done(index, out),
            Kind::Opaque(_) => {}
        }
        self.item_event("response.output_item.done", index, ending.item_status(), out);
    }

    fn part_done(&mut self, item: usize, at: usize, out: &mut Vec<u8>) {
        let id = id_of(&self.ids, item);
        let Some(part) = part_of(&self.folder, item, at) else { return };
        let (name, member) = match part.kind {
            PartKind::Text => ("response.output_text.done", "text"),
            PartKind::Refusal => ("response.refusal.done", "refusal"),
        };
        emit(&mut self.sequence, name, out, |w| {
            place(w, id, item, "content_index", at);
            w.string_member(member, &part.text);
            if part.kind == PartKind::Text {
                w.key("logprobs");
                logprobs::write(w, &part.logprobs);
            }
        });
        self.part_event("response.content_part.done", item, at, true, out);
    }

    fn part_event(&mut self, name: &str, item: usize, at: usize, is_whole: bool, out: &mut Vec<u8>) {
        let id = id_of(&self.ids, item);
        let Some(part) = part_of(&self.folder, item, at) else { return };
        emit(&mut self.sequence, name, out, |w| {
            place(w, id, item, "content_index", at);
            w.key("part");
            write_part(w, part, is_whole);
        });
    }

    fn thought_done(&mut self, item: usize, out: &mut Vec<u8>) {
        let id = id_of(&self.ids, item);
        let Some(Kind::Reasoning { text, .. }) = self.folder.items.get(item).map(|item| &item.kind) else {
            return;
        };
        if text.is_empty() {
            return;
        }
        emit(&mut self.sequence, "response.reasoning_summary_text.done", out, |w| {
            place(w, id, item, "summary_index", 0);
            w.string_member("text", text);
        });
        emit(&mut self.sequence, "response.reasoning_summary_part.done", out, |w| {
            place(w, id, item, "summary_index", 0);
            summary_part(w, text);
        });
    }

    fn call_done(&mut self, item: usize, out: &mut Vec<u8>) {
        let id = id_of(&self.ids, item);
        let Some(Kind::Call { name, arguments, .. }) = self.folder.items.get(item).map(|item| &item.kind)
        else {
            return;
        };
        if self.echo.is_custom(name) {
            let input = unwrap_input(arguments);
            for (event, member) in [("delta", "delta"), ("done", "input")] {
                emit(&mut self.sequence, &format!("response.custom_tool_call_input.{event}"), out, |w| {
                    target(w, id, item);
                    w.string_member(member, &input);
                });
            }
            return;
        }
        let whole = or_empty_object(arguments);
        if arguments.is_empty() {
            emit(&mut self.sequence, "response.function_call_arguments.delta", out, |w| {
                target(w, id, item);
                w.string_member("delta", whole);
            });
        }
        let (_, name) = self.echo.name(name);
        emit(&mut self.sequence, "response.function_call_arguments.done", out, |w| {
            target(w, id, item);
            w.string_member("name", name);
            w.string_member("arguments", whole);
        });
    }

    fn item_event(&mut self, name: &str, index: usize, status: &str, out: &mut Vec<u8>) {
        let (Some(shell), Some(item)) = (&self.shell, self.folder.items.get(index)) else { return };
        let echo = &self.echo;
        emit(&mut self.sequence, name, out, |w| {
            w.number_member("output_index", index);
            w.key("item");
            write_item(w, shell, echo, item, (index, status));
        });
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.start("", "", None, out);
        self.close_all(out);
        self.ended = true;
        let finish = self.finish.take();
        let ending = Ending::Ended(finish.as_ref());
        let name = if ending.status() == "incomplete" { "response.incomplete" } else { "response.completed" };
        self.whole(name, ending, out);
    }

    /// Official SDKs raise their exception on `error`, others wait for `response.failed`: both come.
    fn failed(&mut self, code: &str, message: &str, param: Option<&str>, out: &mut Vec<u8>) {
        self.start("", "", None, out);
        self.ended = true;
        error::write_event(code, message, param, self.sequence, out);
        self.sequence += 1;
        self.whole("response.failed", Ending::Failed { code, message }, out);
    }

    fn whole(&mut self, name: &str, ending: Ending<'_>, out: &mut Vec<u8>) {
        let Some(shell) = &self.shell else { return };
        let (echo, items) = (&self.echo, &self.folder.items);
        let last = items.len().saturating_sub(1);
        let usage = &self.usage;
        let write = |w: &mut Json| {
            shell.write(w, ending, Some(usage), |w| {
                for (index, item) in items.iter().enumerate() {
                    let open = if index == last { ending.item_status() } else { "completed" };
                    let status = item.closed.unwrap_or(open);
                    write_item(w, shell, echo, item, (index, status));
                }
            });
        };
        if self.context.stored_as.is_none() || !matches!(ending, Ending::Ended(_)) {
            emit(&mut self.sequence, name, out, |w| {
                w.key("response");
                write(w);
            });
            return;
        }
        let mut answer = Json::with_capacity(2048);
        write(&mut answer);
        let answer = answer.into_bytes();
        emit(&mut self.sequence, name, out, |w| {
            w.raw_member("response", std::str::from_utf8(&answer).unwrap_or("null"));
        });
        self.stored = Some(answer);
    }
}

fn part_of(folder: &Folder, item: usize, at: usize) -> Option<&Part> {
    match &folder.items.get(item)?.kind {
        Kind::Message(parts) => parts.get(at),
        _ => None,
    }
}

fn id_of(ids: &[String], item: usize) -> &str {
    ids.get(item).map_or("", String::as_str)
}

/// Appends one event, numbered.
fn emit(sequence: &mut u64, name: &str, out: &mut Vec<u8>, members: impl FnOnce(&mut Json)) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    let mut w = Json::onto(std::mem::take(out));
    w.begin_object();
    w.string_member("type", name);
    w.number_member("sequence_number", *sequence);
    members(&mut w);
    w.end_object();
    *out = w.into_bytes();
    out.extend_from_slice(b"\n\n");
    *sequence += 1;
}

/// Says which item an event is about.
fn target(w: &mut Json, id: &str, item: usize) {
    w.string_member("item_id", id);
    w.number_member("output_index", item);
}

/// Says which part of an item an event is about.
fn place(w: &mut Json, id: &str, item: usize, member: &str, at: usize) {
    target(w, id, item);
    w.number_member(member, at);
}

fn summary_part(w: &mut Json, text: &str) {
    w.key("part");
    w.begin_object();
    w.string_member("type", "summary_text");
    w.string_member("text", text);
    w.end_object();
}
