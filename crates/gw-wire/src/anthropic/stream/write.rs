//! Events to a stream for a caller. Serves the translate stage of streamed answers. Blocks of this format
//! follow one another, so pieces of a later block wait while a tool call is open; it must not let them wait
//! without bound, nor end a stream that was cut.

use crate::anthropic::stop::{self, Seen};
use crate::anthropic::usage::UsageOut;
use crate::anthropic::{citation, ids, response};
use crate::blocks::{InOrder, Kind, Order};
use crate::codec::{WireError, WriteContext};
use gw_model::event::{Citation, Event, FinishReason};
use gw_model::usage::Usage;
use serde::Serialize;
use std::io::Write as _;

/// Writes one stream, event by event.
#[derive(Debug)]
pub struct Writer {
    context: WriteContext,
    answer_id: String,
    started: bool,
    ended: bool,
    /// The next block's index.
    index: u32,
    order: Order,
    finish: Option<FinishReason>,
    usage: Usage,
    seen: Seen,
}

impl Writer {
    /// A writer at the start of a stream.
    #[must_use]
    pub fn new(context: WriteContext) -> Self {
        Self {
            context,
            answer_id: String::new(),
            started: false,
            ended: false,
            index: 0,
            order: Order::default(),
            finish: None,
            usage: Usage::default(),
            seen: Seen::default(),
        }
    }

    /// True once the stream has its end or an error: nothing more will be written.
    #[must_use]
    pub const fn ended(&self) -> bool {
        self.ended
    }

    /// Appends what `event` means to `out`. Choices other than the first have no place in this format.
    ///
    /// # Errors
    /// [`WireError::TooLarge`] when more than 8 MiB of later blocks wait for a tool call to complete.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) -> Result<(), WireError> {
        if self.ended {
            return Ok(());
        }
        match event {
            Event::Start { id, model, .. } => self.start(id, model, out),
            Event::Usage(usage) => self.usage.merge(usage),
            Event::Finish { choice: 0, reason } => {
                self.flush(out)?;
                self.finish = Some(reason.clone());
            }
            Event::Error { kind, message } => {
                self.ended = true;
                frame(out, "error", |out| response::write_error(kind, message, out));
            }
            Event::End => self.end(out)?,
            other => self.content(other, out)?,
        }
        Ok(())
    }

    fn start(&mut self, id: &str, model: &str, out: &mut Vec<u8>) {
        if self.started {
            return;
        }
        self.started = true;
        let id = if id.is_empty() { self.context.fallback_id.as_str() } else { id };
        let model = if model.is_empty() { self.context.fallback_model.as_str() } else { model };
        id.clone_into(&mut self.answer_id);
        let usage = UsageOut::from(&self.usage);
        frame(out, "message_start", |out| {
            out.extend_from_slice(br#"{"type":"message_start","message":"#);
            response::write_head(id, model, out);
            out.extend_from_slice(br#","content":[],"stop_reason":null,"stop_sequence":null,"usage":"#);
            json(out, &usage);
            out.extend_from_slice(b"}}");
        });
    }

    fn ensure_started(&mut self, out: &mut Vec<u8>) {
        if !self.started {
            self.start("", "", out);
        }
    }

    fn tool(&mut self, block: u32, id: &str, name: &str, out: &mut Vec<u8>) {
        self.seen.tool_call = true;
        let invented;
        let encoded = ids::encode(id);
        let id = if id.is_empty() {
            invented = ids::invent(&self.answer_id, block);
            invented.as_str()
        } else {
            encoded.as_ref()
        };
        self.open(block, Kind::Tool, out, |out| {
            out.extend_from_slice(br#"{"type":"tool_use","id":"#);
            json(out, id);
            out.extend_from_slice(br#","name":"#);
            json(out, name);
            out.extend_from_slice(br#","input":{}}"#);
        });
    }

    fn arguments(&mut self, block: u32, piece: &str, out: &mut Vec<u8>) {
        if let Some(index) = self.order.argue(block, piece) {
            write_delta(out, index, "input_json_delta", "partial_json", piece);
        }
    }

    fn delta(&mut self, block: u32, kind: Kind, member: &'static str, text: &str, out: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        if !self.order.goes_on(block, kind) {
            self.open(block, kind, out, |out| {
                out.extend_from_slice(match kind {
                    Kind::Thinking => br#"{"type":"thinking","thinking":"","signature":""}"#.as_slice(),
                    _ => br#"{"type":"text","text":""}"#,
                });
            });
        }
        let kind = match member {
            "text" => "text_delta",
            "thinking" => "thinking_delta",
            _ => "signature_delta",
        };
        write_delta(out, self.index, kind, member, text);
    }

    fn open(&mut self, block: u32, kind: Kind, out: &mut Vec<u8>, content: impl FnOnce(&mut Vec<u8>)) {
        self.close_block(out);
        let index = self.index;
        frame(out, "content_block_start", |out| {
            let _ = write!(out, r#"{{"type":"content_block_start","index":{index},"content_block":"#);
            content(out);
            out.push(b'}');
        });
        self.order.begin(block, index, kind);
    }

    fn close_block(&mut self, out: &mut Vec<u8>) {
        let Some(open) = self.order.take() else { return };
        let index = open.index;
        if open.lacks_arguments() {
            write_delta(out, index, "input_json_delta", "partial_json", "{}");
        }
        frame(out, "content_block_stop", |out| {
            let _ = write!(out, r#"{{"type":"content_block_stop","index":{index}}}"#);
        });
        self.index = index.saturating_add(1);
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), WireError> {
        self.ensure_started(out);
        self.flush(out)?;
        self.ended = true;
        let (reason, sequence) = stop::write(self.finish.as_ref(), self.seen);
        frame(out, "message_delta", |out| {
            let _ = write!(
                out,
                r#"{{"type":"message_delta","delta":{{"stop_reason":"{reason}","stop_sequence":"#
            );
            json(out, &sequence);
            out.extend_from_slice(br#"},"usage":"#);
            json(out, &UsageOut::from(&self.usage));
            out.push(b'}');
        });
        frame(out, "message_stop", |out| out.extend_from_slice(br#"{"type":"message_stop"}"#));
        Ok(())
    }
}

impl InOrder for Writer {
    fn order(&mut self) -> &mut Order {
        &mut self.order
    }

    fn write(&mut self, block: u32, event: &Event, out: &mut Vec<u8>) -> Result<(), WireError> {
        self.ensure_started(out);
        match event {
            Event::Text { text, .. } => self.delta(block, Kind::Text, "text", text, out),
            Event::Refusal { text, .. } => {
                self.seen.refusal = true;
                self.delta(block, Kind::Text, "text", text, out);
            }
            Event::Thinking { text, .. } => self.delta(block, Kind::Thinking, "thinking", text, out),
            Event::ThinkingSignature { signature, .. } => {
                self.delta(block, Kind::Thinking, "signature", signature, out);
            }
            Event::RedactedThinking { data, .. } => {
                self.open(block, Kind::Redacted, out, |out| {
                    out.extend_from_slice(br#"{"type":"redacted_thinking","data":"#);
                    json(out, data);
                    out.push(b'}');
                });
            }
            // A block that is closed gets nothing more.
            Event::Citation { citation, .. } if self.order.goes_on(block, Kind::Text) => {
                write_citation(out, self.index, citation);
            }
            Event::ToolStart { id, name, .. } => self.tool(block, id, name, out),
            Event::ToolArguments { json, .. } => self.arguments(block, json, out),
            Event::BlockEnd { .. } if self.order.finish(block) => self.close_block(out),
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, out: &mut Vec<u8>) -> Result<(), WireError> {
        self.close_block(out);
        Ok(())
    }
}

/// Appends one server-sent event.
fn frame(out: &mut Vec<u8>, name: &str, data: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    data(out);
    out.extend_from_slice(b"\n\n");
}

fn write_delta(out: &mut Vec<u8>, index: u32, kind: &str, member: &str, text: &str) {
    frame(out, "content_block_delta", |out| {
        let _ = write!(
            out,
            r#"{{"type":"content_block_delta","index":{index},"delta":{{"type":"{kind}","{member}":"#
        );
        json(out, text);
        out.extend_from_slice(b"}}");
    });
}

fn write_citation(out: &mut Vec<u8>, index: u32, cited: &Citation) {
    frame(out, "content_block_delta", |out| {
        let _ = write!(
            out,
            r#"{{"type":"content_block_delta","index":{index},"delta":{{"type":"citations_delta","citation":"#
        );
        citation::write(out, cited);
        out.extend_from_slice(b"}}");
    });
}

/// Appends `value` as JSON. Writing into memory cannot fail.
fn json<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let _ = serde_json::to_writer(out, value);
}
