//! Events, written as chunks. Serves the translate step. It must not end a stream that the upstream did not
//! end: without `End` there is no `[DONE]`.

use crate::cited::Extents;
use crate::codec::{WireError, WriteContext};
use crate::errors;
use crate::json::Writer as JsonWriter;
use crate::openai_chat::answer::Thinking;
use crate::openai_chat::response::{write_logprobs, write_reasoning_details};
use crate::openai_chat::{annotation, finish, usage};
use gw_model::event::TokenLogprob;
use gw_model::{Event, Usage};
use std::collections::BTreeMap;

/// Writes a stream.
#[derive(Debug)]
pub struct Writer {
    context: WriteContext,
    /// What every chunk begins with, up to the bracket of `choices`.
    head: Vec<u8>,
    started_choices: Vec<u32>,
    calls: Vec<Call>,
    /// Lengths of the texts, by choice.
    extents: BTreeMap<u32, Extents>,
    /// Tokens whose piece of text is still to come, by choice.
    logprobs: BTreeMap<u32, Vec<TokenLogprob>>,
    usage: Usage,
    ended: bool,
}

#[derive(Debug)]
struct Call {
    choice: u32,
    block: u32,
    /// Its number among the calls of its choice.
    index: usize,
    has_arguments: bool,
}

impl Writer {
    /// A writer at the start of a stream.
    #[must_use]
    pub fn new(context: WriteContext) -> Self {
        Self {
            context,
            head: Vec::new(),
            started_choices: Vec::new(),
            calls: Vec::new(),
            extents: BTreeMap::new(),
            logprobs: BTreeMap::new(),
            usage: Usage::default(),
            ended: false,
        }
    }

    /// True once the stream has its end or an error: nothing more will be written.
    #[must_use]
    pub const fn ended(&self) -> bool {
        self.ended
    }

    /// Appends what an event becomes.
    ///
    /// # Errors
    /// None today; formats that hold events back have one.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) -> Result<(), WireError> {
        if self.ended {
            return Ok(());
        }
        match event {
            Event::Start { id, model, created } => {
                self.begin(id, model, *created);
                self.start_choice(0, out);
            }
            Event::Usage(usage) => self.usage.merge(usage),
            Event::BlockEnd { choice, block } => self.end_block(*choice, *block, out),
            Event::Finish { choice, reason } => {
                self.start_choice(*choice, out);
                self.complete_calls(*choice, out);
                self.chunk(*choice, Some(finish::write(reason)), out, |_| {});
            }
            Event::Error { kind, message } => {
                self.ended = true;
                errors::write_event(kind, message, out);
            }
            Event::End => self.end(out),
            // A block that only the upstream's own format can carry.
            Event::Opaque { .. } => {}
            content => self.content(content, out),
        }
        Ok(())
    }

    fn begin(&mut self, id: &str, model: &str, created: Option<i64>) {
        if !self.head.is_empty() {
            return;
        }
        let mut w = JsonWriter::onto(b"data: ".to_vec());
        w.begin_object();
        w.string_member("id", if id.is_empty() { &self.context.fallback_id } else { id });
        w.string_member("object", "chat.completion.chunk");
        w.number_member("created", created.unwrap_or(self.context.created));
        w.string_member("model", if model.is_empty() { &self.context.fallback_model } else { model });
        w.key("choices");
        w.begin_array();
        self.head = w.into_bytes();
    }

    /// The first chunk of a choice states the role.
    fn start_choice(&mut self, choice: u32, out: &mut Vec<u8>) {
        if self.started_choices.contains(&choice) {
            return;
        }
        self.started_choices.push(choice);
        self.chunk(choice, None, out, |w| {
            w.string_member("role", "assistant");
            w.string_member("content", "");
        });
    }

    fn content(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Text { choice, block, text } => {
                self.extents.entry(*choice).or_default().text(*block, text);
                self.text(*choice, "content", text, out);
            }
            Event::Citation { choice, block, citation } => {
                let range = self.extents.entry(*choice).or_default().in_choice(*block, citation);
                self.start_choice(*choice, out);
                self.chunk(*choice, None, out, |w| {
                    w.key("annotations");
                    w.begin_array();
                    annotation::write_chat(w, citation, range);
                    w.end_array();
                });
            }
            Event::Logprobs { choice, tokens } => {
                self.start_choice(*choice, out);
                self.logprobs.entry(*choice).or_default().extend_from_slice(tokens);
            }
            Event::Refusal { choice, text, .. } => self.text(*choice, "refusal", text, out),
            Event::Thinking { choice, text, .. } => self.text(*choice, "reasoning_content", text, out),
            Event::ThinkingSignature { choice, block, signature } => {
                let detail = Thinking { signature: Some(signature), ..Thinking::default() };
                self.detail(*choice, *block, &detail, out);
            }
            Event::RedactedThinking { choice, block, data } => {
                let detail = Thinking { hidden: Some(data), ..Thinking::default() };
                self.detail(*choice, *block, &detail, out);
            }
            Event::ToolStart { choice, block, id, name } => {
                let index = self.calls.iter().filter(|c| c.choice == *choice).count();
                self.calls.push(Call { choice: *choice, block: *block, index, has_arguments: false });
                self.start_choice(*choice, out);
                self.call_chunk(*choice, index, Some((id, name)), "", out);
            }
            Event::ToolArguments { choice, block, json } => {
                let call = self.calls.iter_mut().find(|c| c.choice == *choice && c.block == *block);
                if let Some(call) = call.filter(|_| !json.is_empty()) {
                    call.has_arguments = true;
                    let index = call.index;
                    self.call_chunk(*choice, index, None, json, out);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, choice: u32, member: &str, text: &str, out: &mut Vec<u8>) {
        self.start_choice(choice, out);
        self.chunk(choice, None, out, |w| w.string_member(member, text));
    }

    fn detail(&mut self, choice: u32, block: u32, thinking: &Thinking<'_>, out: &mut Vec<u8>) {
        self.start_choice(choice, out);
        self.chunk(choice, None, out, |w| {
            w.key("reasoning_details");
            w.begin_array();
            write_reasoning_details(w, block, thinking);
            w.end_array();
        });
    }

    fn call_chunk(
        &mut self,
        choice: u32,
        index: usize,
        start: Option<(&str, &str)>,
        json: &str,
        out: &mut Vec<u8>,
    ) {
        self.chunk(choice, None, out, |w| {
            w.key("tool_calls");
            w.begin_array();
            w.begin_object();
            w.number_member("index", index);
            if let Some((id, _)) = start {
                w.string_member("id", id);
                w.string_member("type", "function");
            }
            w.key("function");
            w.begin_object();
            if let Some((_, name)) = start {
                w.string_member("name", name);
            }
            w.string_member("arguments", json);
            w.end_object();
            w.end_object();
            w.end_array();
        });
    }

    fn end_block(&mut self, choice: u32, block: u32, out: &mut Vec<u8>) {
        let call = self.calls.iter_mut().find(|c| c.choice == choice && c.block == block);
        if let Some(call) = call.filter(|c| !c.has_arguments) {
            call.has_arguments = true;
            let index = call.index;
            self.call_chunk(choice, index, None, "{}", out);
        }
    }

    /// A call without arguments is one with an empty object: callers parse what they get.
    fn complete_calls(&mut self, choice: u32, out: &mut Vec<u8>) {
        let open = self.calls.iter().filter(|c| c.choice == choice && !c.has_arguments);
        let blocks: Vec<u32> = open.map(|c| c.block).collect();
        blocks.into_iter().for_each(|block| self.end_block(choice, block, out));
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.ended = true;
        if self.context.include_usage {
            self.begin("", "", None);
            out.extend_from_slice(&self.head);
            let mut w = JsonWriter::onto(std::mem::take(out));
            w.end_array();
            w.key("usage");
            usage::write(&mut w, &self.usage);
            if let Some(tier) = self.usage.service_tier {
                w.string_member("service_tier", usage::tier(tier));
            }
            w.end_object();
            *out = w.into_bytes();
            out.extend_from_slice(b"\n\n");
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    fn chunk(
        &mut self,
        choice: u32,
        reason: Option<&str>,
        out: &mut Vec<u8>,
        delta: impl FnOnce(&mut JsonWriter),
    ) {
        self.begin("", "", None);
        out.extend_from_slice(&self.head);
        let mut w = JsonWriter::onto(std::mem::take(out));
        w.begin_object();
        w.number_member("index", choice);
        w.key("delta");
        w.begin_object();
        delta(&mut w);
        w.end_object();
        // The first chunk states the role only, and an end goes on with what has no piece.
        let logprobs = self.logprobs.remove(&choice).unwrap_or_default();
        write_logprobs(&mut w, &logprobs);
        match reason {
            Some(reason) => w.string_member("finish_reason", reason),
            None => w.null_member("finish_reason"),
        }
        w.end_object();
        w.end_array();
        w.end_object();
        *out = w.into_bytes();
        out.extend_from_slice(b"\n\n");
    }
}
